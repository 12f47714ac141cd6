from django.apps import AppConfig


class LandfallConfig(AppConfig):
    """An app so that Django finds the commands of this package; it has no models."""

    name = "config"
    verbose_name = "Landfall"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415  importing registers them
