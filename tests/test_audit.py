"""Every change is in the audit trail once, whoever makes it and through whichever face."""

import getpass
import inspect
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from config.paths import BASE_DIR
from connectors.running import Report
from destinations import checking, credentials, services
from destinations.dialects.planet import refs
from destinations.drafts import CredentialDraft, Draft
from destinations.exceptions import InvalidDestination
from destinations.models import ConnectionCheck, Destination, TunnelKey
from tenants import partners, wording
from tenants import services as tenant_services
from tenants.models import ApiKey, KeyPair, Membership, Role, Tenant
from tenants.trail import AuditEvent
from tests.admin.pages import act, admin, change, webhook_form
from tests.connectors.examples import EXAMPLES
from tests.factories import make_credential, make_destination, make_environment, make_key, make_tenant, webhook_draft

pytestmark = pytest.mark.django_db
URI = "https://partner.example.com/callback"
CANARY = "canary-7f3a9-canary-7f3a9-canary-7f3a9"
PUBLIC = ec.generate_private_key(ec.SECP384R1()).public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(autouse=True)
def everything_can_be_read(db) -> Iterator[None]:
    """Whatever any test here records has words for the people who read it."""
    yield
    for action, kind in AuditEvent.objects.values_list("action", "subject_kind").distinct():
        assert action.rpartition(".")[2] in wording.DONE, action
        assert kind in wording.KINDS


class Cast:
    """What the services are tried on; all of it is recorded before it is theirs."""

    def __init__(self) -> None:
        self.tenant = make_tenant("acme", "Acme")
        self.empty = make_tenant("empty", "Empty")
        self.stage = make_environment(self.tenant, "Later", "Development")
        self.destination = make_destination(self.tenant, name="Orders")
        self.default = make_destination(self.tenant, name="Default", is_default=True)
        self.off = services.disable(make_destination(self.tenant, name="Off"))
        self.away = services.archive(make_destination(self.tenant, name="Away"))
        self.consumer, _ = services.register_consumer(self.off, kind="script", name="crawler")
        self.credential = make_credential(self.tenant)
        self.user = User.objects.create(username="ada")
        self.key = tenant_services.issue_key(name="test", tenant=self.tenant)[0]
        self.member = tenant_services.save_membership(Membership(user=self.user, tenant=self.empty))
        self.root = User.objects.create_superuser("root")
        self.partner, _ = partners.register(name="Shop", redirect_uris=[URI])
        self.code = partners.consent(self.partner, self.tenant, self.root, URI)
        self.pair = tenant_services.register_key_pair(self.user, name="mine", public_key=PEM)

    def lose_ssh_key(self) -> Tenant:
        TunnelKey.objects.filter(tenant=self.tenant).delete()
        return self.tenant

    def holder(self) -> User:
        """Whose key may do what he may not."""
        ApiKey.objects.filter(pk=self.key.pk).update(user=self.user)
        return self.user


@pytest.fixture
def cast() -> Cast:
    return Cast()


