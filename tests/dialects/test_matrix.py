"""One registry: a destination is seen by every dialect that has words for its type, and by no other."""

import io

import pytest
from django.core.management import call_command
from django.test import Client

from config import matrix
from config.paths import BASE_DIR
from connectors import registry
from tests.connectors.examples import EXAMPLES
from tests.factories import make_destination, make_environment, make_key, make_tenant

# Where each dialect lists destinations, how its clients send a key, and where in the answer the destinations are.
LISTS = {
    "Outpost": ("/outpost/api/v1/tenants/acme/destinations", "Bearer", lambda body: body),
    "Cloudflare": (
        "/cloudflare/client/v4/accounts/acme/workers/observability/destinations",
        "Bearer",
        lambda body: body["result"],
    ),
    "Planet": ("/planet/destinations/v1", "api-key", lambda body: body["destinations"]),
    "Redox": (
        "/redox/platform/v1/environments/{environment}/destinations",
        "Bearer",
        lambda body: body["payload"]["destinations"],
    ),
    "Stitch": ("/stitch/v4/destinations", "Bearer", lambda body: body),
}
FACES = {face.title: face for face in matrix.columns()}


@pytest.fixture
def environment(db):
    return make_environment(make_tenant("acme"), "Development", "Development")


@pytest.fixture
def listed(environment):
    """What a dialect lists, to a client with a key of the tenant."""
    key = make_key(environment.tenant)

    def listed(title):
        path, scheme, within = LISTS[title]
        answer = Client(headers={"Authorization": f"{scheme} {key}"}).get(path.format(environment=environment.pk))
        assert answer.status_code == 200, answer.content
        return within(answer.json())

    return listed


def make(environment, type_, **changes):
    example = EXAMPLES[type_]
    sections = {"config": example.config, "credentials": example.credentials} | changes
    return make_destination(environment.tenant, environment=environment, type=type_, name=type_, **sections)


def test_the_page_in_the_docs_is_that_of_the_tables():
    written = io.StringIO()
    call_command("dialect_matrix", stdout=written)
    committed = (BASE_DIR / "docs" / "dialects" / "matrix.md").read_text()
    assert written.getvalue().strip() == committed.strip(), (
        "Run: python3 manage.py dialect_matrix --docs docs/dialects/matrix.md"
    )


def test_the_page_can_be_written_to_a_file(tmp_path):
    call_command("dialect_matrix", docs=tmp_path / "matrix.md")
    assert (tmp_path / "matrix.md").read_text() == matrix.page()


def test_every_dialect_has_a_column_and_a_list_here():
    vendors = {path.name for path in (BASE_DIR / "destinations" / "dialects").iterdir() if (path / "urls.py").exists()}
    assert {title.lower() for title in FACES} == {title.lower() for title in LISTS} == vendors


@pytest.mark.parametrize("title", LISTS)
def test_a_dialect_lists_what_it_has_words_for(environment, listed, title):
    for type_ in registry.names():
        make(environment, type_)
    assert {one["name"] for one in listed(title)} == set(FACES[title].words)


def test_one_bucket_is_seen_through_every_dialect_that_can_spell_it(environment, listed):
    make(environment, "aws_s3", config={"bucket": "the-bucket", "region": "us-west-2"})
    (outpost,), (planet,), (redox,), (stitch,) = (listed(title) for title in ("Outpost", "Planet", "Redox", "Stitch"))
    assert (outpost["type"], outpost["config"]) == ("aws_s3", {"bucket": "the-bucket", "region": "us-west-2"})
    assert (planet["type"], planet["parameters"]["bucket"]) == ("amazon_s3", "the-bucket")
    cloud = redox["cloudProviderSettings"]
    assert (cloud["typeId"], cloud["productId"], cloud["settings"]["bucketName"]) == ("aws", "s3", "the-bucket")
    assert (stitch["type"], stitch["properties"]["s3_bucket"]) == ("s3", "the-bucket")
    assert listed("Cloudflare") == []
