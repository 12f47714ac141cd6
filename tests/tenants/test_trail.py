"""What holds for every entry of the audit trail, whoever writes it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from tenants import audit, changes, origin
from tenants.models import ApiKey, Tenant
from tenants.principals import Principal
from tenants.trail import AppendOnly, AuditEvent
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(db) -> AuditEvent:
    audit.record("thing.change", audit.Subject("thing", "7", "The thing"), tenant="acme")
    return AuditEvent.objects.get(action="thing.change")


class TestItIsAppendOnly:
    @pytest.mark.parametrize(
        "attempt",
        [
            lambda entry: entry.save(),
            lambda entry: entry.delete(),
            lambda _: AuditEvent.objects.update(action="other"),
            lambda _: AuditEvent.objects.all().delete(),
            lambda entry: AuditEvent.objects.bulk_update([entry], ["action"]),
            lambda _: AuditEvent.objects.update_or_create(action="thing.change", defaults={"face": "other"}),
            lambda entry: AuditEvent(pk=entry.pk, action="other").save(),
            lambda entry: AuditEvent.objects.bulk_create(
                [AuditEvent(pk=entry.pk)], update_conflicts=True, unique_fields=["uuid"], update_fields=["action"]
            ),
        ],
    )
    def test_for_the_orm(self, entry, attempt):
        with pytest.raises((AppendOnly, DatabaseError)), transaction.atomic():
            attempt(entry)
        assert AuditEvent.objects.get(pk=entry.pk).action == "thing.change"

    def test_for_whoever_speaks_sql(self, entry):
        own = {
            "sqlite": "INSERT OR REPLACE INTO tenants_auditevent SELECT * FROM tenants_auditevent",
            "postgresql": "TRUNCATE tenants_auditevent",
        }
        both = ("UPDATE tenants_auditevent SET action = 'other'", "DELETE FROM tenants_auditevent")
        for statement in (*both, own[connection.vendor]):
            with (
                pytest.raises(DatabaseError, match="never changed or removed"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        assert AuditEvent.objects.get(pk=entry.pk).action == "thing.change"

    def test_it_stays_when_what_it_names_goes(self):
        tenant = make_tenant("acme")
        audit.record("tenant.change", tenant)
        Tenant.objects.filter(pk="acme").delete()
        assert AuditEvent.objects.get(action="tenant.change").tenant == "acme"


class TestWhoIsActing:
    def test_by_itself_it_is_the_installation(self, entry):
        assert (entry.face, entry.user_name, entry.user_id, entry.key_id) == ("system", "", None, None)

    def test_a_caller_is_told_in_words_and_by_key(self, django_user_model):
        user, key = django_user_model.objects.create(username="ada"), ApiKey(name="deploys", prefix="lfk_abcdefgh")
        with audit.acting(Principal(user=user, key=key), face="api", address="192.0.2.7", request_id="r1"):
            audit.record("thing.change", audit.Subject("thing", "7", "The thing"))
        entry = AuditEvent.objects.get(action="thing.change")
        assert (entry.user_id, entry.user_name) == (user.pk, "ada")
        assert (entry.key_id, entry.key_name) == (key.pk, "deploys (lfk_abcdefgh…)")
        assert (entry.face, entry.address, entry.request_id) == ("api", "192.0.2.7", "r1")

    def test_it_ends(self):
        with audit.acting(Principal(name="root"), face="command"):
            pass
        audit.record("thing.change", audit.Subject("thing", "7", "The thing"))
        assert AuditEvent.objects.get().face == "system"

    def test_an_operator_without_a_name_is_told_by_number(self, monkeypatch):
        def nameless():
            raise KeyError("getpwuid(): uid not found: 1234")

        monkeypatch.setattr("getpass.getuser", nameless)
        assert audit.operator().name.startswith("user ")


def test_what_is_undone_leaves_no_entry():
    with transaction.atomic():
        audit.record("thing.change", audit.Subject("thing", "7", "The thing"))
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


class TestFingerprints:
    def test_the_same_secret_in_the_same_place_has_the_same(self):
        assert changes.fingerprint("s3cret", "acme/1/password") == changes.fingerprint("s3cret", "acme/1/password")

    @pytest.mark.parametrize(
        ("secret", "where"), [("s3creT", "acme/1/password"), ("s3cret", "zeta/1/password"), ("s3cret", "acme/1/token")]
    )
    def test_another_secret_or_another_place_has_another(self, secret, where):
        assert changes.fingerprint(secret, where) != changes.fingerprint("s3cret", "acme/1/password")

    def test_they_are_of_this_installation(self, settings):
        before = changes.fingerprint("s3cret", "here")
        settings.SECRET_KEY = "another" * 10
        assert changes.fingerprint("s3cret", "here") != before

    def test_they_are_short(self):
        assert len(changes.fingerprint({"nested": ["s3cret"]}, "here")) == 12

    def test_none_has_none(self):
        assert changes.fingerprint(None, "here") is None


class TestDifferences:
    def test_only_what_differs_is_told(self):
        before, after = {"a": 1, "b": "x", "c": None, "e": {}}, {"a": 1, "b": "y", "d": [1], "e": None, "f": False}
        assert changes.differences(before, after) == [
            {"field": "b", "before": "x", "after": "y"},
            {"field": "d", "before": None, "after": "[1]"},
        ]

    def test_a_switch_is_told_both_ways(self):
        assert changes.differences({"on": True}, {"on": False}) == [{"field": "on", "before": True, "after": False}]

    def test_zero_is_a_value(self):
        assert changes.differences({"n": 0}, {}) == [{"field": "n", "before": 0, "after": None}]

    def test_long_values_are_cut(self):
        (change,) = changes.differences({}, {"a": "x" * 1000})
        assert len(change["after"]) == changes.LONGEST + 1

    def test_secrets_are_told_by_fingerprint(self):
        (change,) = changes.secret_differences({"p": "old"}, {"p": "new", "q": None}, "acme/1")
        assert (change["field"], change["secret"]) == ("p", True)
        assert {"old", "new"}.isdisjoint(change.values())
        assert change["before"] != change["after"]


class TestAddresses:
    @pytest.mark.parametrize(
        ("proxies", "direct", "forwarded", "address"),
        [
            (0, "192.0.2.1", "", "192.0.2.1"),
            (0, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
            (1, "192.0.2.1", "", "192.0.2.1"),
            (1, "192.0.2.1", "198.51.100.9", "198.51.100.9"),
            (1, "192.0.2.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
            (2, "192.0.2.1", "6.6.6.6, 203.0.113.5, 198.51.100.9", "203.0.113.5"),
            (1, "192.0.2.1", "198.51.100.9:4711", "198.51.100.9"),
            (1, "192.0.2.1", "[2001:db8::1]:4711", "2001:db8::1"),
            (1, "192.0.2.1", "2001:DB8:0::1", "2001:db8::1"),
            (1, "192.0.2.1", "unknown", "192.0.2.1"),
            (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
            (0, "", "198.51.100.9", ""),
            (1, "", "198.51.100.9", "198.51.100.9"),
        ],
    )
    def test_the_right_most_that_no_proxy_of_ours_has(self, settings, proxies, direct, forwarded, address):
        settings.PROXIES = proxies
        headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
        assert origin.address(RequestFactory().get("/", REMOTE_ADDR=direct, **headers)) == address
