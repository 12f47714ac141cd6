"""`rotate_encryption_key` in one process: what it says, what it refuses, and what it leaves alone."""

import base64
import getpass
import threading
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db.models import F

from config.launch import keys, steps
from destinations import checking, presence
from destinations.keyring import key_id
from destinations.models import ConnectionCheck, Destination, RunningProcess
from destinations.sealing import KeyMissing, Sealed
from tenants.trail import AuditEvent
from tests.factories import make_destination, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


class Rotate:
    """Runs the command: what it said, or the sentence and the status with which it refused."""

    err = StringIO()

    def __call__(self, *arguments: str) -> tuple[str, int]:
        out, self.err = StringIO(), StringIO()
        try:
            call_command("rotate_encryption_key", *arguments, stdout=out, stderr=self.err)
        except CommandError as error:
            return str(error), error.returncode
        return out.getvalue(), 0


@pytest.fixture
def rotate() -> Rotate:
    return Rotate()


@pytest.fixture
def rows(use, old, new) -> list[Destination]:
    use(old)
    tenant = make_tenant()
    made = [make_destination(tenant) for _ in range(3)]
    use(new, old)
    return made


@pytest.fixture
def file(tmp_path, monkeypatch, use, old):
    """The file of an installation that keeps its key itself."""
    path = tmp_path / "encryption_keys"
    monkeypatch.delenv("LANDFALL_FIELD_ENCRYPTION_KEY")
    for module in (keys, steps):
        monkeypatch.setattr(module, "ENCRYPTION_KEYS_FILE", path)
    path.write_text(Fernet.generate_key().decode() + "\n")
    use(*ring(path))
    return path


def ring(path) -> list[Fernet]:
    return [Fernet(line) for line in path.read_text().split()]


def meeting(met: list[RunningProcess]) -> Iterator[None]:
    while True:
        met += presence.alive()
        yield


def put_first(path, key: Fernet) -> None:
    text = base64.urlsafe_b64encode(key._signing_key + key._encryption_key).decode()
    path.write_text(f"{text}\n{path.read_text()}")


def running(*ring: Fernet, name: str = "web on elsewhere (process 7)") -> RunningProcess:
    return RunningProcess.objects.create(name=name, keys=[key_id(key) for key in ring])


class TestRotating:
    def test_it_ends_with_a_proof_and_says_what_is_next(self, rotate, rows, new):
        said, status = rotate()
        assert status == 0
        assert said.startswith(f"All 4 secrets open with the key {key_id(new)} alone; 0 need another. ")
        assert "Next: take the others out of LANDFALL_FIELD_ENCRYPTION_KEY, and restart every process." in said
        assert rotate.err.getvalue().splitlines() == [
            "4 of 4 encrypted with the new key.",
            "4 of 4 opened with the new key alone.",
        ]

    def test_again_it_has_nothing_to_do_but_the_proof(self, rotate, rows):
        rotate()
        _, status = rotate()
        assert status == 0
        assert rotate.err.getvalue() == "4 of 4 opened with the new key alone.\n"

    def test_it_is_told_who_rotated_how_much(self, rotate, rows, new):
        rotate()
        rotate()
        told = AuditEvent.objects.get(action="encryption_key.rotate")
        assert (told.face, told.user_name, told.tenant, told.security) == ("command", getpass.getuser(), "", True)
        assert told.subject_id == key_id(new)
        assert told.changes == [{"field": "secrets", "before": None, "after": 4}]

    def test_an_empty_database_needs_nothing(self, rotate):
        assert rotate()[1] == 0

    def test_what_does_not_open_is_named_with_status_1_and_the_rest_is_done(self, rotate, rows, new):
        moved = rows[0].sealed
        Destination.objects.filter(pk=rows[1].pk).update(sealed=moved)
        sentence, status = rotate()
        assert status == 1
        assert sentence.startswith(f"3 secrets open with the key {key_id(new)} alone. 0 still need another key")
        named = [line for line in rotate.err.getvalue().splitlines() if line.startswith("Destination.sealed of ")]
        assert named == [
            f"Destination.sealed of {rows[1].uuid}: The credentials in this row were sealed for another one."
        ]
        assert Destination.objects.get(pk=rows[1].pk).sealed.ciphertext == moved.ciphertext

    def test_a_key_that_is_missing_is_asked_for(self, rotate, rows, use, new):
        use(new)
        sentence, status = rotate()
        assert status == 1
        assert sentence.startswith("The encryption key does not open the secrets that the database holds: ")

    def test_the_dry_run_counts_and_changes_nothing(self, rotate, rows, old):
        said, status = rotate("--dry-run")
        assert status == 0
        lines = [line.split() for line in said.splitlines()]
        assert ["Destination.sealed", key_id(old), "3", "decrypts", "only"] in lines
        assert ["TunnelKey.sealed", key_id(old), "1", "decrypts", "only"] in lines
        assert said.endswith("Next: `python3 manage.py rotate_encryption_key`.\n")
        assert {row.sealed.ciphertext.rpartition(".")[2] for row in Destination.objects.all()} == {key_id(old)}

    @pytest.mark.parametrize("size", ["0", "-1", "10001", "x"])
    def test_a_size_that_is_none_is_refused(self, rotate, size):
        assert rotate("--batch-size", size)[1] == 1


