"""What lies under `/s/`. Whatever leads nowhere there gets the same answer as a link that is unknown."""

from django.urls import include, path, re_path

from dashboard.shares import door, files, pages, unfurling

of_one_share = [
    path("", pages.page, name="share-page"),
    path("status", pages.status, name="share-status"),
    path("embed", pages.embed, name="share-embed"),
    path("media/<uuid:result_id>", files.media, name="share-media"),
    path("poster/<uuid:result_id>", files.poster, name="share-poster"),
    path("viewer/<uuid:result_id>", files.viewer, name="share-viewer"),
    path("zip", files.bundle, name="share-zip"),
    path("og.jpg", unfurling.card, name="share-card"),
    path("oembed", unfurling.oembed, name="share-oembed"),
]

urlpatterns = [
    path("s/<str:token>/", include(of_one_share)),
    path("s/<str:token>", door.with_slash, name="share-slash"),
    re_path(r"^s/(?P<rest>.*)$", door.nothing, name="share-nothing"),
]
