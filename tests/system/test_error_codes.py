"""Codes that an ordinary request does not meet: they take a full gateway, a slow caller, or time that passes. Each is
provoked for real, comes as the contract says, and nothing was accepted."""

import concurrent.futures
import contextlib
import socket
import urllib.parse

import pytest

from blackbox import senders
from blackbox.clock import Clock
from blackbox.contract import contract
from blackbox.parties import Organization
from blackbox.waiting import until

BODY_BUDGET = 256 * 1024 * 1024  # of all bodies being read
BODY = 1024 * 1024
HEAD_SECONDS = 10


def connect(gateway):
    url = urllib.parse.urlsplit(gateway.http_url)
    return socket.create_connection((url.hostname, url.port), timeout=30)


def rest_of(connection):
    connection.settimeout(HEAD_SECONDS * 3)
    octets = b""
    while piece := connection.recv(65536):
        octets += piece
    return octets


def head_of(path, body, headers=()):
    lines = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{lines}\r\n").encode()


def party_of(gateway, sender=None):
    integration = Organization(gateway).integration()
    source = integration.source(sender)
    integration.activate()
    return source


def records(source):
    """Kinds of all records of the source's organization."""
    integration = source.integration
    note = integration.operator.get("/v1/audit/checkpoint", organization_id=integration.organization.id).ok()
    return [integration.organization.entry(index)["kind"] for index in range(int(note.split("\n")[1]))]


# -- request_timeout: begun before the other tests, so that its ten seconds pass beside them -------------------


@pytest.fixture(scope="module", autouse=True)
def slow_caller(gateway):
    source = party_of(gateway)
    body = source.sender.body(1)
    octets = head_of(source.path, body, source.sender.sign(body))
    with connect(gateway) as connection:
        connection.sendall(octets[:-2])  # all of the head but its last line
        yield source, connection


# -- overloaded ------------------------------------------------------------------------------------------------


def body_bytes(gateway):
    lines = gateway.metrics().text.split("\n")
    return next(int(float(line.split(" ")[1])) for line in lines if line.startswith("sealpost_api_body_bytes "))


def test_overloaded_says_when_and_accepts_nothing(start_gateway):
    with contextlib.ExitStack() as held:
        gateway = start_gateway()
        source = party_of(gateway)
        sending = Organization(gateway).integration()  # bodies are taken from known callers alone
        sending.source()
        sending.grant(["messages:write"])
        sending.activate()
        token = sending.credential().token()
        body = b'{"type":"order.created","data":{"pad":"' + b"x" * 8192 + b'"}}'  # more than the odd octets that are left
        most_of_one = b"x" * (BODY - 1)
        for _ in range(BODY_BUDGET // BODY + 1):
            connection = held.enter_context(connect(gateway))
            connection.sendall(b"POST /v1/messages:batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                               b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n" % (token.encode(), BODY))
            with contextlib.suppress(ConnectionError):  # the last ones find it full
                connection.sendall(most_of_one)
        until(lambda: body_bytes(gateway) > BODY_BUDGET - 4096, "the budget to be used up")
        with connect(gateway) as one_more:
            one_more.sendall(head_of(source.path, body, source.sender.sign(body)) + body)
            problem, headers = contract().judge_octets(rest_of(one_more))
        assert problem["code"] == "overloaded" and problem["status"] == 503
        assert int(headers["retry-after"]) >= 1 and headers["connection"] == "close"
        held.close()
        until(lambda: body_bytes(gateway) == 0, "room")
        assert "message.accepted" not in records(source)
        assert source.send(body, source.sender.sign(body)).status == 202  # the same request again


def test_strangers_bodies_are_not_taken(gateway):
    """More than the whole budget, announced by callers without a good token: not an octet of it is held."""
    with contextlib.ExitStack() as held:
        for authorization in (b"", b"Authorization: Bearer spt_test_" + b"a" * 100 + b"\r\n") * 20:
            connection = held.enter_context(connect(gateway))
            connection.sendall(b"POST /v1/messages:batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                               authorization + b"Content-Length: %d\r\n\r\n" % BODY + b"x" * 1000)
            problem, headers = contract().judge_octets(rest_of(connection))
            assert problem["code"] == ("invalid_token" if authorization else "missing_token") and problem["status"] == 401
            assert headers["connection"] == "close"
        assert body_bytes(gateway) == 0


# -- expired_token ---------------------------------------------------------------------------------------------


def test_a_token_past_its_minutes_is_expired(start_gateway, tmp_path):
    clock = Clock(tmp_path)
    gateway = start_gateway(environment=clock.environment())
    integration = Organization(gateway).integration()
    source = integration.source()
    credential = integration.credential()
    integration.activate()
    told = credential.request().ok()
    machine = gateway.http.with_token(told["access_token"])
    operator = gateway.operator.post("/v1/operator/tokens", {"lifetime_seconds": 60}).ok()
    operator = gateway.http.with_token(operator["access_token"])
    message = {"type": "order.created", "data": 1}
    machine.post("/v1/messages", message).ok()
    operator.get("/v1/organizations").ok()

    clock.shift(told["expires_in"] - 5)
    machine.post("/v1/messages", message).ok()
    operator.get("/v1/organizations").refused("expired_token")
    clock.shift(told["expires_in"] + 1)
    answer = machine.post("/v1/messages", message)
    assert answer.refused("expired_token")["status"] == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert records(source).count("message.accepted") == 2
    credential.client().post("/v1/messages", message).ok()


# -- challenge_refused -----------------------------------------------------------------------------------------


def test_a_challenge_that_may_not_be_echoed_is_refused(gateway):
    source = party_of(gateway, senders.Slack())
    refusals = []
    for text in ("<script>", "a" * 257, "", "line\nend", 7, None):
        body = source.sender.challenge(text)
        answer = source.send(body, source.sender.sign(body))
        problem = answer.refused("challenge_refused")
        assert problem["status"] == 400 and (not isinstance(text, str) or not text or text not in answer.text)
        refusals.append(problem["refusal_id"])
        # Who has shown no key learns nothing about challenges.
        forged = {**source.sender.sign(body), "X-Slack-Signature": "v0=" + "0" * 64}
        source.send(body, forged).refused("bad_signature")
    first = f"/v1/refusals/{refusals[0]}"  # filed at once; those that follow are counted
    found = until(lambda: (answer := gateway.operator.get(first)).status == 200 and answer.json, "the refusal")
    assert found["code"] == "challenge_refused"
    assert {step["outcome"] for step in found["steps"] if step["step"] in ("signature", "key_state")} == {"passed"}
    assert "message.accepted" not in records(source)


# -- request_timeout: its end ----------------------------------------------------------------------------------


def test_a_head_that_does_not_end_is_timed_out(slow_caller):
    source, connection = slow_caller
    problem, headers = contract().judge_octets(rest_of(connection))
    assert problem["code"] == "request_timeout" and problem["status"] == 408
    assert headers["connection"] == "close"
    assert "message.accepted" not in records(source)
