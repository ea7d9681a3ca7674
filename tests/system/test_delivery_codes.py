"""How an attempt can end that an ordinary receiver does not show: each end has its code and class in the receipt, and the
record of the attempt says the same."""

import base64
import contextlib
import json
import socket
import sqlite3
import threading

import pytest

from blackbox.gateway import Gateway
from blackbox.parties import Organization
from blackbox.waiting import until


class Misbehaving:
    """A receiver that reads a request and then does as `answer` says with the bare connection."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(10)
                    octets = b""
                    while b"\r\n\r\n" not in octets and (piece := connection.recv(65536)):
                        octets += piece
                    self.asked = octets
                    self.answer(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


def says_too_much(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def never_ends_its_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def never_ends_one_header(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
    while True:
        connection.sendall(b"x" * 1000)


def hangs_up(connection):
    connection.sendall(b"HTTP/1.1 2")


class Echoing(Misbehaving):
    """A debug page: what came in the head goes out in the body."""

    def __init__(self):
        super().__init__(self.echo)

    def echo(self, connection):
        text = self.asked.split(b"\r\n\r\n")[0].replace(b"\r\n", b" | ")
        connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(text) + text)


@pytest.fixture(scope="module")
def deaf():
    """An address where nobody listens and nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % bound.getsockname()[1]


@pytest.fixture(scope="module")
def receivers(deaf):
    made = {"too much": Misbehaving(says_too_much), "connection_lost": Misbehaving(hangs_up),
            "headers": Misbehaving(never_ends_its_headers), "one header": Misbehaving(never_ends_one_header),
            "echo": Echoing()}
    yield {"connect_failed": deaf, **{code: one.address for code, one in made.items()}}
    for one in made.values():
        one.close()


@pytest.fixture(scope="module")
def own_gateway(receivers):
    with Gateway(plain_http=list(receivers.values())) as one:
        yield one.start()


def party_with(gateway, url):
    integration = Organization(gateway).integration()
    integration.the_source = integration.source()
    integration.the_endpoint = integration.endpoint(url=url, schedule=(0,))
    integration.subscribe(endpoint=integration.the_endpoint)
    return integration.activate()


def ended(party, accepted, state="dead_letter"):
    def look():
        delivery, = party.operator.get(accepted["receipt"]).ok()["deliveries"]
        return delivery if delivery["state"] == state else None
    return until(look, f"a delivery that is {state}")


def judge_attempts(party, delivery, code, kind):
    """The receipt and the log tell the same end."""
    for attempt in delivery["attempts"]:
        assert (attempt["code"], attempt["class"]) == (code, kind), attempt
        entry = party.organization.entry(attempt["audit"]["index"])
        fields = {}
        for group in entry["groups"]:
            fields.update(json.loads(base64.b64decode(group["fields"])))
        assert (fields["code"], fields["failure_class"]) == (code, kind)


@pytest.mark.parametrize(("code", "kind"), [("connect_failed", "network"), ("connection_lost", "network")])
def test_a_receiver_that_misbehaves(own_gateway, receivers, code, kind):
    party = party_with(own_gateway, f"http://{receivers[code]}/hook")
    judge_attempts(party, ended(party, party.the_source.post(1).ok()), code, kind)


@pytest.mark.parametrize("what", ["headers", "one header"])
def test_headers_without_end_are_the_receivers_fault(own_gateway, receivers, what):
    party = party_with(own_gateway, f"http://{receivers[what]}/hook")
    judge_attempts(party, ended(party, party.the_source.post(1).ok()), "response_too_large", "receiver")


def test_what_a_debug_page_echoes_is_not_kept(own_gateway, receivers):
    secrets = {"Authorization": "Basic amFuZTpo", "X-Api-Key": "correcthorse", "X-Pet": "two tigers"}
    integration = Organization(own_gateway).integration()
    source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(
        url=f"http://{receivers['echo']}/hook?key=hunter&team=blue", schedule=(0,),
        headers=[{"name": name, "value": value} for name, value in secrets.items()]))
    party = integration.activate()
    delivery = ended(party, source.post(1).ok())
    assert len(delivery["attempts"]) == 2
    with contextlib.closing(sqlite3.connect(f"file:{own_gateway.data / 'sealpost.db'}?mode=ro", uri=True)) as database:
        kept = [facts for facts, in database.execute("SELECT facts FROM attempt WHERE facts LIKE '%X-Api-Key%'")]
    assert len(kept) == 2
    for facts in kept:
        assert "X-Api-Key: *" in facts and "content-type: application/json" in facts.lower(), facts
        for secret in [*secrets.values(), "amFuZTpo", "hunter", "blue", "v1,", "tigers"]:
            assert secret not in facts, facts


def test_the_status_counts_however_much_follows_it(own_gateway, receivers):
    party = party_with(own_gateway, f"http://{receivers['too much']}/hook")
    delivery = ended(party, party.the_source.post(1).ok(), "delivered")
    assert [attempt["response_status"] for attempt in delivery["attempts"]] == [200]


def test_a_name_that_is_none(own_gateway):
    """`.invalid` never resolves (RFC 6761)."""
    party = party_with(own_gateway, "https://nobody.invalid/hook")
    judge_attempts(party, ended(party, party.the_source.post(1).ok()), "name_not_resolved", "network")


def test_an_endpoint_without_a_key_signs_nothing(own_gateway, receivers):
    party = party_with(own_gateway, f"http://{receivers['connect_failed']}/hook")
    endpoint = party.the_endpoint
    party.operator.post(f"/v1/keys/{endpoint.key['id']}:mark-compromised",
                        {"compromised_since": "2026-01-01T00:00:00Z", "reason": "lost"}).ok()
    judge_attempts(party, ended(party, party.the_source.post(1).ok()), "signing_key_missing", "signing")


def test_what_a_disabled_endpoint_was_to_get_is_not_sent_again(own_gateway, receivers):
    party = party_with(own_gateway, f"http://{receivers['connect_failed']}/hook")
    delivery = ended(party, party.the_source.post(1).ok())
    party.operator.change(party.the_endpoint.path, {"state": "disabled"}).ok()
    party.operator.post(f"/v1/deliveries/{delivery['id']}:redeliver").refused("endpoint_disabled")


def test_an_attempt_that_a_crash_cut_off_has_an_unknown_outcome(start_gateway, receiver):
    """The receiver has the request, the gateway dies before the answer: nobody can say, so it is tried again under the
    same id."""
    gateway = start_gateway()
    inbox = receiver.inbox("crash")
    hold = threading.Event()
    inbox.script.append(hold)
    organization = Organization(gateway)
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, schedule=(0, 0)))
    integration.activate()
    accepted = integration.the_source.post(1).ok()
    until(lambda: not inbox.script, "the receiver to hold the request")
    gateway.kill()
    hold.set()
    gateway.start()
    integration.operator = organization.operator = gateway.operator

    def look():
        delivery, = gateway.operator.get(accepted["receipt"]).ok()["deliveries"]
        return delivery if delivery["state"] == "delivered" else None
    delivery = until(look, "the delivery")
    first, last = delivery["attempts"][0], delivery["attempts"][-1]
    assert (first["code"], first["class"]) == ("outcome_unknown", "network")
    assert last["code"] is None and len({seen.id for seen in inbox.seen}) == 1
