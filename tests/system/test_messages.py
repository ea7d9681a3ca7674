"""Messages in through the API, one by one and in batches; inbox channels; receipts."""

import datetime
import uuid

import pytest

from blackbox.parties import Organization
from blackbox.waiting import until


@pytest.fixture
def party(organization):
    integration = organization.integration()
    integration.grant(["messages:write", "messages:read", "channels:read", "deliveries:read", "deliveries:retry"])
    channel = organization.channel()
    integration.subscribe(channel=channel)
    integration.credentials = integration.credential()
    integration.channel = channel
    integration.source()
    return integration.activate()


def test_a_message_is_accepted_once_under_its_key(party):
    client = party.credentials.client()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"type": "order.created", "data": {"order": 1}}
    first = client.post("/v1/messages", body, headers=key)
    again = client.post("/v1/messages", body, headers=key)
    assert first.status == 202 and again.status == 200
    assert again.json["duplicate"] and again.json["message_id"] == first.json["message_id"]
    client.post("/v1/messages", {**body, "data": 2}, headers=key).refused("idempotency_mismatch")
    other = client.post("/v1/messages", body)
    assert other.status == 202 and other.json["message_id"] != first.json["message_id"]


def test_idempotency_is_the_callers_own(organization, party):
    other = organization.integration()
    other.source()
    credential = other.credential()
    other.activate()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"type": "order.created", "data": 1}
    one = party.credentials.client().post("/v1/messages", body, headers=key).ok()
    two = credential.client().post("/v1/messages", body, headers=key)
    assert two.status == 202 and two.json["message_id"] != one["message_id"]


def of_size(octets):
    """A message whose JSON text has so many octets."""
    frame = b'{"type":"a.b","data":""}'
    return frame[:-2] + b"x" * (octets - len(frame)) + frame[-2:]


def test_limits_of_a_message(party):
    client = party.credentials.client()
    json_body = {"Content-Type": "application/json"}
    client.post("/v1/messages", content=of_size(256 * 1024), headers=json_body).ok()
    client.post("/v1/messages", content=of_size(256 * 1024 + 1), headers=json_body).refused("body_too_large")
    batch = b'{"messages":[' + of_size(256 * 1024) + b"," + of_size(256 * 1024 + 1) + b"," + of_size(100) + b"]}"
    results = client.post("/v1/messages:batch", content=batch, headers=json_body).ok()["results"]
    assert [result["status"] for result in results] == [202, 413, 202], "an element is bound as a message of its own"
    assert results[1]["problem"]["code"] == "body_too_large"
    client.post("/v1/messages", {"type": "a b ", "data": 1}).refused("validation_failed")
    client.post("/v1/messages", {"type": "a.b", "data": 1, "more": 1}).refused("unknown_field")
    client.post("/v1/messages", {"data": 1}).refused("validation_failed")
    deep = "[" * 100 + "]" * 100
    answer = client.post("/v1/messages", content=f'{{"type":"a.b","data":{deep}}}'.encode(),
                         headers={"Content-Type": "application/json"})
    assert answer.status in (400, 422), answer.text


def test_each_element_of_a_batch_has_its_own_result(party):
    client = party.credentials.client()
    again = str(uuid.uuid4())
    client.post("/v1/messages:batch", {"messages": [{"type": "a.b", "data": 0, "idempotency_key": again}]}).ok()
    results = client.post("/v1/messages:batch", {"messages": [
        {"type": "a.b", "data": 1}, {"type": "a.b", "data": 0, "idempotency_key": again},
        {"type": "a.b", "data": 2, "idempotency_key": again}, {"type": "a.b", "data": 3}]}).ok()["results"]
    assert [result["status"] for result in results] == [202, 200, 409, 202]
    assert results[1]["accepted"]["duplicate"] and results[2]["problem"]["code"] == "idempotency_mismatch"
    assert len({results[i]["accepted"]["message_id"] for i in (0, 1, 3)}) == 3
    for result in (results[0], results[3]):
        client.get(result["accepted"]["receipt"]).ok()


def test_the_size_of_a_batch(party):
    client = party.credentials.client()
    one = {"type": "a.b", "data": 1}
    assert len(client.post("/v1/messages:batch", {"messages": [one] * 100}).ok()["results"]) == 100
    for count in (0, 101):
        answer = client.post("/v1/messages:batch", {"messages": [one] * count})
        assert answer.code in ("too_many_items", "validation_failed"), answer.text


