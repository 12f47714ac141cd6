"""The conformance cases of the contract as one table, each played against the live server in a world of its own."""

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from connectors import perloop
from destinations import background, checking, services
from destinations.dialects.redox import tokens
from destinations.models import ConnectionCheck, Destination
from tests.dialects.redox.client import Answer, Redox
from tests.dialects.redox.conftest import challenge, echo
from tests.dialects.redox.test_conformance import DATABRICKS, HALF_DONE, HTTPS, bearer, make, make_credential
from tests.factories import make_destination
from tests.servers.dns import name_server
from tests.servers.http import Request

SECRET = "s3cr3t-of-the-endpoint"
UUID4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
CHOSEN = "01234567-89ab-4def-8123-456789abcdef"


class Matches:
    """Equal to what a predicate holds for, so that it can stand for one value in a whole answer."""

    def __init__(self, holds: Callable[[Any], object]) -> None:
        self.holds = holds

    def __eq__(self, other: object) -> bool:
        return bool(self.holds(other))

    __hash__ = None  # type: ignore[assignment]


TEXT = Matches(lambda value: isinstance(value, str) and value)
UUID = Matches(lambda value: uuid.UUID(value) and value == value.lower())


def size(count: int) -> Matches:
    return Matches(lambda value: isinstance(value, list) and len(value) == count)


def without(*keys: str) -> Matches:
    return Matches(lambda value: not value.keys() & set(keys))


@dataclass(frozen=True)
class Call:
    """One request, and what its answer is held to. `{name}` in a path or in a text of the body is from the world.

    `told` are keys of the payload, at whatever depth, and the values they have; `also` looks at everything.
    """

    method: str
    path: str
    body: Any = None
    status: int = 200
    told: Mapping[str, Any] | None = None
    also: Callable[[SimpleNamespace, Answer], object] | None = None
    who: str = "eng"
    raw: bytes | None = None


def get(path: str, status: int = 200, **more: Any) -> Call:
    return Call("GET", path, None, status, **more)


def post(path: str, body: Any = None, status: int = 200, **more: Any) -> Call:
    return Call("POST", path, body, status, **more)


def patch(path: str, body: Any, status: int = 200, **more: Any) -> Call:
    return Call("PATCH", path, body, status, **more)


def delete(path: str, status: int = 200, **more: Any) -> Call:
    return Call("DELETE", path, None, status, **more)


def into(environment: str, body: Mapping[str, Any], status: int = 200, **more: Any) -> Call:
    return post(f"environments/{{{environment}}}/destinations", {"name": "d", **body}, status, **more)


def answering(reply: Callable[[Request], Any]) -> Callable[[SimpleNamespace], None]:
    return lambda world: setattr(world.endpoint, "reply", reply)


def closed(world: SimpleNamespace) -> None:
    world.fixture("settings").EGRESS_ALLOW = []


def named(world: SimpleNamespace) -> None:
    """With names that lead inside."""
    world.fixture("inside")


def many(world: SimpleNamespace) -> None:
    for number in range(60):
        make_destination(world.envs.stg.tenant, environment=world.envs.stg, name=f"d{number}")


def impatient(world: SimpleNamespace) -> None:
    world.fixture("monkeypatch").setattr("destinations.dialects.redox.views.destinations.HANDSHAKE", 1)


def posted(world: SimpleNamespace, _answer: Answer) -> bool:
    (request,) = world.endpoint.requests
    headers = {name: request.headers[name] for name in ("application-name", "content-type", "content-length")}
    body = rf'{{"verification-token":"{SECRET}","challenge":"{UUID4}"}}'
    return (
        request.method == "POST"
        and headers == {"application-name": "RedoxEngine", "content-type": "application/json"}
        | {"content-length": str(len(request.body))}
        and re.fullmatch(body.encode(), request.body) is not None
    )  # fmt: skip