Scenario = tuple[Callable[[Cast], Any], list[str]]
NEW = Draft(name="Renamed")
SERVICES: dict[Any, dict[str, Scenario]] = {
    services: {
        "create": (lambda c: services.create(c.tenant, webhook_draft(), check=True), ["destination.create"]),
        "update": (lambda c: services.update(c.destination, NEW, check=True), ["destination.update"]),
        "delete": (lambda c: services.delete(c.destination), ["destination.delete"]),
        "enable": (lambda c: services.enable(c.off), ["destination.enable"]),
        "disable": (lambda c: services.disable(c.destination), ["destination.disable"]),
        "archive": (lambda c: services.archive(c.destination), ["destination.archive"]),
        "restore": (lambda c: services.restore(c.away), ["destination.restore"]),
        "set_default": (
            lambda c: services.set_default(c.destination),
            ["destination.unset_default", "destination.set_default"],
        ),
        "rotate_secret": (lambda c: services.rotate_secret(c.destination), ["destination.rotate_secret"]),
        "verify": (lambda c: services.verify(c.destination), ["destination.verify"]),
        "request_check": (lambda c: services.request_check(c.destination), ["destination.check"]),
        # It follows from a change, which is recorded itself.
        "check_saved": (lambda c: services.check_saved(c.destination, ConnectionCheck.Trigger.UPDATE), []),
        "register_consumer": (
            lambda c: services.register_consumer(c.destination, kind="script", name="new"),
            ["destination.add_consumer"],
        ),
        "forget_consumer": (lambda c: services.forget_consumer(c.consumer), ["destination.remove_consumer"]),
        "delete_tenant": (lambda c: services.delete_tenant(c.tenant), ["destination.delete"] * 4 + ["tenant.delete"]),
        "ssh_key": (lambda c: services.ssh_key(c.lose_ssh_key()), ["tunnel_key.create"]),
    },
    credentials: {
        "create": (
            lambda c: credentials.create(
                c.tenant, CredentialDraft(name="Another", strategy="bearer", secrets={"token": "t"})
            ),
            ["auth_credential.create"],
        ),
        "update": (
            lambda c: credentials.update(c.credential, CredentialDraft(name="New")),
            ["auth_credential.update"],
        ),
        "delete": (lambda c: credentials.delete(c.credential), ["auth_credential.delete"]),
    },
    tenant_services: {
        "create_tenant": (lambda c: tenant_services.create_tenant(name="New"), ["tenant.create"]),
        "update_tenant": (lambda c: tenant_services.update_tenant(c.tenant, name="New"), ["tenant.update"]),
        "delete_tenant": (lambda c: tenant_services.delete_tenant(c.empty), ["tenant.delete"]),
        "create_environment": (
            lambda c: tenant_services.create_environment(c.tenant, name="Next"),
            ["environment.create"],
        ),
        "update_environment": (
            lambda c: tenant_services.update_environment(c.stage, name="Next"),
            ["environment.update"],
        ),
        "delete_environment": (lambda c: tenant_services.delete_environment(c.stage), ["environment.delete"]),
        "save_membership": (
            lambda c: tenant_services.save_membership(Membership(user=c.user, tenant=c.tenant)),
            ["membership.create"],
        ),
        "assign_role": (
            lambda c: tenant_services.assign_role(c.user, c.stage, Role.EDITOR),
            ["membership.create"],
        ),
        "delete_membership": (lambda c: tenant_services.delete_membership(c.member), ["membership.delete"]),
        "guest_of": (lambda c: tenant_services.guest_of(c.tenant), ["user.create", "membership.create"]),
        "issue_key": (lambda c: tenant_services.issue_key(name="New", tenant=c.tenant), ["api_key.issue"]),
        "revoke_key": (lambda c: tenant_services.revoke_key(c.key), ["api_key.revoke"]),
        "end_keys": (lambda c: tenant_services.end_keys(c.holder()), ["api_key.revoke"]),
        "register_key_pair": (
            lambda c: tenant_services.register_key_pair(c.user, name="next", public_key=PEM),
            ["key_pair.create"],
        ),
        "save_key_pair": (
            lambda c: tenant_services.save_key_pair(KeyPair(user=c.user, name="next", public_key=PEM)),
            ["key_pair.create"],
        ),
        "delete_key_pair": (lambda c: tenant_services.delete_key_pair(c.pair), ["key_pair.delete"]),
    },
    partners: {
        "register": (lambda c: partners.register(name="New", redirect_uris=[URI]), ["partner.create"]),
        "change": (lambda c: partners.change(c.partner, name="New"), ["partner.update"]),
        "remove": (lambda c: partners.remove(c.partner), ["partner.delete"]),
        "renew_secret": (lambda c: partners.renew_secret(c.partner), ["partner.renew_secret"]),
        "consent": (lambda c: partners.consent(c.partner, c.tenant, c.root, URI), ["tenant.let_in"]),
        "redeem": (lambda c: partners.redeem(c.partner, c.code), ["api_key.issue"]),
    },
}
# They change nothing, but for when a key was last used.
READ_ONLY = {
    services: {"validate", "try_out", "prove"},
    credentials: {"validate"},
    tenant_services: {"find_key", "find_key_by_id"},
    partners: {"find", "principal_of"},
}
EACH = [(module, name) for module, named in SERVICES.items() for name in named]
# Done again, it changes nothing and is not told again.
AGAIN = {
    "enable", "disable", "archive", "restore", "set_default", "request_check", "register_consumer", "forget_consumer",
    "ssh_key", "delete", "guest_of", "revoke_key", "end_keys",
}  # fmt: skip


