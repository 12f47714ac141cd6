"""The handshake, against a real HTTPS endpoint that answers well, wrongly, late and not at all."""

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from destinations import checking, services
from destinations.dialects.redox.views import destinations as views
from destinations.models import ConnectionCheck, Destination
from tenants.trail import AuditEvent
from tests.dialects.redox.client import Redox
from tests.dialects.redox.conftest import challenge, echo
from tests.dialects.redox.test_conformance import HTTPS, make, make_credential
from tests.factories import make_credential as make_shared
from tests.factories import make_destination, make_key
from tests.servers.process import free_port
from tests.servers.sigv4 import proves

TOKEN = "s3cr3t-of-the-endpoint"
FOLLOWED = {"action": "destination.secret_followed", "security": True}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def stored(eng, envs, endpoint):
    return make(eng, envs.stg, endpoint=endpoint.url, verificationToken=TOKEN)


def verify(client, stored, body=None):
    return client.post(f"destinations/{stored['id']}/verify", body)


def read(client, stored):
    return client.get(f"destinations/{stored['id']}").destination


class TestSucceeding:
    @pytest.mark.parametrize("body", [None, {}, {"verificationMethod": "POST"}])
    def test_r21_a_challenge_is_posted_and_comes_back(self, eng, stored, endpoint, body):
        answer = verify(eng, stored, body)
        assert (answer.status, answer.destination["verified"]) == (200, True)
        (request,) = endpoint.requests
        assert (request.method, request.target) == ("POST", "/in?tenant=7")
        assert request.headers["application-name"] == "RedoxEngine"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["connection"].lower() == "close"
        assert re.fullmatch(rf'{{"verification-token":"{TOKEN}","challenge":"{UUID}"}}'.encode(), request.body)
        assert read(eng, stored) == answer.destination
        check = ConnectionCheck.objects.get(trigger="verify")
        assert answer.destination["verifiedAt"][:19] == check.completed_at.isoformat()[:19]

    def test_r22_the_challenge_may_be_in_the_query(self, eng, stored, endpoint):
        assert verify(eng, stored, {"verificationMethod": "GET"}).destination["verified"]
        (request,) = endpoint.requests
        query = parse_qs(urlsplit(request.target).query)
        assert (request.method, request.body) == ("GET", b"")
        assert (query["tenant"], query["verification-token"]) == (["7"], [TOKEN])
        assert re.fullmatch(UUID, query["challenge"][0])
        assert request.headers["verification-token"] == TOKEN

    @pytest.mark.parametrize(
        "reply",
        [
            lambda request: (200, {"challenge": challenge(request)}),
            lambda request: (200, challenge(request).encode()),
            lambda request: (201, b"well: " + challenge(request).encode()),
        ],
    )
    def test_r23_the_challenge_may_be_anywhere_in_the_answer(self, eng, stored, endpoint, reply):
        endpoint.reply = reply
        assert verify(eng, stored).destination["verified"]

    def test_every_attempt_has_a_challenge_of_its_own(self, eng, stored, endpoint):
        verify(eng, stored)
        old = challenge(endpoint.requests[0])
        endpoint.reply = lambda request: (200, old.encode())
        assert verify(eng, stored).status == 400

    def test_what_is_sent_is_saved_first(self, eng, envs, endpoint):
        made = make(eng, envs.prd)
        answer = verify(eng, made, {"endpoint": endpoint.url, "verificationToken": TOKEN})
        assert (answer.destination["endpoint"], answer.destination["verified"]) == (endpoint.url, True)
        assert TOKEN not in str(answer.body)

    def test_r18_a_new_token_or_endpoint_takes_the_mark_away(self, eng, stored, endpoint):
        for change in ({"verificationToken": "t2"}, {"endpoint": f"{endpoint.url}&more=1"}):
            assert verify(eng, stored).destination["verified"]
            changed = eng.patch(f"destinations/{stored['id']}", change)
            assert (changed.status, changed.destination["verified"], changed.destination["verifiedAt"]) == (
                200, False, None
            )  # fmt: skip
            assert "t2" not in str(changed.body)


FAILURES = {
    "other text": (lambda _: (200, b"welcome"), "without the challenge"),
    "empty": (lambda _: (200, b""), "without the challenge"),
    "unauthorized": (lambda _: (401, b""), "status 401"),
    "challenge, but refused": (lambda request: (403, challenge(request).encode()), "status 403"),
    "challenge, but redirected": (lambda request: (302, challenge(request).encode()), "redirects"),
    "broken": (lambda request: (500, challenge(request).encode()), "status 500"),
    "too late": (lambda _: None, "in time"),
}


