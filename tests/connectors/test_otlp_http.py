"""Checks of collectors: what arrives is judged by a real one, what they may answer is played."""

import gzip
import json
import logging
import re
import time
from urllib.parse import quote

import pytest

from connectors import VERSION
from connectors.problems import Invalid
from connectors.types.otlp_http import OtlpHttp
from tests.connectors.checks import checked, failed, passed
from tests.servers.dns import name_server
from tests.servers.http import close, garbage, hang, listening, web
from tests.servers.process import free_port
from tests.servers.tls import server_context

OTLP = OtlpHttp()
SEND = "send a test record"
TOKEN = "the-token-of-the-user"
CREDENTIALS = {"headers": {"Authorization": f"Bearer {TOKEN}"}}
LEAK = "a body that belongs in no message"
SIGNALS = ("traces", "logs", "metrics")


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    for secret in (TOKEN, LEAK):
        assert secret not in caplog.text


def check(url, credentials=CREDENTIALS, limit=15, signal="logs", **config):
    return checked(OTLP, {"url": url, "signal": signal, **config}, credentials, limit)


def problems(config, credentials=None):
    with pytest.raises(Invalid) as caught:
        OTLP.clean({"url": "https://example.com/", "signal": "logs"} | config, credentials or {})
    return {problem.path: problem.code for problem in caught.value.problems}


class TestCollector:
    """A real one."""

    @pytest.mark.parametrize(
        ("signal", "words"),
        [
            ("traces", ["Trace ID       : ", "Name           : landfall.check", "Kind           : SPAN_KIND_INTERNAL"]),
            ("logs", ["SeverityText: INFO", "Landfall checks whether it can reach this collector"]),
            ("metrics", ["-> Name: landfall.check", "DataType: Gauge", "Timestamp: 1"]),
        ],
    )
    def test_it_takes_one_record_of_every_signal(self, collector, signal, words):
        before = len(collector.said())
        report = check(collector.url(f"/v1/{signal}"), signal=signal)
        assert passed(report) == ["resolve", "connect", SEND]
        collector.prints("service.name: Str(landfall)", *words, since=before)

    @pytest.mark.parametrize("signal", SIGNALS)
    def test_a_path_of_another_signal_is_refused(self, collector, signal):
        other = SIGNALS[SIGNALS.index(signal) - 1]
        report = check(collector.url(f"/v1/{other}"), signal=signal)
        assert "the one for the chosen signal" in failed(report, "remote", SEND)

    def test_a_path_where_nothing_is(self, collector):
        assert "/v1/traces" in failed(check(collector.url("/v1/nothing")), "not_found", SEND)

    def test_the_port_that_speaks_grpc(self, collector):
        url = collector.url("/v1/logs").replace(str(collector.port), str(collector.grpc_port))
        assert "4318" in failed(check(url), "protocol", SEND)

    def test_another_content_type_is_refused_there(self, collector):
        credentials = {"headers": {"content-type": "text/plain"}}
        failed(check(collector.url("/v1/logs"), credentials), "remote", SEND)

    def test_a_record_that_is_not_compressed_is_taken_too(self, collector):
        before = len(collector.said())
        passed(check(collector.url("/v1/logs"), {"headers": {"Content-Encoding": "identity"}}))
        collector.prints("Landfall checks whether", since=before)

    def test_https_to_it(self, collector):
        url = collector.url("/v1/logs").replace("http:", "https:")
        assert "does not speak TLS" in failed(check(url), "tls", "tls")


