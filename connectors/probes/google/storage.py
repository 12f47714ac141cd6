"""Buckets of Google Cloud Storage."""

from dataclasses import dataclass

from connectors.probes.google import answers, service
from connectors.probes.google.service import Service, Session, encoded
from connectors.probes.google.trial import Trial
from connectors.probes.http import Answer
from connectors.probes.object_names import named
from connectors.probes.undoing import REMOVE
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps

FIND, WRITE = "find bucket", "write a test object"
STEPS = (*service.STEPS, FIND, WRITE, REMOVE)
SERVICE = Service(
    label="Google Cloud Storage",
    api="Cloud Storage API",
    url="https://storage.googleapis.com",
    scope="https://www.googleapis.com/auth/devstorage.read_write",
)
BODY = b"A connection check wrote this object. It may be removed.\n"


async def check(bucket: str, prefix: str, session: Session, steps: Steps, *, test_object: str = "") -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing objects does not need.

    `test_object` is the name of what is written, after the prefix; without one it has a random number.
    """
    path = f"/storage/v1/b/{encoded(bucket)}?fields=name"
    unknown = "The account may not look at the bucket; the next step shows whether it is there."
    await answers.find(session, steps, FIND, path, unknown=unknown, missing=_missing(bucket))
    test = _TestObject(bucket, f"{prefix}{named(test_object)}", session, overwrites=bool(test_object))
    trial = Trial("test object", test.name, f"{bucket}/{test.name}", test.write, test.remove, test.written, test.kept)
    await trial.run(WRITE, steps)


@dataclass(slots=True)
class _TestObject:
    bucket: str
    name: str
    session: Session
    overwrites: bool
    #: Of the object that was written; removing just that one leaves none behind in a bucket that keeps versions.
    generation: str = ""

    async def write(self) -> Answer:
        path = f"/upload/storage/v1/b/{encoded(self.bucket)}/o"
        # Never over an object that is there, unless its name was given.
        fence = {} if self.overwrites else {"ifGenerationMatch": "0"}
        return await self.session.send("POST", path, "text/plain", BODY, name=self.name, uploadType="media", **fence)

    def written(self, answer: Answer) -> None:
        generation = (answer.json or {}).get("generation")
        if answer.status != 200 or not isinstance(generation, str):
            raise answers.failure(answer, self.session, missing=_missing(self.bucket), forbidden=_MAY_NOT_WRITE)
        self.generation = generation

    async def remove(self) -> Answer:
        path = f"/storage/v1/b/{encoded(self.bucket)}/o/{encoded(self.name)}"
        return await self.session.call("DELETE", path, **({"generation": self.generation} if self.generation else {}))

    def kept(self, answer: Answer) -> CheckFailed:
        return answers.failure(answer, self.session, missing=_missing(self.bucket), forbidden=_MAY_NOT_REMOVE)


def _missing(bucket: str) -> Fault:
    message = f"There is no bucket “{bucket}”."
    return Fault("not_found", message, "Check the bucket's name, or create the bucket.")


_MAY_NOT_WRITE = Fault(
    "forbidden",
    "The account {who} may not write to the bucket.",
    "Grant it storage.objects.create on the bucket, for example by the role Storage Object User.",
)
_MAY_NOT_REMOVE = Fault(
    "forbidden",
    "The account {who} may not remove objects from the bucket.",
    "Grant it storage.objects.delete on the bucket, for example by the role Storage Object User.",
)
