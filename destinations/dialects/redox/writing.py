"""A request as a draft, and a refusal of the service in Redox's words."""

from collections.abc import Mapping
from typing import Any

from connectors.problems import Invalid
from connectors.strategies.oauth import cloud_of as azure_cloud_of
from destinations.dialects.redox import access, bodies, clouds
from destinations.dialects.redox.catalogue import WEBHOOK, product_of
from destinations.dialects.redox.clouds import Cloud
from destinations.dialects.redox.failures import Refused, invalid
from destinations.dialects.redox.reading import EXTRA, cloud_of
from destinations.drafts import UNSET, Draft, Unset
from destinations.models import AuthCredential, Destination
from tenants.models import Environment
from tenants.principals import Principal

METHOD = "verification"
TOKEN = "verification_token"  # noqa: S105  the name of one
Body = Mapping[str, Any]


def creation(body: Body, environment: Environment, principal: Principal) -> Draft:
    """Raises `Refused`."""
    bodies.same_environment(body.get("environment"), environment)
    asked = {key: value for key, value in body.items() if value is not None or key in ("name", "setupState")}
    chosen = {"uuid": bodies.uuid(asked["id"], "id")} if "id" in asked else {}
    blank = Destination(tenant=environment.tenant, environment=environment, type="", sealed=None)
    return _draft({"name": None, **asked}, blank, principal, environment=environment, **chosen)


def change(body: Body, stored: Destination, principal: Principal) -> Draft:
    """Raises `Refused`."""
    assert stored.environment is not None  # noqa: S101  Redox knows no others
    bodies.same_environment(body.get("environment"), stored.environment)
    if body.get("id") is not None and bodies.uuid(body["id"], "id") != stored.uuid:
        raise invalid("id", "The id of a destination never changes.")
    return _draft(body, stored, principal)


def may_follow(stored: Destination, principal: Principal) -> set[str]:
    """What `verify` brings to a new endpoint without its being sent: the token, as Redox has it, and a credential that
    the caller could attach there himself."""
    return {f"credentials.{TOKEN}", *(["auth_credential"] if access.sees_attached(principal, stored) else [])}


def _draft(body: Body, stored: Destination, principal: Principal, **given: Any) -> Draft:
    cloud = _cloud(body, stored)
    type_ = _type(body, stored, cloud)
    kept = dict(stored.extra.get(EXTRA, {})) | _kept(body) | (cloud.kept() if cloud else {})
    _refuse_unfinished(body, stored, cloud, kept)
    if "name" in body:
        given["name"] = kept["name"]
    attached = _credential(body, stored, principal)
    config = cloud.config() if cloud else {}
    if type_ == WEBHOOK and stored.type != WEBHOOK:
        config[METHOD] = bodies.METHODS[0]  # an endpoint is sent handshakes only, and none before it has a token
    if "endpoint" in body and type_ == WEBHOOK:
        config["url"] = bodies.endpoint(body)
    if type_ == "azure_databricks" and (suffix := _suffix(attached, stored)):
        config["storage_endpoint_suffix"] = suffix
    return Draft(
        type=type_ or UNSET,
        numbered=True,
        incomplete=True,
        auth_credential=attached,
        config=config,
        extra={EXTRA: kept},
        **_token(body, type_),
        **given,
    )


def _cloud(body: Body, stored: Destination) -> Cloud | None:
    """What the body says of it, over what is stored; None if it says nothing."""
    if body.get(clouds.PATH) is None:
        return None
    said, known = clouds.read(body[clouds.PATH]), cloud_of(stored)
    return said.over(known) if known else said


def _refuse_unfinished(body: Body, stored: Destination, cloud: Cloud | None, kept: Body) -> None:
    """A set-up ends, and does not go on after its end, with less than it needs."""
    known = cloud_of(stored) if "setupState" in body else None
    whole = cloud or (clouds.stored(known) if known else None)
    if whole and kept.get("setupState") is None:
        whole.complete()


def _type(body: Body, stored: Destination, cloud: Cloud | None) -> str:
    """What the destination is or becomes. Raises `Refused` for what would make another of it."""
    if cloud and body.get("endpoint"):
        raise invalid("endpoint", "A destination has an endpoint or cloudProviderSettings, not both.")
    known = cloud_of(stored)
    if cloud and (stored.type == WEBHOOK or (known and cloud.pair != (known["typeId"], known["productId"]))):
        raise invalid("cloudProviderSettings", "The type of a destination never changes. Create another one instead.")
    if body.get("endpoint") and known:
        raise invalid("endpoint", "This destination is in a cloud and has no endpoint.")
    if cloud and cloud.product:
        return cloud.product.native
    wants_url = body.get("endpoint") or (body.get("verificationToken") and not cloud and not known)
    return stored.type or (WEBHOOK if wants_url else "")


def _kept(body: Body) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if "name" in body:
        kept["name"] = bodies.text(body, "name").strip()
    if "setupState" in body:
        kept["setupState"] = bodies.setup_state(body["setupState"])
    return kept


def _token(body: Body, type_: str) -> dict[str, Any]:
    """Only an endpoint is sent it; what is in a cloud just has it."""
    if "verificationToken" not in body:
        return {}
    token = None if body["verificationToken"] is None else bodies.text(body, "verificationToken")
    if type_ == WEBHOOK:
        return {"credentials": {TOKEN: token}}
    return {"secret_extra": {EXTRA: {"verificationToken": token} if token else {}}}


def _credential(body: Body, stored: Destination, principal: Principal) -> AuthCredential | Unset | None:
    """One sent back as it was shown stays, also one that Redox has no words for; only who sees it attaches it again."""
    if "authCredential" not in body:
        return UNSET
    if body["authCredential"] is None:
        return None
    id_ = bodies.uuid(body["authCredential"], "authCredential")
    if id_ == stored.auth_credential_id:
        return stored.auth_credential if access.sees_attached(principal, stored) else UNSET
    found: AuthCredential | None = AuthCredential.objects.filter(pk=id_, environment=stored.environment).first()
    if found is None:
        raise invalid("authCredential", "The environment has no such auth credential.")
    return found


def _suffix(attached: AuthCredential | Unset | None, stored: Destination) -> str:
    """The storage suffix of the cloud of Azure that the credential signs in to, which Redox has no setting for."""
    credential = stored.auth_credential if isinstance(attached, Unset) else attached
    return azure_cloud_of(credential.properties.get("token_url", "")) if credential else ""


def refused(error: Invalid, type_: str) -> Refused:
    """What the service found, by Redox's paths."""
    return Refused(
        400, "The request is not valid.", [(_path(fault.path, type_), fault.message) for fault in error.problems]
    )


def _path(path: str, type_: str) -> str:
    plain = {"auth_credential": "authCredential", "config.url": "endpoint", f"credentials.{TOKEN}": "verificationToken"}
    if path in plain:
        return plain[path]
    product, section, name = product_of(type_), *path.partition(".")[::2]
    for setting in product.settings if product else ():
        if section == "config" and name == setting.native:
            return f"{clouds.PATH}.settings.{setting.key}"
    return "authCredential" if section == "credentials" and product else path
