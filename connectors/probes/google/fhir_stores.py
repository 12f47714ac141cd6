"""FHIR stores of Google's Cloud Healthcare API."""

from dataclasses import dataclass

from connectors.probes import fhir
from connectors.probes.google import answers, service
from connectors.probes.google.service import Service, Session, encoded
from connectors.problems import Fault
from connectors.steps import Steps

FIND, MAY = "find FHIR store", "check the right to create resources"
STEPS = (*service.STEPS, FIND, fhir.READ, MAY)
SERVICE = Service(
    label="Google Cloud Healthcare",
    api="Cloud Healthcare API",
    url="https://healthcare.googleapis.com",
    scope="https://www.googleapis.com/auth/cloud-healthcare",
)
CREATE = "healthcare.fhirResources.create"


@dataclass(frozen=True, slots=True)
class Store:
    project: str
    location: str
    dataset: str
    name: str

    @property
    def path(self) -> str:
        project, location, dataset, name = map(encoded, (self.project, self.location, self.dataset, self.name))
        return f"/v1/projects/{project}/locations/{location}/datasets/{dataset}/fhirStores/{name}"

    def fault(self, fault: Fault) -> Fault:
        """About this store."""
        return fault._replace(message=fault.message.format(who="{who}", store=self.name, dataset=self.dataset))


async def check(store: Store, session: Session, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right but that to create resources, and creates none."""
    unknown = "The account may not look at the FHIR store; the last step shows whether it may write to it."
    missing = store.fault(_MISSING)
    found = await answers.find(session, steps, FIND, store.path, unknown=unknown, missing=missing)
    with steps(fhir.READ):
        await _read(store, session, steps)
    if not session.email:
        steps.skip(MAY, "An emulator knows no rights.")
        return
    with steps(MAY):
        forbidden = store.fault(_MAY_NOT if found else _MAY_NOT_OR_MISSING)
        await answers.ask(session, store.path, CREATE, missing=missing, forbidden=forbidden)


async def _read(store: Store, session: Session, steps: Steps) -> None:
    answer = await session.read(f"{store.path}/fhir/metadata", fhir.LIMIT)
    if answers.may_not(answer):
        steps.skip(fhir.READ, "The account may not look at the FHIR store.")
    elif answer.status != 200:
        missing = store.fault(_MISSING)
        raise answers.failure(answer, session, missing=missing, forbidden=missing)
    elif fault := fhir.fault(answer):
        raise fault.told({"service": session.service.label})


_MISSING = Fault(
    "not_found",
    "There is no FHIR store “{store}” in the dataset “{dataset}”.",
    "Check the project, the location and the names of the dataset and of the FHIR store, or create the store.",
)
_GRANT = f"Grant it {CREATE} on the FHIR store, for example by the role Healthcare FHIR Resource Editor"
_MAY_NOT = Fault("forbidden", "The account {who} may not create resources in the FHIR store “{store}”.", f"{_GRANT}.")
_MAY_NOT_OR_MISSING = Fault(
    "forbidden",
    "The account {who} may not create resources in the FHIR store “{store}”, or the dataset “{dataset}” has no such "
    "store.",
    f"{_GRANT}, and check the project, the location and the names of the dataset and of the FHIR store.",
)
