"""The scenes of the demo, in order. Each is given the stage and yields rows: what was done, the outcome that the contract
promises, and what was seen. What is seen is read from answers, receipts and the receiver, and from nowhere else."""

import base64
import functools
import json
import pathlib
import time

from blackbox import senders
from blackbox.gateway import run
from blackbox.parties import Organization
from blackbox.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAYLOADS = ROOT / "tests/node/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
GITHUB_EVENTS = 100
STANDARD_EVENTS = 50
ROTATION_EVENTS = 60


class Stage:
    """The parties of the story: an organization whose shop and GitHub send, and whose warehouse receives."""

    def __init__(self, gateway, receiver):
        self.gateway, self.receiver = gateway, receiver
        self.organization = Organization(gateway, "Acme")
        self.operator = gateway.operator
        self.integration = self.organization.integration(name="Shop")
        self.github = self.integration.source(senders.GitHub())
        self.shop = self.integration.source(senders.Standard())
        self.warehouse = receiver.inbox("warehouse")
        self.endpoint = self.integration.endpoint(self.warehouse, schedule=(0, 1, 1))
        self.integration.subscribe(endpoint=self.endpoint)
        self.credential = self.integration.credential()
        self.integration.grant(["messages:write", "messages:read", "channels:read"])
        self.integration.activate()
        self.live_channel = self.organization.channel("live")
        self.live = self.organization.integration("live", name="Shop, live")
        self.live_shop = self.live.source(senders.Standard())
        self.live.activate()
        self.proven_receipt = None

    def receipt(self, answer):
        return self.operator.get(answer["receipt"]).ok()

    def ended(self, answers, seconds=60):
        """Receipts of these answers, once no delivery is on its way."""
        def look(answer):
            receipt = self.receipt(answer)
            moving = any(d["state"] in ("queued", "sending", "retrying") for d in receipt["deliveries"])
            return receipt if receipt["deliveries"] and not moving else None
        return [until(functools.partial(look, answer), "the end of a delivery", seconds) for answer in answers]

    def verified(self, ids):
        """How many of these messages the receiver took, verified by the published library."""
        return len({seen.id for seen in self.warehouse.seen if seen.verified_by and seen.answered == 204} & set(ids))


def outcome(answer):
    """The name of what the gateway answered."""
    if answer.status >= 400:
        return answer.code
    if "message_id" not in answer.text:
        return f"status {answer.status}"
    return "duplicate" if answer.json["duplicate"] else "accepted"


def delivered(stage, answers):
    """How many were accepted, delivered by their receipts, and taken by the receiver: the smallest tells the truth."""
    accepted = [answer.json for answer in answers if answer.status == 202]
    receipts = stage.ended(accepted)
    count = sum(d["state"] == "delivered" for receipt in receipts for d in receipt["deliveries"])
    return min(len(accepted), count, stage.verified(receipt["id"] for receipt in receipts))


def github_events(count):
    """Real payloads, one example of every event first, each once."""
    events = json.loads(PAYLOADS.read_text(encoding="utf-8"))
    turns = max(len(event["examples"]) for event in events)
    found = {}  # by their bytes: a payload that stands under two events would be a duplicate
    for turn in range(turns):
        for event in events:
            if turn < len(event["examples"]):
                body = json.dumps(event["examples"][turn], separators=(",", ":")).encode()
                found.setdefault(body, event["name"])
    return [(event, body) for body, event in found.items()][:count]


def real_github_payloads(stage):
    """GitHub sends its events"""
    answers = []
    for event, body in github_events(GITHUB_EVENTS):
        answers.append(stage.github.send(body, stage.github.sender.sign(body, event=event)))
    yield "GitHub's payloads, signed as GitHub signs", f"{GITHUB_EVENTS} delivered", f"{delivered(stage, answers)} delivered"


