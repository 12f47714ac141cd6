from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants and access"

    def ready(self) -> None:
        """Connects the signals."""
        from tenants import guards, people  # noqa: F401, PLC0415  models are there from now on
