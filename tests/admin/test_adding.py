import pytest

from connectors import registry
from destinations.admin.presenting import FAMILY_ICONS
from destinations.models import ConnectionCheck, Destination
from tenants.trail import AuditEvent
from tests.admin.conftest import text
from tests.admin.pages import ADD, LIST, overview, webhook_form
from tests.factories import SECRET, make_destination, make_environment, make_tenant

CANARY = "canary-in-the-coal-mine"


def add(client, type_="webhook", button="_save", **changes):
    return client.post(f"{ADD}?type={type_}", webhook_form(**changes) | {button: ""})


class TestChoosing:
    def test_every_type_is_offered_with_its_sentence(self, admin_client, tenant):
        page = text(admin_client.get(ADD))
        for connector in registry.every():
            assert f'href="?type={connector.type}"' in page
            assert connector.label in page
            assert type(connector).__doc__.split("\n")[0] in page

    def test_every_family_has_a_symbol_of_its_own(self):
        assert {connector.family for connector in registry.every()} <= FAMILY_ICONS.keys()

    def test_a_type_without_its_driver_says_so_and_can_be_added(self, admin_client, tenant, monkeypatch):
        monkeypatch.setattr(registry.get("webhook"), "available", False)
        page = text(admin_client.get(ADD))
        assert "Its driver is not installed: it can be added, but not checked." in page
        assert 'href="?type=webhook"' in page

    def test_an_unknown_type_leads_back_to_the_choice(self, admin_client, tenant):
        page = text(admin_client.get(ADD, {"type": "carrier_pigeon"}))
        assert "There is no type “carrier_pigeon”." in page
        assert "What kind of destination is it?" in page

    def test_without_a_tenant_the_first_step_is_to_add_one(self, admin_client):
        assert "There is no tenant yet" in text(admin_client.get(ADD))

    @pytest.mark.parametrize("type_", registry.names())
    def test_each_type_has_a_form_with_a_box_for_each_of_its_fields(self, admin_client, tenant, type_):
        page = text(admin_client.get(ADD, {"type": type_}))
        connector = registry.get(type_)
        for section, fields in (("config", connector.config.fields), ("credentials", connector.credentials.fields)):
            for name in fields:
                assert f'data-lf-field="{section}.{name}"' in page

    def test_what_may_stay_empty_says_so_and_nothing_else_does(self, admin_client, tenant):
        fields = admin_client.get(ADD, {"type": "rabbitmq"}).context["form"].fields
        optional = {name for name, field in fields.items() if name.startswith("con") and field.optional}
        assert optional == {"config.port", "config.exchange", "config.ca_certificate"}
        assert admin_client.get(ADD, {"type": "webhook"}).context["form"].fields["credentials.secret"].optional

    def test_what_must_be_chosen_is_chosen_by_nobody_else(self, admin_client, tenant):
        page = text(admin_client.get(ADD, {"type": "otlp_http"}))
        assert '<option value="" selected>Choose one</option>' in page
        form = {"config__url": "https://otel.example.com/v1/logs", "config__signal": ""}
        errors = add(admin_client, "otlp_http", **form).context["form"].errors
        assert errors == {"config.signal": ["This field is required."]}


class TestSaving:
    def test_what_was_typed_is_registered(self, admin_client, tenant):
        production = make_environment(tenant)
        response = add(
            admin_client,
            environment=str(production.pk),
            description="For the shop.",
            topics="order.created\r\n order.cancelled \r\n\r\n",
            labels__name=["team", ""],
            labels__value=["shop", ""],
            config__headers__name=["X-Source", ""],
            config__headers__value=["landfall", ""],
            credentials__secret=SECRET,
        )
        destination = Destination.objects.get()
        assert response.url == overview(destination)
        assert (destination.name, destination.tenant_id, destination.environment) == ("Shop events", "acme", production)
        assert destination.topics == ["order.created", "order.cancelled"]
        assert destination.metadata == {"team": "shop"}
        assert destination.config == {
            "url": "https://hooks.example.com/in",
            "method": "POST",
            "headers": {"X-Source": "landfall"},
        }
        assert destination.credentials == {"secret": SECRET}

    def test_save_and_check_asks_for_a_check_and_save_only_does_not(self, admin_client, tenant):
        add(admin_client, credentials__secret=SECRET)
        assert not ConnectionCheck.objects.exists()
        add(admin_client, name="Another", credentials__secret=SECRET, button="_check")
        assert ConnectionCheck.objects.get().destination.name == "Another"

    def test_a_secret_that_landfall_made_is_on_one_page_once(self, admin_client, tenant, client):
        response = add(admin_client)
        secret = Destination.objects.get().credentials["secret"]
        assert f'value="{secret}"' in text(response)
        assert "This is shown once." in text(response)
        assert "no-store" in response["Cache-Control"]
        for path in (overview(Destination.objects.get()), LIST):
            assert secret not in text(admin_client.get(path))
        assert secret not in str(admin_client.session.items())
        assert secret not in str(admin_client.cookies)

    def test_the_history_holds_no_value(self, admin_client, tenant):
        add(admin_client, credentials__secret=CANARY)
        entry = AuditEvent.objects.get(action="destination.create")
        assert "credentials.secret" in [change["field"] for change in entry.changes]
        assert CANARY not in str(AuditEvent.objects.values())

    def test_an_empty_name_becomes_that_of_the_type(self, admin_client, tenant):
        add(admin_client, name="", credentials__secret=SECRET)
        assert Destination.objects.get().name == "Webhook"


