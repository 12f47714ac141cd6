import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from celery import current_app
from kombu import Connection
from kombu.transport.sqlalchemy import Channel, Transport

from config.tasks import prune_messages


@pytest.fixture
def broker(tmp_path: Path, settings) -> Path:
    """The file of an embedded broker that holds one message delivered, and one not."""
    settings.CELERY_BROKER_URL = f"sqla+sqlite:///{tmp_path}/broker.sqlite3"
    with Connection(settings.CELERY_BROKER_URL) as connection, closing(connection.SimpleQueue("celery")) as queue:
        queue.put("delivered")
        queue.put("waiting")
        queue.get(timeout=5).ack()
        # kombu keeps its engines for the life of the process.
        Channel._engines.pop(settings.CELERY_BROKER_URL.removeprefix("sqla+"))[0].dispose()
    return tmp_path / "broker.sqlite3"


def messages(broker: Path) -> int:
    with closing(sqlite3.connect(broker)) as file:
        return int(file.execute("SELECT count(*) FROM kombu_message").fetchone()[0])


def age(broker: Path, hours: int) -> None:
    with closing(sqlite3.connect(broker)) as file, file:
        then = f"datetime('now', 'localtime', '-{hours} hours')"
        file.execute(f"UPDATE kombu_message SET timestamp = {then} WHERE NOT visible")  # noqa: S608


def test_messages_delivered_long_ago_are_deleted_and_waiting_ones_kept(broker):
    age(broker, hours=2)
    assert prune_messages() == 1
    assert messages(broker) == 1


def test_messages_delivered_just_now_are_kept(broker):
    assert prune_messages() == 0
    assert messages(broker) == 2


def test_a_broker_of_another_kind_has_nothing_to_prune(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert prune_messages() == 0


def test_the_embedded_broker_is_looked_at_often():
    assert Transport.polling_interval == 0.1


def test_every_slot_gets_a_sweep_that_ends_with_its_tick(settings):
    sweeps = [entry for name, entry in settings.CELERY_BEAT_SCHEDULE.items() if name.startswith("sweep")]
    assert len(sweeps) == settings.SWEEP_SLOTS
    for entry in sweeps:
        assert 0 < entry["options"]["expires"] < entry["schedule"].total_seconds()


def test_everything_that_is_scheduled_is_a_task(settings):
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= current_app.tasks.keys()
