"""What the S3 types take and refuse, and where they look for a bucket."""

import pytest

from connectors.probes import http
from connectors.problems import CheckFailed, Invalid
from connectors.types.aws_s3 import STORAGE_CLASSES, AwsS3
from connectors.types.s3_compatible import S3Compatible
from tests.connectors.checks import checked

AWS, COMPATIBLE = AwsS3(), S3Compatible()
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": " any text, blanks too "}
AMAZON = {"bucket": "my-bucket", "region": "us-west-2"}
OTHER = {"bucket": "my-bucket", "endpoint": "https://s3.example.com"}


def problems(connector, config, credentials=KEYS):
    with pytest.raises(Invalid) as caught:
        connector.clean(config, credentials)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def test_little_is_required_and_nothing_is_invented():
    assert AWS.clean(AMAZON, KEYS) == (AMAZON, KEYS)
    assert COMPATIBLE.clean(OTHER, KEYS) == ({**OTHER, "region": "us-east-1", "use_path_style": False}, KEYS)
    assert problems(AWS, {}, {}) == [
        ("config.bucket", "required"),
        ("config.region", "required"),
        ("credentials.access_key_id", "required"),
        ("credentials.secret_access_key", "required"),
    ]


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "a.b-c.1", "1-2", "10.0.0", "10.0.0.1a"])
def test_names_that_amazon_takes_are_taken(bucket):
    assert AWS.clean(AMAZON | {"bucket": bucket}, KEYS)


@pytest.mark.parametrize(
    "bucket", ["ab", "a" * 64, "Upper", "under_score", "-a-b", "a-b-", "a..b", "10.0.0.1", "a b", "a/b", "ünder"]
)
def test_names_that_amazon_refuses_are_refused(bucket):
    assert problems(AWS, AMAZON | {"bucket": bucket}) == [("config.bucket", "pattern")]


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-west-1", "cn-north-1", "ap-southeast-11", "eusc-de-east-1"])
def test_codes_of_regions_are_taken(region):
    assert AWS.clean(AMAZON | {"region": region}, KEYS)


@pytest.mark.parametrize("region", ["us-west", "US-West-2", "Oregon", "us-west-2a", "us-west-2/x", "us-2.evil.test"])
def test_other_words_for_regions_are_refused(region):
    assert problems(AWS, AMAZON | {"region": region}) == [("config.region", "pattern")]


def test_the_storage_class_is_one_of_amazons():
    for one in STORAGE_CLASSES:
        assert AWS.clean(AMAZON | {"storage_class": one}, KEYS)
    assert problems(AWS, AMAZON | {"storage_class": "fast"}) == [("config.storage_class", "choice")]


@pytest.mark.parametrize("prefix", ["../", "a/../", "./", "a/./b", "a\n", "x" * 241])
def test_prefixes_that_break_paths_are_refused(prefix):
    [(path, _)] = problems(AWS, AMAZON | {"prefix": prefix})
    assert path == "config.prefix"


@pytest.mark.parametrize("prefix", ["a/", "a..b/", ".hidden/", "dt=2024-01-01/", "ünder/", "/a", ".."])
def test_other_prefixes_are_taken(prefix):
    assert AWS.clean(AMAZON | {"prefix": prefix}, KEYS)[0]["prefix"] == prefix


@pytest.mark.parametrize(
    "endpoint",
    [
        "s3.example.com",
        "ftp://s3.example.com",
        "https://user:pw@s3.example.com",
        "https://s3.example.com/?x",
        "https://s3.example.com/#x",
        "https://xn--/",
        "https://[1.2.3.4]/",
    ],
)
@pytest.mark.parametrize(("connector", "config"), [(AWS, AMAZON), (COMPATIBLE, OTHER)])
def test_an_endpoint_is_a_plain_url(connector, config, endpoint):
    assert problems(connector, config | {"endpoint": endpoint}) == [("config.endpoint", "pattern")]


@pytest.mark.parametrize("value", ["AKIA 1", "AKIA\n1", "AKIA\r\nX-Evil: 1", "ÄKIA", "\x00"])
@pytest.mark.parametrize("name", ["access_key_id", "session_token"])
def test_what_goes_into_a_header_cannot_break_it(name, value):
    [(path, _)] = {(path, "") for path, _ in problems(AWS, AMAZON, KEYS | {name: value})}
    assert path == f"credentials.{name}"


@pytest.mark.parametrize(
    "config",
    [{"endpoint": "http://192.0.2.1:9000"}, {"endpoint": "https://[2001:db8::1]"}, {"bucket": "My_Bucket"}],
)
def test_what_cannot_be_in_a_host_name_needs_path_style(config):
    assert problems(COMPATIBLE, OTHER | config) == [("config.use_path_style", "invalid")]
    assert COMPATIBLE.clean(OTHER | config | {"use_path_style": True}, KEYS)


def test_every_part_of_the_keys_is_masked_but_for_its_beginning():
    masked = AWS.mask(KEYS | {"session_token": "FwoGZXIvYXdzEBYaDH"})
    assert masked["access_key_id"] == "AKIA****************"
    assert masked["session_token"] == "FwoG**************"
    assert set(masked["secret_access_key"][4:]) == {"*"}


def test_targets_and_hosts_say_where_the_bucket_is():
    assert AWS.target(AMAZON) == "my-bucket in us-west-2"
    assert COMPATIBLE.target(OTHER) == "my-bucket at s3.example.com"
    assert COMPATIBLE.host(OTHER | {"endpoint": "https://s3.example.com:9000/x"}) == "s3.example.com:9000"


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({}, "https://my-bucket.s3.us-west-2.amazonaws.com/"),
        ({"region": "cn-north-1"}, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/"),
        ({"region": "us-gov-west-1"}, "https://my-bucket.s3.us-gov-west-1.amazonaws.com/"),
        ({"bucket": "my.bucket"}, "https://s3.us-west-2.amazonaws.com/my.bucket/"),
        ({"endpoint": "https://vpce-1.example.com"}, "https://vpce-1.example.com/my-bucket/"),
    ],
)
def test_amazon_is_looked_for_at_the_host_of_the_region(config, url, monkeypatch):
    asked = []

    async def call(method, url, *rest, **more):
        asked.append(url)
        raise CheckFailed("dns", "The host does not exist.", "Check it.")

    # Amazon itself cannot be reached from the tests.
    monkeypatch.setattr(http, "call", call)
    report = checked(AWS, AMAZON | config, KEYS)
    assert (
        report.remedy
        == f"Check it. If that is not it, check that “{(AMAZON | config)['region']}” is the bucket's region."
    )
    [where] = asked
    assert where.split("?")[0] == url


@pytest.mark.parametrize(
    ("region", "partition"), [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_rights_are_named_in_the_partition_of_the_region(region, partition, monkeypatch):
    async def call(method, url, *rest, **more):
        return http.Answer(403, {}, b"<Error><Code>AccessDenied</Code></Error>")

    monkeypatch.setattr(http, "call", call)
    remedy = checked(AWS, AMAZON | {"region": region, "prefix": "in/"}, KEYS).remedy
    assert f"s3:PutObject on arn:{partition}:s3:::my-bucket/in/*" in remedy