def standard_senders(stage):
    """The shop sends Standard Webhooks"""
    answers = [stage.shop.post(number) for number in range(STANDARD_EVENTS)]
    yield ("Standard Webhooks of the published library", f"{STANDARD_EVENTS} delivered",
           f"{delivered(stage, answers)} delivered")


def what_was_altered(stage):
    """Somebody alters what the shop signed"""
    sender = stage.shop.sender
    body = sender.body(1)
    tampered = stage.shop.send(body.replace(b'"amount": 1', b'"amount": 9'), sender.sign(body))
    yield "one digit of the body changed", "bad_signature", outcome(tampered)
    event, payload = github_events(GITHUB_EVENTS + 2)[-1]
    headers = stage.github.sender.sign(payload, event=event)
    yield "a GitHub payload with one space more", "bad_signature", outcome(stage.github.send(payload + b" ", headers))
    yield "signed with somebody else's key", "bad_signature", outcome(stage.shop.post(2, sender=senders.Standard()))


def out_of_time(stage):
    """Clocks that are wrong"""
    yield "signed ten minutes ago", "timestamp_expired", outcome(stage.shop.post(1, at=time.time() - 600))
    yield "signed ten minutes from now", "timestamp_in_future", outcome(stage.shop.post(1, at=time.time() + 600))


def again(stage):
    """The same once more: a replay, and a genuine retry"""
    sender, now = stage.shop.sender, int(time.time())
    body = sender.body(4711)
    headers = sender.sign(body, identity="evt_4711", at=now)
    first = stage.shop.send(body, headers)
    yield "a new event", "accepted", outcome(first)
    yield "the same request again", "replayed", outcome(stage.shop.send(body, headers))
    retry = stage.shop.send(body, sender.sign(body, identity="evt_4711", at=now + 1))
    yield "its retry with a new time", "duplicate", outcome(retry)
    same = retry.status == 200 and retry.json["message_id"] == first.json["message_id"]
    yield "    and its receipt", "the first one", "the first one" if same else retry.text
    event, payload = github_events(GITHUB_EVENTS + 1)[-1]
    first = stage.github.send(payload, stage.github.sender.sign(payload, event=event))
    yield "a new GitHub event", "accepted", outcome(first)
    other = stage.github.send(payload, stage.github.sender.sign(payload, event=event))
    yield "the same under another delivery id", "duplicate", outcome(other)


def retired_key(stage):
    """The shop's old key is retired"""
    newer = senders.Standard()
    stage.shop.add_key(newer)
    yield "signed with the shop's second key", "accepted", outcome(stage.shop.post(1, sender=newer))
    stage.operator.post(f"/v1/keys/{stage.shop.key['id']}:retire", {"overlap_seconds": 0}).ok()
    yield "signed with the retired one", "retired_key", outcome(stage.shop.post(2))
    stage.shop.sender = newer


def wrong_environment(stage):
    """Test and live never touch"""
    client = stage.credential.client("channels:read")
    yield ("a test token at a live channel", "wrong_environment",
           outcome(client.get(f"/v1/channels/{stage.live_channel['id']}/messages")))
    yield "a test signature at the live inlet", "bad_signature", outcome(stage.live_shop.post(1, sender=stage.shop.sender))


def forbidden_address(stage):
    """An endpoint that leads inside"""
    for what, url in (("the cloud's metadata address", "https://169.254.169.254/latest/meta-data/"),
                      ("a private network", "https://10.0.0.5/hook")):
        answer = stage.operator.post("/v1/endpoints", {"integration_id": stage.live.id, "name": what, "url": url})
        yield f"an endpoint at {what}", "forbidden_address", outcome(answer)


def failing_receiver(stage):
    """The warehouse fails twice"""
    stage.warehouse.script += [(500, {}), (503, {})]
    answer = stage.shop.post(99)
    receipt, = stage.ended([answer.ok()])
    attempts = receipt["deliveries"][0]["attempts"]
    seen = ", ".join(attempt["code"] or attempt["result"] for attempt in attempts)
    yield "a receiver that fails twice", "receiver_error, receiver_throttled, delivered", seen
    ids = {one.id for one in stage.warehouse.seen[-3:]}
    yield "    the id on all three attempts", receipt["id"], ", ".join(sorted(ids))


