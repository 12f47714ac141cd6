"""Topics of Google Cloud Pub/Sub."""

from connectors.probes.google import answers, service
from connectors.probes.google.service import Service, Session, encoded
from connectors.problems import Fault
from connectors.steps import Steps

FIND, MAY = "find topic", "check the right to publish"
STEPS = (*service.STEPS, FIND, MAY)
SERVICE = Service(
    label="Google Pub/Sub",
    api="Cloud Pub/Sub API",
    url="https://pubsub.googleapis.com",
    scope="https://www.googleapis.com/auth/pubsub",
)
PUBLISH = "pubsub.topics.publish"


async def check(project: str, topic: str, session: Session, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right but that to publish, and publishes nothing."""
    path = f"/v1/projects/{encoded(project)}/topics/{encoded(topic)}"
    words = {"project": project, "topic": topic}
    unknown = "The account may not look at the topic; the next step shows whether it may publish to it."
    found = await answers.find(session, steps, FIND, path, unknown=unknown, missing=_fault(_MISSING, words))
    if not session.email:
        steps.skip(MAY, "An emulator knows no rights.")
        return
    with steps(MAY):
        forbidden = _fault(_MAY_NOT if found else _MAY_NOT_OR_MISSING, words)
        await answers.ask(session, path, PUBLISH, missing=_fault(_MISSING, words), forbidden=forbidden)


def _fault(fault: Fault, words: dict[str, str]) -> Fault:
    return fault._replace(message=fault.message.format(who="{who}", **words))


_MISSING = Fault(
    "not_found",
    "There is no topic “{topic}” in the project “{project}”.",
    "Check the names of the topic and of the project, or create the topic.",
)
_GRANT = f"Grant it {PUBLISH} on the topic, for example by the role Pub/Sub Publisher"
_MAY_NOT = Fault("forbidden", "The account {who} may not publish to the topic “{topic}”.", f"{_GRANT}.")
_MAY_NOT_OR_MISSING = Fault(
    "forbidden",
    "The account {who} may not publish to the topic “{topic}”, or the project “{project}” has no such topic.",
    f"{_GRANT}, and check the names of the topic and of the project.",
)