def queried(world: SimpleNamespace, _answer: Answer) -> bool:
    (request,) = world.endpoint.requests
    query = rf"/in\?tenant=7&challenge={UUID4}&verification-token={SECRET}"
    return (request.method, request.body) == ("GET", b"") and re.fullmatch(query, request.target) is not None


def quiet(world: SimpleNamespace, _answer: Answer) -> bool:
    return world.endpoint.server.connections == 0


def recorded(world: SimpleNamespace, _answer: Answer) -> bool:
    check = ConnectionCheck.objects.get(trigger="verify")
    return check.status == "failed" and bool(check.code and check.message and check.remedy)


def blocked(world: SimpleNamespace, answer: Answer) -> bool:
    return quiet(world, answer) and ConnectionCheck.objects.get(trigger="verify").code == "blocked"


def sealed(_world: SimpleNamespace, answer: Answer) -> bool:
    stored = Destination.objects.get(name="sealed")
    hidden = str(answer.body) + str(stored.masked) + stored.sealed.ciphertext + str(stored.config) + str(stored.extra)
    return stored.credentials["verification_token"] == SECRET and SECRET not in hidden


def silent(_world: SimpleNamespace, answer: Answer) -> bool:
    return SECRET not in str(answer.body) and "verificationToken" not in str(answer.body)


def checked_again(world: SimpleNamespace, _answer: Answer) -> bool:
    services.request_check(Destination.objects.get(uuid=world.hook))
    checking.sweep()
    later = world.endpoint.requests[-1]
    return len(world.endpoint.requests) == 2 and later.headers["verification-token"] == SECRET


def signed_in(world: SimpleNamespace, _answer: Answer) -> bool:
    return world.endpoint.requests[-1].headers["authorization"] == "Bearer the-access-token"


def token_or_echo(request: Request) -> Any:
    return (200, {"access_token": "the-access-token"}) if request.target == "/token" else echo(request)


VERIFY = "destinations/{hook}/verify"
UNVERIFIED = get("destinations/{hook}", told={"verified": False, "verifiedAt": None})
EVERY = [
    ("GET", "environments/{dev}/destinations", None),
    ("POST", "environments/{dev}/destinations", {"name": "d"}),
    ("GET", "destinations/{plain}", None),
    ("PATCH", "destinations/{plain}", {"name": "n"}),
    ("POST", "destinations/{plain}/verify", {}),
    ("DELETE", "destinations/{plain}", None),
]


def all_as(who: str, status: int) -> list[Call]:
    return [Call(method, path, body, status, who=who) for method, path, body in EVERY]


