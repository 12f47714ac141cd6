from django.apps import AppConfig


class DestinationsConfig(AppConfig):
    name = "destinations"

    def ready(self) -> None:
        # Models cannot be loaded before.
        from destinations import keys, presence  # noqa: F401, PLC0415  `keys` listens for new tenants
        from tenants.management.polite import PoliteCommand  # noqa: PLC0415

        PoliteCommand.surroundings.append(presence.commanding)
