"""Secrets stay where they were entered for, whoever changes a destination and by whatever face."""

from html import unescape
from typing import Any
from unittest.mock import patch

import pytest

from connectors import registry, strategies
from connectors.fields import MASK
from destinations import checking, credentials, services
from destinations.drafts import CredentialDraft, Draft
from destinations.exceptions import InvalidDestination
from destinations.models import AuthCredential, Destination
from tests.admin.conftest import member
from tests.admin.pages import admin, change, overview
from tests.api.client import Api
from tests.connectors.examples import EXAMPLES, PRIVATE_KEY
from tests.connectors.moving import MOVES, config_of, move, secrets_of, without
from tests.factories import make_credential, make_destination, make_environment, make_key, make_tenant
from tests.live.pages import Form, send

pytestmark = pytest.mark.django_db
HELD = [(type_, place) for type_, place in MOVES if any(secrets_of(registry.get(type_)))]
AUTH = {"headers": {"Authorization": "Bearer the-secret", "X-Key": "another"}}
ELSEWHERE = {"url": "https://elsewhere.example.net/in"}


@pytest.fixture
def tenant():
    return make_tenant("acme")


@pytest.fixture
def api(tenant):
    return Api(make_key(tenant, "editor"))


@pytest.fixture
def editor(tenant):
    return member(tenant, "editor")


@pytest.fixture
def made(tenant):
    """Makes the example of a type."""

    def made(type_):
        connector = registry.get(type_)
        return make_destination(
            tenant, type=type_, name=type_, config=config_of(connector), credentials=EXAMPLES[type_].credentials
        )

    return made


@pytest.fixture
def hook(tenant):
    return make_destination(tenant, credentials=AUTH)


def again(destination) -> Destination:
    return Destination.objects.get(pk=destination.pk)


def refused(destination, **changes) -> set[str]:
    """The paths of the secrets that have to be entered again."""
    before = again(destination)
    with pytest.raises(InvalidDestination) as caught:
        services.update(destination, Draft(**changes))
    now = again(destination)
    assert (now.config, now.credentials, now.revision) == (before.config, before.credentials, before.revision)
    assert {problem.code for problem in caught.value.problems} == {"reenter"}
    return {problem.path for problem in caught.value.problems}


@pytest.mark.parametrize(("type_", "place"), HELD)
class TestEveryPlaceOfEveryType:
    def test_the_api_asks_for_each_secret_again(self, api, made, type_, place):
        destination, connector = made(type_), registry.get(type_)
        path, config = f"destinations/{destination.uuid}", move(type_, place)
        held = set(secrets_of(connector))
        shown = api.get(path).body["credentials"]
        sections: list[dict[str, Any]] = [{}, {"credentials": {}}, {"credentials": shown}]
        for given in sections:
            answer = api.patch(path, {"config": config, **given})
            assert (answer.status, answer.faults) == (422, {(secret, "reenter") for secret in held})
            assert all(str(connector.config.fields[place].label) in one["message"] for one in answer.body["errors"])
        for secret in held:
            answer = api.patch(path, {"config": config, "credentials": without(connector, secret)})
            assert (answer.status, answer.faults) == (422, {(secret, "reenter")})
        assert api.get(path).body["revision"] == 1
        answer = api.patch(path, {"config": config, "credentials": EXAMPLES[type_].credentials})
        assert answer.status == 200, answer.body
        assert all(answer.body["config"].get(name) == value for name, value in config.items())

    def test_the_form_asks_at_the_field_and_keeps_what_was_typed(self, editor, made, type_, place):
        destination, connector = made(type_), registry.get(type_)
        url, config = change(destination), move(type_, place)
        form = Form(editor.get(url).content.decode(), "destination_form")
        form.fill("config", config)
        with patch.object(checking, "run_now", side_effect=AssertionError("It was tried.")):
            tried = unescape(send(editor, form.try_url, form.sent()).json()["html"])
        assert "would change who is sent this. Enter it again" in tried
        answer = send(editor, url, form.sent("_save"))
        assert answer.status_code == 200
        fields = {".".join(secret.split(".")[:2]) for secret in secrets_of(connector)}
        assert answer.context["form"].errors.keys() == fields
        page = answer.content.decode()
        assert unescape(page).count("would change who is sent this. Enter it again") >= len(fields)
        assert again(destination).revision == 1
        typed = Form(page, "destination_form")
        for name, value in config.items():
            box = typed.box(f"config.{name}")
            assert box.on is value if isinstance(value, bool) else box.value.split() == str(value or "").split()
        typed.fill("credentials", EXAMPLES[type_].credentials)
        saved = send(editor, url, typed.sent("_save"))
        assert saved.status_code == 302, saved.context["form"].errors
        assert all(again(destination).config.get(name) == value for name, value in config.items() if value != "")

    def test_a_trial_sends_nothing_there(self, tenant, made, type_, place):
        destination = made(type_)
        draft = Draft(config=move(type_, place))
        with patch.object(checking, "run_now", side_effect=AssertionError("It was tried.")):
            for attempt in (services.try_out, services.prove):
                with pytest.raises(InvalidDestination):
                    attempt(tenant, draft, stored=again(destination))


