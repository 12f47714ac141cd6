"""Checks against a stand-in that gives the answers of Amazon's services which the moto server never gives."""

import json
import time
from contextlib import contextmanager

import pytest

from tests.connectors import checks
from tests.connectors.aws_resources import EVENTBRIDGE, KINDS, KINESIS, SQS
from tests.connectors.checks import failed, passed
from tests.servers.http import Request, listening

KEYS = {"access_key_id": "AKIALANDFALLEXAMPLE0", "secret_access_key": "the/secret+key=", "session_token": "the-token"}
SECRET_TEXT = "a text that belongs in no message"
FOUND = {
    SQS: {"Attributes": {}},
    KINESIS: {"StreamDescriptionSummary": {"StreamStatus": "ACTIVE"}},
    EVENTBRIDGE: {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/x"},
}
TAKEN = {
    SQS: {"Successful": [{"Id": "check"}], "Failed": []},
    KINESIS: {"SequenceNumber": "1", "ShardId": "shardId-0"},
    EVENTBRIDGE: {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
}

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def answer(body, status=200, **headers):
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def error(code, status=400, message=SECRET_TEXT, **headers):
    return answer({"__type": code, "message": message}, status, **headers)


@contextmanager
def stub(*answers):
    """A server that gives these answers, one to each request, and hangs when there are no more."""
    left = list(answers)

    def talk(handler):
        lines = b"".join(iter(handler.rfile.readline, b"\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        body = handler.rfile.read(int(headers["content-length"]))
        handler.server.server.requests.append(Request("POST", lines[0].split()[1], headers, body))
        if left:
            handler.wfile.write(left.pop(0))
        else:
            handler.rfile.read()

    with listening(talk) as server:
        yield server


def against(kind, *answers, limit=15.0, path=""):
    with stub(*answers) as server:
        report = checks.checked(kind.connector, kind.config(server.url(path), "x"), KEYS, limit)
        assert SECRET_TEXT not in repr(report)
        return report, server.requests


ANSWERS = [
    ("UnrecognizedClientException", 400, "denied"),
    ("com.amazon.coral.service#UnrecognizedClientException", 400, "denied"),
    ("InvalidSignatureException", 400, "denied"),
    ("MissingAuthenticationTokenException", 400, "denied"),
    ("ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/", 400, "denied"),
    ("SubscriptionRequiredException", 400, "forbidden"),
    ("ThrottlingException", 400, "quota"),
    ("RequestThrottled", 403, "quota"),
    ("LimitExceededException", 400, "quota"),
    ("KMSAccessDeniedException", 400, "forbidden"),
    ("KMS.DisabledException", 400, "config"),
    ("InvalidAddress", 404, "config"),
    ("ValidationException", 400, "config"),
    ("InternalFailure", 500, "remote"),
    ("ServiceUnavailable", 503, "remote"),
    ("SomethingNew", 400, "config"),
    ("SomethingNew", 403, "denied"),
    ("SomethingNew", 429, "quota"),
    ("SomethingNew", 500, "remote"),
]


@each_kind
@pytest.mark.parametrize(("code", "status", "expected"), ANSWERS)
def test_every_error_means_something_in_either_step(kind, code, status, expected):
    report, _ = against(kind, error(code, status))
    failed(report, expected, kind.find)
    report, _ = against(kind, answer(FOUND[kind]), error(code, status))
    failed(report, expected, kind.ask)


@each_kind
@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        ("Signature expired: 20200101T000000Z is now earlier than 20260101T000000Z", "config", "clock"),
        ("Signature not yet current: 20300101T000000Z is still later than", "config", "clock"),
        ("Credential should be scoped to a valid region, not 'us-east-1'.", "config", "region “us-east-1”"),
        ("The request signature we calculated does not match", "denied", "secret access key"),
    ],
)
def test_a_refused_signature_is_told_by_its_cause(kind, message, code, said):
    for name in ("InvalidSignatureException", "SignatureDoesNotMatch"):
        report, _ = against(kind, error(name, 403, message))
        assert said in failed(report, code, kind.find)
        assert message not in repr(report)


@each_kind
def test_an_error_is_read_from_the_headers_too(kind):
    report, _ = against(kind, answer({}, 400, x_amzn_errortype="ResourceNotFoundException:http://x.test/"))
    failed(report, "not_found", kind.find)
    report, _ = against(kind, error("Other", x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender"))
    failed(report, "not_found", kind.find)


@each_kind
@pytest.mark.parametrize(
    "odd",
    [
        answer("<html>Welcome</html>"),
        answer("ok"),
        answer("[]"),
        answer({"ok": True}),
        answer({"Attributes": 1, "StreamDescriptionSummary": 1, "Arn": ""}),
        answer("<html>Not here</html>", 404),
        answer({"detail": "not found"}, 404),
        answer({"__type": 1}, 400),
        answer("", 302, Location="http://127.0.0.1:1/"),
        answer("[" * 60000),
    ],
)
def test_what_is_no_answer_of_amazons_is_a_fault_of_the_protocol(kind, odd):
    report, requests = against(kind, odd)
    assert "does not answer as Amazon's services do" in failed(report, "protocol", kind.find)
    assert len(requests) == 1
    report, _ = against(kind, answer(FOUND[kind]), odd)
    failed(report, "protocol", kind.ask)


@each_kind
def test_a_service_that_takes_the_test_is_noted(kind, caplog):
    report, _ = against(kind, answer(FOUND[kind]), answer(TAKEN[kind]))
    assert passed(report)
    assert [record for record in caplog.records if record.message == "aws_test_taken"]


@each_kind
def test_a_service_that_falls_silent_ends_in_time(kind):
    started = time.monotonic()
    report, _ = against(kind, answer(FOUND[kind]), limit=1.0)
    failed(report, "timeout", kind.ask)
    assert time.monotonic() - started < 3


@each_kind
def test_requests_are_json_for_the_right_action_and_signed_with_the_token(kind):
    _, (look, ask) = against(kind, answer(FOUND[kind]), answer(TAKEN[kind]), path="/base/")
    assert (look.target, ask.target) == (("/", "/") if kind is SQS else ("/base/", "/base/"))
    expected = {
        SQS: ("amazonsqs.getqueueattributes", "amazonsqs.sendmessagebatch"),
        KINESIS: ("kinesis_20131202.describestreamsummary", "kinesis_20131202.putrecord"),
        EVENTBRIDGE: ("awsevents.describeeventbus", "awsevents.putevents"),
    }
    assert (look.headers["x-amz-target"], ask.headers["x-amz-target"]) == expected[kind]
    for request in (look, ask):
        assert json.loads(request.body)
        assert request.headers["x-amz-security-token"] == "the-token"
        assert "x-amz-security-token;x-amz-target" in request.headers["authorization"]
        assert b"the-token" not in request.body


@pytest.mark.parametrize(
    ("kind", "part", "code"),
    [
        (SQS, {"Failed": [{"Id": "check", "Code": "InternalError", "SenderFault": False}]}, "remote"),
        (SQS, {"Failed": [{"Id": "check", "Code": "KMS.AccessDeniedException", "SenderFault": True}]}, "forbidden"),
        (EVENTBRIDGE, {"Entries": [{"ErrorCode": "InternalFailure"}]}, "remote"),
        (EVENTBRIDGE, {"Entries": [{"ErrorCode": "ThrottlingException"}]}, "quota"),
        (EVENTBRIDGE, {"Entries": [{"ErrorCode": "AccessDeniedException"}]}, "forbidden"),
    ],
)
def test_a_part_that_is_refused_for_another_reason_fails(kind, part, code):
    report, _ = against(kind, answer(FOUND[kind]), answer(part))
    failed(report, code, kind.ask)


@pytest.mark.parametrize(("status", "code"), [("CREATING", "remote"), ("DELETING", "not_found"), ("ODD", "protocol")])
def test_a_stream_that_takes_no_records_fails(status, code):
    report, _ = against(KINESIS, answer({"StreamDescriptionSummary": {"StreamStatus": status}}))
    failed(report, code, KINESIS.find)


def test_a_stream_whose_shards_change_passes():
    found = answer({"StreamDescriptionSummary": {"StreamStatus": "UPDATING"}})
    report, _ = against(KINESIS, found, error("InvalidArgumentException"))
    assert KINESIS.ask in passed(report)


def test_a_queue_that_refuses_the_request_as_a_whole_leaves_the_right_unproven():
    report, _ = against(SQS, answer(FOUND[SQS]), error("com.amazonaws.sqs#InvalidParameterValueException"))
    assert SQS.ask not in passed(report)


def test_no_test_could_be_taken_by_a_real_service():
    sent = {
        kind: json.loads(against(kind, answer(FOUND[kind]), answer(TAKEN[kind]))[1][1].body) for kind in KINDS.values()
    }
    [message] = sent[SQS]["Entries"]
    assert message["DelaySeconds"] > 900
    assert int(sent[KINESIS]["ExplicitHashKey"]) == 2**128
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(sent[EVENTBRIDGE]["Entries"][0]["Detail"])
