"""What Planet's service answers, case by case: one request each, and its status. The other tests say what is in the
answers, and what comes of several requests."""

from typing import Any

import pytest

from destinations import services
from destinations.dialects.planet.refs import id_of

S3 = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "SK"}
UNKNOWN = "unknown-0000000000000000000000"
# A caller, a request, and the status. In paths and bodies {first} is an id; it is the caller's own unless another one
# is called. `storage` stands for parameters that work, in a body.
CASES: list[tuple[str, str, Any, int]] = [
    ("nobody GET", "", None, 401),
    ("owner GET", "", None, 200),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage", "name": "s3 one"}, 201),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage"}, 201),
    ("owner POST", "/", {"type": "s3_compatible", "parameters": "storage"}, 201),
    ("mel POST", "", {"type": "s3_compatible", "parameters": "storage"}, 201),
    ("viewer POST", "", {"type": "s3_compatible", "parameters": "storage"}, 403),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage", "name": "first"}, 409),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage", "name": "ab"}, 400),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage", "name": "abc"}, 201),
    ("owner POST", "", {"type": "ftp", "parameters": {}}, 400),
    ("owner POST", "", {"parameters": {}}, 400),
    ("owner POST", "", {"type": "amazon_s3"}, 400),
    ("owner POST", "", [], 400),
    ("owner POST", "", None, 400),
    ("owner POST", "", {"type": "s3_compatible", "parameters": "storage", "extra": 1}, 400),
    ("owner GET", "?sort_by=name", None, 200),
    ("owner GET", "?sort_by=name+DESC", None, 200),
    ("owner GET", "?sort_by=type,created%20DESC", None, 200),
    ("owner GET", "?sort_by=updated DESC", None, 200),
    ("owner GET", "?sort_by=bucket", None, 400),
    ("owner GET", "?sort_by=name DOWN", None, 400),
    ("owner GET", "?is_owner=perhaps", None, 400),
    ("owner PATCH", "/{first}", {"archive": True}, 200),
    ("owner PATCH", "/{first}", {"archive": False}, 200),
    ("owner PATCH", "/{first}", {"name": "new name"}, 200),
    ("owner PATCH", "/{first}", {"name": "second"}, 409),
    ("owner PATCH", "/{first}", {"parameters": {"aws_access_key_id": "AK"}}, 400),
    ("owner PATCH", "/{first}", {"parameters": {**S3, "bucket": "acme"}}, 400),
    ("owner PATCH", "/{first}", {"parameters": {"credentials": "e30="}}, 400),
    ("owner PATCH", "/{first}", {}, 400),
    ("owner PATCH", "/{first}", {"credentials": "x"}, 400),
    ("owner PATCH", "/{first}", {"archive": "yes"}, 400),
    ("mel GET", "/{first}", None, 200),
    ("mel PATCH", "/{first}", {"archive": True}, 403),
    ("admin PATCH", "/{first}", {"archive": True}, 200),
    ("foreign GET", "/{first}", None, 404),
    ("foreign PATCH", "/{first}", {"archive": True}, 404),
    ("owner PUT", "/default", {"destination_id": "{first}"}, 200),
    ("owner PUT", "/default", {"destination_id": "pl:destinations/{first}"}, 200),
    ("owner PUT", "/default", {"destination_id": "{gone}"}, 400),
    ("owner PUT", "/default", {"destination_id": "nope"}, 400),
    ("owner PUT", "/default", {}, 400),
    ("mel PUT", "/default", {"destination_id": "{first}"}, 403),
    ("foreign PUT", "/default", {"destination_id": "{first}"}, 400),
    ("owner GET", "/default", None, 200),
    ("foreign GET", "/default", None, 404),
    ("owner DELETE", "/default", None, 204),
    ("admin DELETE", "/default", None, 204),
    ("mel DELETE", "/default", None, 403),
    ("foreign DELETE", "/default", None, 404),
    ("owner GET", "/{first}", None, 200),
    ("owner GET", "/{gone}", None, 200),
    ("owner GET", "/pl:destinations/{first}", None, 200),
    ("owner PATCH", "/pl:destinations/{first}", {"name": "new name"}, 200),
    ("owner GET", f"/{UNKNOWN}", None, 404),
    ("owner PATCH", f"/{UNKNOWN}", {"archive": True}, 404),
    ("owner GET", "/spec", None, 200),
    ("owner DELETE", "/{first}", None, 405),
    ("owner PUT", "/{first}", {"name": "new name"}, 405),
]


@pytest.fixture
def ids(seed, owner):
    """`second` is the default, and `gone` is archived."""
    first, second = seed("first", "amazon_s3", owner), seed("second", "amazon_s3", owner, is_default=True)
    gone = services.archive(seed("gone", "amazon_s3", owner))
    return {"first": id_of(first), "second": id_of(second), "gone": id_of(gone)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(request, ids, case):
    call, path, body, status = case
    who, method = call.split()
    if isinstance(body, dict):
        body = {key: value.format(**ids) if isinstance(value, str) else value for key, value in body.items()}
        if body.get("parameters") == "storage":
            body |= {"parameters": request.getfixturevalue("storages").body("s3_compatible")["parameters"]}
    assert request.getfixturevalue(who).send(method, path.format(**ids), body).status == status