class TestOtherProcesses:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch):
        monkeypatch.setattr(steps, "PAUSE", 0)

    @pytest.fixture
    def patience(self, monkeypatch):
        """What happens while the command waits; the clock goes on by a minute each time."""
        clock = iter(range(0, 6000, 60))

        def use(happens=lambda: None):
            monkeypatch.setattr(time, "sleep", lambda _: happens())
            monkeypatch.setattr(time, "monotonic", lambda: next(clock))

        return use

    def test_one_without_the_new_key_is_named_and_nothing_is_changed(self, rotate, rows, old, patience):
        running(old)
        patience()
        sentence, status = rotate()
        assert status == 1
        assert sentence.startswith("Nothing was changed. These processes were not started with ")
        assert "web on elsewhere (process 7)" in sentence
        assert {row.sealed.ciphertext.rpartition(".")[2] for row in Destination.objects.all()} == {key_id(old)}

    def test_one_that_has_the_new_key_last_would_go_on_with_the_old_one(self, rotate, rows, old, new, patience):
        running(old, new)
        patience()
        assert rotate()[1] == 1

    def test_one_that_ends_meanwhile_is_waited_for(self, rotate, rows, old, monkeypatch):
        process = running(old)
        monkeypatch.setattr(time, "sleep", lambda _: process.delete())
        assert rotate()[1] == 0
        assert "Waiting for processes without the new key to end: web on elsewhere" in rotate.err.getvalue()

    def test_those_with_the_new_key_first_are_fine(self, rotate, rows, old, new):
        running(new, old)
        assert rotate()[1] == 0

    def test_one_that_went_without_a_word_is_gone(self, rotate, rows, old, monkeypatch):
        RunningProcess.objects.filter(pk=running(old).pk).update(seen=F("seen") - presence.GONE)
        assert presence.alive() == []
        assert rotate()[1] == 0
        assert not RunningProcess.objects.exists()

    def test_one_that_spoke_a_moment_ago_is_not(self, rows, old):
        process = running(old)
        RunningProcess.objects.update(seen=F("seen") - presence.GONE / 2)
        assert presence.alive() == [process]


