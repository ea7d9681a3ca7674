"""Every inbound scheme on its main path: a sender that signs as its provider does is accepted, its message is
delivered, signed anew; and the refusals and replay rows of contract/signing.md that it can reach."""

import base64
import json
import time

import pytest

from blackbox import senders
from blackbox.client import Refused
from blackbox.waiting import until

SCHEMES = {sender.scheme: sender for sender in senders.ALL}
TIMED = [name for name, sender in SCHEMES.items() if sender.signs_time]
SIGNED_ID = ["standard_v1", "standard_v1a", "stripe", "slack", "gitlab_signed", "generic_hmac"]


@pytest.fixture(params=list(SCHEMES))
def scheme(request):
    return request.param


@pytest.fixture
def source(organization, scheme):
    return make_source(organization, scheme)


def make_source(organization, scheme, **settings):
    integration = organization.integration()
    made = integration.source(SCHEMES[scheme](), **settings)
    integration.activate()
    return made


def test_a_good_request_is_accepted_and_delivered(organization, inbox, scheme):
    integration = organization.integration()
    source = integration.source(SCHEMES[scheme]())
    endpoint = integration.endpoint(inbox)
    integration.subscribe(endpoint=endpoint)
    integration.activate()
    accepted = source.post(7)
    assert accepted.status == 202
    receipt = accepted.json
    assert not receipt["duplicate"] and receipt["deliveries"] == 1
    got = inbox.expect(1)[0]
    assert got.verified_by == [endpoint.secret], "the published library accepts what we signed"
    body = json.loads(got.body)
    assert body["organization"] == organization.id and body["environment"] == "test"
    assert body["endpoint"] == endpoint.id and '"number": 7' in json.dumps(body["data"])
    message = organization.operator.get(receipt["receipt"]).ok()
    assert message["signature"]["scheme"] == scheme
    assert message["signature"]["status"] == ("not_signed" if scheme == "gitlab_token" else "verified")
    assert message["signature"]["key_id"] == source.key["id"]


def test_a_changed_body_is_refused(source):
    sender = source.sender
    body = sender.body(1)
    headers = sender.sign(body)
    if source.sender.scheme == "gitlab_token":
        headers["X-Gitlab-Token"] = headers["X-Gitlab-Token"][:-1] + "~"
    answer = source.send(body.replace(b"1", b"2"), headers)
    answer.refused("bad_signature")
    assert answer.json["refusal_id"]


def test_without_a_signature_it_is_refused(source):
    body = source.sender.body(1)
    names = {"X-Hub-Signature-256", "Stripe-Signature", "X-Slack-Signature", "webhook-signature", "X-Gitlab-Token",
             "X-Acme-Signature"}
    headers = {name: value for name, value in source.sender.sign(body).items() if name not in names}
    source.send(body, headers).refused("missing_signature")


@pytest.mark.parametrize("scheme", TIMED)
def test_the_window_holds_in_both_directions(source):
    source.post(1, at=time.time() - 290).ok()
    source.post(2, at=time.time() + 290).ok()
    source.post(3, at=time.time() - 310).refused("timestamp_expired")
    source.post(4, at=time.time() + 310).refused("timestamp_in_future")


@pytest.mark.parametrize("scheme", TIMED)
def test_a_narrow_window_is_a_setting(organization, scheme):
    source = make_source(organization, scheme, window_seconds=10)
    source.post(1, at=time.time() - 5).ok()
    source.post(2, at=time.time() - 15).refused("timestamp_expired")


@pytest.mark.parametrize("scheme", SIGNED_ID)
def test_replay_rows_of_a_signed_id_with_time(source):
    identity, now = senders.new_id(), int(time.time())
    sender = source.sender
    body = sender.body(1, identity=identity)
    first = source.send(body, sender.sign(body, identity=identity, at=now)).ok()

    same_time = source.send(body, sender.sign(body, identity=identity, at=now))
    assert same_time.refused("replayed")["first_message_id"] == first["message_id"]

    retry = source.send(body, sender.sign(body, identity=identity, at=now + 5))
    assert retry.status == 200 and retry.json["duplicate"] and retry.json["message_id"] == first["message_id"]

    older = source.send(body, sender.sign(body, identity=identity, at=now - 5))
    older.refused("replayed")

    other = sender.body(2, identity=identity)
    source.send(other, sender.sign(other, identity=identity, at=now + 10)).refused("replayed")


