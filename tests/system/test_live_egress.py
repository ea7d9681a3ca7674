"""Deliveries in `live`: https and globally reachable addresses alone, with a CA that the operator chose. The gateway
runs in a network of its own, which has such an address and no way out."""

import contextlib
import os
import signal
import ssl

import pytest

from blackbox.certificates import Authority
from blackbox.client import Client
from blackbox.gateway import Gateway
from blackbox.own_network import ADDRESS, OwnNetwork, why_not
from blackbox.parties import Organization
from blackbox.receiver import Receiver
from blackbox.waiting import until


@pytest.fixture(scope="module")
def network():
    if reason := why_not():
        assert os.environ.get("CI") != "true", f"CI=true needs a network namespace: {reason}"
        pytest.skip(f"no network namespace can be made: {reason}")
    with OwnNetwork() as one:
        yield one


@pytest.fixture(scope="module")
def authorities():
    return {"known": Authority("the company's"), "unknown": Authority("somebody's")}


@pytest.fixture
def receive(network, authorities, tmp_path):
    """A function that starts a receiver in that network; it ends with the test."""
    started = []

    def start(authority, address=ADDRESS):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authorities[authority].issue(tmp_path, authority, address))
        started.append(Receiver(network.listener(), context))
        return started[-1].inbox("hook")

    yield start
    for one in started:
        one.close()


@contextlib.contextmanager
def live_gateway(network, ca_file):
    """An organization at a gateway in that network, which believes `ca_file` alone. What reaches the gateway comes over
    its Unix socket: its other ones are in there."""
    with Gateway(limits=f'[egress]\nca_file = "{ca_file}"') as gateway:
        gateway.start(network.prefix)
        gateway.http.close()
        gateway.http = Client("http://gateway", socket=gateway.socket)
        yield Organization(gateway)


@pytest.fixture(scope="module")
def live(network, authorities, tmp_path_factory):
    ca_file = tmp_path_factory.mktemp("live") / "ca.pem"
    ca_file.write_bytes(authorities["known"].pem)
    with live_gateway(network, ca_file) as organization:
        yield organization


def send(organization, inbox):
    """One signed event towards this inbox, with one attempt at once and one in a day."""
    integration = organization.integration("live")
    source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, schedule=(86_400,)))
    integration.activate()
    return source.post(1).ok()


def tried(organization, accepted):
    """Its delivery, once an attempt is over."""
    def look():
        delivery, = organization.operator.get(accepted["receipt"]).ok()["deliveries"]
        return delivery if delivery["attempts"] else None
    return until(look, "an attempt")


def expect_tls_failed(organization, accepted, inbox):
    attempt, = tried(organization, accepted)["attempts"]
    assert (attempt["code"], attempt["class"]) == ("tls_failed", "network"), attempt
    assert inbox.seen == []


def test_an_event_arrives_verified(live, receive):
    inbox = receive("known")
    accepted = send(live, inbox)
    seen, = inbox.expect(1)
    assert seen.id == accepted["message_id"] and seen.verified_by == inbox.secrets
    delivery = until(lambda: (d := tried(live, accepted))["state"] == "delivered" and d, "the delivery")
    assert [attempt["response_status"] for attempt in delivery["attempts"]] == [204]


def test_a_certificate_of_an_unknown_authority_is_not_believed(live, receive):
    inbox = receive("unknown")
    expect_tls_failed(live, send(live, inbox), inbox)


def test_a_certificate_of_another_address_is_not_believed(live, receive):
    inbox = receive("known", address="93.184.216.35")
    expect_tls_failed(live, send(live, inbox), inbox)


def test_a_replaced_authority_counts_after_sighup(network, receive, authorities, tmp_path):
    """The new one is believed, and the old one no more."""
    old, new = receive("known"), receive("unknown")
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authorities["known"].pem)
    with live_gateway(network, ca_file) as live:
        expect_tls_failed(live, send(live, new), new)
        ca_file.write_bytes(authorities["unknown"].pem)
        live.gateway.signal(signal.SIGHUP)
        until(lambda: '"reloaded"' in live.gateway.log(), "the end of the reload")
        accepted = send(live, new)
        assert tried(live, accepted)["attempts"][0]["code"] is None, "the new authority is not believed"
        assert [seen.id for seen in new.seen] == [accepted["message_id"]]
        expect_tls_failed(live, send(live, old), old)