Play = tuple[Callable[[SimpleNamespace], None] | Call, ...]
CASES: dict[str, Play] = {
    "R01": (
        into("dev", {"name": "d1"}, told={
            "id": UUID, "name": "d1", "environment": {"id": "{dev}", "environmentFlag": "Development"},
            "setupState": None,
        }),
    ),
    "R02 none": (post("environments/{dev}/destinations", {}, 400, told={"path": "name"}),),
    "R02 empty": (into("dev", {"name": ""}, 400, told={"path": "name"}),),
    "R02 number": (into("dev", {"name": 5}, 400, told={"path": "name"}),),
    "R03 Development": (into("dev", {"endpoint": "http://x.example.com/in"}),),
    "R03 Staging": (into("stg", {"endpoint": "http://x.example.com/in"}, 400, told={"path": "endpoint"}),),
    "R03 Production": (into("prd", {"endpoint": "http://x.example.com/in"}, 400, told={"path": "endpoint"}),),
    "R04": (
        into("stg", {"name": "sealed", "endpoint": HTTPS, "verificationToken": SECRET}, also=sealed),
        get("environments/{stg}/destinations", also=silent),
        get("destinations/{hook}", also=silent),
    ),
    "R05": (into("stg", {"cloudProviderSettings": DATABRICKS}, told={"cloudProviderSettings": DATABRICKS}),),
    "R06": (into("dev", {"id": CHOSEN}, told={"id": CHOSEN}), into("dev", {"id": CHOSEN}, 400, told={"path": "id"})),
    "R07 own": (into("dev", {"authCredential": "{credential}"}, told={"authCredential": "{credential}"}),),
    "R07 foreign": (into("dev", {"authCredential": "{foreign}"}, 400, told={"path": "authCredential"}),),
    "R07 nothing": (into("dev", {"authCredential": CHOSEN}, 400, told={"path": "authCredential"}),),
    "R08": (
        into("prd", {"setupState": HALF_DONE}, told={"setupState": HALF_DONE}),
        get("environments/{prd}/destinations", told={"setupState": HALF_DONE}),
    ),
    "R09": (into("dev", {"setupState": None}, told={"setupState": None}),),
    "R10 id": (into("dev", {"environment": {"id": "{stg}"}}, 400, told={"path": "environment.id"}),),
    "R10 flag": (
        into("dev", {"environment": {"environmentFlag": "Prod"}}, 400, told={"path": "environment.environmentFlag"}),
    ),
    "R11 support": tuple(all_as("sup", 403)),
    "R11 owner": tuple(all_as("own", 404)),
    "R12": (
        get("environments/{other}/destinations", 404),
        get("destinations/{theirs}", 404),
        patch("destinations/{theirs}", {"name": "n"}, 404),
        delete("destinations/{theirs}", 404),
    ),
    "R13 none": tuple(all_as("nobody", 401)),
    "R13 expired": tuple(all_as("expired", 401)),
    "R13 garbage": tuple(all_as("garbage", 401)),
    "R14": (
        get("environments/{dev}/destinations", told={"destinations": size(1), "id": "{plain}"}, also=silent),
        get("environments/{stg}/destinations", told={"destinations": size(1), "id": "{hook}"}, also=silent),
    ),
    "R15": (
        get("destinations/{hook}", also=lambda world, answer: world.listed.append(answer.destination) or True),
        get(
            "environments/{stg}/destinations",
            also=lambda world, answer: answer.payload["destinations"] == world.listed,
        ),
    ),
    "R16": (
        get("destinations/{hook}", also=lambda world, answer: world.listed.append(answer.destination) or True),
        patch(
            "destinations/{hook}", {"name": "n2"},
            also=lambda world, answer: answer.destination == world.listed[0] | {"name": "n2"},
        ),
    ),
    "R17": (
        into("prd", {"id": CHOSEN, "endpoint": HTTPS}),
        patch(f"destinations/{CHOSEN}", {"endpoint": "http://y.example.com"}, 400, told={"path": "endpoint"}),
        get(f"destinations/{CHOSEN}", told={"endpoint": HTTPS}),
    ),
    "R18": (
        post(VERIFY, {}, told={"verified": True}),
        patch("destinations/{hook}", {"verificationToken": "t2"}, told={"verified": False}, also=silent),
    ),
    "R19": (
        into("dev", {"id": CHOSEN, "cloudProviderSettings": DATABRICKS}),
        patch(
            f"destinations/{CHOSEN}", {"cloudProviderSettings": DATABRICKS | {"productId": "blob-storage"}}, 400,
            told={"path": "cloudProviderSettings"},
        ),
    ),
    "R20": (Call("PUT", "destinations/{plain}", {"name": "n"}, 405),),
    "R21": (post(VERIFY, {}, told={"verified": True, "verifiedAt": TEXT}, also=posted),),
    "R22": (post(VERIFY, {"verificationMethod": "GET"}, told={"verified": True}, also=queried),),
    "R23 JSON": (
        answering(lambda request: (200, {"challenge": challenge(request)})),
        post(VERIFY, {}, told={"verified": True}),
    ),
    "R23 text": (
        answering(lambda request: (200, challenge(request).encode())),
        post(VERIFY, {}, told={"verified": True}),
    ),
    "R24 another text": (
        answering(lambda _: (200, b"welcome")),
        post(VERIFY, {}, 400, told={"path": "endpoint"}, also=recorded),
        UNVERIFIED,
    ),
    "R24 401": (answering(lambda _: (401, b"")), post(VERIFY, {}, 400, also=recorded), UNVERIFIED),
    "R24 302": (
        answering(lambda request: (302, challenge(request).encode())), post(VERIFY, {}, 400, also=recorded), UNVERIFIED,
    ),
    "R24 no answer": (impatient, answering(lambda _: None), post(VERIFY, {}, 400, also=recorded), UNVERIFIED),
    "R25 nothing": (post("destinations/{plain}/verify", {}, 400, also=quiet),),
    "R25 no token": (
        patch("destinations/{plain}", {"endpoint": "{url}"}),
        post("destinations/{plain}/verify", {}, 400, told={"path": "verificationToken"}, also=quiet),
    ),
    "R25 no endpoint": (
        post("destinations/{plain}/verify", {"verificationToken": "t"}, 400, told={"path": "endpoint"}, also=quiet),
    ),
    "R26": (
        answering(lambda _: (500, b"")),
        post(VERIFY, {"endpoint": "{url}&new=1", "verificationToken": "t3"}, 400),
        get("destinations/{hook}", told={"endpoint": "{url}&new=1", "verified": False}),
    ),
    "R27": (post(VERIFY, {"verificationMethod": "PUT"}, 400, told={"path": "verificationMethod"}, also=quiet),),
    "R28 by name": (closed, post(VERIFY, {}, 400, also=blocked), UNVERIFIED),
    **{
        f"R28 {host}": (closed, post(VERIFY, {"endpoint": f"https://{host}/"}, 400, also=blocked), UNVERIFIED)
        for host in ("127.0.0.1", "169.254.169.254", "10.0.0.1")
    },
    **{
        f"R28 {host}": (closed, named, post(VERIFY, {"endpoint": f"https://{host}/"}, 400, also=blocked), UNVERIFIED)
        for host in ("metadata.example.com", "inside.example.com")
    },
    "R29": (
        delete("destinations/{plain}", told={"message": TEXT}),
        delete("destinations/{plain}", 404),
        get("destinations/{plain}", 404),
    ),
    "R30 engineer": (
        get("organizations/123/environments", told={"environments": size(3), "organization": {"id": 123}}),
    ),
    "R30 support": (get("organizations/123/environments", told={"environments": size(1)}, who="sup"),),
    "R31": (
        post(
            "authcredentials", bearer(SimpleNamespace(pk="{dev}")),
            told={"hasClientSecret": True, "credential": without("clientSecret", "password")},
        ),
    ),
    "R31 without url": (
        post("authcredentials", bearer(SimpleNamespace(pk="{dev}"), url=None), 400, told={"path": "url"}),
    ),
    "R31 without grantType": (
        post("authcredentials", bearer(SimpleNamespace(pk="{dev}"), grantType=None), 400, told={"path": "grantType"}),
    ),
    "R32": (
        into("dev", {"id": CHOSEN, "authCredential": "{credential}"}),
        delete("authcredentials/{credential}", 400),
        patch(f"destinations/{CHOSEN}", {"authCredential": None}),
        delete(
            "authcredentials/{credential}",
            told={"message": "Auth credential id [{credential}] was successfully deleted."},
        ),
    ),
    "R33": (
        get(
            "authcredentials/strategies",
            told={"AwsSigv4": {
                "availableFields": ["accessKey", "secretKey", "serviceName", "awsRegion", "sessionToken"]
            }},
        ),
    ),
    "R34": (
        delete("destinations/{hook}"),
        many,
        get("environments/{stg}/destinations?_page=2&_count=50", told={"destinations": size(10)},
            also=lambda _, answer: answer.body["meta"]["page"]["currentPage"] == 2),
        get("environments/{stg}/destinations", told={"destinations": size(60)}),
    ),
    "R35": (post("environments/{dev}/destinations", status=413, raw=b" " * (10 * 2**20 + 1)),),
    "R36": (
        into("dev", {"cloudProviderSettings": {"typeId": "foo", "productId": "bar", "settings": {}}}, 400,
             told={"path": "cloudProviderSettings.productId"}),
    ),
    "R37 token": (post(VERIFY, {}), get("destinations/{hook}", also=checked_again)),
    "R37 credential": (
        answering(token_or_echo),
        patch("destinations/{hook}", {"authCredential": "{bearer}"}),
        post(VERIFY, {}, told={"verified": True}, also=signed_in),
    ),
}  # fmt: skip