class TestRefusals:
    def errors(self, response) -> dict[str, list[str]]:
        assert response.status_code == 200
        return dict(response.context["form"].errors)

    def test_each_problem_is_beside_its_field(self, admin_client, tenant):
        make_destination(tenant, name="Shop events")
        errors = self.errors(add(admin_client, config__url="hooks.example.com", config__method="BREW", uid="a/b"))
        assert errors.keys() == {"config.url", "config.method", "uid"}
        errors = self.errors(add(admin_client))
        assert errors == {"name": ["Another destination of the tenant has this name."]}

    def test_what_is_wrong_with_the_connection_is_told_together_with_what_is_wrong_with_the_rest(
        self, admin_client, tenant
    ):
        errors = self.errors(add(admin_client, tenant="", config__url="nowhere"))
        assert errors.keys() == {"tenant", "config.url"}

    def test_a_problem_of_one_header_names_the_header(self, admin_client, tenant):
        headers = {"config__headers__name": ["Host", "Bad Name"], "config__headers__value": ["a", "b"]}
        errors = self.errors(add(admin_client, **headers))
        assert errors["config.headers"] == [
            "Host: This header is set by Landfall itself.",
            "Bad Name: This is not a valid header name.",
        ]

    def test_a_header_given_twice_is_refused(self, admin_client, tenant):
        headers = {"config__headers__name": ["X-A", "x-a"], "config__headers__value": ["1", "2"]}
        assert self.errors(add(admin_client, **headers)) == {"config.headers": ["“x-a” is there twice."]}

    def test_what_is_not_a_number_is_refused_in_words(self, admin_client, tenant):
        form = {"config__host": "db.example.com", "config__port": "many", "config__database": "d"}
        errors = self.errors(add(admin_client, "postgres", **form))
        assert errors["config.port"] == ["This must be a whole number."]

    def test_nothing_typed_is_lost_but_secrets(self, admin_client, tenant):
        response = add(
            admin_client,
            config__url="nowhere",
            description="Kept as typed",
            topics="a\nb",
            config__headers__name=["X-Kept"],
            config__headers__value=["kept too"],
            credentials__secret=CANARY,
            credentials__headers__name=["Authorization"],
            credentials__headers__value=[f"Bearer {CANARY}"],
        )
        page = text(response)
        for kept in ("nowhere", "Kept as typed", "X-Kept", "kept too", "Authorization", 'value="acme" selected'):
            assert kept in page
        assert CANARY not in page
        assert "Please type the secrets again" in page
        assert not Destination.objects.exists()

    def test_an_environment_of_another_tenant_is_refused(self, admin_client, tenant):
        foreign = make_environment(make_tenant("globex"))
        assert "environment" in self.errors(add(admin_client, environment=str(foreign.pk)))

    def test_over_the_limit_the_page_says_so(self, admin_client, destination, settings):
        settings.DESTINATIONS_PER_TENANT = 1
        errors = self.errors(add(admin_client))
        assert "at most 1 destinations" in errors["__all__"][0]


def test_the_tenant_is_chosen_already_where_there_is_only_one(admin_client, tenant):
    make_environment(tenant, name="Blue")
    page = text(admin_client.get(ADD, {"type": "webhook"}))
    assert 'value="acme" selected' in page
    assert "Blue" in page
    make_tenant("globex")
    page = text(admin_client.get(ADD, {"type": "webhook"}))
    assert 'value="acme" selected' not in page
    assert "Blue" not in page


def test_the_environments_of_a_tenant_can_be_asked_for(admin_client, tenant):
    blue = make_environment(tenant, name="Blue", flag="Staging")
    make_environment(make_tenant("globex"), name="Red")
    answer = admin_client.get(f"{LIST}environments/", {"tenant": "acme"}).json()
    assert answer == {"environments": [{"id": str(blue.pk), "name": "Blue (Staging)"}]}
