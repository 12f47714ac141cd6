"""A project of BigQuery with one dataset, for the stand-in of Google's."""

import json
from typing import Any

from tests.servers.google import Google, Said, refusal
from tests.servers.http import Request

DATASETS = "/bigquery/v2/projects/the-project/datasets"
LAKE = f"{DATASETS}/lake"
TABLES = f"{LAKE}/tables"
DENIED = refusal(403, "accessDenied", "PERMISSION_DENIED")


class Project:
    """The datasets and tables of a project."""

    def __init__(self, cloud: Google) -> None:
        self.kept: set[str] = {LAKE}
        self.made: list[dict[str, Any]] = []
        self.answers = cloud.answers = {
            f"GET {LAKE}": (200, {"id": "the-project:lake", "location": "EU"}),
            f"POST {TABLES}": self.create,
            f"POST {DATASETS}": self.create,
        }

    def create(self, request: Request) -> Said:
        given = json.loads(request.body)
        self.made.append(given)
        reference = given.get("tableReference") or given["datasetReference"]
        assert reference["projectId"] == "the-project"
        place = f"{request.target}/{reference.get('tableId') or reference['datasetId']}"
        self.kept.add(place)
        self.answers.setdefault(f"DELETE {place}", self.remove)
        return 200, given

    def remove(self, request: Request) -> Said:
        self.kept.remove(request.target)
        return 204, b""