class TestFailing:
    @pytest.mark.parametrize("case", FAILURES)
    def test_r24_what_is_no_right_answer_verifies_nothing(self, eng, stored, endpoint, monkeypatch, case):
        reply, reason = FAILURES[case]
        monkeypatch.setattr(views, "HANDSHAKE", 2)
        assert verify(eng, stored).status == 200
        endpoint.reply = reply
        answer = verify(eng, stored)
        assert answer.status == 400
        assert reason in answer.payload["message"]
        assert TOKEN not in str(answer.body)
        assert read(eng, stored)["verified"] is False
        check = ConnectionCheck.objects.filter(trigger="verify").latest("queued_at")
        assert (check.status, reason in check.message) == ("failed", True)

    def test_r24_an_endpoint_has_a_time_of_its_own_to_answer(self, eng, stored, endpoint, settings, monkeypatch):
        def late(request):
            time.sleep(2)
            return echo(request)

        endpoint.reply = late
        for limit, usual, status in ((20, 1, 200), (1, 20, 400)):
            monkeypatch.setattr(views, "HANDSHAKE", limit)
            settings.CHECK_TIMEOUT = usual
            assert verify(eng, stored).status == status
            assert read(eng, stored)["verified"] is (status == 200)

    def test_that_time_is_thirty_seconds(self):
        assert views.HANDSHAKE == 30

    def test_r24_nobody_answers(self, eng, envs):
        url = f"https://localhost:{free_port()}/"
        made = make(eng, envs.stg, endpoint=url, verificationToken=TOKEN)
        answer = verify(eng, made)
        assert answer.status == 400
        assert ConnectionCheck.objects.get(trigger="verify").code == "refused"

    def test_a_certificate_that_nobody_trusts_verifies_nothing(self, eng, envs, https_server):
        made = make(eng, envs.stg, endpoint=https_server.url("/", host="localhost"), verificationToken=TOKEN)
        assert verify(eng, made).status == 400
        assert ConnectionCheck.objects.get(trigger="verify").code == "tls"
        assert https_server.requests == []

    @pytest.mark.parametrize(
        ("body", "path"),
        [({}, "endpoint"), ({"verificationToken": "t"}, "endpoint"), ({"endpoint": HTTPS}, "verificationToken")],
    )
    def test_r25_both_are_needed(self, eng, envs, body, path):
        made = make(eng, envs.dev)
        answer = verify(eng, made, body)
        assert (answer.status, answer.paths) == (400, [path])
        assert read(eng, made) == made
        assert not ConnectionCheck.objects.exists()

    def test_r25_a_place_in_a_cloud_has_no_endpoint(self, eng, envs):
        cloud = {"typeId": "aws", "productId": "s3", "settings": {"bucketName": "the-bucket", "region": "us-west-2"}}
        made = make(eng, envs.dev, cloudProviderSettings=cloud)
        for body in ({}, {"endpoint": HTTPS, "verificationToken": "t"}):
            assert verify(eng, made, body).status == 400

    def test_r26_what_is_sent_stays_when_it_fails(self, eng, stored, endpoint):
        endpoint.reply = lambda _: (500, b"")
        url = endpoint.url.replace("/in", "/new")
        assert verify(eng, stored, {"endpoint": url, "verificationToken": "t3"}).status == 400
        shown = read(eng, stored)
        assert (shown["endpoint"], shown["verified"]) == (url, False)
        assert json.loads(endpoint.requests[0].body)["verification-token"] == "t3"

    def test_a_stored_token_serves_a_new_endpoint_and_the_trail_is_told(self, eng, envs, endpoint):
        made = make(eng, envs.stg, endpoint=HTTPS, verificationToken=TOKEN)
        assert verify(eng, made, {"endpoint": endpoint.url}).destination["verified"]
        assert json.loads(endpoint.requests[0].body)["verification-token"] == TOKEN
        event, row = AuditEvent.objects.get(**FOLLOWED), Destination.objects.get()
        assert (event.subject_id, event.tenant, event.face) == (str(row.uuid), row.tenant_id, "redox")
        url, token = event.changes
        assert url == {"field": "config.url", "before": HTTPS, "after": endpoint.url}
        assert (token["field"], token["secret"]) == ("credentials.verification_token", True)
        assert token["before"] == token["after"] != TOKEN

    def test_what_is_attached_goes_along_as_well(self, eng, envs, endpoint):
        credential = make_credential(eng, envs.stg)["id"]
        made = make(eng, envs.stg, endpoint=HTTPS, verificationToken=TOKEN, authCredential=credential)
        verify(eng, made, {"endpoint": endpoint.url, "verificationToken": TOKEN})
        _, attached = AuditEvent.objects.get(**FOLLOWED).changes
        assert attached == {"field": "auth_credential", "before": "Token", "after": "Token"}

    @pytest.mark.parametrize("token", [{}, {"verificationToken": TOKEN}])
    def test_what_goes_nowhere_else_is_no_such_event(self, eng, stored, endpoint, token):
        assert verify(eng, stored, {"endpoint": endpoint.url.replace("/in", "/new"), **token}).status == 200
        assert not AuditEvent.objects.filter(**FOLLOWED).exists()

    def test_nor_is_what_is_entered_anew(self, eng, envs, endpoint):
        made = make(eng, envs.stg, endpoint=HTTPS, verificationToken=TOKEN)
        assert verify(eng, made, {"endpoint": endpoint.url, "verificationToken": TOKEN}).status == 200
        assert not AuditEvent.objects.filter(**FOLLOWED).exists()

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"verificationMethod": "PUT"}, "verificationMethod"),
            ({"verificationMethod": None}, "verificationMethod"),
            ({"endpoint": "http://x.example.com/"}, "endpoint"),
            ({"endpoint": 5}, "endpoint"),
        ],
    )
    def test_r27_what_is_wrong_is_refused_before_anything_is_sent(self, eng, stored, endpoint, body, path):
        answer = verify(eng, stored, body)
        assert (answer.status, answer.paths) == (400, [path])
        assert read(eng, stored) == stored
        assert endpoint.server.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]"])
    def test_r28_nothing_inside_is_reached(self, eng, envs, settings, host):
        settings.EGRESS_ALLOW = []
        made = make(eng, envs.stg, endpoint=f"https://{host}/", verificationToken=TOKEN)
        assert verify(eng, made).status == 400
        assert ConnectionCheck.objects.get(trigger="verify").code == "blocked"


