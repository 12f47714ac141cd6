"""Checks of buckets against a stand-in: regions, failures and hangs that SeaweedFS cannot be made to give."""

import asyncio

import pytest

from tests.connectors.checks import Peer, check, failed, listening, passed
from tests.connectors.s3_stub import AWS, HANG, against, answer, error, stubbed
from tests.servers.s3 import ADMIN

FIND, WRITE, REMOVE = "find bucket", "write a test object", "remove it"


def step(report, name):
    return next(one for one in report.steps if one["name"] == name)


def test_a_service_that_does_all_it_is_asked_passes():
    report, stub = against()
    assert passed(report)[-3:] == [FIND, WRITE, REMOVE]
    assert stub.methods == ["GET", "PUT", "DELETE"]


@pytest.mark.parametrize(
    "moved",
    [
        error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
        error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1", Location="http://127.0.0.1:1/"),
        error(403, "AccessDenied", x_amz_bucket_region="eu-west-1"),
    ],
    ids=["malformed", "redirect", "denied elsewhere"],
)
def test_the_right_region_is_named_when_the_service_tells_it(moved):
    report, stub = against(GET=moved)
    assert "Set the region to “eu-west-1”." in failed(report, "config", FIND)
    assert stub.methods == ["GET"]


@pytest.mark.parametrize("inner", ["", "<Region>us-east-1</Region>", "<Region>any words, even those!</Region>"])
def test_a_region_that_is_not_told_is_asked_for(inner):
    report, _ = against(GET=error(400, "AuthorizationHeaderMalformed", inner))
    said = failed(report, "config", FIND)
    assert "under the region “us-east-1”" in said
    assert "any words" not in repr(report)


def test_a_redirect_is_not_followed():
    async def visit():
        async with stubbed() as other:
            moved = answer(307, Location=f"{other.endpoint}/data/")
            async with stubbed(GET=moved) as stub:
                config = {"bucket": "data", "region": "us-east-1", "endpoint": stub.endpoint}
                return await check(AWS, config, ADMIN.credentials), stub, other

    report, stub, other = asyncio.run(visit())
    failed(report, "config", FIND)
    assert (stub.methods, other.methods) == (["GET"], [])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (error(403, "InvalidAccessKeyId"), "denied"),
        (error(403, "SignatureDoesNotMatch"), "denied"),
        (error(400, "ExpiredToken"), "denied"),
        (error(400, "InvalidToken"), "denied"),
        (answer(401), "denied"),
        (error(403, "RequestTimeTooSkewed"), "config"),
        (error(403, "AllAccessDisabled"), "forbidden"),
        (error(404, "NoSuchBucket"), "not_found"),
        (error(400, "InvalidBucketName"), "config"),
        (error(503, "SlowDown"), "quota"),
        (answer(429), "quota"),
        (error(500, "InternalError"), "remote"),
        (answer(502, b"<html>Bad gateway</html>"), "remote"),
        (answer(404, b"<html>Nothing here</html>"), "protocol"),
        (answer(200, b"<html>Welcome</html>"), "protocol"),
        (answer(204), "protocol"),
        (error(400, "SomethingNobodyHeardOf"), "protocol"),
    ],
)
def test_what_the_service_says_of_the_bucket_has_a_code(said, code):
    report, stub = against(GET=said)
    failed(report, code, FIND)
    assert stub.methods == ["GET"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (error(403, "AccessDenied"), "forbidden"),
        (answer(403, b"<html>Forbidden</html>"), "forbidden"),
        (error(404, "NoSuchBucket"), "not_found"),
        (error(400, "InvalidStorageClass"), "config"),
        (error(501, "NotImplemented"), "config"),
        (error(400, "KMS.DisabledException"), "config"),
        (error(403, "QuotaExceeded"), "quota"),
        (answer(507), "quota"),
        (answer(405), "protocol"),
    ],
)
def test_what_the_service_says_of_the_write_has_a_code(said, code):
    report, _ = against(PUT=said)
    failed(report, code, WRITE)


def test_who_may_not_list_is_still_tried():
    report, stub = against(GET=error(403, "AccessDenied"))
    assert passed(report)
    assert stub.methods == ["GET", "PUT", "DELETE"]


def test_a_refused_write_is_not_tidied_up():
    assert against(PUT=error(403, "AccessDenied"))[1].methods == ["GET", "PUT"]


@pytest.mark.parametrize("said", [error(500, "InternalError"), answer(200), b""[:0] or b"no HTTP at all\r\n\r\n"])
def test_a_write_of_unknown_outcome_is_tidied_up(said):
    report, stub = against(PUT=said)
    assert report.status == "failed"
    assert stub.methods == ["GET", "PUT", "DELETE"]
    assert "removed to be safe" in step(report, REMOVE)["message"]
    assert [one["name"] for one in report.steps][-2:] == [WRITE, REMOVE]


