"""What happens on the way to a receiver: retries on schedule, redirects, 410, Retry-After, dead letters, redelivery,
rotation of signing keys in mid-stream, receivers that hang."""

import base64
import json
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blackbox.waiting import until


@pytest.fixture
def party(organization, inbox):
    """An active integration with one source that goes to one endpoint."""
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.the_endpoint = integration.endpoint(inbox)
    integration.subscribe(endpoint=integration.the_endpoint)
    return integration.activate()


def message(party, number=1):
    return party.the_source.post(number).ok()


def delivery_of(party, accepted):
    return party.operator.get(accepted["receipt"]).ok()["deliveries"][0]


def ended(party, accepted, state, seconds=20):
    return until(lambda: (found := delivery_of(party, accepted))["state"] == state and found, f"state {state}", seconds)


def test_it_fails_twice_and_then_succeeds(party, inbox):
    inbox.script += [(500, {}), (503, {})]
    accepted = message(party)
    seen = inbox.expect(3)
    assert len({one.id for one in seen}) == 1 and seen[0].id == accepted["message_id"]
    stamps = [int(one.headers["webhook-timestamp"]) for one in seen]
    assert stamps == sorted(stamps)
    assert all(one.verified_by for one in seen), "each attempt is signed with its own time"
    delivery = ended(party, accepted, "delivered")
    assert [(a["number"], a["result"], a["code"], a["class"], a["response_status"]) for a in delivery["attempts"]] == [
        (1, "failed", "receiver_error", "receiver", 500), (2, "failed", "receiver_throttled", "receiver", 503),
        (3, "delivered", None, None, 204)]
    for attempt in delivery["attempts"]:
        assert attempt["key_ids"] == [party.the_endpoint.key["id"]] and attempt["duration_ms"] >= 0
        assert attempt["remote_address"].startswith("127.0.0.1") and attempt["audit"]["index"] is not None
    shown = party.operator.get(party.path).ok()
    assert shown["last_success"]["at"] > shown["last_failure"]["at"]
    assert shown["last_failure"]["code"] == "receiver_throttled" and shown["last_failure"]["class"] == "receiver"


def test_the_next_attempt_is_told(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, schedule=(600, 600)))
    integration.activate()
    inbox.script.append((500, {}))
    accepted = message(integration)
    delivery = ended(integration, accepted, "retrying")
    assert delivery["next_attempt_at"] > delivery["attempts"][0]["ended_at"]
    organization.operator.post(f"/v1/deliveries/{delivery['id']}:redeliver").refused("delivery_in_progress")


def test_retry_after_is_honoured(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox))
    integration.activate()
    inbox.script.append((429, {"Retry-After": "300"}))
    accepted = message(integration)
    delivery = ended(integration, accepted, "retrying")
    first = delivery["attempts"][0]
    assert first["code"] == "receiver_throttled"
    assert seconds_between(first["ended_at"], delivery["next_attempt_at"]) >= 290


def seconds_between(one, two):
    import datetime
    return (datetime.datetime.fromisoformat(two.replace("Z", "+00:00")) -
            datetime.datetime.fromisoformat(one.replace("Z", "+00:00"))).total_seconds()


def test_dead_letter_and_redelivery(party, inbox):
    inbox.default = (500, {})
    accepted = message(party)
    delivery = ended(party, accepted, "dead_letter")
    assert len(delivery["attempts"]) == 4 and delivery["ended_at"]
    assert [stage for stage in party.operator.get(accepted["receipt"]).ok()["stages"]
            if stage["stage"] == "dead_lettered"]
    inbox.default = (204, {})
    queued = party.operator.post(f"/v1/deliveries/{delivery['id']}:redeliver")
    assert queued.status == 202
    again = ended(party, accepted, "delivered")
    assert again["attempts"][-1]["result"] == "delivered" and inbox.seen[-1].id == accepted["message_id"]


def test_after_erasure_redelivery_says_so(party):
    accepted = message(party)
    delivery = ended(party, accepted, "delivered")
    until(lambda: party.operator.get(accepted["receipt"]).ok()["payload"]["state"] == "erased", "the payload's end")
    party.operator.post(f"/v1/deliveries/{delivery['id']}:redeliver").refused("payload_erased")
    stages = [stage["stage"] for stage in party.operator.get(accepted["receipt"]).ok()["stages"]]
    assert stages.index("delivered") < stages.index("erased")