@pytest.mark.parametrize("type_", [name for name in registry.names() if not any(secrets_of(registry.get(name)))])
def test_a_type_without_secrets_goes_anywhere(api, made, type_):
    path = f"destinations/{made(type_).uuid}"
    assert api.patch(path, {"config": {"bucket": "another-bucket"}}).status == 200


@pytest.mark.parametrize("type_", registry.names())
def test_what_is_sent_back_as_it_was_shown_is_no_move(api, made, type_):
    path = f"destinations/{made(type_).uuid}"
    shown = api.get(path).body
    same = {name: shown[name] for name in ("config", "credentials")}
    assert api.patch(path, same | {"description": "New"}).status == 200


class TestADestination:
    def test_without_stored_secrets_moves_freely(self, tenant):
        assert services.update(make_destination(tenant), Draft(config=ELSEWHERE)).config["url"] == ELSEWHERE["url"]

    def test_moves_freely_once_they_are_removed(self, hook):
        services.update(hook, Draft(config=ELSEWHERE, credentials={"headers": None}))
        assert again(hook).config["url"] == ELSEWHERE["url"]

    def test_takes_the_secret_that_only_signs_along(self, tenant, hook):
        assert refused(hook, config=ELSEWHERE) == {"credentials.headers.Authorization", "credentials.headers.X-Key"}
        before = again(hook).credentials["secret"]
        services.update(hook, Draft(config=ELSEWHERE, credentials={"headers": {"X-Key": "new"}}))
        assert again(hook).credentials == {"secret": before, "headers": {"X-Key": "new"}}

    def test_takes_none_along_that_is_only_one_of_several(self, hook):
        mixed = {"headers": {"Authorization": MASK, "X-Key": "new"}}
        assert refused(hook, config=ELSEWHERE, credentials=mixed) == {"credentials.headers.Authorization"}

    def test_may_be_entered_the_same_secret(self, hook):
        services.update(hook, Draft(config=ELSEWHERE, credentials=AUTH))
        assert again(hook).config["url"] == ELSEWHERE["url"]

    def test_changes_its_path_and_all_else_freely(self, hook):
        services.update(
            hook, Draft(config={"url": "https://hooks.example.com/other?x=1", "method": "PUT"}, topics=["a"])
        )
        assert again(hook).credentials["headers"] == AUTH["headers"]

    def test_does_not_lose_its_protection(self, hook):
        assert refused(hook, config={"url": "http://hooks.example.com/in"})

    def test_is_told_of_the_move_beside_other_faults(self, hook):
        with pytest.raises(InvalidDestination) as caught:
            services.update(hook, Draft(config=ELSEWHERE, topics=[]))
        assert {problem.code for problem in caught.value.problems} == {"blank", "reenter"}

    def test_that_is_incomplete_gets_its_first_place_and_no_second(self, tenant):
        begun = services.create(
            tenant, Draft(type="webhook", incomplete=True, credentials={"verification_token": "the-token"})
        )
        services.update(begun, Draft(config={"url": "https://hooks.example.com/in"}))
        held = {"credentials.verification_token"}
        assert refused(begun, config=ELSEWHERE, incomplete=True) == held
        # Nor by way of having none in between.
        assert refused(begun, config={"url": None}, incomplete=True) == held
        assert refused(begun, config=None, incomplete=True) == held

    def test_is_not_moved_by_a_secret_of_another_name(self, tenant):
        key = {"username": "loader", "private_key": PRIVATE_KEY}
        place = EXAMPLES["snowflake"].config
        made = make_destination(tenant, type="snowflake", config=place, credentials=key)
        given = {"password": "new", "private_key": made.masked["private_key"]}
        assert refused(made, config={"host": "evil.example.net"}, credentials=given) == {"credentials.private_key"}


