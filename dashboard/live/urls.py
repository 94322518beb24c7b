from django.urls import path

from dashboard.live.views import sync_over_http

urlpatterns = [path("live/sync", sync_over_http, name="live-sync")]
