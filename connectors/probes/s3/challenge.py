"""Reach a bucket with keys that are not its owner's: its policy lets them in, and a file in it proves that this is
wanted by whoever names the bucket here."""

from collections.abc import Callable

from connectors.probes.aws import Keys
from connectors.probes.s3 import answers, faults
from connectors.probes.s3.answers import FIND
from connectors.probes.s3.bucket import Bucket
from connectors.probes.s3.visiting import Visit
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps

CHALLENGE, MAY_WRITE = "find challenge file", "ask to write"
STEPS = ("resolve", "connect", "tls", FIND, CHALLENGE, MAY_WRITE)
EFFECT = (
    "Asks to write the challenge file on the condition that it is not there. It is, so Amazon refuses, but only after "
    "it has seen that writing is allowed; services that do not know the condition replace it with an empty file."
)

NO_CHALLENGE = Fault(
    "not_found",
    "There is no challenge file “{file}” in the bucket “{bucket}”.",
    "Put an empty file of that name into the bucket, and leave it there.",
)
MAY_NOT_READ = Fault(
    "forbidden",
    "The challenge file “{file}” in the bucket “{bucket}” may not be read.",
    "Allow the actions s3:GetObject and s3:ListBucket in the policy of the bucket to the AWS account of Landfall.",
)


async def check(at: Callable[[str], Bucket], region: str, keys: Keys, file: str, steps: Steps) -> None:
    """`at` gives the bucket in a region, and `region` is where it is looked for first. Raises `CheckFailed`."""
    visit = _Challenge(at(region), keys, steps, file)
    with steps(FIND):
        await visit.find_anywhere(at)
    with steps(CHALLENGE):
        await visit.read()
    with steps(MAY_WRITE):
        await visit.ask()


class _Challenge(Visit):
    async def find_anywhere(self, at: Callable[[str], Bucket]) -> None:
        """Wherever it is: a service that is asked in the wrong region says which is the right one."""
        answer = await self.list(first=True)
        if region := answers.other_region(answer, self.bucket):
            self.bucket = at(region)
            answer = await self.list()
        self.judge(answer)

    async def read(self) -> None:
        answer = await self.send("HEAD", self.key)  # an answer without body: there is but the status to go by
        if answer.status == 404:
            raise self._failure(NO_CHALLENGE)
        if answer.status == 403:
            raise self._failure(MAY_NOT_READ)
        if answer.status != 200:
            raise answers.failure(answer, self.bucket, CHALLENGE)

    async def ask(self) -> None:
        answer = await self.send("PUT", self.key, headers={"If-None-Match": "*"})
        if answer.status == 403:
            raise faults.failure(faults.MAY_NOT_WRITE, self.bucket)
        if answer.status not in {200, 412}:
            raise answers.failure(answer, self.bucket, MAY_WRITE)

    def _failure(self, fault: Fault) -> CheckFailed:
        return fault.told({"bucket": self.bucket.name, "file": self.key})
