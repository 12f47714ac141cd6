import asyncio
import socket
import time

import pytest
import uvloop

from connectors import names, perloop
from connectors.probes import http
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import tls_context
from tests.connectors.loops import run
from tests.servers.dns import name_server
from tests.servers.http import close, garbage, hang, listening, web
from tests.servers.process import free_port
from tests.servers.tls import server_context


@pytest.fixture
def steps():
    return Steps(("resolve", "connect", "tls", "ask"))


@pytest.fixture
def trust(authority):
    return tls_context(authority.pem)


def call(url, method="GET", **options):
    return run(http.call(method, url, **options))


def failure(url, method="GET", **options):
    with pytest.raises(CheckFailed) as caught:
        call(url, method, **options)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value


def codes(steps):
    return {step["name"]: step["code"] or step["status"] for step in steps.records}


def test_a_request_is_sent_as_it_is_written(http_server):
    url = http_server.url("/a%2Fb/%7Ec//d;e=f?g=%20h&i=j%3D&k", host="localhost")
    answer = call(url, "PUT", headers={"X-Own": "value", "Content-Type": "text/plain"}, body=b"\x00body")
    assert (answer.status, answer.body) == (200, b"ok")
    request = http_server.request
    assert (request.method, request.body) == ("PUT", b"\x00body")
    assert request.target == "/a%2Fb/%7Ec//d;e=f?g=%20h&i=j%3D&k"
    assert request.headers.pop("host") == f"localhost:{http_server.port}"
    assert request.headers == {
        "x-own": "value",
        "content-type": "text/plain",
        "content-length": "5",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_what_a_url_may_not_hold_is_escaped(http_server):
    call(http_server.url('/ü "x"?y=ä#fragment'))
    assert http_server.request.target == "/%C3%BC%20%22x%22?y=%C3%A4"


def test_a_url_without_a_path_means_the_root(http_server):
    call(http_server.url("?a=b"))
    assert http_server.request.target == "/?a=b"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/path",
        "ftp://127.0.0.1/",
        "http://",
        "http://a:b@127.0.0.1/",
        "http://[::1",
        "http://a:99999/",
        "http://a:b/",
    ],
)
def test_what_is_no_url_of_a_web_server_is_refused(url):
    assert failure(url).code == "config"


def test_https_is_verified_and_carries_the_name(https_server, trust, steps):
    answer = call(https_server.url(host="LocalHost."), steps=steps, tls=trust)
    assert answer.status == 200
    assert https_server.request.headers["host"] == f"localhost:{https_server.port}"
    assert codes(steps) == {"resolve": "passed", "connect": "passed", "tls": "passed", "ask": "skipped"}
    assert https_server.connections == 1


def test_https_to_an_ip_address_is_verified_against_it(https_server, trust):
    assert call(https_server.url(host="127.0.0.1"), tls=trust).status == 200


def test_ipv6_is_reached():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("This machine has no IPv6 loopback address.")
    with listening(web, host="::1") as server:
        assert call(server.url(host="[::1]")).status == 200
        assert server.request.headers["host"] == f"[::1]:{server.port}"


def test_http_says_that_there_was_no_tls(http_server, steps):
    call(http_server.url(), steps=steps)
    records = {step["name"]: step for step in steps.records}
    assert records["tls"]["status"] == "skipped"
    assert "http://" in records["tls"]["message"]


def test_the_step_of_the_request_begins_when_the_connection_stands(http_server, steps):
    async def ask():
        with steps("ask"):
            return await http.call("GET", http_server.url(), steps)

    run(ask())
    assert [step["name"] for step in steps.records] == ["resolve", "connect", "tls", "ask"]
    assert codes(steps)["ask"] == "passed"


def test_a_failed_connection_is_not_a_failed_request(steps):
    async def ask():
        with steps("ask"):
            await http.call("GET", f"http://127.0.0.1:{free_port()}", steps)

    with pytest.raises(CheckFailed):
        run(ask())
    assert codes(steps) == {"resolve": "passed", "connect": "refused", "tls": "skipped", "ask": "skipped"}


def test_redirects_are_answers(http_server):
    with listening(web) as elsewhere:
        answer = call(http_server.url(f"/redirect?to={elsewhere.url()}"))
        assert (answer.status, answer.headers["location"]) == (302, elsewhere.url())
        assert elsewhere.connections == 0
    assert http_server.connections == 1


def test_cookies_are_not_kept(http_server):
    url = http_server.url("/cookie", host="localhost")  # clients do not keep those of an IP address anyway

    async def twice():
        await http.call("GET", url)
        return await http.call("GET", url)

    assert run(twice()).headers["set-cookie"] == "a=b; Path=/, c=d"
    assert "cookie" not in http_server.request.headers


def test_proxies_of_the_environment_are_not_used(http_server, monkeypatch):
    with listening(web) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert call(http_server.url()).status == 200
        assert proxy.connections == 0