class TestRequest:
    """What is sent."""

    @pytest.mark.parametrize(
        ("signal", "path"),
        [
            ("traces", ("resourceSpans", "scopeSpans", "spans")),
            ("logs", ("resourceLogs", "scopeLogs", "logRecords")),
            ("metrics", ("resourceMetrics", "scopeMetrics", "metrics")),
        ],
    )
    def test_it_is_one_record_as_compressed_json(self, https_server, authority, signal, path):
        url = https_server.url(f"/v1/{signal}?tenant=a%2Fb", host="localhost")
        report = check(url, signal=signal, ca_certificate=authority.pem)
        assert passed(report) == ["resolve", "connect", "tls", SEND]
        assert https_server.connections == len(https_server.requests) == 1
        request = https_server.request
        assert (request.method, request.target) == ("POST", f"/v1/{signal}?tenant=a%2Fb")
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["content-encoding"] == "gzip"
        assert request.headers["user-agent"] == f"Landfall/{VERSION} (connection check)"
        body = json.loads(gzip.decompress(request.body))
        [resource] = body[path[0]]
        assert resource["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": "landfall"}}]
        [scope] = resource[path[1]]
        [record] = scope[path[2]]
        [point] = record["gauge"]["dataPoints"] if signal == "metrics" else [record]
        moment = point["startTimeUnixNano" if signal == "traces" else "timeUnixNano"]
        assert abs(int(moment) / 1e9 - time.time()) < 60
        assert list(body) == [path[0]]

    def test_every_span_is_one_of_its_own(self, http_server):
        for _ in range(2):
            passed(check(http_server.url(), signal="traces"))
        found = [gzip.decompress(request.body) for request in http_server.requests]
        first, second = (json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"][0] for body in found)
        assert re.fullmatch("[0-9a-f]{32}", first["traceId"])
        assert re.fullmatch("[0-9a-f]{16}", first["spanId"])
        assert first["traceId"] != second["traceId"]

    def test_the_users_headers_are_never_replaced(self, http_server):
        headers = {"USER-AGENT": "own", "content-Type": "application/json; charset=utf-8", "Content-encoding": "GZIP"}
        passed(check(http_server.url(), {"headers": headers}))
        request = http_server.request
        assert request.headers["user-agent"] == "own"
        assert request.headers["content-type"] == "application/json; charset=utf-8"
        assert request.headers["content-encoding"] == "GZIP"
        assert gzip.decompress(request.body)

    def test_nothing_is_needed_but_the_url_and_the_signal(self, http_server):
        passed(check(http_server.url(), {}))
        assert "authorization" not in http_server.request.headers


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 202, 204])
    def test_every_status_that_says_yes_passes(self, http_server, status):
        passed(check(http_server.url(f"/status/{status}")))

    @pytest.mark.parametrize(
        "answer",
        [
            "{}",
            "[]",
            "null",
            "fine",
            '{"partialSuccess":null}',
            '{"partialSuccess":{}}',
            '{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"a warning"}}',
            '{"partialSuccess":{"rejectedLogRecords":1e999}}',
            '{"partialSuccess":{"rejectedSpans":"1"}}',
            "[" * 60000,
        ],
    )
    def test_an_answer_that_rejects_nothing_passes(self, http_server, answer):
        with listening(_answering(answer)) as server:
            passed(check(server.url()))

    @pytest.mark.parametrize(
        ("signal", "count"),
        [("traces", "rejectedSpans"), ("logs", "rejectedLogRecords"), ("metrics", "rejectedDataPoints")],
    )
    @pytest.mark.parametrize("number", ["1", '"1"'])
    def test_a_record_that_was_rejected_fails(self, http_server, signal, count, number):
        answer = f'{{"partialSuccess":{{"{count}":{number},"errorMessage":"{LEAK}"}}}}'
        report = check(http_server.url(f"/body?to={quote(answer)}"), signal=signal)
        assert "rejected the test record" in failed(report, "remote", SEND)
        assert LEAK not in repr(report)

    @pytest.mark.parametrize(
        ("status", "code", "word"),
        [
            (302, "remote", "redirects are not followed"),
            (400, "remote", "does not understand"),
            (401, "denied", "does not accept the credentials"),
            (403, "forbidden", "refuses the request"),
            (404, "not_found", "/v1/traces"),
            (405, "remote", "POST"),
            (413, "remote", "does not accept the test record"),
            (415, "remote", "gzip"),
            (429, "quota", "fewer requests"),
            (500, "remote", "failed"),
            (503, "remote", "failed"),
            (999, "protocol", "unusual"),
        ],
    )
    def test_every_other_status_fails_in_its_own_words(self, http_server, status, code, word):
        report = check(http_server.url(f"/status/{status}"))
        told = failed(report, code, SEND)
        assert word in told
        assert f"status {status}" in told
        assert LEAK not in repr(report)

    def test_a_redirect_to_a_private_address_is_not_followed(self, http_server):
        with listening(web) as private:
            failed(check(http_server.url(f"/redirect?to={private.url()}")), "remote", SEND)
            assert private.connections == 0


