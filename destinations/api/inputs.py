"""The bodies that come in, declared."""

from typing import ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import DateTimeField, DictField, ListField, UUIDField

from connectors import strategies
from connectors.base import Section
from connectors.fields import ChoiceField, FlagField, IntegerField, TextField
from destinations.naming import MAX_NAME
from destinations.topics import MAX_TOPICS
from tenants.models import Environment, Role


class ObjectField(DictField):
    default_error_messages: ClassVar = {"not_a_dict": "This must be an object."}


class ProseField(TextField):
    """Text that may begin and end with blanks."""

    def check_text(self, text: str) -> None:
        pass


class NameField(TextField):
    """A name of one line."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if not text.isprintable():
            raise ValidationError("A name must not hold control characters.", code="invalid")


class Nothing(Section):
    """The body of a request that takes none: absent, or an empty object."""


class DestinationInput(Section):
    """A destination as it is sent. What the type says of config and credentials is checked by the type."""

    type = TextField(help_text="One of the destination types. It never changes.")
    tenant = TextField(required=False, help_text="Its owner. A caller of one tenant may leave it out. Never changes.")
    uid = TextField(required=False, max_length=255, help_text="Generated when left out. It never changes.")
    name = NameField(required=False, allow_null=True, max_length=MAX_NAME, help_text="Made of the type if left out.")
    description = ProseField(required=False, allow_null=True, allow_blank=True, max_length=10_000)
    topics = ListField(
        child=TextField(max_length=255),
        required=False,
        allow_null=True,
        max_length=MAX_TOPICS,
        help_text='What it receives; `["*"]`, the default, is everything.',
    )
    config = ObjectField(required=False, allow_null=True)
    credentials = ObjectField(required=False, allow_null=True)
    auth_credential = UUIDField(
        required=False, allow_null=True, help_text="The id of a shared credential that it signs in with."
    )
    metadata = ObjectField(required=False, allow_null=True, help_text="Labels of your own.")
    environment = UUIDField(required=False, allow_null=True, help_text="The id of an environment of the tenant.")
    is_default = FlagField(required=False)
    enabled = FlagField(required=False, help_text="True unless said otherwise.")


class AuthCredentialInput(Section):
    """What the strategy says of properties and secrets is checked by the strategy."""

    name = NameField(max_length=MAX_NAME)
    strategy = ChoiceField(choices=strategies.names(), help_text="How it signs in. It never changes.")
    tenant = TextField(required=False, help_text="Its owner. A caller of one tenant may leave it out. Never changes.")
    environment = UUIDField(
        required=False, allow_null=True, help_text="Whose destinations may use it: all of the tenant if left out."
    )
    properties = ObjectField(required=False, allow_null=True, help_text="What is not secret.")
    secrets = ObjectField(required=False, allow_null=True, help_text="A mask sent back keeps the secret.")


class RotationInput(Section):
    grace_seconds = IntegerField(
        required=False,
        min_value=0,
        max_value=7 * 24 * 3600,
        help_text="How long the secret before stays valid beside the new one: a day unless said otherwise, a week at "
        "most.",
    )


class TenantInput(Section):
    id = TextField(required=False, max_length=255, help_text="Generated when left out. It never changes.")
    name = NameField(max_length=255)
    metadata = ObjectField(required=False, allow_null=True)
    destination_limit = IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="How many destinations it may have, 0 for any number; null for what the installation says. Only an "
        "admin of the installation sets it.",
    )


class EnvironmentInput(Section):
    name = NameField(max_length=255)
    flag = ChoiceField(choices=Environment.Flag.values, required=False, help_text="Development unless said otherwise.")


class KeyInput(Section):
    name = NameField(max_length=255)
    tenant = TextField(
        required=False,
        allow_null=True,
        help_text="Whose key it is; null for one of the installation. A caller of one tenant may leave it out.",
    )
    role = ChoiceField(choices=Role.values, required=False, help_text="viewer unless said otherwise.")
    expires = DateTimeField(required=False, allow_null=True, help_text="Never, unless said otherwise.")
