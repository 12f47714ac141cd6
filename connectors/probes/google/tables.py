"""Datasets of BigQuery."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from connectors.probes.google import answers, service
from connectors.probes.google.service import Service, Session, encoded
from connectors.probes.google.trial import Trial
from connectors.probes.http import Answer
from connectors.probes.undoing import REMOVE
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps

FIND, MAKE_DATASET, MAKE_TABLE = "find dataset", "create a test dataset", "create a test table"
FIND_TABLE, MAY = "find table", "check the right to insert"
STEPS = (*service.STEPS, FIND, FIND_TABLE, MAY, MAKE_DATASET, MAKE_TABLE, REMOVE)
INSERT = "bigquery.tables.updateData"
SERVICE = Service(
    label="BigQuery",
    api="BigQuery API",
    url="https://bigquery.googleapis.com",
    scope="https://www.googleapis.com/auth/bigquery",
)
DESCRIPTION = "A connection check made this. It may be removed."
LIFE = 3600  # seconds after which BigQuery itself removes a test table that was left


@dataclass(frozen=True, slots=True)
class Place:
    project: str
    #: Empty where every load makes a dataset of its own.
    dataset: str = ""
    #: Where the dataset is, or is made; empty for wherever it is, or for Google's default.
    location: str = ""
    #: Empty where loads make tables.
    table: str = ""

    @property
    def datasets(self) -> str:
        return f"/bigquery/v2/projects/{encoded(self.project)}/datasets"


async def check(place: Place, session: Session, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right but to create and remove what is loaded into, or to load into it."""
    name = f"landfall_check_{secrets.token_hex(8)}"
    if place.table:
        await _find(place, session, steps)
        await _ask(place, session, steps)
        for step in (MAKE_DATASET, MAKE_TABLE, REMOVE):
            steps.skip(step, "There is a table to use.")
    elif place.dataset:
        await _find(place, session, steps)
        steps.skip(MAKE_DATASET, "There is a dataset to use.")
        await _Test.table(place, name, session).trial().run(MAKE_TABLE, steps)
    else:
        steps.skip(FIND, "No dataset is named; a test dataset is made instead.")
        await _Test.dataset(place, name, session).trial().run(MAKE_DATASET, steps)
        steps.skip(MAKE_TABLE, "Whoever makes a dataset may make tables in it.")


async def _find(place: Place, session: Session, steps: Steps) -> None:
    with steps(FIND):
        path = f"{place.datasets}/{encoded(place.dataset)}?fields=id,location"
        found = await answers.look(session, path, _no_dataset(place))
        if not found:
            steps.skip(FIND, "The account may not look at the dataset; the next step shows whether it is there.")
        location = found.get("location", place.location)
        if place.location and f"{location}".lower() != place.location.lower():
            message = f"The dataset “{place.dataset}” is not in the location “{place.location}”."
            raise CheckFailed("config", message, "Set the location to that of the dataset, or leave it out.")


async def _ask(place: Place, session: Session, steps: Steps) -> None:
    path = f"{place.datasets}/{encoded(place.dataset)}/tables/{encoded(place.table)}"
    unknown = "The account may not look at the table; the next step shows whether it may insert into it."
    await answers.find(session, steps, FIND_TABLE, f"{path}?fields=id", unknown=unknown, missing=_no_table(place))
    if not session.email:
        steps.skip(MAY, "An emulator knows no rights.")
        return
    with steps(MAY):
        await answers.ask(session, path, INSERT, missing=_no_table(place), forbidden=_MAY_NOT_INSERT)


@dataclass(frozen=True, slots=True)
class _Test:
    """A table or a dataset that is made and removed."""

    what: str
    path: str
    name: str
    description: dict[str, Any]
    session: Session
    missing: Fault

    @classmethod
    def table(cls, place: Place, name: str, session: Session) -> "_Test":
        description = {
            "tableReference": {"projectId": place.project, "datasetId": place.dataset, "tableId": name},
            "schema": {"fields": [{"name": "id", "type": "STRING"}]},
            # Should it ever be left, BigQuery itself removes it.
            "expirationTime": str(int(time.time() + LIFE) * 1000),
        }
        path = f"{place.datasets}/{encoded(place.dataset)}/tables"
        return cls("table", path, name, description, session, _no_dataset(place))

    @classmethod
    def dataset(cls, place: Place, name: str, session: Session) -> "_Test":
        description: dict[str, Any] = {"datasetReference": {"projectId": place.project, "datasetId": name}}
        if place.location:
            description["location"] = place.location
        return cls("dataset", place.datasets, name, description, session, _no_project(place))

    def trial(self) -> Trial:
        return Trial(f"test {self.what}", self.name, self.name, self.make, self.remove, self.made, self.kept)

    async def make(self) -> Answer:
        return await self.session.call("POST", self.path, self.description | {"description": DESCRIPTION})

    def made(self, answer: Answer) -> None:
        if answer.status != 200 or f"{self.what}Reference" not in (answer.json or {}):
            raise self.failure(answer, "create")

    async def remove(self) -> Answer:
        return await self.session.call("DELETE", f"{self.path}/{self.name}")

    def kept(self, answer: Answer) -> CheckFailed:
        return self.failure(answer, "delete")

    def failure(self, answer: Answer, right: str) -> CheckFailed:
        return answers.failure(answer, self.session, missing=self.missing, forbidden=_FORBIDDEN[self.what, right])


def _no_dataset(place: Place) -> Fault:
    message = f"There is no dataset “{place.dataset}” in the project “{place.project}”."
    return Fault("not_found", message, "Check the names of the dataset and of the project, or create the dataset.")


def _no_table(place: Place) -> Fault:
    message = f"There is no table “{place.table}” in the dataset “{place.dataset}”."
    return Fault("not_found", message, "Check the names of the table and of the dataset, or create the table.")


def _no_project(place: Place) -> Fault:
    message = f"There is no project “{place.project}”."
    return Fault("not_found", message, "Check the ID of the project.")


def _may_not(right: str, sentence: str, place: str) -> Fault:
    remedy = f"Grant it bigquery.{right} on the {place}, for example by the role BigQuery Data Editor."
    return Fault("forbidden", f"The account {{who}} may not {sentence}.", remedy)


_MAY_NOT_INSERT = Fault(
    "forbidden",
    "The account {who} may not insert rows into the table.",
    f"Grant it {INSERT} on the table, for example by the role BigQuery Data Editor, and check the table's name.",
)
_FORBIDDEN = {
    ("table", "create"): _may_not("tables.create", "create tables in the dataset", "dataset"),
    ("table", "delete"): _may_not("tables.delete", "remove tables from the dataset", "dataset"),
    ("dataset", "create"): _may_not("datasets.create", "create datasets in the project", "project"),
    ("dataset", "delete"): _may_not("datasets.delete", "remove the datasets it made", "project"),
}