def _answering(text):
    def talk(handler):
        handler.rfile.readline()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text.encode()))
        handler.hang_up(handler.request)

    return talk


class TestWay:
    """What can be wrong before a collector is reached."""

    def test_an_untrusted_ca(self, stranger, authority):
        with listening(web, server_context(stranger, "localhost")) as server:
            report = check(server.url(host="localhost"), ca_certificate=authority.pem)
            assert "not trusted" in failed(report, "tls", "tls")
            assert not server.requests

    def test_a_certificate_for_another_name(self, authority):
        with listening(web, server_context(authority, "elsewhere.example")) as server:
            report = check(server.url(host="localhost"), ca_certificate=authority.pem)
            assert "is not for the host “localhost”" in failed(report, "tls", "tls")

    def test_http_to_a_port_that_speaks_https(self, https_server):
        assert "https://" in failed(check(https_server.url().replace("https:", "http:")), "protocol", SEND)

    def test_a_dead_port(self):
        failed(check(f"http://127.0.0.1:{free_port()}/v1/logs"), "refused", "connect")

    def test_an_unknown_host(self, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert "“otel.invalid”" in failed(check("https://otel.invalid/v1/logs"), "dns", "resolve")

    def test_a_private_address(self, http_server, settings):
        settings.EGRESS_ALLOW = []
        assert "LANDFALL_EGRESS_ALLOW" in failed(check(http_server.url()), "blocked", "resolve")
        assert http_server.connections == 0

    def test_a_collector_that_never_answers(self, http_server):
        failed(check(http_server.url("/hang"), limit=0.5), "timeout", SEND)

    def test_a_collector_that_never_greets(self):
        with listening(hang) as server:
            failed(check(server.url().replace("http:", "https:"), limit=0.5), "timeout", "tls")

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_server_that_speaks_something_else(self, talk):
        with listening(talk) as server:
            failed(check(server.url()), "protocol", SEND)


class TestConfig:
    def test_nothing_is_invented(self):
        config = {"url": "https://example.com/v1/traces", "signal": "traces"}
        assert OTLP.clean(config, {}) == (config, {})
        assert OTLP.clean(config, {"headers": {}}) == (config, {"headers": {}})
        assert OTLP.target(config) == "https://example.com/v1/traces"
        assert OTLP.host({"url": "https://Example.com:8443/a"}) == "example.com:8443"

    @pytest.mark.parametrize("signal", ["opentelemetry-logs", "Logs", "profiles", ""])
    def test_other_signals_are_refused(self, signal):
        assert problems({"signal": signal}) == {"config.signal": "choice"}

    @pytest.mark.parametrize("url", ["ftp://example.com/", "example.com", "https://a:b@example.com/", ""])
    def test_what_is_no_web_address_is_refused(self, url):
        assert set(problems({"url": url})) == {"config.url"}

    def test_a_header_is_given_once(self):
        assert problems({}, {"headers": {"X-A": "1", "x-a": "2"}}) == {"credentials.headers.x-a": "invalid"}

    def test_names_of_headers_keep_their_case_and_values_are_masked(self):
        config = {"url": "https://example.com/", "signal": "logs"}
        _, credentials = OTLP.clean(config, {"headers": {"X-Api-KEY": "a secret"}})
        assert OTLP.mask(credentials) == {"headers": {"X-Api-KEY": "********"}}