def test_passwords_of_the_home_folder_are_not_sent(http_server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    call(http_server.url())
    assert "authorization" not in http_server.request.headers


def test_an_endless_answer_is_cut_off(http_server):
    started = time.monotonic()
    answer = call(http_server.url("/endless"))
    assert len(answer.body) == 64 * 1024
    assert time.monotonic() - started < 5


def test_who_expects_more_may_read_more(http_server):
    assert len(call(http_server.url("/endless"), limit=200_000).body) == 200_000
    for limit, length in ((200_000, 64 * 1024), (10, 10)):  # a refusal is short
        assert len(call(http_server.url("/endless/404"), limit=limit).body) == length


def test_a_compressed_answer_is_not_unpacked(http_server):
    answer = call(http_server.url("/bomb"))
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 64 * 1024


@pytest.mark.parametrize("path", ["/many_headers", "/long_header"])
def test_too_many_headers_are_not_read(http_server, path):
    assert failure(http_server.url(path)).code == "protocol"


@pytest.mark.parametrize(
    ("path", "word"), [("/garbage", "valid HTTP"), ("/close", "closed the connection"), ("/half", "complete")]
)
def test_an_answer_that_is_none_is_told_apart(http_server, path, word):
    told = failure(http_server.url(path))
    assert told.code == "protocol"
    assert word in told.message
    assert f"127.0.0.1:{http_server.port}" in told.message


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_request_is_sent_once_even_if_the_connection_breaks(http_server, method):
    failure(http_server.url("/close"), method)
    assert len(http_server.requests) == 1


def test_a_server_that_never_answers_is_given_up(http_server, monkeypatch):
    monkeypatch.setattr(http, "ANSWER_LIMIT", 0.3)
    assert failure(http_server.url("/hang")).code == "timeout"


def test_http_spoken_to_a_tls_port(https_server):
    told = failure(https_server.url().replace("https", "http"))
    assert told.code == "protocol"
    assert "https://" in told.remedy


def test_https_spoken_to_a_plain_port(http_server):
    told = failure(http_server.url().replace("http", "https"))
    assert told.code == "tls"
    assert "does not speak TLS" in told.message


@pytest.mark.parametrize(("talk", "code"), [(garbage, "tls"), (close, "tls")])
def test_https_spoken_to_anything_else(talk, code, trust):
    with listening(talk) as server:
        assert failure(server.url().replace("http", "https"), tls=trust).code == code


def test_a_server_that_wants_a_client_certificate(authority, trust):
    with listening(web, server_context(authority, "localhost", client=authority)) as server:
        told = failure(server.url(host="localhost"), tls=trust)
    assert told.code == "tls"
    assert "client certificate" in told.message


def test_a_dead_port():
    port = free_port()
    told = failure(f"http://127.0.0.1:{port}")
    assert told.code == "refused"
    assert f"127.0.0.1:{port}" in told.message


def test_an_unknown_host(settings):
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        assert failure("https://nowhere.invalid/").code == "dns"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0177.1", "2130706433", "[::ffff:7f00:1]", "127.0.0.1."]
)
def test_a_forbidden_address_is_not_even_touched(http_server, settings, host, steps):
    settings.EGRESS_ALLOW = []
    assert failure(http_server.url(host=host), steps=steps).code == "blocked"
    assert http_server.connections == 0
    assert codes(steps) == {"resolve": "blocked", "connect": "skipped", "tls": "skipped", "ask": "skipped"}


def test_a_name_that_changes_its_address_is_asked_for_once(settings, monkeypatch):
    monkeypatch.setattr(names, "KEEP", 0.0)
    settings.EGRESS_ALLOW = ["127.0.0.1/32"]
    with listening(web) as server, name_server({"rebinding.example": [["127.0.0.1"], ["10.0.0.1"]]}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        url = server.url(host="rebinding.example")
        assert call(url).status == 200
        assert len(server.requests) == 1
        assert server.request.headers["host"] == f"rebinding.example:{server.port}"
        assert failure(url).code == "blocked"


def test_each_of_many_requests_at_once_has_its_own_place(http_server):
    async def many():
        with listening(web) as other:
            urls = [server.url(f"/{number}") for number in range(20) for server in (http_server, other)]
            await asyncio.gather(*(http.call("GET", url) for url in urls))
            return other

    other = run(many())
    expected = {f"/{number}" for number in range(20)}
    assert {request.target for request in http_server.requests} == expected
    assert {request.target for request in other.requests} == expected


def test_a_cancelled_request_leaves_nothing_open(http_server):
    async def cancel():
        task = asyncio.create_task(http.call("GET", http_server.url("/hang")))
        while not http_server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancel())


def test_it_works_on_uvloop(https_server, trust, steps):
    async def main():
        try:
            answer = await http.call("GET", https_server.url(host="localhost"), steps, tls=trust)
            with pytest.raises(CheckFailed, match="tls"):
                await http.call("GET", https_server.url(host="localhost"))
            with pytest.raises(CheckFailed, match="refused"):
                await http.call("GET", f"http://127.0.0.1:{free_port()}")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await http.call("GET", https_server.url("/hang", host="localhost"), tls=trust)
            return answer
        finally:
            await perloop.close()

    assert uvloop.run(main()).status == 200
    assert codes(steps)["tls"] == "passed"


def test_a_silent_tls_port_is_a_timeout(trust, monkeypatch, steps):
    monkeypatch.setattr("connectors.tls.LIMIT", 0.3)
    with listening(hang) as server:
        assert failure(server.url().replace("http", "https"), tls=trust, steps=steps).code == "timeout"
    assert codes(steps)["tls"] == "timeout"