def test_the_version_that_was_written_is_the_one_that_is_removed():
    _, stub = against(PUT=answer(200, ETag='"1"', x_amz_version_id="a/b+c="))
    assert "?versionId=a%2Fb%2Bc%3D " in stub.requests[-1]


@pytest.mark.parametrize(("said", "code"), [(error(500, "InternalError"), "remote"), (answer(401), "denied")])
def test_an_object_that_cannot_be_removed_is_named(said, code):
    report, stub = against(DELETE=said, config={"prefix": "in/"})
    name = stub.requests[1].split()[1].removeprefix("/data/")
    assert name.startswith("in/.landfall-check-")
    text = failed(report, code, REMOVE)
    assert f"“{name}” may still be there" in text
    assert "Remove the test object by hand" in text


def test_an_object_that_is_gone_already_is_fine():
    assert passed(against(DELETE=error(404, "NoSuchKey"))[0])


def test_asked_for_headers_go_with_the_write_only():
    asked = {"storage_class": "GLACIER_IR", "server_side_encryption": "AES256"}
    _, stub = against(config=asked)
    get, put, delete = (request.lower() for request in stub.requests)
    for header in ("x-amz-storage-class: glacier_ir", "x-amz-server-side-encryption: aes256", "content-md5: "):
        assert header in put
        assert header not in get + delete


def test_a_hang_ends_with_the_limit_and_names_the_step():
    report, _ = against(limit=0.4, GET=HANG)
    assert f"“{FIND}”" in failed(report, "timeout", FIND)


def test_a_write_that_hangs_is_tidied_up_after_the_limit():
    report, stub = against(limit=0.4, PUT=HANG)
    assert f"“{WRITE}”" in failed(report, "timeout", WRITE)
    assert stub.methods == ["GET", "PUT", "DELETE"]
    assert "removed to be safe" in step(report, REMOVE)["message"]


def test_tidying_up_has_a_limit_of_its_own(monkeypatch, caplog):
    monkeypatch.setattr("connectors.probes.undoing.LIMIT", 0.2)
    report, stub = against(limit=0.4, PUT=HANG, DELETE=HANG)
    failed(report, "timeout", WRITE)
    name = stub.requests[1].split()[1].removeprefix("/data/")
    assert f"“{name}” may still be there" in step(report, REMOVE)["message"]
    assert [record.object for record in caplog.records if record.message == "s3_object_left"] == [name]


def test_a_removal_that_hangs_has_a_limit_and_names_the_object(monkeypatch):
    monkeypatch.setattr("connectors.probes.undoing.LIMIT", 0.2)
    report, _ = against(DELETE=HANG)
    assert "may still be there" in failed(report, "timeout", REMOVE)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_cancelled_check_still_removes_its_object(method):
    async def visit():
        arrived, done = asyncio.Event(), asyncio.Event()

        async def slow(head):
            arrived.set()
            # A removal takes longer than the check is still wanted.
            await asyncio.sleep(0.2)
            done.set()
            return answer(204)

        async def hang(head):
            arrived.set()
            return HANG

        script = {"PUT": hang} if method == "PUT" else {"DELETE": slow}
        async with stubbed(**script) as stub:
            config = {"bucket": "data", "region": "us-east-1", "endpoint": stub.endpoint}
            task = asyncio.create_task(check(AWS, config, ADMIN.credentials))
            await asyncio.wait_for(arrived.wait(), 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return stub.methods, done.is_set()

    methods, done = asyncio.run(visit())
    assert methods == ["GET", "PUT", "DELETE"]
    assert done or method == "PUT"


@pytest.mark.parametrize(
    ("said", "hang_up"),
    [(b"\x00\xff\x15garbage\r\n\r\n", True), (b"SSH-2.0-OpenSSH_9.2\r\n", True), (b"", True)],
    ids=["noise", "another protocol", "nothing"],
)
def test_what_is_not_http_is_a_fault_of_the_protocol(said, hang_up):
    async def visit():
        async with listening(lambda: Peer(said, hang_up=hang_up)) as port:
            config = {"bucket": "data", "region": "us-east-1", "endpoint": f"http://127.0.0.1:{port}"}
            return await check(AWS, config, ADMIN.credentials)

    failed(asyncio.run(visit()), "protocol", FIND)


def test_text_of_the_service_is_never_repeated_nor_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "boo"><!ENTITY b "&a;&a;&a;&a;">]><Error><Code>&b;</Code><Message>boo</Message>'
    report, _ = against(GET=answer(400, bomb + b"boo " * 1_000_000))
    failed(report, "protocol", FIND)
    assert "boo" not in repr(report)
