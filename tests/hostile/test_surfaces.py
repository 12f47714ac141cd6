"""Every route of every API, asked for what is almost right."""

import re
import traceback
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import oddities as odd
from tests.hostile.asking import Request, failures, state, told, undone, written
from tests.hostile.effort import asking
from tests.hostile.routes import below
from tests.hostile.shapes import JUDGES, judge
from tests.hostile.world import World

#: How many times the profile's number of requests a face gets; more where more can be written.
SHARES = {"/api/": 6, "/cloudflare/": 2, "/outpost/": 6, "/planet/": 4, "/redox/": 5, "/stitch/": 4}
WRONG = ("body", "body", "body", "bytes", "path", "query", "header", "header", "type", "method", "nothing")


WRITING = ("POST", "PUT", "PATCH")
ASKED = {face: [(route, method) for route in below(face) for method in route.methods] for face in SHARES}
WRITES = {
    face: [pair for pair in asked if pair[1] in WRITING and not pair[0].is_nowhere and not pair[0].is_page]
    for face, asked in ASKED.items()
}


#: What a check found, what Outpost does not serve or its first generation not know, and an assertion nobody signed.
FOR_A_REASON = re.compile(
    r"check (did not pass|failed)|not verified|token_verification|does not deliver|destination not found|invalid_client"
    r"|would change who is sent|unsupported_grant_type|invalid_request|no such user|not a member"
)


def latin(path: str) -> str:
    """As WSGI has it."""
    return unquote_to_bytes(path).decode("latin-1")


@st.composite
def requests(draw: st.DrawFn, world: World, face: str) -> Request:
    wrong = draw(st.sampled_from(WRONG))
    route, method = draw(st.sampled_from(WRITES[face] if wrong in ("body", "bytes") else ASKED[face]))
    example = draw(st.sampled_from(world.examples(route.template, method)))
    values = {name: world.value(route.template, name) for name in route.parameters} | example.values
    if wrong == "path" and values:
        values[draw(st.sampled_from(sorted(values)))] = draw(
            st.sampled_from(odd.SEGMENTS) | st.text(max_size=30).map(_bytes)
        )
    path = route.template % values
    if wrong == "path" and draw(st.integers(0, 5)) == 0:
        path += draw(st.sampled_from(["/", "//", "/.", "/../x", "?", "%00", "\0", "\n", ".json", "/x", "\xff"]))
    request = Request(method, latin(path), headers={"Authorization": world.authorization(face)})
    if method in WRITING:
        request = replace(request, body=_body(draw, example.body, wrong), type=_type(example.body))
    if wrong == "query" or draw(st.integers(0, 19)) == 0:
        request = replace(request, query=draw(odd.queries()))
    if wrong == "type":
        request = replace(
            request, type=draw(st.sampled_from(odd.TYPES)), query=draw(st.sampled_from(["", "limit=1", "a=%FF"]))
        )
    if wrong == "method":
        request = replace(request, method=draw(st.sampled_from(odd.METHODS)))
    if wrong == "header":
        name, value = draw(st.sampled_from(odd.HEADERS))
        request = replace(request, headers={**request.headers, name: value})
    return request


def _bytes(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _type(example: Any) -> str:
    return "application/x-www-form-urlencoded" if isinstance(example, odd.Raw) else "application/json"


def _body(draw: st.DrawFn, example: Any, wrong: str) -> bytes:
    if wrong == "bytes":
        return draw(odd.spoilt(example))
    if wrong == "body" and not isinstance(example, odd.Raw):
        return draw(odd.documents(example))
    if wrong == "body":
        return draw(st.sampled_from(odd.TEXTS)).join(example.partition("=")).encode()
    return odd.written(example)


def saves_first(request: Request) -> bool:
    """Redox keeps what is sent to be verified, though it may fail to be."""
    return request.path.startswith("/redox/") and "/verify" in request.path


def complaint(world: World, face: str, request: Request) -> str:
    """What is wrong with the answer; nothing if it is as it should be, and has changed nothing if it is a refusal."""
    with undone(), failures() as seen, written() as statements:
        try:
            answer = request.send()
        except Exception:  # which a web server answers in its own words
            return f"{request}\n{traceback.format_exc()}"
        try:
            judge(face, request, answer)
            if answer.status >= 400 and statements and not saves_first(request):
                assert state() == world.state, f"A refusal has changed something: {statements}"
        except (AssertionError, KeyError, TypeError, ValueError, AttributeError) as error:
            return f"{type(error).__name__}: {error}\n{told(request, answer, seen)}"
        return ""


@pytest.mark.parametrize("face", JUDGES)
def test_the_examples_are_taken(world, face):
    """Or refused for what only a check can find: whoever is asked has to get that far."""
    refused = []
    for route, method in WRITES[face]:
        values = {name: world.value(route.template, name) for name in route.parameters}
        for one in world.examples(route.template, method):
            path, headers = route.template % {**values, **one.values}, {"Authorization": world.authorization(face)}
            with undone():
                answer = Request(method, path, "", odd.written(one.body), _type(one.body), headers).send()
            if answer.status >= 400 and not FOR_A_REASON.search(answer.content.decode()):
                refused.append(f"{answer.status} {method} {route.template} {one.body} {answer.content!r}")
    assert not refused, "\n".join(refused)


@pytest.mark.parametrize("face", JUDGES)
def test_no_parameter_reaches_the_database_as_what_it_cannot_hold(world, face):
    """Every segment of every address, and every parameter there is at one list and one other address of every view:
    PostgreSQL holds no U+0000."""
    found, views = [], set()
    for route, method in ASKED[face]:
        values = {name: world.value(route.template, name) for name in route.parameters}
        headers = {"Authorization": world.authorization(face)}
        asked = [Request(method, route.template % {**values, name: "a\0b"}, headers=headers) for name in values]
        path = route.template % values
        view: Any = resolve(path).func
        does = (getattr(view, "cls", view), getattr(view, "actions", {}).get("get") == "list")
        if method == "GET" and does not in views:
            views.add(does)
            asked += [Request(method, path, f"{name}=a%00b", headers=headers) for name in odd.NAMES]
        found += [complaint(world, face, request) for request in asked]
    assert not any(found), "\n".join(filter(None, found))


def test_every_face_has_a_shape():
    assert SHARES.keys() == JUDGES.keys()


@pytest.mark.parametrize("face", JUDGES)
def test_no_request_is_an_accident(world, face):
    @asking(SHARES[face])
    @given(requests(world, face))
    def check(request):
        if found := complaint(world, face, request):
            pytest.fail(found, pytrace=False)

    check()
