from django.contrib import admin
from django.urls import include, path, re_path

from dashboard.api.urls import nothing_here
from dashboard.health import healthz, readyz
from dashboard.media.given import by_link
from dashboard.metrics import metrics
from dashboard.pages.entrance import admin_sign_in
from tasks.inputs.links import PATH

urlpatterns = [
    path("", include("dashboard.pages.task_urls")),
    path("", include("dashboard.pages.desk_urls")),
    path("", include("dashboard.live.urls")),
    path("", include("dashboard.shares.urls")),
    path(f"{PATH}<str:token>/<str:name>", by_link, name="given"),
    path("api/v1/", include("dashboard.api.urls")),
    re_path(r"^api(?:/|$)", nothing_here),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/login/", admin_sign_in, name="admin-login"),
    path("admin/", admin.site.urls),
]
