"""What the types of Amazon's messages take and refuse, where they look, and what only one of them has."""

import pytest

from connectors.probes import aws
from connectors.problems import Invalid
from tests.connectors.aws_resources import EVENTBRIDGE, KINDS, KINESIS, SQS, name_for
from tests.connectors.checks import checked, passed
from tests.servers.aws import REGION

KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": " any text, blanks too "}
QUEUE = {"queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"}
STREAM = {"stream_name": "events", "region": "eu-west-1"}
BUS = {"region": "eu-west-1"}
ARN = "arn:aws:events:eu-west-1:123456789012:event-bus/events"


def problems(kind, config, credentials=KEYS):
    with pytest.raises(Invalid) as caught:
        kind.connector.clean(config, credentials)
    return [(problem.path, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(("kind", "config"), [(SQS, QUEUE), (KINESIS, STREAM), (EVENTBRIDGE, BUS)])
def test_little_is_required_and_nothing_is_invented(kind, config):
    assert kind.connector.clean(config, KEYS) == (config, KEYS)


@pytest.mark.parametrize(("kind", "config"), [(KINESIS, STREAM), (EVENTBRIDGE, BUS), (SQS, QUEUE)])
def test_other_words_for_regions_are_refused(kind, config):
    for region in ("eu-west", "EU-West-1", "Ireland", "eu-west-1a", "eu-west-1.evil.test", "eu-west-1/x"):
        assert problems(kind, config | {"region": region}) == [("config.region", "pattern")]


@pytest.mark.parametrize(
    ("region", "partition", "domain"),
    [
        ("us-west-2", "aws", "amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
    ],
)
def test_hosts_and_resources_are_named_as_their_partition_has_it(region, partition, domain):
    assert (aws.partition(region), aws.domain(region)) == (partition, domain)
    for kind, config, name in ((KINESIS, STREAM, "kinesis"), (EVENTBRIDGE, BUS, "events")):
        clean, _ = kind.connector.clean(config | {"region": region}, KEYS)
        assert kind.connector.host(clean) == f"{name}.{region}.{domain}"


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("sqs.eu-west-1.amazonaws.com", "eu-west-1"),
        ("sqs-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("sqs.eu-west-1.api.aws", "eu-west-1"),
        ("vpce-0123-abc.sqs.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
        ("eu-west-1.queue.amazonaws.com", "eu-west-1"),
        ("queue.amazonaws.com", "us-east-1"),
        ("sqs.eu-west-1.localhost.localstack.cloud:4566", "eu-west-1"),
    ],
)
def test_the_region_that_a_queue_url_tells_is_the_only_one_it_goes_with(host, region):
    config = {"queue_url": f"https://{host}/123456789012/q"}
    assert SQS.connector.clean(config | {"region": region}, KEYS)
    assert problems(SQS, config | {"region": "ap-south-1"}) == [("config.region", "invalid")]
    assert SQS.connector.host(config) == host


@pytest.mark.parametrize("host", ["localhost:4566", "queues.example.com", "sqs.amazonaws.com", "mysqs.eu-west-1.test"])
def test_other_queue_urls_go_with_any_region(host):
    config = {"queue_url": f"http://{host}/123456789012/q", "region": "ap-south-1"}
    assert SQS.connector.clean(config, KEYS) == (config, KEYS)


@pytest.mark.parametrize(
    "url", ["sqs.eu-west-1.amazonaws.com/1/q", "ftp://x.test/1/q", "https://a:b@x.test/1/q", "https://xn--/1/q"]
)
def test_a_queue_url_is_an_absolute_one(url):
    assert problems(SQS, {"queue_url": url}) == [("config.queue_url", "pattern")]


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize(
    "endpoint", ["x.test", "ftp://x.test", "https://a:b@x.test", "https://x.test/?a", "https://xn--/"]
)
def test_an_endpoint_is_a_plain_url(kind, endpoint):
    config = {SQS: QUEUE, KINESIS: STREAM, EVENTBRIDGE: BUS}[kind]
    assert problems(kind, config | {"endpoint": endpoint}) == [("config.endpoint", "pattern")]


@pytest.mark.parametrize("name", ["a b", "ünder", "a/b", "a" * 129])
def test_names_that_no_stream_has_are_refused(name):
    [(path, _)] = problems(KINESIS, STREAM | {"stream_name": name})
    assert path == "config.stream_name"


def test_a_bus_is_named_or_given_as_an_arn_of_the_region():
    for name in ("default", "aws.partner/example.com/acct/1", ARN):
        assert EVENTBRIDGE.connector.clean(BUS | {"event_bus_name": name}, KEYS)
    for name in ("a b", "arn:aws:sqs:eu-west-1:123456789012:q", f"{ARN} "):
        [(path, _)] = problems(EVENTBRIDGE, BUS | {"event_bus_name": name})
        assert path == "config.event_bus_name"
    elsewhere = {"region": "eu-west-2", "event_bus_name": ARN}
    assert problems(EVENTBRIDGE, elsewhere) == [("config.region", "invalid")]


def test_targets_say_where_messages_go():
    assert SQS.connector.target(QUEUE) == QUEUE["queue_url"]
    assert KINESIS.connector.target(STREAM) == "events in eu-west-1"
    assert EVENTBRIDGE.connector.target(BUS) == "default in eu-west-1"
    assert EVENTBRIDGE.connector.target(BUS | {"event_bus_name": "events"}) == "events in eu-west-1"


def test_an_endpoint_bounds_the_checks_in_place_of_the_public_host():
    endpoint = {"endpoint": "https://vpce-1.example.com:8443/base"}
    for kind, config in ((SQS, QUEUE), (KINESIS, STREAM), (EVENTBRIDGE, BUS)):
        assert kind.connector.host(config | endpoint) == "vpce-1.example.com:8443"


def test_a_fifo_queue_that_refuses_the_whole_request_leaves_the_right_unproven(amazon, request):
    name = f"{name_for(request.node.nodeid)}.fifo"
    amazon.do("sqs", "CreateQueue", QueueName=name, Attributes={"FifoQueue": "true"})
    report = checked(SQS.connector, SQS.config(amazon.endpoint, name), amazon.users["owner"])
    assert passed(report) == ["resolve", "connect", SQS.find]
    assert "perhaps before it looked" in repr(report.steps)
    assert SQS.left(amazon, name) == []


def test_an_endpoint_is_asked_instead_of_the_host_of_the_queue_url(amazon, request):
    name = name_for(request.node.nodeid)
    SQS.make(amazon, name)
    config = {"queue_url": f"https://sqs.{REGION}.amazonaws.com/123456789012/{name}", "endpoint": amazon.endpoint}
    assert passed(checked(SQS.connector, config, amazon.users["owner"]))


def test_the_default_bus_needs_no_name_and_another_may_be_given_by_its_arn(amazon, request):
    name = name_for(request.node.nodeid)
    EVENTBRIDGE.make(amazon, name)
    config = {"region": REGION, "endpoint": amazon.endpoint}
    assert passed(checked(EVENTBRIDGE.connector, config, amazon.users["owner"]))
    config["event_bus_name"] = f"arn:aws:events:{REGION}:123456789012:event-bus/{name}"
    assert passed(checked(EVENTBRIDGE.connector, config, amazon.users["owner"]))
    assert EVENTBRIDGE.left(amazon, name) == []
