"""Amazon's services as the moto server imitates them, with signatures and rights judged."""

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.servers.process import free_port, listening, require, running, scratch

REGION = "us-east-1"
ACCOUNT = "123456789012"
#: Who may do what; the administrator is the fixture itself.
USERS = {
    "owner": ("sqs:*", "kinesis:*", "events:*"),
    "sender": ("sqs:SendMessage*", "kinesis:PutRecord", "events:PutEvents"),
    "reader": ("sqs:Get*", "sqs:ReceiveMessage", "kinesis:Describe*", "kinesis:List*", "events:Describe*"),
    "nobody": (),
}
PROTOCOLS = {
    "sqs": ("AmazonSQS", "1.0"),
    "kinesis": ("Kinesis_20131202", "1.1"),
    "events": ("AWSEvents", "1.1"),
}


@dataclass
class Amazon:
    """A running server, and the credentials of its users."""

    port: int
    users: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def queue_url(self, name: str) -> str:
        return f"{self.endpoint}/{ACCOUNT}/{name}"

    def do(self, service: str, action: str, **request: Any) -> Any:
        """As the owner; anything but success fails the test."""
        prefix, version = PROTOCOLS[service]
        headers = {"X-Amz-Target": f"{prefix}.{action}", "Content-Type": f"application/x-amz-json-{version}"}
        return json.loads(self.post(service, json.dumps(request), headers) or "{}")

    def post(self, service: str, body: str, headers: Mapping[str, str]) -> str:
        keys = self.users.get("owner", {"access_key_id": "any", "secret_access_key": "any"})
        request = AWSRequest("POST", f"{self.endpoint}/", headers=dict(headers), data=body)
        SigV4Auth(Credentials(keys["access_key_id"], keys["secret_access_key"]), service, REGION).add_auth(request)
        return self.send("/", body, dict(request.headers.items()))

    def send(self, path: str, body: str, headers: Mapping[str, str]) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status < 300, text
        return text

    def add(self, name: str, actions: tuple[str, ...]) -> None:
        """Give a user a key and a policy."""
        self._iam("CreateUser", UserName=name)
        if actions:
            statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self._iam("PutUserPolicy", UserName=name, PolicyName="rights", PolicyDocument=policy)
        made = self._iam("CreateAccessKey", UserName=name)
        self.users[name] = {
            "access_key_id": re.findall("<AccessKeyId>(.*?)<", made)[0],
            "secret_access_key": re.findall("<SecretAccessKey>(.*?)<", made)[0],
        }

    def _iam(self, action: str, **parameters: str) -> str:
        form = urlencode({"Action": action, "Version": "2010-05-08", **parameters})
        return self.post("iam", form, {"Content-Type": "application/x-www-form-urlencoded"})


@pytest.fixture(scope="session")
def amazon() -> Iterator[Amazon]:
    """SQS, Kinesis and EventBridge, with the keys of `USERS`."""
    program = require("moto_server")
    server = Amazon(free_port())
    with scratch("aws") as folder:
        command = [program, "-H", "127.0.0.1", "-p", str(server.port)]
        with running(command, lambda: listening(server.port), folder=folder):
            made = Amazon(server.port)
            for name, actions in USERS.items():
                made.add(name, actions)
            # From here on it judges every request.
            server.send("/moto-api/reset-auth", "0", {"Content-Type": "text/plain"})
            yield made