# Per sender the header with the signature, ways to write it that verify as well, and the headers that it signs.
SIGNED = {
    senders.Standard: ("webhook-signature", ["{0} {0}", "v9,AAAA {0}"], ["webhook-id", "webhook-timestamp"]),
    senders.StandardAsymmetric: ("webhook-signature", ["{0} {0}", "v9,AAAA {0}"], ["webhook-id", "webhook-timestamp"]),
    senders.GitHub: ("X-Hub-Signature-256", [], []),
    senders.Stripe: ("Stripe-Signature", ["{0},v0=00", "v0=00,{0}"], []),
    senders.Slack: ("X-Slack-Signature", [], ["X-Slack-Request-Timestamp"]),
    senders.GitLabSigned: ("webhook-signature", ["{0} {0}", "v9,AAAA {0}"], ["webhook-id", "webhook-timestamp"]),
    senders.GitLabToken: ("X-Gitlab-Token", [], []),
    senders.Generic: ("X-Acme-Signature", ["{0},{0}"], ["X-Acme-Id", "X-Acme-Time"]),
    senders.GenericBody: ("X-Acme-Signature", ["{0},{0}"], []),
}
ADDED = ["Idempotency-Key", "User-Agent", "X-Request-Id", "X-Unknown", "webhook-id", "X-GitHub-Delivery",
         "X-Gitlab-Event-UUID", "X-Acme-Id"]


def unsigned_changes(sender, sent):
    """The request with each unsigned header changed, left out, or added, and with its signature written otherwise."""
    header, rewritten, signed = SIGNED[sender]
    unsigned = [name for name in sent if name not in (header, *signed)]
    yield from ({**sent, name: "another/one"} for name in unsigned)
    yield from ({other: value for other, value in sent.items() if other != name} for name in unsigned)
    yield from ({**sent, name: "another/one"} for name in ADDED if name not in sent)
    yield from ({**sent, header: form.format(sent[header])} for form in rewritten)


@pytest.mark.parametrize("sender", SIGNED)
def test_no_unsigned_header_changes_the_answer_to_a_replay(organization, sender):
    integration = organization.integration()
    source = integration.source(sender())
    integration.activate()
    identity, now = senders.new_id(), int(time.time())
    body = source.sender.body(1, identity=identity)

    def request(at):
        return source.sender.headers(body, identity=identity, at=at)

    def send(headers):
        return source.gateway.http.post(source.path, content=body, headers=headers)

    first = send(request(now))
    assert first.status == 202 and not first.json["duplicate"]
    for headers in [request(now), *unsigned_changes(sender, request(now))]:
        again = send(headers)
        if sender.signs_time:
            assert again.refused("replayed")["first_message_id"] == first.json["message_id"], headers
        else:
            assert_first_again(again, first, headers)
    for name in SIGNED[sender][2]:
        send({**request(now), name: str(now + 1)}).refused("bad_signature")
    assert source.post(2).ok()["message_id"] != first.json["message_id"]


@pytest.mark.parametrize("sender", [sender for sender in SIGNED if sender.signs_time])
def test_no_unsigned_header_changes_the_answer_to_a_genuine_retry(organization, sender):
    integration = organization.integration()
    source = integration.source(sender())
    integration.activate()
    identity, now = senders.new_id(), int(time.time())
    body = source.sender.body(1, identity=identity)
    first = source.send(body, source.sender.sign(body, identity=identity, at=now))
    assert first.status == 202
    kinds = len(list(unsigned_changes(sender, source.sender.headers(body, identity=identity))))
    for kind in range(kinds):
        fresh = source.sender.headers(body, identity=identity, at=now + 1 + kind)
        headers = list(unsigned_changes(sender, fresh))[kind]
        assert_first_again(source.gateway.http.post(source.path, content=body, headers=headers), first, headers)


def assert_first_again(again, first, headers):
    assert again.status == 200 and again.json["duplicate"], f"{headers}: {again.status} {again.text}"
    assert again.json["message_id"] == first.json["message_id"], headers


@pytest.mark.parametrize("scheme", ["stripe", "slack"])
def test_timed_bytes_without_an_id_are_replayed_as_they_are(source):
    body = b'{"type":"charge.succeeded","n":1}'
    headers = source.sender.sign(body)
    source.send(body, headers).ok()
    source.send(body, headers).refused("replayed")


def test_only_accepted_requests_claim(organization):
    """What was refused may come again once the reason is gone."""
    integration = organization.integration()
    source = integration.source(event_types=["order.created"])
    integration.activate()
    sender = source.sender
    body = sender.body(1, event="order.paid")
    headers = sender.sign(body, identity="evt_again")
    source.send(body, headers).refused("event_type_not_allowed")
    organization.operator.change(f"/v1/sources/{source.id}", {"event_types": ["order.created", "order.paid"]}).ok()
    assert source.send(body, headers).status == 202


@pytest.mark.parametrize("scheme", ["slack"])
def test_slack_challenge_is_verified_and_echoed(source):
    body = source.sender.challenge("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")
    answer = source.send(body, source.sender.sign(body))
    assert answer.status == 200 and answer.text == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    source.send(body, {**source.sender.sign(body), "X-Slack-Signature": "v0=" + "0" * 64}).refused("bad_signature")
    for text in ("<script>", "a" * 257, ""):
        body = source.sender.challenge(text)
        answer = source.send(body, source.sender.sign(body))
        assert text == "" or text not in answer.text
        assert answer.headers["content-type"] != "text/plain" or answer.text == ""