def public(module: Any) -> set[str]:
    if hasattr(module, "__all__"):
        return {name for name in module.__all__ if callable(getattr(module, name))}
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name for name, made in functions if made.__module__ == module.__name__ and not name.startswith("_")}


@pytest.mark.parametrize("module", SERVICES, ids=lambda module: module.__name__)
def test_every_service_is_tried_here_or_changes_nothing(module):
    assert public(module) == SERVICES[module].keys() | READ_ONLY[module]


def test_whatever_says_to_be_the_only_writer_of_something_is_tried_here():
    files = [path for package in ("destinations", "tenants") for path in (BASE_DIR / package).rglob("*.py")]
    writers = [path for path in files if path.read_text().startswith('"""The only writer of ')]
    assert set(writers) == {Path(module.__file__) for module in SERVICES}


class TestPartners:
    def test_two_of_a_name_are_told_apart_and_from_a_person(self, cast, known):
        partners.change(cast.partner, name="admin")
        other, _ = partners.register(name="admin", redirect_uris=[URI])
        partners.redeem(cast.partner, cast.code)
        partners.redeem(other, partners.consent(other, cast.tenant, cast.root, URI))
        names = [event.user_name for event in told_since(known) if event.action == "api_key.issue"]
        assert names == [f"partner admin ({partner.client_id})" for partner in (cast.partner, other)]
        (let_in,) = [event for event in told_since(known) if event.action == "tenant.let_in"]
        assert let_in.changes == [{"field": "partner", "before": None, "after": names[1]}]

    def test_the_longest_name_is_told(self, cast, known):
        partners.change(cast.partner, name="x" * 255)
        partners.redeem(cast.partner, cast.code)
        assert cast.partner.client_id in told_since(known)[-1].user_name


def told_since(known: set[Any]) -> list[AuditEvent]:
    return list(AuditEvent.objects.exclude(pk__in=known).order_by("at"))


