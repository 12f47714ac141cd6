from django.apps import AppConfig


class DestinationsConfig(AppConfig):
    name = "destinations"

    def ready(self) -> None:
        from destinations import keys  # noqa: F401, PLC0415  it listens for new tenants; models cannot be loaded before
