"""A dataset of Google BigQuery."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import google
from connectors.probes.google import tables
from connectors.problems import Problem


class BigQuery(Connector):
    """A dataset of Google BigQuery, or a project in which datasets are made."""

    type = "bigquery"
    label = "Google BigQuery"
    family = "databases"
    steps = tables.STEPS
    effect = (
        "Creates an empty table in the dataset, named landfall_check_ and a random number, and removes it again. "
        "Without a dataset it creates an empty dataset in the project instead, and removes that. With a table it "
        "creates nothing, and asks whether the account may insert rows into that table."
    )
    rights = (
        "`bigquery.tables.create` and `bigquery.tables.delete` on the dataset, as in the role BigQuery Data Editor "
        "(`roles/bigquery.dataEditor`). `bigquery.datasets.get`, of the same role, lets a check tell a missing dataset "
        "before it writes; without it that step is skipped. Where no dataset is set: `bigquery.datasets.create` on the "
        "project, which lets the account remove what it made. Where a table is set: `bigquery.tables.updateData` on "
        "the table, and no right to create; `bigquery.tables.get` lets a check tell a missing table."
    )
    tested = (
        "Against a stand-in for Google's sign-in and for BigQuery that verifies signatures and tokens: there is no "
        "Google Cloud to run in a test."
    )

    class Config(Section):
        project_id = google.ProjectField(label="Project", help_text="The ID of the project that has the dataset.")
        dataset = PatternField(
            r"[A-Za-z0-9_]+",
            "This may hold letters, digits and underscores only.",
            required=False,
            max_length=1024,
            label="Dataset",
            help_text="The ID of the dataset. Left out, whatever loads here makes datasets of its own.",
        )
        table = PatternField(
            r"[\w -]+",
            "This may hold letters, digits, underscores, hyphens and blanks only.",
            required=False,
            max_length=1024,
            label="Table",
            help_text="The ID of the one table that rows go to. Left out, whatever loads here makes its tables.",
        )
        location = PatternField(
            r"[A-Za-z]{2}|[a-z]+(-[a-z]+)+[0-9]+",
            "This must be EU, US or the name of a region, such as europe-west3.",
            max_length=40,
            required=False,
            label="Location",
            help_text="Where the dataset is, or where datasets are made: EU, US or a region, such as europe-west3.",
        )
        endpoint = google.EndpointField()

    class Credentials(Section):
        service_account_json = google.ServiceAccountField()

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if config.get("table") and not config.get("dataset"):
            yield Problem("config.dataset", "required", "A table is in a dataset: name the dataset, too.")
        yield from tables.SERVICE.problems(config, credentials)

    def target(self, config: Values) -> str:
        return ".".join(part for part in (config["project_id"], config.get("dataset"), config.get("table")) if part)

    def host(self, config: Values) -> str:
        return tables.SERVICE.host(config)

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        session = await tables.SERVICE.enter(config, credentials, steps)
        place = tables.Place(
            config["project_id"], config.get("dataset", ""), config.get("location", ""), config.get("table", "")
        )
        await tables.check(place, session, steps)