@pytest.fixture
def world(request, eng, stranger_to, envs, endpoint) -> SimpleNamespace:
    """Who and what the cases speak of, by name: clients, environments, and one destination of each kind."""
    made = SimpleNamespace(eng=eng, envs=envs, endpoint=endpoint, listed=[], fixture=request.getfixturevalue)
    made.sup, made.own = made.fixture("sup"), made.fixture("own")
    made.dev, made.stg, made.prd, made.other = (str(env.pk) for env in (envs.dev, envs.stg, envs.prd, envs.other))
    made.url = endpoint.url
    made.plain = make(eng, envs.dev)["id"]
    made.hook = make(eng, envs.stg, endpoint=endpoint.url, verificationToken=SECRET)["id"]
    made.theirs = make(stranger_to, envs.other)["id"]
    made.credential = make_credential(eng, envs.dev)["id"]
    token_url = endpoint.server.url("/token", host="localhost")
    made.bearer = make_credential(eng, envs.stg, url=token_url)["id"]
    made.foreign = make_credential(stranger_to, envs.other, organization=456)["id"]
    now = int(time.time())
    old = {"iss": tokens.ISSUER, "sub": "1", "iat": now - 600, "exp": now - 1}
    bad = {"nobody": None, "garbage": "garbage", "expired": jwt.encode(old, tokens._secret(), "HS256")}
    for name, token in bad.items():
        setattr(made, name, Redox(made.fixture("live_server").url, token))
    return made


