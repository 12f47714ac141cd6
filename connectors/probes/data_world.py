"""What data.world tells about a user, an owner and a dataset."""

import re
from dataclasses import dataclass, field

from connectors import VERSION, names
from connectors.probes import http
from connectors.problems import Fault
from connectors.steps import Steps

SIGN_IN, OWNER, DATASET, WRITE = "sign in", "find owner", "find dataset", "look for write access"
STEPS = ("resolve", "connect", "tls", SIGN_IN, OWNER, DATASET, WRITE)
EFFECT = "Reads who the token belongs to, the owner and the dataset; it writes nothing."
WRITERS = frozenset({"WRITE", "ADMIN"})


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    owner: str
    dataset: str
    token: str = field(repr=False)

    @property
    def where(self) -> str:
        return names.place(self.host, self.port)

    @property
    def words(self) -> dict[str, str]:
        return {"where": self.where, "owner": self.owner, "dataset": self.dataset}


async def check(place: Place, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    with steps(SIGN_IN):
        me = _text(await _get(place, "/user", SIGN_IN, steps), "id", place)
    if not place.dataset:
        with steps(OWNER):
            await _get(place, f"/datasets/{place.owner}?limit=1", OWNER)
        steps.skip(DATASET, "No dataset is named: datasets are made when data arrives.")
        with steps(WRITE):
            if me != place.owner:
                steps.skip(WRITE, "Whether the token may make datasets for somebody else shows only when it does.")
        return
    steps.skip(OWNER, "The next step shows the owner together with the dataset.")
    with steps(DATASET):
        level = _text(await _get(place, f"/datasets/{place.owner}/{place.dataset}", DATASET), "accessLevel", place)
    with steps(WRITE):
        if level not in WRITERS:
            raise MAY_NOT_WRITE.failure(place)


async def _get(place: Place, path: str, step: str, steps: Steps | None = None) -> http.Answer:
    headers = {
        "Authorization": f"Bearer {place.token}",
        "Accept": "application/json",
        "User-Agent": f"Landfall/{VERSION}",
    }
    answer = await http.call("GET", f"https://{place.where}/v0{path}", steps, headers=headers)
    if answer.status != 200:
        raise _by_status(answer.status, step).failure(place)
    return answer


def _text(answer: http.Answer, name: str, place: Place) -> str:
    """The value of `name`, also in an answer so long that its end was not read: a dataset lists all its files."""
    if len(answer.body) >= http.BODY_LIMIT and (
        seen := re.search(rb'(?<!\\)"%s": ?"(\w+)"' % name.encode(), answer.body)
    ):
        return seen[1].decode()
    if isinstance(value := (answer.json or {}).get(name), str):
        return value
    raise NOT_DATA_WORLD.failure(place)


def _by_status(status: int, step: str) -> Fault:
    if status in {403, 404} and step in _MISSING:
        return _MISSING[step]
    if status in _OF_THE_STATUS:
        return _OF_THE_STATUS[status]
    return REMOTE if status >= 500 else NOT_DATA_WORLD


DENIED = Fault(
    "denied",
    "{where} does not accept the access token.",
    "Enter the token again, or make a new one; tokens of an integration expire.",
)
NO_OWNER = Fault("not_found", "There is no user or organization “{owner}”.", "Check the owner's ID.")
NO_DATASET = Fault(
    "not_found",
    "The owner “{owner}” has no dataset “{dataset}” that this token may see.",
    "Check both IDs as they stand in the dataset's address, and that the token's user may see the dataset.",
)
MAY_NOT_WRITE = Fault(
    "forbidden",
    "This token may not write to the dataset “{owner}/{dataset}”.",
    "Let the token's user edit the dataset, and make the token one with the read and write scopes.",
)
SLOW_DOWN = Fault("quota", "{where} asks for fewer requests.", "Check again later, and less often.")
REMOTE = Fault("remote", "{where} reports a failure of its own.", "Check again later.")
NOT_DATA_WORLD = Fault("protocol", "{where} does not answer as data.world does.", "Check the host and the port.")

_MISSING = {OWNER: NO_OWNER, DATASET: NO_DATASET}
_OF_THE_STATUS = {401: DENIED, 403: DENIED, 429: SLOW_DOWN}
