from django.apps import AppConfig


class LandfallConfig(AppConfig):
    """An app so that Django finds the commands of this package; it has no models."""

    name = "config"
    verbose_name = "Landfall"
