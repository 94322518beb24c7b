from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401  (registers the system checks)
        from dashboard.media.ways import allow_origins
        from dashboard.people import Role, make_groups, role_of
        from tasks.rights import judge_by

        post_migrate.connect(make_groups, sender=self, dispatch_uid="dailies-groups")
        judge_by(lambda user: role_of(user) >= Role.MEMBER)
        allow_origins(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])


class AdminSiteConfig(AdminConfig):
    default_site = "dashboard.admin_site.DailiesAdmin"