class TestAProcessThatStarts:
    def test_is_known_until_it_ends(self, rows, use, new, old):
        presence.enter("web")
        (process,) = presence.alive()
        assert process.keys == [key_id(new), key_id(old)]
        assert process.name.startswith("web on ")
        presence.leave()
        assert presence.alive() == []

    def test_is_refused_without_a_key_that_is_needed_and_not_known_then(self, rows, use, new):
        use(new)
        with pytest.raises(KeyMissing):
            presence.enter("web")
        assert presence.alive() == []

    def test_is_refused_without_the_key_of_a_rotation_that_has_not_written_yet(self, rows, use, old):
        with presence.rotating("rotate_encryption_key"):
            use(old)
            with pytest.raises(KeyMissing, match="An encryption key is missing"):
                presence.enter("web")
        presence.enter("web")
        presence.leave()

    def test_is_refused_if_it_would_go_on_sealing_with_another_key(self, rows, use, old, new):
        with presence.rotating("rotate_encryption_key"):
            use(old, new)
            with pytest.raises(KeyMissing, match=rf"another encryption key \(id {key_id(new)}\): start with that as"):
                presence.enter("web")
            assert [process.rotates for process in presence.alive()] == [True]
            use(new, old)
            presence.enter("web")
        presence.leave()

    def test_a_command_that_uses_secrets_is_one(self, rows, new, old, monkeypatch):
        met: list[RunningProcess] = []
        monkeypatch.setattr(checking, "rounds", lambda *_: meeting(met))
        with pytest.raises(CommandError, match="3 of 3 checks did not pass"):
            call_command("destinations_check", "--all", "--timeout", "0.1", stdout=StringIO(), stderr=StringIO())
        assert {process.name.split(" on ")[0] for process in met} == {"destinations_check"}
        assert presence.alive() == []

    def test_a_command_is_refused_while_a_rotation_uses_another_key(self, rows, use, old, monkeypatch):
        with presence.rotating("rotate_encryption_key"):
            use(old)
            with pytest.raises(CommandError, match="An encryption key is missing"):
                call_command("destinations_check", "--all")
        assert not ConnectionCheck.objects.exists()

    def test_says_again_and_again_that_it_is_there(self, rows, monkeypatch):
        monkeypatch.setattr(presence, "BEAT", 0.01)
        RunningProcess.objects.all().delete()
        with presence.rotating("rotate_encryption_key"):
            (process,) = presence.alive()
            RunningProcess.objects.all().delete()
            for _ in range(1000):
                if presence.alive():
                    break
                threading.Event().wait(0.01)
            assert [again.pk for again in presence.alive()] == [process.pk]
        assert presence.alive() == []

    def test_that_was_given_up_is_there_again_from_its_next_word_on(self, rows):
        process = presence.Presence("web")
        RunningProcess.objects.update(seen=F("seen") - 2 * presence.GONE)
        process._row.refresh_from_db()  # it was made that long ago
        presence.Presence("worker").leave()
        assert not RunningProcess.objects.exists()
        process._say()
        assert [again.name for again in presence.alive()] == [process._row.name]
        process.leave()


class TestTheFile:
    """`--generate` and `--drop`, each of which is followed by a restart."""

    def test_all_steps_from_one_key_to_another(self, rotate, file, use):
        make_destination()
        (old,) = ring(file)
        assert "begins with a new key" in rotate("--generate")[0]
        new, kept = ring(file)
        assert (key_id(kept), file.stat().st_mode & 0o777) == (key_id(old), 0o600)
        use(new, kept)
        assert rotate("--drop") == (
            "The other keys are still needed. Next: `python3 manage.py rotate_encryption_key`.",
            1,
        )
        assert "Next: `python3 manage.py rotate_encryption_key --drop`" in rotate()[0]
        assert f"holds the key {key_id(new)} alone" in rotate("--drop")[0]
        assert [key_id(key) for key in ring(file)] == [key_id(new)]
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_second_new_key_is_refused_before_the_first_is_used(self, rotate, file, use):
        make_destination()
        rotate("--generate")
        before = file.read_text()
        use(*ring(file))
        sentence, status = rotate("--generate")
        assert (status, file.read_text()) == (1, before)
        assert sentence.startswith("There is more than one key already. Next: ")

    def test_also_by_a_process_that_was_started_before(self, rotate, file):
        rotate("--generate")
        before = file.read_text()
        assert rotate("--generate")[1] == 1
        assert file.read_text() == before

    def test_a_key_that_a_running_process_seals_with_is_not_dropped(self, rotate, file, use):
        (old,) = ring(file)
        rotate("--generate")
        use(*ring(file))
        make_destination()
        running(old)
        sentence, status = rotate("--drop")
        assert (status, len(ring(file))) == (1, 2)
        assert sentence.startswith("The other keys are still needed. These processes ")

    def test_a_key_that_nothing_was_ever_sealed_with_is_dropped(self, rotate, file, use):
        rotate("--generate")
        new, old = ring(file)
        use(new, old)
        assert "Nothing needs a key but" in rotate("--dry-run")[0]
        assert rotate("--drop")[1] == 0
        assert ring(file)[0]._signing_key == new._signing_key
        assert len(ring(file)) == 1

    def test_one_that_was_lost_and_found_again_is_not_dropped_before_the_rotation(self, rotate, file, use):
        (lost,) = ring(file)
        made = make_destination()
        other = Fernet(Fernet.generate_key())
        use(other)
        assert rotate("--abandon", key_id(lost))[1] == 0
        put_first(file, other)
        use(other, lost)
        before = file.read_text()
        assert rotate("--drop") == (
            "The other keys are still needed. Next: `python3 manage.py rotate_encryption_key`.",
            1,
        )
        assert file.read_text() == before
        assert rotate()[1] == 0
        assert rotate("--drop")[1] == 0
        use(*ring(file))
        assert Destination.objects.get(pk=made.pk).credentials

    def test_keys_of_the_environment_are_for_the_operator_to_change(self, rotate):
        for option in ("--generate", "--drop"):
            sentence, status = rotate(option)
            assert status == 1
            assert sentence.startswith("The keys come from LANDFALL_FIELD_ENCRYPTION_KEY: ")


