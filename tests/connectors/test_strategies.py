"""What shared credentials give the types that sign in with them, and where tokens come from."""

import asyncio
import base64
import json
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors import perloop, registry, strategies
from connectors.probes.entra import PrincipalSection
from connectors.problems import Invalid
from connectors.running import run
from connectors.strategies import Attached
from tests.connectors.checks import passed
from tests.connectors.examples import EXAMPLES
from tests.servers.entra import CLIENT, TENANT
from tests.servers.google import make_key, pem
from tests.servers.http import Request
from tests.servers.rest import serving
from tests.servers.sigv4 import proves

RSA = pem(make_key())
TOKEN_URL = "https://auth.example.com/token"
LOGIN = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
PLACE = {"service": "execute-api", "region": "us-west-2"}
PRINCIPAL = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": "s"}
# Properties and secrets by strategy, and what types take of them.
CASES = [
    ("basic", {"username": "u"}, {"password": "p"}, "postgres", {"username": "u", "password": "p"}),
    ("basic", {"username": "u"}, {"password": "p"}, "webhook", {"headers": {"Authorization": "Basic dTpw"}}),
    ("bearer", {}, {"token": "t"}, "otlp_http", {"headers": {"Authorization": "Bearer t"}}),
    ("headers", {}, {"headers": {"X-Key": "k"}}, "webhook", {"headers": {"X-Key": "k"}}),
    (
        "aws_sigv4",
        {"access_key_id": "AKIA"},
        {"secret_access_key": "s", "session_token": "t"},
        "aws_s3",
        {"access_key_id": "AKIA", "secret_access_key": "s", "session_token": "t"},
    ),
    ("key_pair", {"username": "u"}, {"private_key": RSA}, "snowflake", {"username": "u", "private_key": RSA}),
    (
        "oauth2",
        {"token_url": LOGIN, "client_id": CLIENT},
        {"client_secret": "s"},
        "azure_databricks",
        PRINCIPAL,
    ),
    ("oauth2", {"token_url": TOKEN_URL, "client_id": CLIENT}, {"client_secret": "s"}, "azure_databricks", None),
    *(
        ("oauth2", {"token_url": LOGIN, "client_id": CLIENT}, {"client_secret": "s"}, type_, PRINCIPAL)
        for type_ in ("azure_fabric", "azure_health_data_services")
    ),
    (
        "aws_sigv4",
        {"access_key_id": "AKIA"},
        {"secret_access_key": "s"},
        "aws_healthlake",
        {"access_key_id": "AKIA", "secret_access_key": "s"},
    ),
    ("bearer", {}, {"token": "t"}, "postgres", None),
    ("aws_sigv4", {"access_key_id": "AKIA"}, {"secret_access_key": "s"}, "webhook", None),
    ("aws_sigv4", {"access_key_id": "AKIA", "service": "execute-api"}, {"secret_access_key": "s"}, "webhook", None),
    ("aws_sigv4", {"access_key_id": "AKIA", **PLACE}, {"secret_access_key": "s"}, "webhook", {}),
    ("aws_sigv4", {"access_key_id": "AKIA", **PLACE}, {"secret_access_key": "s"}, "otlp_http", {}),
    ("google_wif", {"audience": "a"}, {}, "postgres", None),
]


def attached(name, properties, secrets):
    return Attached(strategies.get(name), *strategies.get(name).clean(properties, secrets))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[3]}")
def test_a_type_takes_what_it_has_fields_for(case):
    name, properties, secrets, type_, expected = case
    offer = attached(name, properties, secrets).offer(registry.get(type_), {})
    assert (offer and offer.values) == expected


def test_a_token_url_of_another_cloud_does_not_serve():
    place = EXAMPLES["azure_databricks"].config | {"storage_endpoint_suffix": "core.usgovcloudapi.net"}
    given = attached("oauth2", {"token_url": LOGIN, "client_id": CLIENT}, {"client_secret": "s"})
    assert given.offer(registry.get("azure_databricks"), place) is None