class TestASharedCredential:
    def test_is_attached_again_where_the_destination_moves(self, tenant, api):
        shared = make_credential(tenant)
        hook = make_destination(tenant, auth_credential=shared)
        path = f"destinations/{hook.uuid}"
        assert refused(hook, config=ELSEWHERE) == {"auth_credential"}
        assert api.patch(path, {"config": ELSEWHERE}).faults == {("auth_credential", "reenter")}
        assert api.patch(path, {"config": ELSEWHERE, "auth_credential": str(shared.pk)}).status == 200

    def test_may_be_detached_where_the_destination_moves(self, tenant):
        hook = make_destination(tenant, auth_credential=make_credential(tenant))
        services.update(hook, Draft(config=ELSEWHERE, auth_credential=None))
        assert again(hook).auth_credential is None

    def test_goes_along_in_the_form_if_the_person_says_so(self, tenant, editor):
        hook = make_destination(tenant, auth_credential=make_credential(tenant))
        form = Form(editor.get(change(hook)).content.decode(), "destination_form")
        form.fill("config", ELSEWHERE)
        with patch.object(checking, "run_now", side_effect=AssertionError("It was tried.")):
            tried = unescape(send(editor, form.try_url, form.sent()).json()["html"])
        refusal = send(editor, change(hook), form.sent("_save"))
        assert refusal.context["form"].errors.keys() == {"follow"}
        assert "The change leads to another server. Switch this on to allow that." in tried
        assert again(hook).config == hook.config
        form = Form(refusal.content.decode(), "destination_form")
        form.box("follow").type(True)
        assert send(editor, change(hook), form.sent("_save")).status_code == 302
        assert again(hook).config["url"] == ELSEWHERE["url"]
        assert again(hook).auth_credential == hook.auth_credential

    def test_that_a_person_may_not_see_stays_and_goes_nowhere(self, tenant):
        here = make_environment(tenant)
        confined = member(tenant, "editor", here)
        for others in ([], [make_credential(tenant, name="Of here", environment=here)]):
            hook = make_destination(tenant, environment=here, auth_credential=make_credential(tenant, name="Unseen"))
            for page in (confined.get(path(hook)).content.decode() for path in (overview, change)):
                assert ("A credential that you may not see" in page, "Unseen" in page) == (True, False)
            form = Form(page, "destination_form")
            form.box("description").type("New")
            assert send(confined, change(hook), form.sent("_save")).status_code == 302
            assert (again(hook).description, again(hook).auth_credential) == ("New", hook.auth_credential)
            form = Form(confined.get(change(hook)).content.decode(), "destination_form")
            form.fill("config", ELSEWHERE)
            mine = f"&auth_credential={others[0].pk if others else hook.auth_credential_id}&follow=on"
            answer = send(confined, change(hook), form.sent("_save") + mine)
            assert answer.context["form"].errors.keys() == {"auth_credential"}
            assert (again(hook).config, again(hook).auth_credential) == (hook.config, hook.auth_credential)


TOKENS = {
    "oauth2": (
        {"token_url": "https://auth.example.com/token", "client_id": "landfall", "username": "ed"},
        {"client_secret": "the-client-secret", "password": "the-password"},
    ),
    "smart_backend": ({"token_url": "https://auth.example.com/token", "client_id": "x"}, {"private_key": PRIVATE_KEY}),
    "google_service_account": ({"client_email": "a@b.example"}, {"private_key": PRIVATE_KEY}),
}
TOKEN_PLACES = {
    "token_url": "https://elsewhere.example.net/token",
    "token_uri": "https://www.googleapis.com/oauth2/v4/token",
}
STRATEGY_MOVES = [(one.name, place) for one in strategies.every() if one.credentials.fields for place in one.places]


@pytest.mark.parametrize(("strategy", "place"), STRATEGY_MOVES)
class TestEveryPlaceOfEveryStrategy:
    @pytest.fixture
    def shared(self, tenant, strategy):
        properties, secrets = TOKENS[strategy]
        return make_credential(tenant, strategy=strategy, properties=properties, secrets=secrets)

    def test_the_api_asks_for_each_secret_again(self, api, shared, strategy, place):
        path, moved = f"auth-credentials/{shared.pk}", {place: TOKEN_PLACES[place]}
        secrets = TOKENS[strategy][1]
        for given in ({}, {"secrets": api.get(path).body["secrets"]}):
            answer = api.patch(path, {"properties": moved, **given})
            assert (answer.status, answer.faults) == (422, {(f"secrets.{name}", "reenter") for name in secrets})
        assert AuthCredential.objects.get().properties == shared.properties
        assert api.patch(path, {"properties": moved, "secrets": secrets}).status == 200

    def test_the_form_asks_at_the_field_and_keeps_what_was_typed(self, editor, shared, strategy, place):
        url = admin("destinations_authcredential_change", shared.pk)
        form = editor.get(url).context["adminform"].form
        sent = {name: form[name].value() or "" for name in form.fields if name != "tenant"}
        moved = sent | {f"properties.{place}": TOKEN_PLACES[place]}
        answer = editor.post(url, moved)
        secrets = TOKENS[strategy][1]
        assert answer.context["adminform"].form.errors.keys() == {f"secrets.{name}" for name in secrets}
        assert "would change who is sent this. Enter it again" in unescape(answer.content.decode())
        assert TOKEN_PLACES[place] in answer.content.decode()
        assert AuthCredential.objects.get().properties == shared.properties
        typed = moved | {f"secrets.{name}": value for name, value in secrets.items()}
        assert editor.post(url, typed).status_code == 302
        assert AuthCredential.objects.get().properties[place] == TOKEN_PLACES[place]


def test_a_shared_credential_changes_all_else_freely(tenant):
    properties, secrets = TOKENS["oauth2"]
    shared = make_credential(tenant, strategy="oauth2", properties=properties, secrets=secrets)
    path_only = {"token_url": "https://auth.example.com/other", "scope": "write"}
    credentials.update(shared, CredentialDraft(properties=path_only))
    assert AuthCredential.objects.get().secrets == secrets