def test_v1_sources_take_v1a_where_an_ed25519_key_is_set(organization):
    integration = organization.integration()
    source = integration.source()
    asymmetric = senders.StandardAsymmetric()
    source.add_key(asymmetric)
    integration.activate()
    source.post(1).ok()
    source.post(2, sender=asymmetric).ok()


def test_several_keys_are_valid_at_once_and_a_retired_one_is_named(organization):
    integration = organization.integration()
    source = integration.source()
    newer = senders.Standard()
    new_key = source.add_key(newer)
    integration.activate()
    source.post(1).ok()
    source.post(2, sender=newer).ok()
    retired = organization.operator.post(f"/v1/keys/{source.key['id']}:retire", {"overlap_seconds": 0}).ok()
    assert retired["state"] == "retired"
    source.post(3).refused("retired_key")
    message = organization.operator.get(source.post(4, sender=newer).ok()["receipt"]).ok()
    assert message["signature"]["key_id"] == new_key["id"]
    organization.operator.post(f"/v1/keys/{new_key['id']}:mark-compromised",
                               {"compromised_since": "2026-01-01T00:00:00.000Z", "reason": "it was in a log"}).ok()
    source.post(5, sender=newer).refused("key_compromised")


def test_weak_and_reused_secrets_are_refused(organization):
    integration = organization.integration()
    source = integration.source()
    other = organization.integration("live").source()
    operator = organization.operator

    def give(to, key):
        return operator.post(f"/v1/sources/{to.id}/keys", key)

    give(other, source.sender.key_request()).refused("secret_reused")
    weak = "whsec_" + base64.b64encode(b"short").decode()
    give(source, {"algorithm": "hmac_sha256", "secret": weak, "rotate_every_days": 90}).refused("weak_secret")
    small_order = "whpk_" + base64.b64encode(b"\x01" + b"\x00" * 31).decode()
    give(source, {"algorithm": "ed25519", "public_key": small_order, "rotate_every_days": 90}).refused("weak_secret")


def test_unsigned_event_types_are_recorded_and_must_fit(organization):
    source = make_source(organization, "github")
    receipt = organization.operator.get(source.post(1).ok()["receipt"]).ok()
    assert receipt["type"] == "star" and not receipt["signature"]["event_type_authenticated"]
    body = source.sender.body(2)
    source.send(body, source.sender.sign(body, event="push")).refused("event_type_mismatch")


def test_gitlabs_types_can_be_listed(organization):
    source = make_source(organization, "gitlab_signed", event_types=["Push Hook"])
    source.post(1).ok()
    body = b'{"object_kind":"note"}'
    source.send(body, source.sender.sign(body, event="Note Hook")).refused("event_type_not_allowed")


def test_an_unsigned_source_needs_an_exception_in_live(organization):
    integration = organization.integration("live")
    source = integration.source(senders.GitLabToken())
    assert source.json["signed"] is False
    integration.activate()
    source.post(1).refused("grant_not_active")
    exception = {"kind": "unsigned_source", "resource_id": source.id, "owner": "Security",
                 "reason": "the old server can't sign", "ends_at": future(days=20)}
    integration.grant(exceptions=[exception])
    source.post(2).ok()


def future(days):
    moment = time.gmtime(time.time() + days * 86400)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", moment)


def test_the_refusal_tells_its_steps_to_whoever_may_read_them(organization):
    source = make_source(organization, "standard_v1")
    body = source.sender.body(1)
    refusal = source.send(body + b" ", source.sender.sign(body)).refused("bad_signature")["refusal_id"]
    path = f"/v1/refusals/{refusal}"
    steps = until(lambda: (a := organization.operator.get(path)).status == 200 and a, "the refusal's record").json
    assert steps["code"] == "bad_signature" and steps["count"] >= 1
    outcomes = {step["step"]: step["outcome"] for step in steps["steps"]}
    assert [step["step"] for step in steps["steps"]] == ["size", "format", "time", "signature", "replay", "key_state",
                                                         "event_type", "network", "grant", "quota"]
    assert outcomes["time"] == "passed" and outcomes["signature"] == "failed" and outcomes["grant"] == "not_reached"
    assert steps["key_ids_tried"] == [source.key["id"]]
    assert steps["signed_bytes"] > len(body) and len(steps["signed_sha256"]) == 64
    assert abs(steps["clock_difference_seconds"]) < 60
    assert "webhook-signature" in [name.lower() for name in steps["headers_seen"]]
    assert source.sender.key.removeprefix("whsec_") not in json.dumps(steps)
    with pytest.raises(Refused):
        source.gateway.http.get(f"/v1/refusals/{refusal}").ok()


def test_refusals_of_one_kind_are_one_record(organization):
    source = make_source(organization, "standard_v1")
    body = source.sender.body(1)
    ids = {source.send(body + b" ", source.sender.sign(body)).refused("bad_signature")["refusal_id"] for _ in range(5)}
    assert len(ids) <= 2, "the first at once, the others together"
