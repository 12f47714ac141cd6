import pytest

from destinations import services
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tenants.trail import AuditEvent
from tests.admin.conftest import text
from tests.admin.pages import change, overview, webhook_form
from tests.factories import SECRET, make_destination, make_environment

CANARY = "canary-in-the-coal-mine"


def save(client, destination, button="_save", revision=None, **changes):
    form = webhook_form(name=destination.name, revision=revision or destination.revision) | {
        name.replace("__", "."): value for name, value in changes.items()
    }
    return client.post(change(destination), form | {button: ""})


@pytest.fixture
def stored(tenant):
    return make_destination(
        tenant,
        name="Billing events",
        credentials={"secret": SECRET, "headers": {"Authorization": CANARY, "X-Key": "second"}},
        metadata={"team": "billing", "weight": 3},
    )


def again(destination) -> Destination:
    return Destination.objects.get(pk=destination.pk)


class TestSecrets:
    def kept(self, **values):
        return {
            "credentials__headers__name": ["Authorization", "X-Key"],
            "credentials__headers__value": ["", ""],
        } | values

    def test_the_form_shows_that_there_is_one_and_never_which(self, admin_client, stored):
        page = text(admin_client.get(change(stored)))
        assert "Stored: ******** — leave empty to keep it" in page
        assert "Authorization" in page
        assert CANARY not in page
        assert SECRET not in page

    def test_empty_boxes_keep_what_is_stored(self, admin_client, stored):
        response = save(admin_client, stored, **self.kept(config__url="https://new.example.com/in"))
        assert response.status_code == 302
        assert again(stored).config["url"] == "https://new.example.com/in"
        assert again(stored).credentials == stored.credentials

    def test_a_new_value_replaces_only_its_own(self, admin_client, stored):
        save(admin_client, stored, **self.kept(credentials__headers__value=["", "replaced"]))
        assert again(stored).credentials == {
            "secret": SECRET,
            "headers": {"Authorization": CANARY, "X-Key": "replaced"},
        }

    def test_a_row_that_is_taken_away_is_removed(self, admin_client, stored):
        save(admin_client, stored, credentials__headers__name=["X-Key"], credentials__headers__value=[""])
        assert again(stored).credentials["headers"] == {"X-Key": "second"}
        save(admin_client, again(stored))
        assert "headers" not in again(stored).credentials

    def test_an_optional_secret_can_be_removed(self, admin_client, tenant):
        bucket = services.create(
            tenant,
            Draft(
                type="aws_s3",
                name="Archive",
                config={"bucket": "acme-archive", "region": "eu-central-1"},
                credentials={
                    "access_key_id": "AKIAEXAMPLE00000",
                    "secret_access_key": "s" * 40,
                    "session_token": "t" * 20,
                },
            ),
        )
        page = text(admin_client.get(change(bucket)))
        assert "Stored: AKIA******** — leave empty to keep it" in page
        assert 'name="credentials.session_token.remove"' in page
        assert 'name="credentials.secret_access_key.remove"' not in page
        form = {
            "name": "Archive",
            "revision": 1,
            "config.bucket": "acme-archive",
            "config.region": "eu-central-1",
            "credentials.session_token.remove": "on",
        }
        assert admin_client.post(change(bucket), form).status_code == 302
        assert again(bucket).credentials.keys() == {"access_key_id", "secret_access_key"}

    def test_after_a_refusal_no_secret_is_in_the_page(self, admin_client, stored):
        new = "a-new-canary"
        values = self.kept(credentials__secret=new, credentials__headers__value=["", new], config__url="nowhere")
        response = save(admin_client, stored, **values)
        assert "config.url" in response.context["form"].errors
        assert new not in text(response)
        assert again(stored).credentials == stored.credentials

    def test_the_history_names_fields_and_holds_no_value(self, admin_client, stored):
        save(admin_client, stored, **self.kept(credentials__secret="a-new-canary", description="Why not"))
        entry = AuditEvent.objects.get(action="destination.update")
        assert {"credentials.secret", "description"} <= {change["field"] for change in entry.changes}
        for value in ("a-new-canary", "Authorization"):
            assert value not in str(entry.changes)

    def test_credentials_that_cannot_be_decrypted_are_an_error_in_words(self, admin_client, stored):
        other = make_destination(stored.tenant)
        Destination.objects.filter(pk=stored.pk).update(sealed=other.sealed)
        response = save(admin_client, stored)
        assert "sealed for another one" in response.context["form"].errors["__all__"][0]


def test_labels_that_are_no_text_survive_the_form(admin_client, stored):
    save(admin_client, stored, labels__name=["team"], labels__value=["finance"])
    assert again(stored).metadata == {"weight": 3, "team": "finance"}


def test_an_optional_value_that_is_emptied_is_gone(admin_client, tenant):
    destination = make_destination(tenant, config={"url": "https://a.example", "headers": {"X-A": "1"}})
    save(admin_client, destination, config__url="https://a.example")
    assert again(destination).config == {"url": "https://a.example", "method": "POST"}


def test_a_name_cannot_be_emptied(admin_client, stored):
    response = save(admin_client, stored, name="")
    assert response.context["form"].errors == {"name": ["A destination must have a name."]}


def test_save_and_check_always_asks_for_a_check(admin_client, stored):
    save(admin_client, stored, button="_check")
    assert ConnectionCheck.objects.get().trigger == "update"


def test_the_environment_can_be_changed(admin_client, stored):
    blue = make_environment(stored.tenant, name="Blue")
    save(admin_client, stored, environment=str(blue.pk))
    assert again(stored).environment == blue


class TestConflict:
    def test_the_page_says_that_someone_else_saved_and_what_differs(self, admin_client, stored):
        services.update(stored, Draft(description="Theirs"))
        response = save(admin_client, stored, revision=1, description="Mine")
        page = text(response)
        assert "Someone else saved this destination while you were editing it" in page
        assert "You began with revision 1, and it is at 2 now." in page
        assert "Your version differs from theirs in: Description" in page
        assert "Mine" in page
        assert again(stored).description == "Theirs"

    def test_mine_can_be_saved_over_theirs(self, admin_client, stored):
        services.update(stored, Draft(description="Theirs"))
        save(admin_client, stored, button="_overwrite", revision=1, description="Mine")
        assert again(stored).description == "Mine"

    def test_a_destination_deleted_meanwhile_is_not_found(self, admin_client, stored):
        services.delete(stored)
        assert save(admin_client, stored).status_code == 404


def test_an_archived_destination_cannot_be_edited(admin_client, stored):
    services.archive(stored)
    response = admin_client.get(change(stored), follow=True)
    assert response.redirect_chain == [(overview(stored), 302)]
    assert "restore it first" in text(response)


class TestDeleting:
    def test_the_page_before_says_what_goes_with_it(self, admin_client, stored):
        services.request_check(stored)
        page = text(admin_client.get(change(stored).replace("change", "delete")))
        assert "Delete the destination “Billing events”?" in page
        assert "1 connection checks" in page

    def test_it_is_gone_for_good(self, admin_client, stored):
        admin_client.post(change(stored).replace("change", "delete"), {"post": "yes"})
        assert not Destination.objects.exists()
        assert not ConnectionCheck.objects.exists()