def test_the_inbox_is_read_by_those_who_may(party):
    client = party.credentials.client()
    sent = [client.post("/v1/messages", {"type": "note.made", "data": {"n": n}}).ok() for n in range(3)]
    path = f"/v1/channels/{party.channel['id']}/messages"
    items = until(lambda: (found := list(client.pages(path, limit=2))) and len(found) == 3 and found, "three in the inbox")
    assert [item["message_id"] for item in items] == [one["message_id"] for one in sent]
    assert [item["payload"]["json"]["n"] if "n" in item["payload"]["json"] else item["payload"]["json"]["data"]["n"]
            for item in items] == [0, 1, 2]
    assert all(item["erase_at"] for item in items)
    delivery = client.get(f"/v1/deliveries/{items[0]['delivery_id']}").ok()
    assert delivery["channel_id"] == party.channel["id"] and delivery["endpoint_id"] is None


def test_the_summary_follows_the_rules_of_the_integration(party):
    client = party.credentials.client()
    body = {"type": "order.created", "data": {"order": 17, "mail": "ada@example.test", "note": "by hand"}}

    def summary():
        receipt = client.post("/v1/messages", body).ok()
        return party.operator.get(receipt["receipt"]).ok()["summary"]

    assert summary() == {}, "a field that no rule names is dropped"
    rules = [{"event_type": "order.created", "fields": [{"pointer": "/order", "treatment": "keep"},
                                                        {"pointer": "/mail", "treatment": "mask"}],
              "keep_payload_days": 0}]
    assert party.operator.get(party.path).ok()["event_rules"] == []
    changed = party.operator.change(party.path, {"event_rules": rules}).ok()
    assert changed["event_rules"] == rules
    told = summary()
    assert told["order"] == 17 and "note" not in told
    assert "mail" in told and "ada" not in str(told)
    second = party.organization.integration(event_rules=rules)
    assert second.json["event_rules"] == rules


def test_only_subscribed_types_arrive(organization, party):
    second = organization.channel()
    party.subscribe(channel=second, event_types=["wanted.event"])
    client = party.credentials.client()
    client.post("/v1/messages", {"type": "other.event", "data": 1}).ok()
    wanted = client.post("/v1/messages", {"type": "wanted.event", "data": 1}).ok()
    assert wanted["deliveries"] == 2
    path = f"/v1/channels/{second['id']}/messages"
    items = until(lambda: client.get(path).ok()["items"], "the wanted one")
    assert [item["message_id"] for item in items] == [wanted["message_id"]]


def test_the_end_of_a_payload_follows_the_configuration(start_gateway):
    gateway = start_gateway(limits="payload_inbox_days = 3")
    organization = Organization(gateway)
    integration = organization.integration()
    integration.grant(["messages:write", "channels:read"])
    channel = organization.channel()
    integration.subscribe(channel=channel)
    source = integration.source()
    credential = integration.credential()
    integration.activate()
    client = credential.client()
    receipt = gateway.operator.get(source.post(1).ok()["receipt"]).ok()
    assert receipt["payload"]["erase_at"] == until(
        lambda: client.get(f"/v1/channels/{channel['id']}/messages").ok()["items"], "the item")[0]["erase_at"]
    accepted, erased = (datetime.datetime.fromisoformat(time) for time in
                        (receipt["accepted_at"], receipt["payload"]["erase_at"]))
    assert erased - accepted == datetime.timedelta(days=3)


def test_the_receipt_tells_the_stages(organization, party):
    client = party.credentials.client()
    accepted = client.post("/v1/messages", {"type": "order.created", "data": 1}).ok()
    receipt = until(lambda: (found := client.get(accepted["receipt"]).ok())["audit"]["index"] is not None and found,
                    "the record to stand in the tree")
    stages = [stage["stage"] for stage in receipt["stages"]]
    assert stages[:3] == ["received", "verified", "authorized"] or stages[:2] == ["received", "authorized"]
    assert "accepted" in stages
    times = [stage["at"] for stage in receipt["stages"]]
    assert times == sorted(times)
    accepted_stage = next(stage for stage in receipt["stages"] if stage["stage"] == "accepted")
    assert accepted_stage["audit"] == receipt["audit"] and receipt["audit"]["log_origin"] == organization.json["log_origin"]
    assert receipt["actor"]["kind"] == "machine" and receipt["actor"]["id"] == party.credentials.json["id"]
    assert receipt["grant_id"] == party.grant_json["id"] and receipt["source_id"] is None
    assert receipt["payload"]["state"] == "stored" and receipt["payload"]["encryption"] == "xaes_256_gcm"
