"""Plain makers of rows, through the services that the product itself uses."""

from itertools import count
from typing import Any

from destinations import credentials, services
from destinations.drafts import CredentialDraft, Draft
from destinations.models import AuthCredential, Destination
from tenants import services as tenant_services
from tenants.models import Environment, Role, Tenant

SECRET = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5ISE="

_numbers = count(1)


def make_tenant(id_: str | None = None, name: str = "") -> Tenant:
    return tenant_services.create_tenant(id_=id_ or f"tenant-{next(_numbers)}", name=name or "A tenant")


def make_environment(tenant: Tenant, name: str = "Production", flag: str = "Production") -> Environment:
    return tenant_services.create_environment(tenant, name=name, flag=flag)


def make_key(tenant: Tenant | None = None, role: str = Role.ADMIN, **kwargs: Any) -> str:
    """A live key's secret; of the installation without a tenant."""
    return tenant_services.issue_key(name="test", tenant=tenant, role=role, **kwargs)[1]


def webhook_draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "type": "webhook",
        "name": f"Hook {next(_numbers)}",
        "config": {"url": "https://hooks.example.com/in"},
        "credentials": {"secret": SECRET},
    }
    return Draft(**(values | changes))


def make_destination(tenant: Tenant | None = None, *, check: bool = False, **changes: Any) -> Destination:
    return services.create(tenant or make_tenant(), webhook_draft(**changes), check=check)


def make_credential(tenant: Tenant | None = None, **changes: Any) -> AuthCredential:
    values: dict[str, Any] = {"name": "Shared token", "strategy": "bearer", "secrets": {"token": "the-shared-token"}}
    return credentials.create(tenant or make_tenant(), CredentialDraft(**(values | changes)))
