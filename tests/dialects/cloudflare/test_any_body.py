"""Whatever JSON comes in, the answer is a success or says what is wrong: nothing breaks."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.cloudflare.client import creation, replacement

pytestmark = pytest.mark.django_db
SCALARS = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    SCALARS | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "url", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        "name",
        "enabled",
        "skipPreflightCheck",
        "configuration",
        *(f"configuration.{key}" for key in ("type", "logpushDataset", "url", "headers", "headers.X-Key", "extra")),
    ]
)
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *above, last = path.split(".")
    part = body
    for name in above:
        part = part[name]
    part[last] = value
    return body


@often
@given(PATHS, ANYTHING)
def test_a_creation_is_made_or_refused(account, path, value):
    body = with_value(creation(), path, value)
    if body.get("skipPreflightCheck") is not True:
        body["skipPreflightCheck"] = "not a switch"  # so that nothing is connected to
    answer = account.create(body)
    assert answer.status in (201, 400)
    if answer.status == 201:
        assert account.delete(answer.result["slug"]).status == 200


@often
@given(PATHS.filter(lambda path: path != "configuration.url"), ANYTHING)
def test_a_change_is_made_or_refused(account, tenant, path, value):
    if not tenant.destinations.exists():
        account.create()
    answer = account.update("acme-traces", with_value(replacement("http://127.0.0.1:1/"), path, value))
    assert (answer.status, bool(answer.detail)) == (400, True)