class TestAfterwards:
    def test_r37_later_checks_repeat_the_handshake(self, eng, stored, endpoint):
        verify(eng, stored, {"verificationMethod": "GET"})
        services.request_check(Destination.objects.get(uuid=stored["id"]))
        assert checking.sweep() == 1
        later = endpoint.requests[-1]
        assert (len(endpoint.requests), later.method) == (2, "GET")
        assert later.headers["verification-token"] == TOKEN
        assert ConnectionCheck.objects.filter(status="passed").count() == 2

    def test_r37_and_are_signed_in_with_what_is_attached(self, eng, envs, endpoint):
        asked = []

        def reply(request):
            if urlsplit(request.target).path == "/token":
                asked.append(request)
                return 200, {"access_token": "the-access-token", "token_type": "Bearer"}
            return echo(request)

        endpoint.reply = reply
        token_url = endpoint.server.url("/token", host="localhost")
        credential = make_credential(eng, envs.stg, url=token_url, scopes="deliver")
        made = make(
            eng, envs.stg, endpoint=endpoint.url, verificationToken=TOKEN, authCredential=credential["id"]
        )  # fmt: skip
        assert verify(eng, made).destination["verified"]
        (form,) = asked
        assert form.headers["authorization"].startswith("Basic ")
        assert parse_qs(form.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["deliver"]}
        assert endpoint.requests[-1].headers["authorization"] == "Bearer the-access-token"
        steps = ConnectionCheck.objects.get(trigger="verify").steps
        assert [step["name"] for step in steps] == ["get a token", "resolve", "connect", "tls", "send a test request"]
        assert "the-access-token" not in str(steps)

    def test_without_a_token_from_its_server_nothing_is_verified(self, eng, envs, endpoint):
        endpoint.reply = lambda _: (401, {"error": "invalid_client", "error_description": "its words"})
        credential = make_credential(eng, envs.stg, url=endpoint.server.url("/token", host="localhost"))
        made = make(
            eng, envs.stg, endpoint=endpoint.url, verificationToken=TOKEN, authCredential=credential["id"]
        )  # fmt: skip
        answer = verify(eng, made)
        assert answer.status == 400
        assert "invalid_client" in answer.payload["message"]
        assert "its words" not in str(answer.body)
        assert len(endpoint.requests) == 1

    @pytest.mark.parametrize("method", ["POST", "GET"])
    def test_r37_or_signed_with_the_access_key_that_is_attached(self, eng, envs, endpoint, method):
        endpoint.reply = lambda request: echo(request) if self.proven(request) else (403, {})
        credential = make_credential(eng, envs.stg, **SIGV4)
        made = make(eng, envs.stg, endpoint=endpoint.url, verificationToken=TOKEN, authCredential=credential["id"])
        answer = verify(eng, made, {"verificationMethod": method})
        assert (answer.status, answer.destination["verified"]) == (200, True)
        assert endpoint.requests[-1].headers["x-amz-security-token"] == SIGV4["sessionToken"]

        eng.patch(f"authcredentials/{credential['id']}", {"secretKey": "another"})
        refused = verify(eng, made)
        assert (refused.status, read(eng, made)["verified"]) == (400, False)
        assert not any(SIGV4[key] in str(refused.body) for key in ("secretKey", "sessionToken"))

    def proven(self, request):
        return proves(request, SIGV4["accessKey"], SIGV4["secretKey"], region="us-west-2", service="execute-api")

    @pytest.mark.parametrize("missing", ["serviceName", "awsRegion"])
    def test_an_access_key_signs_nothing_without_service_and_region(self, eng, envs, missing):
        whole, part = (make_credential(eng, envs.stg, **SIGV4 | more) for more in ({}, {missing: None}))
        body = {"name": "d", "endpoint": HTTPS, "authCredential": part["id"]}
        answer = eng.post(f"environments/{envs.stg.pk}/destinations", body)
        assert (answer.status, answer.paths) == (400, ["authCredential"])
        assert "region" in answer.payload["errors"][0]["message"]
        make(eng, envs.stg, endpoint=HTTPS, authCredential=whole["id"])
        answer = eng.patch(f"authcredentials/{whole['id']}", {missing: None})
        assert (answer.status, answer.paths) == (400, ["authCredential"])

    def test_what_is_only_kept_verifies_nothing_and_says_why(self, eng, envs, endpoint):
        kept = make_credential(eng, envs.stg, **WIF)
        made = make(eng, envs.stg, endpoint=endpoint.url, verificationToken=TOKEN, authCredential=kept["id"])
        answer = verify(eng, made)
        assert answer.status == 400
        assert "cannot sign in with it. It holds no token to exchange" in answer.payload["message"]
        assert ConnectionCheck.objects.get(trigger="verify").code == "config"
        assert endpoint.requests == []