def test_the_host_of_a_fhir_server_tells_which_cloud_a_token_url_must_be_of():
    connector, secrets = registry.get("azure_health_data_services"), {"client_secret": "s"}
    here = attached("oauth2", {"token_url": LOGIN, "client_id": CLIENT}, secrets)
    elsewhere = LOGIN.replace("microsoftonline.com", "microsoftonline.us")
    there = attached("oauth2", {"token_url": elsewhere, "client_id": CLIENT}, secrets)
    place = {"fhir_server_url": "https://a-b.fhir.azurehealthcareapis.us"}
    assert here.offer(connector, place) is None
    assert there.offer(connector, place).values == PRINCIPAL
    assert there.offer(connector, EXAMPLES["azure_health_data_services"].config) is None


@pytest.mark.parametrize("told", [None, 5, [], {}, "https://[", "nowhere"])
def test_what_is_no_place_yet_is_in_no_other_cloud(told):
    given = attached("oauth2", {"token_url": LOGIN, "client_id": CLIENT}, {"client_secret": "s"})
    connector = registry.get("azure_health_data_services")
    assert given.offer(connector, {"fhir_server_url": told}).values == PRINCIPAL
    assert given.offer(registry.get("azure_databricks"), {"storage_endpoint_suffix": told}) is None


def test_the_hint_names_every_type_that_signs_in_as_a_service_principal():
    principals = [one.label for one in registry.every() if isinstance(one.credentials, PrincipalSection)]
    assert len(principals) == 3
    assert all(label in strategies.get("oauth2").hint for label in principals)


def test_a_service_account_is_put_together_as_google_hands_it_out():
    given = attached("google_service_account", {"client_email": "l@p.example"}, {"private_key": RSA})
    offer = given.offer(registry.get("gcp_pubsub"), {})
    key = json.loads(offer.values["service_account_json"])
    assert (key["type"], key["client_email"], key["private_key"]) == ("service_account", "l@p.example", RSA)
    registry.get("gcp_pubsub").clean({"project_id": "the-project", "topic": "topic"}, offer.values)