def test_410_disables_the_endpoint(party, inbox):
    inbox.script.append((410, {}))
    accepted = message(party)
    until(lambda: party.operator.get(party.the_endpoint.path).ok()["state"] == "disabled", "the endpoint's end")
    delivery = until(lambda: (d := delivery_of(party, accepted))["attempts"] and d, "the attempt")
    assert delivery["attempts"][0]["code"] == "receiver_gone" and delivery["state"] == "dead_letter"
    later = message(party, 2)
    assert later["deliveries"] == 0 or ended(party, later, "dead_letter")
    assert len(inbox.seen) == 1
    party.operator.change(party.the_endpoint.path, {"state": "active"}).ok()
    message(party, 3)
    inbox.expect(2)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(party, inbox, receiver, status):
    elsewhere = receiver.inbox(f"elsewhere-{status}")
    inbox.script.append((status, {"Location": elsewhere.url}))
    accepted = message(party)
    delivery = ended(party, accepted, "delivered")
    assert delivery["attempts"][0]["code"] == "redirect_refused" and not elsewhere.seen


def test_a_name_that_leads_to_a_forbidden_address_gets_nothing(organization, receiver):
    """In live no network is open: the name is judged by where it leads, at the moment of sending."""
    integration = organization.integration("live")
    integration.the_source = integration.source()
    port = receiver.address.rsplit(":", 1)[1]
    answer = organization.operator.post("/v1/endpoints", {"integration_id": integration.id, "name": "x",
                                                          "url": f"https://localhost:{port}/"})
    if answer.status == 201:
        created = answer.json["endpoint"]
        organization.operator.post("/v1/subscriptions", {"integration_id": integration.id, "event_types": [],
                                                         "endpoint_id": created["id"]}).ok()
        integration.activate()
        accepted = message(integration)
        delivery = until(lambda: (d := delivery_of(integration, accepted))["attempts"] and d, "the attempt")
        assert delivery["attempts"][0]["code"] == "forbidden_address"
        assert delivery["attempts"][0]["class"] == "policy"
    else:
        answer.refused("forbidden_address")


def test_a_receiver_that_is_not_there(organization, inbox):
    """A refused connection is the network's failure."""
    integration = organization.integration()
    integration.the_source = integration.source()
    port = inbox.url.rsplit(":", 1)[1].split("/")[0]
    organization.operator.post("/v1/endpoints", {"integration_id": integration.id, "name": "x",
                                                 "url": f"https://127.0.0.1:{port}/"}).ok()
    endpoint = organization.operator.get("/v1/endpoints", integration_id=integration.id).ok()["items"][0]
    organization.operator.post("/v1/subscriptions", {"integration_id": integration.id, "event_types": [],
                                                     "endpoint_id": endpoint["id"]}).ok()
    integration.activate()
    accepted = message(integration)
    delivery = until(lambda: (d := delivery_of(integration, accepted))["attempts"] and d, "the attempt")
    assert delivery["attempts"][0]["code"] in ("tls_failed", "connect_failed", "connection_lost")
    assert delivery["attempts"][0]["class"] == "network"


def test_a_slow_receiver_times_out(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, timeout_ms=200))
    integration.activate()
    hanging = threading.Event()
    inbox.script.append(hanging)
    accepted = message(integration)
    try:
        delivery = until(lambda: (d := delivery_of(integration, accepted))["attempts"] and d, "the attempt")
    finally:
        hanging.set()
    assert delivery["attempts"][0]["code"] == "receiver_timeout"
    ended(integration, accepted, "delivered")


def test_a_hanging_endpoint_slows_no_other(organization, receiver, inbox):
    integration = organization.integration()
    source = integration.source()
    slow = receiver.inbox(f"slow-{organization.id}")
    integration.subscribe(endpoint=integration.endpoint(inbox))
    integration.subscribe(endpoint=integration.endpoint(slow, max_concurrency=2))
    integration.activate()
    hanging = threading.Event()
    slow.script += [hanging] * 40
    try:
        for number in range(40):
            source.post(number).ok()
        inbox.expect(40)
        assert len(slow.script) >= 38, "no more than two at once"
    finally:
        hanging.set()
    slow.expect(40)


