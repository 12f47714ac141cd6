"""Whoever loses access loses it with the next request, wherever that goes, and no key is taken from an address."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from destinations.dialects.outpost import tokens as outpost
from destinations.dialects.planet import tokens as planet
from destinations.dialects.redox import tokens as redox
from tenants import services
from tenants.digests import digest
from tenants.models import ApiKey, Membership, Role
from tenants.trail import AuditEvent
from tests.admin.pages import admin
from tests.factories import make_destination, make_environment, make_key, make_tenant
from tests.installation import Installation
from tests.test_faces import ADDRESSES

NAMES = ("key", "api_key", "apikey", "api-key", "token", "access_token", "Authorization", "X-Auth-Key", "secret")
LIST = "/admin/destinations/destination/"
MOST = 40  # requests in a minute with one key of the product that is started


def get(path: str, key: str) -> int:
    scheme = "api-key" if path.startswith("/planet") else "Bearer"
    return Client(headers={"Authorization": f"{scheme} {key}"}).get(path).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("path", ADDRESSES.values())
class TestKeys:
    @pytest.fixture
    def user(self):
        return User.objects.create_user("pat", is_staff=True)

    @pytest.fixture
    def secret(self, user):
        return make_key(make_tenant("acme"), user=user)

    def test_in_the_address_it_is_not_looked_at(self, path, secret):
        query = urlencode(dict.fromkeys(NAMES, secret) | {"X-Auth-Email": "pat@example.com"})
        assert Client().get(f"{path}?{query}").status_code == 401
        assert ApiKey.objects.get().last_used is None

    def test_a_revoked_one_is_refused(self, path, secret):
        assert get(path, secret) != 401
        services.revoke_key(ApiKey.objects.get())
        assert get(path, secret) == 401

    def test_an_expired_one_is_refused(self, path, secret):
        ApiKey.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert get(path, secret) == 401

    def test_one_of_a_person_who_was_shut_out_is_refused(self, path, secret):
        User.objects.update(is_active=False)
        assert get(path, secret) == 401

    def test_one_of_a_person_who_was_deleted_is_refused(self, path, secret, user):
        assert get(path, secret) != 401
        user.delete()
        assert get(path, secret) == 401

    def test_use_is_noted(self, path, secret):
        get(path, secret)
        assert ApiKey.objects.get().last_used is not None


def by_the_page(user, root):
    root.post(admin("auth_user_delete", user.pk), {"post": "yes"})


def by_the_list(user, root):
    chosen = {"action": "delete_selected", ACTION_CHECKBOX_NAME: user.pk, "post": "yes"}
    root.post(admin("auth_user_changelist"), chosen)


@pytest.mark.django_db
class TestKeysOfPeople:
    """A key that was issued for a person does no more than what the person was left with."""

    @pytest.fixture
    def tenant(self):
        return make_tenant("acme")

    @pytest.fixture
    def stage(self, tenant):
        return make_environment(tenant)

    @pytest.fixture
    def user(self):
        return User.objects.create_user("pat", is_staff=True)

    @pytest.mark.parametrize(
        "delete",
        [
            by_the_page,
            by_the_list,
            lambda user, _: user.delete(),
            lambda user, _: User.objects.filter(pk=user.pk).delete(),
        ],
        ids=["page", "list", "row", "rows"],
    )
    def test_they_end_however_he_is_deleted(self, tenant, user, admin_client, delete):
        secrets = [make_key(tenant, user=user), make_key(user=user)]
        other = make_key(tenant)
        delete(user, admin_client)
        assert not User.objects.filter(username="pat").exists()
        assert [services.find_key(secret) for secret in secrets] == [None, None]
        assert services.find_key(other)
        ended = AuditEvent.objects.filter(action="api_key.revoke")
        assert {event.subject_id for event in ended} == {
            str(key.pk) for key in ApiKey.objects.exclude(digest=digest(other))
        }

    def test_they_end_when_he_is_no_member_any_more(self, tenant, user):
        member = services.save_membership(Membership(user=user, tenant=tenant, role=Role.ADMIN))
        here, elsewhere = make_key(tenant, user=user), make_key(make_tenant(), user=user)
        services.delete_membership(member)
        assert services.find_key(here) is None
        assert services.find_key(elsewhere)

    def test_those_that_may_do_more_end_when_he_may_do_less(self, tenant, user):
        member = services.save_membership(Membership(user=user, tenant=tenant, role=Role.ADMIN))
        more, same = make_key(tenant, Role.EDITOR, user=user), make_key(tenant, Role.VIEWER, user=user)
        services.save_membership(member, role=Role.VIEWER)
        assert services.find_key(more) is None
        assert services.find_key(same)

    def test_what_he_may_otherwise_they_may_too(self, tenant, stage, user):
        services.save_membership(Membership(user=user, tenant=tenant, role=Role.EDITOR))
        part = services.assign_role(user, stage, Role.ADMIN)
        key = make_key(tenant, Role.EDITOR, user=user)
        services.delete_membership(part)
        assert services.find_key(key)

    def test_they_end_with_the_only_environment_he_was_in(self, tenant, stage, user):
        services.assign_role(user, stage, Role.ADMIN)
        key = make_key(tenant, Role.VIEWER, user=user)
        services.delete_environment(stage)
        assert services.find_key(key) is None

    def test_those_of_the_installation_end_when_he_owns_it_no_more(self, tenant, user):
        user.is_superuser = True
        user.save()
        services.save_membership(Membership(user=user, tenant=tenant, role=Role.EDITOR))
        everywhere, here = make_key(user=user), make_key(tenant, Role.EDITOR, user=user)
        user.is_superuser = False
        user.save()
        assert services.find_key(everywhere) is None
        assert services.find_key(here)


@pytest.mark.django_db
class TestTokens:
    def test_of_planet_end_with_their_key(self):
        _, path = make_key(make_tenant("acme")), ADDRESSES["/planet/"]
        key = ApiKey.objects.get()
        headers = {"Authorization": f"Bearer {planet.issue(key, 'us')}"}
        assert Client(headers=headers).get(path).status_code == 200
        services.revoke_key(key)
        assert Client(headers=headers).get(path).status_code == 401

    def test_of_redox_end_with_their_person(self):
        user, path = User.objects.create_user("pat"), "/redox/platform/v1/authcredentials/strategies"
        headers = {"Authorization": f"Bearer {redox.issue(user)}"}
        assert Client(headers=headers).get(path).status_code != 401
        User.objects.update(is_active=False)
        assert Client(headers=headers).get(path).status_code == 401

    def test_of_outpost_end_with_their_tenant(self):
        tenant, path = make_tenant("t1"), ADDRESSES["/outpost/"]
        headers = {"Authorization": f"Bearer {outpost.issue(tenant)}"}
        assert Client(headers=headers).get(path).status_code == 200
        services.delete_tenant(tenant)
        assert Client(headers=headers).get(path).status_code == 401


@pytest.mark.django_db
class TestSessions:
    @pytest.fixture
    def tenant(self):
        tenant = make_tenant("acme")
        make_destination(tenant, name="Orders")
        return tenant

    @pytest.fixture
    def client(self, tenant):
        user = User.objects.create_user("pat", password="pat's password", is_staff=True)
        Membership.objects.create(user=user, tenant=tenant, role=Role.EDITOR)
        client = Client()
        client.force_login(user)
        assert "Orders" in client.get(LIST).content.decode()
        return client

    def test_who_was_shut_out_is_signed_out(self, client):
        User.objects.update(is_active=False)
        assert client.get(LIST)["Location"].startswith("/admin/login/")
        assert client.get("/api/v1/destinations").status_code == 401

    def test_who_is_no_member_any_more_sees_nothing(self, client):
        Membership.objects.all().delete()
        assert client.get(LIST).status_code == 403
        assert client.get("/api/v1/destinations").json()["items"] == []

    def test_who_may_only_look_from_now_on_changes_nothing(self, client, tenant):
        Membership.objects.update(role=Role.VIEWER)
        row = tenant.destinations.get()
        assert client.post(f"{LIST}{row.pk}/do/disable/").status_code == 403

    def test_a_new_password_ends_the_other_sessions(self, client):
        user = User.objects.get()
        user.set_password("another password")
        user.save()
        assert client.get(LIST)["Location"].startswith("/admin/login/")

    def test_guests_go_with_the_door_they_came_through(self, tenant):
        client = Client()
        client.force_login(services.guest_of(tenant))
        assert client.get(LIST).status_code == 200
        Membership.objects.all().delete()
        assert client.get(LIST).status_code == 403


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("processes"))
    installation.environment |= {"LANDFALL_WEB_WORKERS": "3", "LANDFALL_REQUESTS_PER_KEY": str(MOST)}
    return installation


@pytest.fixture(scope="module")
def url(installation):
    with installation.running() as run:
        yield run.url


@pytest.fixture
def manage(installation, url):
    def run(*command: str) -> str:
        program = [sys.executable, "manage.py", *command]
        ended = subprocess.run(
            program,
            cwd=installation.folder,
            env=installation.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
@pytest.mark.timeout(180)
class TestProcesses:
    """The product as it is started, with its web processes: no one of them knows better than the others."""

    @staticmethod
    def ask(url: str, key: str, path: str = "destinations", method: str = "GET"):
        headers = {"Authorization": f"Bearer {key}"}
        request = urllib.request.Request(f"{url}api/v1/{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers["Retry-After"]

    def at_once(self, times: int, url: str, key: str) -> list[int]:
        with ThreadPoolExecutor(8) as pool:
            return [status for status, _ in pool.map(lambda _: self.ask(url, key), range(times))]

    def test_a_revoked_key_is_refused_by_all(self, manage, url):
        root = manage("apikey_issue", "--name", "root", "--installation", "--role", "admin")
        key = manage("apikey_issue", "--name", "lost", "--installation")
        assert set(self.at_once(30, url, key)) == {200}
        (found,) = self.ask(url, root, f"api-keys?prefix={key[:12]}")[1]["items"]
        assert self.ask(url, root, f"api-keys/{found['id']}", "DELETE")[0] == 204
        assert set(self.at_once(30, url, key)) == {401}

    def test_the_limit_of_a_key_holds_over_all(self, manage, url):
        key = manage("apikey_issue", "--name", "busy", "--installation")
        for _ in range(3):
            began = int(time.time()) // 60
            statuses = self.at_once(2 * MOST, url, key)
            if int(time.time()) // 60 == began:
                break
        else:
            pytest.fail("No attempt fell into one minute.")
        assert statuses.count(200) == MOST
        assert statuses.count(429) == MOST
        status, wait = self.ask(url, key)
        assert status == 200 or 1 <= int(wait) <= 60