@pytest.fixture
def inside(settings) -> Iterator[None]:
    names = {"inside.example.com": [["10.0.0.1"]], "metadata.example.com": [["169.254.169.254"]]}
    with name_server(names) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        background.submit(perloop.close()).result()  # with the channel to the name servers before
        yield
        background.submit(perloop.close()).result()


@pytest.mark.parametrize("case", CASES)
def test_the_case_is_as_the_contract_has_it(world, case):
    for turn in CASES[case]:
        if not isinstance(turn, Call):
            turn(world)
            continue
        client: Redox = getattr(world, turn.who)
        answer = client.send(turn.method, filled(turn.path, world), filled(turn.body, world), turn.raw)
        assert answer.status == turn.status, answer.body
        for key, value in (turn.told or {}).items():
            assert filled(value, world) in [*said(answer.payload, key)], (key, answer.body)
        assert turn.also is None or turn.also(world, answer), answer.body


def test_no_case_is_left_out():
    assert {case[:3] for case in CASES} == {f"R{number:02}" for number in range(1, 38)}


def filled(value: Any, world: SimpleNamespace) -> Any:
    """With the names of the world in braces replaced."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda name: str(getattr(world, name[1])), value)
    if isinstance(value, dict):
        return {key: filled(inner, world) for key, inner in value.items()}
    return value


def said(payload: Any, key: str) -> Iterator[Any]:
    """Every value that a key has in an answer."""
    for inner in payload if isinstance(payload, list) else ():
        yield from said(inner, key)
    for name, inner in payload.items() if isinstance(payload, dict) else ():
        if name == key:
            yield inner
        yield from said(inner, key)
