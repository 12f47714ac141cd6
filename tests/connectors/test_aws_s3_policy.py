"""Buckets that let this installation in: against SeaweedFS, and a stand-in for answers that only Amazon gives."""

import asyncio
import re

import pytest

from connectors.types.aws_s3_policy import AwsS3Policy
from tests.connectors.aws_resources import name_for
from tests.connectors.checks import check, checked, failed, passed
from tests.connectors.s3_stub import FOUND, answer, error, stubbed
from tests.servers.s3 import READER, WRITER

TYPE = AwsS3Policy()
FILE = "stitch-challenge-file-0123"
FIND, CHALLENGE, ASK = "find bucket", "find challenge file", "ask to write"
PROVEN = answer(412)


@pytest.fixture
def bucket(s3, settings, request):
    settings.AWS_ENDPOINT = s3.endpoint()
    return s3.create(name_for(request.node.nodeid))


def use(settings, person):
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = person.access_key_id, person.secret_access_key


def against(settings, **script):
    """The report of a check in which a stand-in is Amazon, and the stand-in."""

    async def visit():
        async with stubbed(**{"HEAD": answer(200), "PUT": PROVEN, **script}) as stub:
            settings.AWS_ENDPOINT = stub.endpoint
            return await check(TYPE, {"bucket": "data", "challenge_file": FILE}, {}), stub

    return asyncio.run(visit())


def test_a_bucket_with_the_challenge_file_passes_and_is_left_as_it_was(s3, bucket):
    s3.request("PUT", f"/{bucket}/{FILE}")
    report = checked(TYPE, {"bucket": bucket, "challenge_file": FILE}, {})
    assert passed(report)[-3:] == [FIND, CHALLENGE, ASK]
    assert s3.objects(bucket) == [FILE]


def test_a_bucket_without_the_challenge_file_is_not_written_to(s3, bucket):
    report = checked(TYPE, {"bucket": bucket, "challenge_file": FILE}, {})
    assert FILE in failed(report, "not_found", CHALLENGE)
    assert s3.objects(bucket) == []


def test_who_may_only_read_is_told_so(s3, bucket, settings):
    s3.request("PUT", f"/{bucket}/{FILE}")
    use(settings, READER)
    report = checked(TYPE, {"bucket": bucket, "challenge_file": FILE}, {})
    assert "s3:PutObject" in failed(report, "forbidden", ASK)


def test_who_may_not_read_is_told_so(s3, bucket, settings):
    s3.request("PUT", f"/{bucket}/{FILE}")
    use(settings, WRITER)
    report = checked(TYPE, {"bucket": bucket, "challenge_file": FILE}, {})
    assert "s3:GetObject" in failed(report, "forbidden", CHALLENGE)


def test_it_asks_on_the_condition_that_the_file_is_not_there(settings):
    report, stub = against(settings)
    passed(report)
    assert stub.methods == ["GET", "HEAD", "PUT"]
    assert "if-none-match: *" in stub.requests[-1].lower()
    assert stub.requests[-1].startswith(f"PUT /data/{FILE} ")


@pytest.mark.parametrize(
    "moved",
    [
        error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
        error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
    ],
    ids=["malformed", "redirect"],
)
def test_a_bucket_is_found_in_whatever_region_it_is(settings, moved):
    async def answers(head):
        return FOUND if "/eu-west-1/s3/" in head else moved

    report, stub = against(settings, GET=answers)
    passed(report)
    assert stub.methods == ["GET", "GET", "HEAD", "PUT"]
    assert all("/eu-west-1/s3/" in head for head in stub.requests[1:])


def test_a_bucket_that_moves_on_and_on_is_not_followed_for_ever(settings):
    regions = iter(["eu-west-1", "eu-west-2", "eu-west-3"])

    async def answers(head):
        return error(301, "PermanentRedirect", x_amz_bucket_region=next(regions))

    report, stub = against(settings, GET=answers)
    failed(report, "config", FIND)
    assert stub.methods == ["GET", "GET"]


@pytest.mark.parametrize(
    ("script", "code", "step"),
    [
        ({"GET": error(404, "NoSuchBucket")}, "not_found", FIND),
        ({"HEAD": answer(503)}, "remote", CHALLENGE),
        ({"PUT": error(501, "NotImplemented")}, "config", ASK),
        ({"PUT": answer(503)}, "remote", ASK),
    ],
)
def test_whatever_else_is_answered_is_told(settings, script, code, step):
    report, _ = against(settings, **script)
    failed(report, code, step)


def test_an_installation_without_a_user_of_its_own_says_so(settings):
    settings.AWS_ACCESS_KEY_ID = ""
    report = checked(TYPE, {"bucket": "data"}, {})
    assert (report.status, report.code) == ("failed", "config")
    assert "LANDFALL_AWS_ACCESS_KEY_ID" in report.remedy


def test_keys_that_are_refused_are_the_installations_to_correct(settings):
    report, _ = against(settings, GET=error(403, "InvalidAccessKeyId"))
    failed(report, "denied", FIND)
    assert report.remedy.startswith("Whoever runs Landfall")


def test_every_destination_gets_a_challenge_file_of_its_own():
    names = {TYPE.clean({"bucket": "data"}, {})[0]["challenge_file"] for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch("landfall-challenge-file-[0-9a-f-]{36}", name) for name in names)


def test_what_stands_there_may_be_any_bucket_of_amazon(settings):
    settings.AWS_ENDPOINT = ""
    assert TYPE.host({"bucket": "data"}) == "s3.us-east-1.amazonaws.com"
