"""A FHIR store of Google's Cloud Healthcare API."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import google
from connectors.probes.google import fhir_stores
from connectors.problems import Problem


class IdField(PatternField):
    """Of a dataset, or of what is in one."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(
            r"(?!\.{1,2}$)[\w.-]+",
            "This may hold letters, digits, underscores, hyphens and dots only.",
            max_length=256,
            label=label,
            help_text=help_text,
        )


class GcpHealthcare(Connector):
    """A FHIR store of Google's Cloud Healthcare API."""

    type = "gcp_healthcare"
    label = "Google Cloud Healthcare"
    family = "FHIR stores"
    steps = fhir_stores.STEPS
    effect = "Asks whether the account may create resources in the FHIR store; creates none."
    rights = (
        "`healthcare.fhirResources.create` on the FHIR store, as in the role Healthcare FHIR Resource Editor "
        "(`roles/healthcare.fhirResourceEditor`). `healthcare.fhirStores.get` lets a check tell a missing store from "
        "one that may not be written to, and read its capability statement; without it both steps are skipped."
    )
    tested = (
        "Against a stand-in for Google's sign-in and for the Cloud Healthcare API that verifies signatures and tokens: "
        "there is no Google Cloud to run in a test."
    )

    class Config(Section):
        project_id = google.ProjectField(label="Project", help_text="The ID of the project that has the FHIR store.")
        location = PatternField(
            r"[a-z]+(-[a-z]+)*[0-9]*",
            "This must be the name of a location, such as us-central1 or eu.",
            max_length=40,
            label="Location",
            help_text="Where the dataset is, such as us-central1.",
        )
        dataset = IdField("Dataset", "The ID of the dataset that has the FHIR store.")
        fhir_store = IdField("FHIR store", "The ID of the FHIR store.")
        endpoint = google.EndpointField()

    class Credentials(Section):
        service_account_json = google.ServiceAccountField()

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return fhir_stores.SERVICE.problems(config, credentials)

    def target(self, config: Values) -> str:
        return "/".join(config[name] for name in ("project_id", "location", "dataset", "fhir_store"))

    def host(self, config: Values) -> str:
        return fhir_stores.SERVICE.host(config)

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        session = await fhir_stores.SERVICE.enter(config, credentials, steps)
        names = (config[name] for name in ("project_id", "location", "dataset", "fhir_store"))
        await fhir_stores.check(fhir_stores.Store(*names), session, steps)
