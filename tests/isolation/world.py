"""A tenant with a row of everything, each text of which holds the tenant's own word."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection

from destinations import services
from destinations.dialects.planet.refs import id_of
from destinations.models import AuthCredential, ConnectionCheck, Consumer, Destination
from destinations.sealing import Sealed
from tenants import services as tenants
from tenants.models import ApiKey, Environment, KeyPair, Membership, Tenant
from tenants.trail import AuditEvent
from tests.admin.test_list import finished_check
from tests.factories import make_credential, make_destination, make_environment, make_tenant

#: One type for each dialect, and the words that its config has.
TYPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "webhook": lambda word: {"config": {"url": f"https://{word}.example.com/in"}},
    "otlp_http": lambda word: {
        "config": {"url": f"https://{word}.example.com/v1/logs", "signal": "logs"},
        "credentials": {"headers": {"Authorization": "Bearer hidden-token"}},
    },
    "aws_s3": lambda word: {
        "config": {"bucket": f"{word}-bucket", "region": "eu-west-1"},
        "credentials": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "h" * 40},
    },
    "postgres": lambda word: {
        "config": {"host": f"{word}.example.com", "database": word},
        "credentials": {"username": f"{word}-loader", "password": "hidden-password"},
    },
}


SIGNER = {
    "strategy": "aws_sigv4",
    "properties": {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "secrets": {"secret_access_key": "h" * 40},
}


@dataclass(frozen=True)
class World:
    """`ids` are the values of the parameters that addresses have, by what they name."""

    word: str
    ids: dict[str, str] = field(repr=False)

    def hidden(self, text: str) -> str:
        """`text` with each id replaced by what it is the id of: what two worlds must have alike."""
        for kind, id_ in sorted(self.ids.items(), key=lambda item: -len(item[1])):
            text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(id_)}(?![0-9A-Za-z])", f"<{kind}>", text)
        return text


def make_world(word: str) -> World:
    tenant = make_tenant(f"{word}-tenant", f"{word} Ltd")
    _count_from_afar(tenant)
    stage = make_environment(tenant, f"{word} stage", "Development")
    user = User.objects.create_user(f"{word}-user", email=f"{word}@example.com", password="a password", is_staff=True)
    member = tenants.save_membership(Membership(user=user, tenant=tenant, environment=stage, role="editor"))
    pair = tenants.register_key_pair(user, name=f"{word} pair", public_key=_public_key())
    key, _ = tenants.issue_key(name=f"{word} key", tenant=tenant)
    credential = make_credential(tenant, name=f"{word} keys", environment=stage, **SIGNER)
    rows = {type_: _destination(tenant, stage, word, type_) for type_ in TYPES}
    consumer, _ = services.register_consumer(rows["otlp_http"], kind="script", name=f"{word}-script")
    hook = rows["webhook"]
    found: dict[str, Any] = {
        "tenant": tenant.pk,
        "environment": stage.pk,
        "user": user.pk,
        "membership": member.pk,
        "pair": pair.pk,
        "key": key.pk,
        "credential": credential.pk,
        "destination": hook.uuid,
        "destination number": hook.pk,
        "destination uid": hook.uid,
        "slug": rows["otlp_http"].slug,
        "bucket": id_of(rows["aws_s3"]),
        "database": rows["postgres"].pk,
        "used": rows["otlp_http"].uuid,
        "consumer": consumer.name,
        "check": ConnectionCheck.objects.get(destination=hook).pk,
        "entry": AuditEvent.objects.filter(subject_id=hook.uuid)[0].pk,
    }
    assert found.keys() == KINDS.keys()
    return World(word, {kind: str(id_) for kind, id_ in found.items()})


def _count_from_afar(tenant: Tenant) -> None:
    """Let new rows have numbers that occur nowhere else in an answer."""
    if Destination.objects.exists():
        return
    user = User.objects.create(pk=71_000_000, username="first")
    Membership.objects.create(pk=72_000_000, user=user, tenant=tenant)
    Destination.objects.bulk_create([Destination(pk=73_000_000, tenant=tenant, type="", sealed=Sealed.seal({}, ""))])
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [User, Membership, Destination]):
            cursor.execute(statement)
    Destination.objects.all().delete()
    user.delete()


def nowhere(word: str = "phantom") -> World:
    """Ids that could be a world's, and are of nothing."""
    return World(word, {kind: _missing(word, kind) for kind in KINDS})


def rows_of(word: str) -> list[Any]:
    """All that is stored of a world, as it is now."""
    tenant = f"{word}-tenant"
    sets = [
        Tenant.objects.filter(pk=tenant),
        Environment.objects.filter(tenant=tenant),
        Membership.objects.filter(tenant=tenant),
        ApiKey.objects.filter(tenant=tenant),
        KeyPair.objects.filter(name__contains=word),
        User.objects.filter(username__contains=word),
        AuthCredential.objects.filter(tenant=tenant).defer("sealed"),
        Destination.objects.filter(tenant=tenant).defer("sealed", "sealed_extra"),
        ConnectionCheck.objects.filter(destination__tenant=tenant),
        Consumer.objects.filter(destination__tenant=tenant),
    ]
    return [list(rows.order_by("pk").values(*_columns(rows.model))) for rows in sets]


def _columns(model: Any) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if not column.name.startswith("sealed")]


def _destination(tenant: Tenant, stage: Environment, word: str, type_: str) -> Destination:
    made = make_destination(
        tenant,
        type=type_,
        name=f"{word} {type_}",
        uid=f"{word}_{type_}",
        slug=f"{word}-{type_.replace('_', '-')}",
        description=f"{word} text",
        metadata={"team": word},
        topics=[f"{word}.made"],
        environment=stage,
        **({"credentials": {}} | TYPES[type_](word)),
    )
    finished_check(made, "failed", code="refused", message=f"{word} refused.", remedy=f"Ask {word}.")
    return made


#: What the ids look like, where they are no UUIDs.
KINDS: dict[str, str] = {
    "tenant": "{word}-tenant",
    "environment": "",
    "user": "91000001",
    "membership": "91000002",
    "pair": "",
    "key": "",
    "credential": "",
    "destination": "",
    "destination number": "91000003",
    "destination uid": "{word}_webhook",
    "slug": "{word}-otlp-http",
    "bucket": "{word}-aws-s3-2QhmZlOpxLaoZ7cJ0rYq9x",
    "database": "91000004",
    "used": "",
    "consumer": "{word}-script",
    "check": "",
    "entry": "",
}


def _missing(word: str, kind: str) -> str:
    return KINDS[kind].format(word=word) or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{word} {kind}"))


def _public_key() -> str:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