@pytest.mark.parametrize(
    ("name", "properties", "secrets", "path"),
    [
        ("oauth2", {"token_url": "x"}, {}, "properties.token_url"),
        ("oauth2", {"token_url": TOKEN_URL, "grant_type": "password"}, {}, "properties.username"),
        ("smart_backend", {"token_url": TOKEN_URL, "client_id": "c"}, {"private_key": "x"}, "secrets.private_key"),
        ("google_service_account", {"client_email": "l@p", "token_uri": "https://x"}, {}, "properties.token_uri"),
        ("google_service_account", {"client_email": "l@p"}, {"private_key": "x"}, "secrets.private_key"),
        ("bearer", {}, {"token": "two words"}, "secrets.token"),
        ("basic", {"username": "u"}, {"token": "t"}, "secrets.token"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(name, properties, secrets, path):
    with pytest.raises(Invalid) as caught:
        strategies.get(name).clean(properties, secrets)
    assert path in {problem.path for problem in caught.value.problems}


def check(given, own=None, *, type_="webhook", **config):
    """A check of a webhook, or another type, that signs in with it, and with credentials of its own."""
    connector = registry.get(type_)
    secret = {"secret": "any"} if type_ == "webhook" else {}

    async def checked():
        try:
            both = connector.clean({"url": "https://unused.example.com", **config}, {**secret, **(own or {})})
            return await run(connector, *both, limit=15, attached=given)
        finally:
            await perloop.close()

    return asyncio.run(checked())


class Server:
    """Gives out tokens, and takes requests at any other path. What was asked for is in `form`."""

    url = token_url = ""

    def __init__(self):
        self.reply = (200, {"access_token": "the-token"})
        self.form, self.asked, self.taken = {}, None, None

    def answer(self, request):
        if request.target == "/token":
            self.asked = request
            as_json = request.headers["content-type"] == "application/json"
            self.form = json.loads(request.body) if as_json else dict(parse_qsl(request.body.decode()))
            return self.reply
        self.taken = request
        return 200, {}


@pytest.fixture
def server(authority, system_trust):
    made = Server()
    with serving(made.answer, authority) as listening:
        made.url = listening.url("/", host="localhost")
        made.token_url = listening.url("/token", host="localhost")
        yield made


class TestTokens:
    def test_the_client_proves_itself_in_a_header(self, server):
        properties = {"token_url": server.token_url, "client_id": "c:1", "scope": "a b", "audience": "them"}
        report = check(attached("oauth2", properties, {"client_secret": "s&1"}), url=server.url)
        assert passed(report)[0] == "get a token"
        sent = base64.b64decode(server.asked.headers["authorization"].removeprefix("Basic "))
        assert sent == b"c%3A1:s%261"
        assert server.form == {"grant_type": "client_credentials", "scope": "a b", "audience": "them"}
        assert server.taken.headers["authorization"] == "Bearer the-token"

    def test_or_in_the_body_under_names_of_the_servers_own(self, server):
        properties = {
            "token_url": server.token_url, "client_id": "c", "client_authentication": "body", "content_type": "json",
            "client_id_name": "id", "client_secret_name": "key", "grant_type_name": "grant", "username": "u",
            "access_token_name": "jwt", "custom_field_name": "realm", "custom_field_value": "r", "resource": "x",
            "grant_type": "password",
        }  # fmt: skip
        server.reply = (200, {"jwt": "the-token"})
        passed(check(attached("oauth2", properties, {"client_secret": "s", "password": "p"}), url=server.url))
        assert server.form == {
            "grant": "password", "id": "c", "key": "s", "username": "u", "password": "p", "realm": "r", "resource": "x"
        }  # fmt: skip
        assert "authorization" not in server.asked.headers

    @pytest.mark.parametrize("key", [make_key(), ec.generate_private_key(ec.SECP384R1())], ids=["RS384", "ES384"])
    def test_a_signed_assertion_stands_for_a_secret(self, server, key):
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        properties = {"token_url": server.token_url, "client_id": "c", "key_id": "k1", "scope": "system/*.read"}
        passed(check(attached("smart_backend", properties, {"private_key": text}), url=server.url))
        signed = server.form.pop("client_assertion")
        assert server.form.keys() == {"grant_type", "client_assertion_type", "scope"}
        assert jwt.get_unverified_header(signed)["kid"] == "k1"
        algorithms = ["RS384", "ES384"]
        claims = jwt.decode(signed, key.public_key(), algorithms, audience=server.token_url, issuer="c", subject="c")
        assert (claims["exp"] - claims["iat"], len(claims["jti"])) == (300, 36)

    def test_a_server_that_wants_more_than_an_assertion_gets_it(self, server):
        properties = {
            "token_url": server.token_url, "client_id": "c", "client_id_name": "id", "grant_type_name": "grant",
            "username": "u",
        }  # fmt: skip
        passed(check(attached("smart_backend", properties, {"private_key": RSA, "password": "p"}), url=server.url))
        del server.form["client_assertion"], server.form["client_assertion_type"]
        assert server.form == {"grant": "client_credentials", "id": "c", "username": "u", "password": "p"}

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            ((401, {"error": "invalid_client", "error_description": "its own words"}), "denied"),
            ((400, {"error": "its own words"}), "denied"),
            ((500, {}), "remote"),
            ((200, {}), "protocol"),
            ((200, {"access_token": "line\nbreak"}), "protocol"),
            ((200, b"no json"), "protocol"),
            ((302, {}), "denied"),
        ],
    )
    def test_without_a_token_nothing_is_sent(self, server, reply, code):
        server.reply = reply
        properties = {"token_url": server.token_url, "client_id": "c"}
        report = check(attached("oauth2", properties, {"client_secret": "the-secret"}), url=server.url)
        assert (report.status, report.code) == ("failed", code)
        assert (report.steps[0]["name"], report.steps[0]["status"]) == ("get a token", "failed")
        assert "its own words" not in repr(report)
        assert "the-secret" not in repr(report)
        assert server.taken is None

    def test_a_token_server_inside_is_not_reached(self, server, settings):
        settings.EGRESS_ALLOW = []
        report = check(attached("oauth2", {"token_url": server.token_url}, {}), url=server.url)
        assert (report.code, server.asked) == ("blocked", None)

    def test_one_that_does_not_serve_any_more_fails_the_check(self, server):
        report = check(attached("aws_sigv4", {"access_key_id": "A"}, {"secret_access_key": "s"}), url=server.url)
        assert (report.status, report.code, server.taken) == ("failed", "config", None)


ACCESS, KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


class TestSigned:
    """Requests that are signed with an access key of Amazon's, judged by an implementation of the tests' own."""

    @pytest.mark.parametrize(
        ("query", "signature"),
        [
            ("", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ],
    )
    def test_the_judge_is_held_to_examples_that_amazon_publishes(self, query, signature):
        scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
        for told, right in ((signature, True), ("0" * 64, False)):
            claim = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, Signature={told}"
            headers = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z", "authorization": claim}
            request = Request("GET", f"/{query}", headers, b"")
            assert proves(request, ACCESS, KEY, region="us-east-1", service="service") is right

    @pytest.mark.parametrize("path", ["", "in?b=2&a=1%2F:x+y&c", "a%20b/c:d?q=a@b/c,d;e", "ü/é?ü=(1)"])
    @pytest.mark.parametrize("more", [{}, {"session_token": "a/session+token=="}])
    @pytest.mark.parametrize("kind", [{}, {"verification_token": "t+/=%"}])
    def test_a_webhook_is_signed_as_it_is_sent(self, server, path, more, kind):
        given = attached("aws_sigv4", {"access_key_id": ACCESS, **PLACE}, {"secret_access_key": KEY, **more})
        for method in ("POST", "GET" if kind else "PUT"):
            config = {"verification" if kind else "method": method, "headers": {"X-Own": "two  words"}}
            report = check(given, kind, url=server.url + path, **config)
            assert report.code == ("protocol" if kind else ""), report  # for it answers no challenge
            taken = server.taken
            assert taken.method == method
            assert taken.headers.get("x-amz-security-token", "") == more.get("session_token", "")
            assert proves(taken, ACCESS, KEY, region="us-west-2", service="execute-api")
            assert not proves(taken, ACCESS, "another", region="us-west-2", service="execute-api")
            assert KEY not in repr(report)

    def test_a_record_is_signed_as_it_is_packed(self, server):
        given = attached("aws_sigv4", {"access_key_id": ACCESS, **PLACE}, {"secret_access_key": KEY})
        passed(check(given, type_="otlp_http", url=f"{server.url}v1/traces", signal="traces"))
        assert server.taken.headers["content-encoding"] == "gzip"
        assert proves(server.taken, ACCESS, KEY, region="us-west-2", service="execute-api")

    def test_the_proof_replaces_what_else_would_be_the_authorization(self, server):
        given = attached("aws_sigv4", {"access_key_id": ACCESS, **PLACE}, {"secret_access_key": KEY})
        passed(check(given, {"headers": {"authorization": "Bearer old", "X-Key": "k"}}, url=server.url))
        assert server.taken.headers["x-key"] == "k"
        assert proves(server.taken, ACCESS, KEY, region="us-west-2", service="execute-api")


@pytest.mark.parametrize("type_", ["webhook", "google_cloud_storage", "gcp_healthcare"])
def test_what_is_only_kept_fails_the_check_and_says_why(type_):
    given = attached("google_wif", {"audience": "a", "token_url": "https://sts.googleapis.com/v1/token"}, {})
    connector = registry.get(type_)
    example = EXAMPLES[type_]
    report = asyncio.run(run(connector, example.config, {}, limit=15, attached=given))
    assert (report.status, report.code) == ("failed", "config")
    assert report.message == "Landfall keeps “Google workload identity federation” and cannot sign in with it."
    assert report.remedy == given.strategy.hint
    assert {step["status"] for step in report.steps} == {"skipped"}