def test_a_breaker_leaves_a_failing_endpoint_alone(organization, receiver, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    failing = receiver.inbox(f"failing-{organization.id}")
    weak = integration.endpoint(failing, schedule=(600,), breaker_threshold=2)
    assert weak.json["breaker_threshold"] == 2
    integration.subscribe(endpoint=weak)
    strong = integration.endpoint(inbox)
    assert strong.json["breaker_threshold"] == 10, "where nothing else is said"
    integration.subscribe(endpoint=strong)
    integration.activate()

    def at_weak(accepted):
        deliveries = integration.operator.get(accepted["receipt"]).ok()["deliveries"]
        return next(one for one in deliveries if one["endpoint_id"] == weak.id)

    failing.script += [(500, {})] * 2
    for number in range(2):
        accepted = message(integration, number)
        until(lambda a=accepted: at_weak(a)["attempts"], "the failed attempt")
    third = message(integration, 3)
    waiting = until(lambda: (d := at_weak(third))["next_attempt_at"] and d, "its rest")
    assert waiting["attempts"] == [] and waiting["state"] == "queued", "a rest uses up no attempt"
    inbox.expect(3)
    assert len(failing.seen) == 2
    integration.operator.change(weak.path, {"breaker_threshold": 0}).ok()
    assert integration.operator.get(weak.path).ok()["breaker_threshold"] == 0


def test_a_key_rotated_in_mid_stream_loses_nothing(party, inbox):
    old = party.the_endpoint.secret
    for number in range(10):
        message(party, number)
    inbox.expect(10)
    rotated = party.operator.post(f"{party.the_endpoint.path}/keys:rotate",
                                  {"algorithm": "hmac_sha256", "overlap_seconds": 3600}).ok()
    new = rotated["secret"]
    inbox.secrets.append(new)
    for number in range(10, 20):
        message(party, number)
    seen = inbox.expect(20)
    assert all(one.answered == 204 for one in seen)
    assert all(set(one.verified_by) == {old, new} for one in seen[10:]), "old and new key both sign"
    assert len(seen[-1].headers["webhook-signature"].split(" ")) == 2
    party.operator.post(f"/v1/keys/{party.the_endpoint.key['id']}:retire", {"overlap_seconds": 0}).ok()
    for number in range(20, 25):
        message(party, number)
    seen = inbox.expect(25)
    assert all(one.verified_by == [new] for one in seen[20:])
    assert len({one.id for one in seen}) == 25


def test_v1a_by_choice(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    endpoint = integration.endpoint(inbox, signatures=["v1", "v1a"])
    integration.subscribe(endpoint=endpoint)
    integration.activate()
    accepted = message(integration)
    seen = inbox.expect(1)[0]
    entries = dict(entry.split(",", 1) for entry in seen.headers["webhook-signature"].split(" "))
    assert set(entries) == {"v1", "v1a"} and seen.verified_by
    keys = organization.operator.get(f"{endpoint.path}/keys").ok()["items"]
    public = next(key["public_key"] for key in keys if key["algorithm"] == "ed25519")
    signed = f"{accepted['message_id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_"))).verify(
        base64.b64decode(entries["v1a"]), signed)


def test_an_unwrapped_endpoint_gets_the_body_as_it_came(organization, inbox):
    integration = organization.integration()
    source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, body="unwrapped",
                                                        headers=[{"name": "X-Route", "value": "blue"}]))
    integration.activate()
    body = b'{"type":"order.created", "spaces" : [1,  2]}'
    source.send(body, source.sender.sign(body)).ok()
    seen = inbox.expect(1)[0]
    assert seen.body == body and seen.verified_by and seen.headers["x-route"] == "blue"


def test_loops_end(party, inbox):
    """A message that our own signed hop count says went through four gateways goes no further."""
    accepted = message(party)
    first = json.loads(inbox.expect(1)[0].body)
    assert first["hops"] == 1 and accepted["message_id"] == first["id"]
