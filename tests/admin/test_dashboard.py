import pytest

from destinations import services
from tests.admin.conftest import text
from tests.admin.test_list import finished_check
from tests.factories import make_destination


def test_it_counts_and_puts_what_fails_first_with_its_reason(admin_client, tenant):
    healthy, failing, disabled, archived = (make_destination(tenant, name=f"Number {n}") for n in range(4))
    finished_check(healthy, "passed")
    finished_check(failing, "failed", message="The endpoint failed (status 503).")
    finished_check(archived, "failed", message="Not of interest any more.")
    services.disable(disabled)
    services.archive(archived)
    response = admin_client.get("/admin/")
    expected = {"every": 3, "healthy": 1, "failing": 1, "unknown": 1, "disabled": 1}
    assert response.context["counts"] == expected
    assert [row["destination"].name for row in response.context["failing"]] == ["Number 1"]
    assert "The endpoint failed (status 503)." in text(response)
    assert len(response.context["checks"]) == 3


@pytest.mark.parametrize("number", [1, 12])
def test_it_takes_the_same_few_queries_for_any_number(admin_client, tenant, number, django_assert_max_num_queries):
    for _ in range(number):
        finished_check(make_destination(tenant), "failed", message="No.")
    with django_assert_max_num_queries(5):
        response = admin_client.get("/admin/")
    assert len(response.context["failing"]) == min(number, 8)


def test_without_destinations_it_says_how_to_begin(admin_client, tenant):
    assert "Add your first destination" in text(admin_client.get("/admin/"))


def test_with_nothing_failing_it_says_so(admin_client, destination):
    finished_check(destination, "passed")
    assert "Nothing is failing." in text(admin_client.get("/admin/"))


def test_after_signing_in_it_is_the_first_page(client, admin_user):
    page = text(client.get("/admin/login/"))
    assert '<input type="hidden" name="next" value="/admin/" form="login-form">' in page
    response = client.post("/admin/login/", {"username": "admin", "password": "password", "next": "/admin/"})
    assert response.url == "/admin/"
