"""Every route of every API, asked for what is almost right."""

import traceback
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
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
WRITES = {face: [(route, method) for route, method in asked if method in WRITING] for face, asked in ASKED.items()}


def latin(path: str) -> str:
    """As WSGI has it."""
    return unquote_to_bytes(path).decode("latin-1")


@st.composite
def requests(draw: st.DrawFn, world: World, face: str) -> Request:
    wrong = draw(st.sampled_from(WRONG))
    route, method = draw(st.sampled_from(WRITES[face] if wrong in ("body", "bytes") else ASKED[face]))
    values = {name: world.value(route.template, name) for name in route.parameters}
    if wrong == "path" and values:
        values[draw(st.sampled_from(sorted(values)))] = draw(
            st.sampled_from(odd.SEGMENTS) | st.text(max_size=30).map(_bytes)
        )
    path = route.template % values
    if wrong == "path" and draw(st.integers(0, 5)) == 0:
        path += draw(st.sampled_from(["/", "//", "/.", "/../x", "?", "%00", "\0", "\n", ".json", "/x", "\xff"]))
    examples = world.examples(route.template, method)
    request = Request(method, latin(path), headers={"Authorization": world.authorization(face)})
    if method in WRITING:
        request = replace(request, body=_body(draw, examples, wrong), type=_type(examples))
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


def _type(examples: list[Any]) -> str:
    form = isinstance(examples[0], odd.Raw)
    return "application/x-www-form-urlencoded" if form else "application/json"


def _body(draw: st.DrawFn, examples: list[Any], wrong: str) -> bytes:
    if wrong == "bytes":
        return draw(odd.spoilt(examples))
    if wrong == "body" and not isinstance(examples[0], odd.Raw):
        return draw(odd.documents(examples))
    if wrong == "body":
        return draw(st.sampled_from(odd.TEXTS)).join(draw(st.sampled_from(examples)).partition("=")).encode()
    return odd.written(draw(st.sampled_from(examples)))


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