SIGV4 = {
    "authStrategy": "AwsSigv4",
    "accessKey": "AKIDEXAMPLE",
    "secretKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "sessionToken": "the-token-of-the-session",
    "serviceName": "execute-api",
    "awsRegion": "us-west-2",
}
WIF = {
    "authStrategy": "GoogleWIF",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "token_url": "https://sts.googleapis.com/v1/token",
}


class TestWhatFollows:
    """To a new endpoint goes the token, as the contract has it, and what the caller could attach there himself."""

    ELSEWHERE = "https://elsewhere.example.net/in"

    def moved(self, client, row, **body):
        return client.post(f"destinations/{row.uuid}/verify", {"endpoint": self.ELSEWHERE, **body})

    @pytest.mark.parametrize("token", [{}, {"verificationToken": "abc"}])
    def test_no_header_that_was_entered_elsewhere(self, eng, envs, token):
        held = {"headers": {"X-Api-Key": "k"}, "verification_token": TOKEN}
        hook = make_destination(envs.dev.tenant, environment=envs.dev, credentials=held)
        answer = self.moved(eng, hook, **token)
        assert (answer.status, answer.paths) == (400, ["credentials.headers.X-Api-Key"])
        self.nothing_happened(hook)

    def test_no_credential_of_the_whole_tenant_for_who_may_not_see_it(self, eng, envs):
        shared = make_shared(envs.dev.tenant)
        held = {"verification_token": TOKEN}
        hook = make_destination(envs.dev.tenant, environment=envs.dev, auth_credential=shared, credentials=held)
        answer = self.moved(eng, hook)
        assert (answer.status, answer.paths) == (400, ["authCredential"])
        assert shared.name not in str(answer.body)
        self.nothing_happened(hook)

    def nothing_happened(self, hook):
        row = Destination.objects.get(pk=hook.pk)
        assert (row.config, row.credentials, row.revision) == (hook.config, hook.credentials, hook.revision)
        assert not ConnectionCheck.objects.exists()
        assert not AuditEvent.objects.filter(**FOLLOWED).exists()

    def test_nor_does_a_change_take_it_along(self, eng, envs):
        shared = make_shared(envs.dev.tenant)
        hook = make_destination(envs.dev.tenant, environment=envs.dev, auth_credential=shared)
        body = {"endpoint": self.ELSEWHERE, "authCredential": str(shared.pk)}
        answer = eng.patch(f"destinations/{hook.uuid}", body)
        assert (answer.status, answer.paths) == (400, ["authCredential"])
        assert Destination.objects.get(pk=hook.pk).config == hook.config

    def test_a_change_takes_along_what_the_caller_sees_and_sends_back(self, live_server, envs):
        whole = Redox(live_server.url, make_key(envs.dev.tenant, "editor"))
        shared = make_shared(envs.dev.tenant)
        hook = make_destination(envs.dev.tenant, environment=envs.dev, auth_credential=shared)
        body = {"endpoint": self.ELSEWHERE, "authCredential": str(shared.pk)}
        assert whole.patch(f"destinations/{hook.uuid}", body).destination["endpoint"] == self.ELSEWHERE