def rotation(stage):
    """The warehouse's key is rotated in mid-stream"""
    third = ROTATION_EVENTS // 3
    old = stage.endpoint.secret
    answers = [stage.shop.post(number) for number in range(third)]
    made = stage.operator.post(f"/v1/endpoints/{stage.endpoint.id}/keys:rotate",
                               {"algorithm": "hmac_sha256", "overlap_seconds": 3600}).ok()
    overlap = [stage.shop.post(number) for number in range(third, 2 * third)]
    stage.warehouse.secrets.append(made["secret"])
    delivered(stage, answers + overlap)
    stage.operator.post(f"/v1/keys/{stage.endpoint.key['id']}:retire", {"overlap_seconds": 0}).ok()
    stage.warehouse.secrets.remove(old)
    after = [stage.shop.post(number) for number in range(2 * third, ROTATION_EVENTS)]
    count = delivered(stage, answers + overlap + after)
    yield "events sent through the rotation", f"{ROTATION_EVENTS} delivered", f"{count} delivered"
    ids = {answer.json["message_id"] for answer in overlap}
    signatures = {len(one.headers["webhook-signature"].split(" ")) for one in stage.warehouse.seen if one.id in ids}
    yield "    signatures during the overlap", "2 on each", " or ".join(f"{count} on each" for count in sorted(signatures))


def proof(stage):
    """One message is proven offline"""
    accepted = stage.shop.post(1234).ok()
    stage.proven_receipt = accepted["receipt"]
    receipt = until(lambda: (found := stage.receipt(accepted))["audit"]["index"] is not None and found, "its record")
    index, organization = receipt["audit"]["index"], stage.organization.id
    key = stage.operator.get("/v1/audit/key", organization_id=organization).ok()["vkey"]
    path = f"/v1/audit/entries/{index}/proof-file"
    answer = until(lambda: (a := stage.operator.get(path, organization_id=organization)).status == 200 and a, "its proof")
    proof_file, leaf = stage.gateway.home / "message.tlog-proof", stage.gateway.home / "message.json"
    proof_file.write_bytes(answer.raw)
    leaf.write_bytes(base64.b64decode(stage.organization.entry(index)["leaf"]))
    verify = functools.partial(run, "audit", "verify", "--key", key, "--proof", proof_file, "--leaf", leaf,
                               binary=stage.gateway.binary)
    yield f"the proof of leaf {index}, offline", "exit code 0", f"exit code {verify().returncode}"
    leaf.write_bytes(leaf.read_bytes().replace(b"accepted", b"rejected"))
    yield "    with one word of the leaf changed", "exit code 7", f"exit code {verify().returncode}"


def revoked_integration(stage):
    """The integration is revoked"""
    hour = stage.credential.client("messages:write")
    yield "its token before", "accepted", outcome(hour.post("/v1/messages", {"type": "note.made", "data": 1}))
    receipt = stage.integration.act("revoke", "the demo ends it").ok()
    yield "revoked", "at once, confirmed", "at once, confirmed" if receipt["nodes"] else "not confirmed"
    yield "a good signature after it", "integration_revoked", outcome(stage.shop.post(5))
    yield "its token after it", "refused", refused(hour.post("/v1/messages", {"type": "note.made", "data": 2}))
    yield "a new token after it", "refused", refused(stage.credential.request())


def refused(answer):
    return "refused" if answer.status in (401, 403) else outcome(answer)


SCENES = [real_github_payloads, standard_senders, what_was_altered, out_of_time, again, retired_key, wrong_environment,
          forbidden_address, failing_receiver, rotation, proof, revoked_integration]
