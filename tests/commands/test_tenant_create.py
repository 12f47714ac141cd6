import json

import pytest

from tenants.models import Tenant
from tests.commands import processes
from tests.factories import make_tenant


@pytest.mark.django_db
class TestInThisProcess:
    def test_prints_the_id_and_nothing_else(self, command):
        said = command("tenant_create", "acme", "--name", "Acme Corp.")
        assert (said.out, said.err) == ("acme\n", "")
        assert Tenant.objects.get(pk="acme").name == "Acme Corp."

    def test_makes_an_id_when_none_is_given(self, command):
        said = command("tenant_create", "--name", "Acme")
        assert Tenant.objects.get().pk == said.out.strip()

    def test_calls_a_tenant_by_its_id_when_no_name_is_given(self, command):
        command("tenant_create", "acme")
        assert Tenant.objects.get().name == "acme"

    def test_keeps_metadata(self, command):
        command("tenant_create", "acme", "--metadata", "plan=pro", "note=a=b", "--metadata", "empty=")
        assert Tenant.objects.get().metadata == {"plan": "pro", "note": "a=b", "empty": ""}

    def test_prints_json_when_asked(self, command):
        shown = json.loads(command("tenant_create", "acme", "--metadata", "plan=pro", "--json").out)
        assert shown.pop("created") == Tenant.objects.get().created.isoformat()
        assert shown == {"id": "acme", "name": "acme", "metadata": {"plan": "pro"}}

    @pytest.mark.parametrize(
        ("arguments", "sentence", "status"),
        [
            ((), "A tenant needs a name or an id", 2),
            (("a/b",), "An id must not begin or end with a blank or hold '/'", 1),
            (("x" * 256,), "at most 255 characters", 1),
            (("acme", "--metadata", "plan"), "takes KEY=VALUE, and “plan” is none.", 2),
            (("acme", "--metadata", "=x"), "takes KEY=VALUE", 2),
        ],
    )
    def test_refuses_what_it_cannot_understand(self, refused, arguments, sentence, status):
        said = refused("tenant_create", *arguments)
        assert sentence in said.sentence
        assert said.status == status
        assert not Tenant.objects.exists()

    def test_refuses_an_id_that_is_taken(self, refused):
        make_tenant("acme", "The first")
        assert "already exists" in refused("tenant_create", "acme").sentence
        assert Tenant.objects.get().name == "The first"


@pytest.mark.django_db(transaction=True)
def test_the_exit_status_tells_a_script_what_happened():
    created = processes.run("tenant_create", "acme", "--name", "Acme")
    assert (created.returncode, created.stdout, created.stderr) == (0, "acme\n", "")
    taken = processes.run("tenant_create", "acme", "--name", "Acme")
    assert (taken.returncode, taken.stdout) == (1, "")
    assert taken.stderr.count("\n") == 1
    assert processes.run("tenant_create").returncode == 2