@pytest.fixture
def known(cast) -> set[Any]:
    return set(AuditEvent.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(("module", "name"), EACH, ids=lambda of: getattr(of, "__name__", of))
class TestServices:
    def test_records_what_it_does_once(self, cast, known, module, name):
        do, actions = SERVICES[module][name]
        do(cast)
        told = told_since(known)
        assert [event.action for event in told] == actions
        for event in told:
            assert event.subject_id
            assert event.subject_label
            assert event.action.startswith(event.subject_kind)
        own = [event.tenant for event in told if event.subject_kind not in ("user", "key_pair", "partner")]
        assert "" not in own

    def test_records_nothing_that_is_undone(self, cast, known, module, name):
        with transaction.atomic():
            SERVICES[module][name][0](cast)
            transaction.set_rollback(True)
        assert told_since(known) == []

    def test_a_second_time_it_records_nothing_that_does_not_change(self, cast, known, module, name):
        if name in AGAIN and module is not credentials:
            do, actions = SERVICES[module][name]
            with_key = name == "ssh_key"
            do(cast)
            services.ssh_key(cast.tenant) if with_key else do(cast)
            assert len(told_since(known)) == len(actions)


def test_a_refusal_records_nothing(cast, known):
    with pytest.raises(InvalidDestination):
        services.update(cast.destination, Draft(config={"url": "nowhere"}))
    with pytest.raises(InvalidDestination):
        services.create(cast.tenant, webhook_draft(config={}))
    assert told_since(known) == []


def test_checks_by_schedule_record_nothing(cast, known, http_server):
    services.update(cast.destination, Draft(config={"url": http_server.url()}), check=True)
    checking.sweep()
    assert [event.action for event in told_since(known)] == ["destination.update"]


class TestWhatIsTold:
    def test_plain_values_before_and_after(self, cast, known):
        services.update(
            cast.destination, Draft(name="New", config={"url": "https://b.example"}, metadata={"team": "a"})
        )
        (event,) = told_since(known)
        assert event.subject_label == "New"
        assert {change["field"]: (change["before"], change["after"]) for change in event.changes} == {
            "name": ("Orders", "New"),
            "config.url": ("https://hooks.example.com/in", "https://b.example"),
            "metadata.team": (None, "a"),
        }

    def test_one_sees_that_a_secret_was_set_back(self, cast, known):
        first = dict(cast.destination.credentials)
        services.update(cast.destination, Draft(credentials={"secret": CANARY, "headers": {"X-Key": CANARY}}))
        services.update(cast.destination, Draft(credentials={"secret": first["secret"], "headers": None}))
        away, back = ({c["field"]: c for c in event.changes} for event in told_since(known))
        assert away.keys() == back.keys() == {"credentials.secret", "credentials.headers"}
        secret = "credentials.secret"
        assert away[secret]["before"] == back[secret]["after"] != away[secret]["after"] == back[secret]["before"]
        assert (away["credentials.headers"]["before"], back["credentials.headers"]["after"]) == (None, None)

    def test_equal_secrets_of_others_do_not_look_equal(self, cast):
        made = [
            make_destination(tenant, credentials={"secret": CANARY})
            for tenant in (cast.tenant, cast.tenant, cast.empty)
        ]
        prints = {
            change["after"]
            for one in made
            for change in AuditEvent.objects.about(one).get().changes
            if change["field"] == "credentials.secret"
        }
        assert len(prints) == 3

    def test_who_attaches_a_credential_learns_that_it_changed(self, cast, known):
        attached = make_destination(cast.tenant, auth_credential=cast.credential)
        credentials.update(cast.credential, CredentialDraft(secrets={"token": CANARY}))
        assert AuditEvent.objects.about(attached).first().action == "destination.credential_update"

    def test_what_vanishes_with_a_tenant_is_counted(self, cast, known):
        services.delete_tenant(cast.tenant)
        gone = told_since(known)[-1]
        told = {change["field"]: change["before"] for change in gone.changes}
        assert told.items() >= {"api_key": 1, "environment": 1, "auth_credential": 1, "tunnel_key": 1}.items()

    def test_a_check_before_saving_is_part_of_the_change(self, cast, known):
        report = Report(status="passed", code="", message="", remedy="", steps=[])
        services.create(cast.tenant, webhook_draft(), proof=report)
        assert [event.action for event in told_since(known)] == ["destination.create"]

    @pytest.mark.parametrize("type_", EXAMPLES)
    def test_no_credential_of_any_type_is_in_clear(self, cast, type_):
        example = EXAMPLES[type_]
        made = make_destination(cast.tenant, type=type_, config=example.config, credentials=example.credentials)
        services.update(made, Draft(name="Another", secret_extra={"outpost": {"key": CANARY}}, extra={"redox": CANARY}))
        services.update(made, Draft(secret_extra={"outpost": {}}, extra={"redox": None}))
        told = {change["field"]: change for event in AuditEvent.objects.about(made) for change in event.changes}
        assert {f"credentials.{name}" for name in made.credentials} <= told.keys()
        for name, of in told.items():
            secret = name.startswith(("credentials.", "extra.", "secret_extra."))
            assert of.get("secret", False) is secret
            if secret:
                assert all(
                    value is None or re.fullmatch("[0-9a-f]{12}", value) for value in (of["before"], of["after"])
                )
        assert CANARY not in str(list(AuditEvent.objects.values()))


class TestPeople:
    def test_users_and_groups_are_told_of_by_whatever_changes_them(self, django_user_model):
        user = User.objects.create_user("ada", password=CANARY)
        user.is_superuser = True
        user.save()
        user.set_password("another")
        user.save()
        group = Group.objects.create(name="Operators")
        user.groups.add(group)
        user.delete()
        actions = ["user.create", "user.update", "user.update", "group.create", "user.update", "user.delete"]
        events = told_since(set())
        assert [event.action for event in events] == actions
        assert events[1].changes == [{"field": "is_superuser", "before": False, "after": True}]
        assert [change["field"] for change in events[2].changes] == ["password"]
        assert events[4].changes == [{"field": "groups", "before": None, "after": "Operators"}]
        assert all(event.security for event in events)
        assert CANARY not in str(list(AuditEvent.objects.values()))

    def test_who_goes_is_a_member_no_more(self, cast, known):
        cast.user.delete()
        assert {event.action for event in told_since(known)} == {"membership.delete", "key_pair.delete", "user.delete"}

    def test_signing_in_and_out(self, client):
        User.objects.create_superuser("ada", password="right")
        known = set(AuditEvent.objects.values_list("pk", flat=True))
        for name, password in (("ada", "wrong"), (CANARY, CANARY), ("ada", "right")):
            client.post("/admin/login/", {"username": name, "password": password}, REMOTE_ADDR="192.0.2.7")
        client.post("/admin/logout/")
        told = [(e.action, e.subject_label, e.user_name, e.address) for e in told_since(known)]
        assert told == [
            ("user.sign_in_failed", "ada", "", "192.0.2.7"),
            ("user.sign_in_failed", "an unknown name", "", "192.0.2.7"),
            ("user.sign_in", "ada", "ada", "192.0.2.7"),
            ("user.sign_out", "ada", "ada", "127.0.0.1"),
        ]
        assert {e.subject_kind for e in told_since(known)} == {"user"}
        assert CANARY not in str(list(AuditEvent.objects.values()))

    @pytest.fixture
    def outdated(self, settings) -> User:
        """Somebody whose password is hashed as it was usual before."""
        user = User.objects.create_superuser("pat", password="right")
        (before,) = settings.PASSWORD_HASHERS
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher", before]
        return user

    def test_a_password_that_is_only_hashed_anew_is_none_that_changed(self, client, outdated):
        known = set(AuditEvent.objects.values_list("pk", flat=True))
        client.post("/admin/login/", {"username": "pat", "password": "right"})
        assert User.objects.get().password.startswith("pbkdf2_sha1$") > outdated.password.startswith("pbkdf2_sha1$")
        assert [event.action for event in told_since(known)] == ["user.sign_in"]

    @pytest.mark.parametrize("change", [lambda user: user.set_password("new"), User.set_unusable_password])
    @pytest.mark.parametrize("fields", [None, ["password"]])
    def test_another_password_is_told_of_all_the_same(self, outdated, change, fields):
        known = set(AuditEvent.objects.values_list("pk", flat=True))
        change(outdated)
        outdated.save(update_fields=fields)
        (event,) = told_since(known)
        assert [change["field"] for change in event.changes] == ["password"]

    def test_the_pages_of_people_and_keys_go_through_the_services(self, admin_client, cast, known):
        admin_client.post(admin("tenants_membership_delete", cast.member.pk), {"post": "yes"})
        admin_client.post(admin("tenants_keypair_delete", cast.pair.pk), {"post": "yes"})
        admin_client.post(
            admin("auth_user_change", cast.user.pk),
            {
                "username": "ada",
                "is_active": "on",
                "memberships-TOTAL_FORMS": "1",
                "memberships-INITIAL_FORMS": "0",
                "memberships-0-tenant": "acme",
                "memberships-0-role": "editor",
                "memberships-0-user": cast.user.pk,
                "date_joined_0": "2030-01-01",
                "date_joined_1": "00:00",
            },
        )
        made = Membership.objects.get(user=cast.user)
        assert (made.tenant_id, made.role) == ("acme", "editor")
        told = [event.action for event in told_since(known)]
        assert told[:2] == ["membership.delete", "key_pair.delete"]
        assert told.count("membership.create") == 1
        assert {event.user_name for event in told_since(known)} == {"admin"}


# How a key is sent, the type that is tried, and one change of it.
BY_KEY = {
    "api": ("Bearer", "webhook", "post", "/api/v1/destinations/{it.uuid}/disable", "destination.disable"),
    "outpost": (
        "Bearer",
        "webhook",
        "put",
        "/outpost/api/v1/tenants/acme/destinations/{it.uid}/disable",
        "destination.disable",
    ),
    "cloudflare": (
        "Bearer",
        "otlp_http",
        "delete",
        "/cloudflare/client/v4/accounts/acme/workers/observability/destinations/{it.slug}",
        "destination.delete",
    ),
    "planet": ("api-key", "aws_s3", "put", "/planet/destinations/v1/default", "destination.set_default"),
    "redox": ("Bearer", "webhook", "delete", "/redox/platform/v1/destinations/{it.uuid}", "destination.delete"),
    "stitch": ("Bearer", "aws_s3", "delete", "/stitch/v4/destinations/{it.pk}", "destination.delete"),
}


def test_the_trail_can_be_narrowed_to_each_kind(cast, admin_client):
    page = admin_client.get(admin("tenants_auditevent_changelist"))
    (offered,) = [spec for spec in page.context["cl"].filter_specs if spec.parameter_name == "kind"]
    assert dict(offered.lookup_choices) == wording.KINDS
    page = admin_client.get(admin("tenants_auditevent_changelist"), {"kind": "partner"})
    assert {event.subject_kind for event in page.context["cl"].result_list} == {"partner"}


def test_what_was_not_there_is_called_the_same_for_plain_values_and_secrets(admin_client, cast, known):
    made = make_destination(cast.tenant, name="New")
    (event,) = told_since(known)
    page = admin_client.get(admin("tenants_auditevent_change", event.pk)).content.decode()
    rows = dict(re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', page, re.DOTALL))
    for field in ("name", "credentials.secret"):
        assert rows[field].count('<td><span class="lf-dim">nothing</span>') == 1
    assert made.name in rows["name"]
    assert 'title="A fingerprint of the secret">#' in rows["credentials.secret"]


def test_each_word_is_of_something_that_is_recorded():
    """By services, and by what happens to people."""
    recorded = {action for scenarios in SERVICES.values() for _, actions in scenarios.values() for action in actions}
    others = {"credential_update", "secret_followed", "sign_in", "sign_out", "sign_in_failed"}
    assert {action.rpartition(".")[2] for action in recorded} | others == wording.DONE.keys()


class TestFaces:
    """One change through each face: the entry says who, through what, from where, and of which request."""

    @pytest.fixture
    def tenant(self) -> Tenant:
        return make_tenant("acme", "Acme")

    def entry(self, action: str) -> AuditEvent:
        return AuditEvent.objects.get(action=action)

    @pytest.mark.parametrize("face", BY_KEY)
    def test_by_key(self, tenant, face):
        scheme, type_, method, path, action = BY_KEY[face]
        pat = User.objects.create_user("pat")
        example = EXAMPLES[type_]
        it = make_destination(
            tenant,
            type=type_,
            config=example.config,
            credentials=example.credentials,
            owner=pat,
            environment=make_environment(tenant, "Test", "Development") if face == "redox" else None,
        )
        headers = {
            "Authorization": f"{scheme} {make_key(tenant, 'admin', user=pat)}",
            "X-Request-ID": f"asked-by-{face}",
        }
        answer = getattr(Client(headers=headers), method)(
            path.format(it=it),
            data={"destination_id": refs.id_of(it)} if face == "planet" else None,
            content_type="application/json",
            REMOTE_ADDR="192.0.2.7",
        )
        assert answer.status_code < 300, answer.content
        entry, key = self.entry(action), ApiKey.objects.get()
        assert (entry.face, entry.address, entry.request_id) == (face, "192.0.2.7", f"asked-by-{face}")
        assert answer["X-Request-ID"] == entry.request_id
        assert (entry.user_id, entry.user_name, entry.key_id, entry.key_name) == (pat.pk, "pat", key.pk, str(key))
        assert (entry.subject_id, entry.tenant) == (str(it.uuid), "acme")

    def test_native_by_session(self, tenant, admin_client):
        it = make_destination(tenant)
        assert (
            admin_client.post(f"/api/v1/destinations/{it.uuid}/disable", content_type="application/json").status_code
            == 200
        )
        entry = self.entry("destination.disable")
        assert (entry.face, entry.user_name, entry.key_id) == ("api", "admin", None)

    def test_outpost_by_the_token_of_a_tenant(self, tenant):
        it = make_destination(tenant)
        token = Client(headers={"Authorization": f"Bearer {make_key()}"}).get("/outpost/api/v1/tenants/acme/token")
        headers = {"Authorization": f"Bearer {token.json()['token']}"}
        Client(headers=headers).put(f"/outpost/api/v1/tenants/acme/destinations/{it.uid}/disable")
        entry = self.entry("destination.disable")
        assert (entry.face, entry.user_name, entry.user_id, entry.key_id) == ("outpost", "token of acme", None, None)

    def test_stitch_by_a_partner(self, db):
        about = {"first_name": "A", "last_name": "B", "company": "Acme", "email": "a@b.example", "region": "us-east-1"}
        body = about | {"partner_id": "p", "partner_secret": make_key()}
        assert Client().post("/stitch/v3/accounts", body, content_type="application/json").status_code == 200
        partner = ApiKey.objects.get(tenant=None)
        assert {self.entry(action).key_id for action in ("tenant.create",)} == {partner.pk}
        assert AuditEvent.objects.filter(action="api_key.issue", key_id=partner.pk).count() == 1

    def test_the_forms_of_the_admin(self, tenant, admin_client):
        admin_client.post("/admin/destinations/destination/add/?type=webhook", webhook_form(), REMOTE_ADDR="192.0.2.7")
        it = Destination.objects.get()
        admin_client.post(change(it), webhook_form(name="Other") | {"revision": it.revision})
        admin_client.post(act(it, "disable"))
        events = list(AuditEvent.objects.about(it))
        assert [e.action for e in events] == ["destination.disable", "destination.update", "destination.create"]
        assert {(e.face, e.user_name) for e in events} == {("admin", "admin")}
        assert events[-1].address == "192.0.2.7"
        assert len({e.request_id for e in events}) == 3

    def test_commands(self, db):
        call_command("tenant_create", "acme")
        entry = self.entry("tenant.create")
        assert (entry.face, entry.user_name, entry.address) == ("command", getpass.getuser(), "")

    def test_guests_of_a_portal(self, tenant, client):
        it = make_destination(tenant)
        link = Client(headers={"Authorization": f"Bearer {make_key()}"}).get("/outpost/api/v1/tenants/acme/portal")
        page = client.get(link.json()["redirect_url"]).content.decode()
        client.post("/outpost/portal", dict(re.findall(r'name="(\w+)" value="([^"]+)"', unescape(page))))
        guest = User.objects.get(username__startswith="guest-")
        made = self.entry("user.create")
        assert (made.face, made.user_name) == ("outpost", "link of acme")
        assert self.entry("user.sign_in").user_id == guest.pk
        client.post(act(it, "disable"))
        entry = self.entry("destination.disable")
        assert (entry.face, entry.user_id) == ("admin", guest.pk)

    def test_one_request_is_not_taken_for_another(self, tenant):
        it = make_destination(tenant)
        for name in ("pat", "kim"):
            key = make_key(tenant, "admin", user=User.objects.create_user(name))
            client = Client(headers={"Authorization": f"Bearer {key}"})
            verb = "disable" if name == "pat" else "enable"
            client.post(f"/api/v1/destinations/{it.uuid}/{verb}", content_type="application/json")
        services.disable(it)
        assert [e.user_name for e in AuditEvent.objects.about(it)][:3] == ["", "kim", "pat"]
        assert AuditEvent.objects.about(it).first().face == "system"
