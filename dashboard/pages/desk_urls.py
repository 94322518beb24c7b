from django.urls import path

from dashboard.pages import accounts, create, entrance, people, profile, track

urlpatterns = [
    path("new", create.create_page, name="create"),
    path("track", track.track, name="track"),
    path("accounts", accounts.listing, name="accounts"),
    path("accounts/add", accounts.add, name="account-add"),
    path("accounts/<slug:slug>/edit", accounts.edit, name="account-edit"),
    path("accounts/<slug:slug>/test", accounts.test, name="account-test"),
    path("accounts/<slug:slug>/pause", accounts.pause, name="account-pause"),
    path("accounts/<slug:slug>/resume", accounts.resume, name="account-resume"),
    path("accounts/<slug:slug>/delete", accounts.delete, name="account-delete"),
    path("people", people.people, name="people"),
    path("people/add", people.add, name="person-add"),
    path("people/<str:username>/role", people.change_role, name="person-role"),
    path("people/<str:username>/disable", people.disable, name="person-disable"),
    path("people/<str:username>/enable", people.enable, name="person-enable"),
    path("people/<str:username>/link", people.new_link, name="person-link"),
    path("profile", profile.profile, name="profile"),
    path("profile/theme", profile.theme, name="theme"),
    path("profile/password", profile.change_password, name="password-change"),
    path("profile/tokens", profile.add_token, name="token-add"),
    path("profile/tokens/<int:token_id>/revoke", profile.revoke_token, name="token-revoke"),
    path("login", entrance.sign_in, name="login"),
    path("logout", entrance.sign_out, name="logout"),
    path("setup/<str:token>/", entrance.setup, name="setup"),
    path("enter/<str:token>/", entrance.enter, name="enter"),
    path("password/<str:user_id>/<str:token>", entrance.set_password, name="set-password"),
]