class TestALostKey:
    def test_what_needs_it_is_given_up_by_name(self, rotate, rows, use, old, new):
        rotate()
        use(old)
        Destination.objects.filter(pk=rows[0].pk).update(sealed=Sealed.seal({}, rows[0].binding, old))
        use(new)
        assert rotate()[1] == 1
        said, status = rotate("--abandon", key_id(old))
        assert (status, said.startswith(f"1 secrets that need the key {key_id(old)} are given up")) == (0, True)
        presence.enter("web")
        presence.leave()

    def test_found_again_it_is_what_opens_the_rows_until_they_are_sealed_anew(self, rotate, rows, use, old, new):
        use(new)
        rotate("--abandon", key_id(old))
        Destination.objects.filter(pk=rows[0].pk).update(sealed=Sealed("damaged"))
        use(new, old)
        said, _ = rotate("--dry-run")
        lines = [line.split(maxsplit=3) for line in said.splitlines()]
        assert ["Destination.sealed", key_id(old), "2", "was given up, and opens"] in lines
        assert ["Destination.sealed", "none", "1", "damaged"] in lines
        assert said.endswith("Next: `python3 manage.py rotate_encryption_key`.\n")
        rotate()
        said, _ = rotate("--dry-run")
        assert ["Destination.sealed", "none", "1", "damaged"] in [line.split() for line in said.splitlines()]
        assert f"Nothing needs a key but {key_id(new)}." in said
        use(new)
        assert [bool(row.credentials) for row in Destination.objects.exclude(pk=rows[0].pk)] == [True, True]

    def test_a_row_that_was_moved_needs_no_key_once_it_is_given_up(self, rotate, rows, use, old, new):
        use(new)
        rotate("--abandon", key_id(old))
        use(new, old)
        for other in rows[1:]:
            Destination.objects.filter(pk=other.pk).update(sealed=Destination.objects.get(pk=rows[0].pk).sealed)
        rotate()
        assert "damaged" in rotate("--dry-run")[0]
        assert f"Nothing needs a key but {key_id(new)}." in rotate("--dry-run")[0]

    def test_giving_up_is_told_of_each_row(self, rotate, rows, use, old, new):
        Destination.objects.filter(pk=rows[0].pk).update(sealed=Sealed.seal({}, rows[0].binding, new))
        use(new)
        rotate("--abandon", key_id(old))
        told = {event.subject_id: event for event in AuditEvent.objects.filter(action="destination.abandon_secret")}
        assert told.keys() == {str(row.uuid) for row in rows[1:]}
        for event in told.values():
            assert (event.tenant, event.face, event.security) == (rows[0].tenant_id, "command", True)
            assert event.changes == [{"field": "sealed.key", "before": key_id(old), "after": None}]
        assert AuditEvent.objects.filter(action="tunnel_key.abandon_secret").count() == 1

    def test_a_key_that_is_there_is_not_given_up(self, rotate, rows, old):
        assert rotate("--abandon", key_id(old)) == (
            f"The key {key_id(old)} is not lost: this command was started with it.",
            1,
        )
