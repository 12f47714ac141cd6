"""Datasets of an owner at data.world."""

from typing import Any

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField, HeaderSecretField, HostField, PatternField, PortField
from connectors.probes import data_world


class _IdField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"[a-z0-9]+(-[a-z0-9]+)*",
            "This must be small letters and digits, with single hyphens between them.",
            max_length=95,
            **kwargs,
        )


class DataWorld(Connector):
    """Datasets of an owner at data.world."""

    type = "data_world"
    label = "data.world"
    family = "databases"
    steps = data_world.STEPS
    effect = data_world.EFFECT
    rights = "An access token of a user who may edit the dataset, with the scopes for reading and writing."
    tested = (
        "Against a server of the tests' own over HTTPS, which verifies tokens: there is no data.world to run outside "
        "of its cloud."
    )

    class Config(Section):
        owner = _IdField(label="Owner", help_text="The ID of the user or organization, as in data.world/owner/dataset.")
        dataset = _IdField(
            required=False,
            label="Dataset",
            help_text="The ID of the dataset; left out where datasets are made as data arrives.",
        )
        output_file_format = ChoiceField(
            choices=("csv", "jsonl"),
            default="csv",
            label="File format",
            help_text="The format of the files that are written.",
        )
        host = HostField(
            default="api.data.world",
            label="API host",
            help_text="Only for installations of data.world that have an API of their own.",
        )
        port = PortField(default=443, label="API port", help_text="Where the API answers, nearly always 443.")

    class Credentials(Section):
        access_token = HeaderSecretField(
            reveal=4,
            max_length=4096,
            label="Access token",
            help_text="A token that may read and write.",
        )

    def target(self, config: Values) -> str:
        return "/".join(config[name] for name in ("owner", "dataset") if config.get(name))

    def host(self, config: Values) -> str:
        return str(config["host"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        place = data_world.Place(
            host=config["host"],
            port=config["port"],
            owner=config["owner"],
            dataset=config.get("dataset", ""),
            token=credentials["access_token"],
        )
        await data_world.check(place, steps)
