"""Data stores of AWS HealthLake: a FHIR server each, whose requests are signed like those of any other service."""

from connectors.probes import aws, fhir, http
from connectors.steps import Steps

FIND, ASK = "find data store", "ask to create a resource"
STEPS = ("resolve", "connect", "tls", FIND, fhir.READ, ASK)
#: A resource without a type; nor has it anything of what every observation must have, should the path tell the type.
NOTHING, TYPE = b"{}", "Observation"


async def check(api: aws.Api, keys: aws.Keys, store: aws.Resource, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right but that to create resources, and creates none."""
    await aws.find(api, keys, store, steps)
    base = f"datastore/{store.name}/r4"
    with steps(fhir.READ):
        answer = await api.send(keys, "GET", f"{base}/metadata", {"Accept": fhir.JSON}, limit=fhir.LIMIT)
        fault = fhir.fault(answer) if answer.status == 200 else _fault(answer)
        if fault is aws.MAY_NOT:
            steps.skip(fhir.READ, "The key may not read the capability statement; the next step shows what it may.")
        elif fault:
            raise aws.failure(fault, api, store)
    with steps(ASK):
        headers = {"Accept": fhir.JSON, "Content-Type": "application/json"}
        answer = await api.send(keys, "POST", f"{base}/{TYPE}", headers, NOTHING)
        if not _refused(answer):
            raise aws.failure(_fault(answer) or aws.NOT_AMAZON, api, store)


def _refused(answer: http.Answer) -> bool:
    """Whether the resource is all that is wrong."""
    return answer.status in {400, 422} and (fhir.is_outcome(answer) or aws.read(answer).error == "ValidationException")


def _fault(answer: http.Answer) -> aws.Fault | None:
    if fhir.is_outcome(answer) and answer.status in _OF_OUTCOMES:
        return _OF_OUTCOMES[answer.status]
    return aws.fault_of(aws.read(answer))


_OF_OUTCOMES = {403: aws.MAY_NOT, 404: aws.MISSING}
