"""What goes out. No credential is among it but masked ones, and those made at creation, once."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    SerializerMethodField,
    UUIDField,
)

from connectors.base import Connector
from connectors.running import Report
from connectors.schema import config_schema, credentials_schema
from connectors.strategies import Strategy
from destinations.api.shapes import Row, Shape
from destinations.models import ConnectionCheck, Health, target
from tenants import models as tenants

Status = ConnectionCheck.Status


class Step(serializers.Serializer[Any]):
    name = CharField()
    status = ChoiceField(choices=("passed", "failed", "skipped"))
    code = CharField(help_text="Why it failed; empty otherwise.")
    message = CharField()
    duration_ms = FloatField()


class LastCheck(Shape):
    """The newest finished check of a destination."""

    id = UUIDField(source="uuid")
    trigger = ChoiceField(choices=ConnectionCheck.Trigger.choices, help_text="Why the check was made.")
    status = ChoiceField(
        choices=Status.choices, help_text="`failed` is the destination's fault, `error` is Landfall's own."
    )
    error = SerializerMethodField(help_text="Whether the check ended without having passed.")
    code = CharField(help_text="Why it did not pass, from a closed list; empty otherwise.")
    message = CharField(help_text="The same for a person.")
    remedy = CharField(help_text="What to do about it.")
    steps = Step(many=True)
    started_at = DateTimeField(allow_null=True)
    completed_at = DateTimeField(allow_null=True)

    def get_error(self, row: Row) -> bool:
        return row["status"] in (Status.FAILED, Status.ERROR)


class Check(LastCheck):
    """One real attempt to use a destination."""

    destination = UUIDField(source="destination__uuid")
    tenant = CharField(source="destination__tenant_id")
    revision = IntegerField(help_text="The revision of the destination that was checked.")
    created = DateTimeField(source="queued_at", help_text="When the check was asked for.")


class Destination(Shape):
    """A place that data is sent to."""

    id = UUIDField(source="uuid")
    uid = CharField(help_text="Chosen by the client or generated; unique in the tenant.")
    slug = CharField(help_text="Derived from the first name; unique in the tenant. It never changes.")
    name = CharField()
    description = CharField()
    type = CharField()
    tenant = CharField(source="tenant_id")
    environment = UUIDField(source="environment_id", allow_null=True)
    topics = ListField(child=CharField(), help_text='What it receives; `["*"]` is everything.')
    config = DictField(help_text="As the type's `config_schema` says.")
    credentials = DictField(source="masked", help_text="With every secret masked. A mask sent back keeps the secret.")
    metadata = DictField()
    target = SerializerMethodField(help_text="What a person recognises it by.")
    auth_credential = UUIDField(
        source="auth_credential_id", allow_null=True, help_text="The shared credential that it signs in with."
    )
    incomplete = BooleanField(help_text="Whether something that the type requires is missing: it cannot be checked.")
    verified_at = DateTimeField(allow_null=True, help_text="When it was verified as it is now; null if it was not.")
    is_default = BooleanField(help_text="At most one destination of a tenant is.")
    enabled = SerializerMethodField()
    disabled_at = DateTimeField(allow_null=True)
    archived_at = DateTimeField(allow_null=True)
    health = ChoiceField(source="state__health", choices=Health.choices)
    last_check = LastCheck(source="state__last_check", allow_null=True)
    next_check_at = DateTimeField(source="state__next_check_at", allow_null=True)
    created = DateTimeField()
    updated = DateTimeField()
    revision = IntegerField(help_text="Counts changes; the ETag is made of it.")

    def get_target(self, row: Row) -> str:
        return target(row["type"], row["config"], incomplete=row["incomplete"])

    def get_enabled(self, row: Row) -> bool:
        return row["disabled_at"] is None


class Consumer(Shape):
    """Something that uses a destination."""

    kind = CharField(help_text="What it is, in its own word.")
    name = CharField(help_text="Unique in its kind.")
    last_seen = DateTimeField(help_text="When it last said that it uses the destination.")


class NewDestination(Destination):
    generated_credentials = DictField(
        required=False, help_text="Secrets that Landfall made because none were sent. They are shown this once."
    )


class Trial(serializers.Serializer[Any]):
    """What a check of an unsaved destination found."""

    status = ChoiceField(choices=("passed", "failed", "error"))
    error = BooleanField()
    code = CharField()
    message = CharField()
    remedy = CharField()
    steps = Step(many=True)


def trial(report: Report) -> dict[str, Any]:
    values = asdict(report)
    del values["learned"]
    return {"error": report.status != "passed", **values}


class Verdict(serializers.Serializer[Any]):
    valid = BooleanField()
    check = Trial(allow_null=True, help_text="Null unless `?check=true` asked for one.")


class DestinationType(serializers.Serializer[Any]):
    type = CharField()
    label = CharField()  # type: ignore[assignment]  # a field's own label has the same name
    description = CharField()
    family = CharField()
    steps = ListField(child=CharField(), help_text="What a check does, in order.")
    effect = CharField(help_text="What a check leaves at the destination or does to it.")
    available = BooleanField(help_text="Whether the driver of this type is installed.")
    config_schema = DictField(help_text="JSON Schema 2020-12 of `config`.")
    credentials_schema = DictField(help_text="JSON Schema 2020-12 of `credentials`.")


@extend_schema_serializer(many=False)
class DestinationTypes(serializers.Serializer[Any]):
    items = DestinationType(many=True)
    next = CharField(allow_null=True, help_text="Always null: there is one page.")


def destination_type(connector: Connector) -> dict[str, Any]:
    return {
        "type": connector.type,
        "label": connector.label,
        "description": connector.__doc__ or "",
        "family": connector.family,
        "steps": list(connector.steps),
        "effect": connector.effect,
        "available": connector.available,
        "config_schema": config_schema(connector),
        "credentials_schema": credentials_schema(connector),
    }


class AuthCredential(Shape):
    """A way to sign in that several destinations share."""

    id = UUIDField(source="uuid")
    name = CharField()
    strategy = CharField()
    tenant = CharField(source="tenant_id")
    environment = UUIDField(source="environment_id", allow_null=True, help_text="Null for all of the tenant.")
    properties = DictField()
    secrets = DictField(source="masked", help_text="Masked. A mask sent back keeps the secret.")
    created = DateTimeField()
    updated = DateTimeField()


class AuthStrategy(serializers.Serializer[Any]):
    strategy = CharField()
    label = CharField()  # type: ignore[assignment]  # a field's own label has the same name
    description = CharField()
    usable = BooleanField(help_text="Whether Landfall itself can sign in with it; if not, it is only kept.")
    hint = CharField(help_text="Which types it serves.")
    properties_schema = DictField(help_text="JSON Schema 2020-12 of `properties`.")
    secrets_schema = DictField(help_text="JSON Schema 2020-12 of `secrets`.")


@extend_schema_serializer(many=False)
class AuthStrategies(serializers.Serializer[Any]):
    items = AuthStrategy(many=True)
    next = CharField(allow_null=True, help_text="Always null: there is one page.")


def auth_strategy(strategy: Strategy) -> dict[str, Any]:
    return {
        "strategy": strategy.name,
        "label": strategy.label,
        "description": strategy.__doc__ or "",
        "usable": strategy.usable,
        "hint": strategy.hint,
        "properties_schema": config_schema(strategy),
        "secrets_schema": credentials_schema(strategy),
    }


class Tenant(Shape):
    """An owner of destinations."""

    id = CharField()
    name = CharField()
    metadata = DictField()
    destination_limit = IntegerField(
        allow_null=True,
        help_text="How many destinations it may have, 0 for any number; null is what the installation says.",
    )
    created = DateTimeField()
    updated = DateTimeField()


class SshKey(Shape):
    """The key with which checks sign in to the SSH servers that destinations are reached through."""

    tenant = CharField(source="tenant_id")
    public_key = CharField(help_text="One line, for `authorized_keys` on the SSH server. The private key stays here.")
    created = DateTimeField()


class Environment(Shape):
    """A named stage of a tenant."""

    id = UUIDField(source="uuid")
    tenant = CharField(source="tenant_id")
    name = CharField()
    flag = ChoiceField(choices=tenants.Environment.Flag.choices)
    created = DateTimeField()


class FieldChange(serializers.Serializer[Any]):
    field = CharField(help_text="Dotted, such as `config.url`.")
    before = JSONField(help_text="Null for nothing; long values are cut.")
    after = JSONField()
    secret = BooleanField(
        required=False, help_text="`before` and `after` are fingerprints: equal for equal secrets of this field only."
    )


class AuditEntry(Shape):
    """One change, as it was recorded with it."""

    id = UUIDField(source="uuid")
    at = DateTimeField()
    action = CharField(help_text="Such as `destination.update`.")
    kind = CharField(source="subject_kind", help_text="What was changed: `destination`, `api_key`, `membership` …")
    subject = CharField(source="subject_id", help_text="Its id.")
    name = CharField(source="subject_label", help_text="What it was called then.")
    tenant = CharField(help_text="Whose it is; empty for what concerns the installation.")
    user = CharField(source="user_name", help_text="Who did it; empty for a key without a user.")
    key = UUIDField(source="key_id", allow_null=True, help_text="The API key that was used.")
    key_name = CharField(help_text="What the key was called, and how it begins.")
    face = CharField(help_text="`api`, `admin`, `command`, `system` or the name of a dialect.")
    address = CharField(allow_null=True, help_text="Where the request came from; null for whom it does not concern.")
    request_id = CharField(help_text="The `X-Request-ID` of the answer; empty without a request.")
    changes = FieldChange(many=True)
    security = BooleanField(help_text="Whether it tells who may do what, or where secrets went.")


class Key(Shape):
    """An API key, without its secret."""

    id = UUIDField(source="uuid")
    name = CharField()
    prefix = CharField(help_text="How the secret begins.")
    tenant = CharField(source="tenant_id", allow_null=True, help_text="Null for a key of the installation.")
    role = ChoiceField(choices=tenants.Role.choices)
    user = CharField(source="user__username", allow_null=True)
    created = DateTimeField()
    expires = DateTimeField(allow_null=True)
    last_used = DateTimeField(allow_null=True, help_text="To the minute.")
    revoked = DateTimeField(allow_null=True)


class NewKey(Key):
    secret = CharField(help_text="The key itself, shown this once and stored nowhere.")
