"""Item 8 of the main job, exhaustively: makes each kind of record that speaks of a message and holds it against
evidence_table.py. A kind that the gateway writes and that has no row fails, and so does a field that no cell names."""

import base64
import contextlib
import json
import re
import sqlite3
import threading
import time
import types

import pytest

from blackbox.gateway import ROOT, Gateway
from blackbox.parties import Organization
from blackbox.receiver import Receiver
from blackbox.waiting import until
from evidence_table import ABSENT, CONTROLS, ITEMS, ROWS, WITHOUT_RECORD, During, Not, Of, Text

# -- What happens --------------------------------------------------------------------------------------------------

def now_ms():
    return time.time_ns() // 1_000_000


class Stage:
    """Makes each kind of record once, and keeps what was sent."""

    def __init__(self, gateway, receiver):
        self.gateway, self.receiver = gateway, receiver
        self.organization = Organization(gateway)
        self.scenes = {}

    def party(self, name, schedule=(0, 0), **more):
        integration = self.organization.integration()
        integration.inbox = self.receiver.inbox(f"items-{name}")
        integration.the_source = integration.source(event_rules=[
            {"event_type": "order.created", "fields": [{"pointer": "/number", "treatment": "keep"}], "keep_payload_days": 3},
            {"event_type": None, "fields": [{"pointer": "/type", "treatment": "drop"}]}])
        integration.the_endpoint = integration.endpoint(integration.inbox, schedule=schedule, **more)
        integration.subscribe(endpoint=integration.the_endpoint)
        integration.grant(["messages:write", "messages:read", "deliveries:read", "deliveries:retry"])
        integration.machine = integration.credential()
        return integration.activate()

    def scene(self, row, party, **facts):
        defaults = {"reached": True, "signed": True, "exhausted": False, "code": None, "failure_class": None,
                    "status": None, "egress_refusal": None, "egress_asked": True, "number": 1}
        self.scenes[row] = types.SimpleNamespace(**{"organization": self.organization, "party": party, **defaults, **facts})
        return self.scenes[row]

    def webhook(self, party, number, event="order.created"):
        identity = f"evt_{number}"
        body = party.the_source.sender.body(number, event=event)
        before = now_ms()
        answer = party.the_source.send(body, party.the_source.sender.sign(body, identity=identity))
        summary = json.dumps({"number": number}, separators=(",", ":")) if event == "order.created" else "{}"
        sent = {"type": event, "event_id": identity, "size": len(body), "summary": summary, "once": True}
        return {"accepted": answer.ok(), "request_id": answer.request_id, "before": before, "sent": sent}

    def delivery(self, accepted, *states):
        def look():
            found = self.gateway.operator.get(accepted["receipt"]).ok()
            known = all(one["audit"]["index"] is not None for d in found["deliveries"] for one in d["attempts"])
            return found if known and all(d["state"] in states for d in found["deliveries"]) else None
        receipt = until(look, f"a delivery to be {states}")
        return receipt, receipt["deliveries"][0]

    def attempts(self, party, sent, *states):
        """The receipt, and what all scenes of its attempts share."""
        receipt, delivery = self.delivery(sent["accepted"], *states)
        return delivery["attempts"], {"receipt": receipt, "delivery": delivery, "endpoint": party.the_endpoint,
                                      "sent": sent["sent"], "before": sent["before"], "after": now_ms()}

    def attempt(self, row, party, shared, at, **facts):
        self.scene(row, party, **{**shared, "index": at["audit"]["index"], "number": at["number"], **facts})

    # One after the other.

    def acceptances_and_attempts(self):
        party = self.main = self.party("main")
        party.inbox.script.append((500, {}))
        sent = self.webhook(party, 1)
        attempts, shared = self.attempts(party, sent, "delivered")
        self.scene("accepted by a webhook", party, **sent, receipt=shared["receipt"], targets=[party.the_endpoint.id],
                   index=shared["receipt"]["audit"]["index"], after=shared["after"])
        self.attempt("attempt that failed, and another follows", party, shared, attempts[0], result="failed",
                     state="waiting", code="receiver_error", failure_class="receiver", status=500)
        self.attempt("attempt that delivered", party, shared, attempts[1], result="delivered", state="delivered",
                     status=204)

    def tokens_and_calls(self):
        party = self.main
        before = now_ms()
        answer = party.machine.request()
        answer.ok()
        index = until(lambda: self.find("token.minted", "who.request", answer.request_id), "the record of a token")
        token = self.fields(index)["what.minted_token_id"]
        self.scene("token minted", party, index=index, before=before, after=now_ms(), token_id=token,
                   request_id=answer.request_id)
        party.client = self.gateway.http.with_token(answer.json["access_token"])
        party.token_id = token
        for row, path, once in (("accepted by the API", "/v1/messages", True),
                                ("accepted in a batch", "/v1/messages:batch", False)):
            data = {"order": row}
            message = {"type": "order.sent", "data": data}
            sent = {"type": "order.sent", "event_id": "", "summary": "{}", "once": once,
                    "size": len(json.dumps(data))}
            before = now_ms()
            if once:
                answer = party.client.post(path, message, headers={"Idempotency-Key": row.replace(" ", "-")})
                accepted = answer.ok()
            else:
                answer = party.client.post(path, {"messages": [message]})
                accepted = answer.ok()["results"][0]["accepted"]
            receipt = self.gateway.operator.get(f"/v1/messages/{accepted['message_id']}").ok()
            self.scene(row, party, sent=sent, receipt=receipt, targets=[party.the_endpoint.id], token_id=token,
                       request_id=answer.request_id, index=receipt["audit"]["index"], before=before, after=now_ms())

    def dead_letter_and_redelivery(self):
        party = self.main
        party.inbox.default = (500, {})
        sent = self.webhook(party, 2, "order.lost")
        attempts, shared = self.attempts(party, sent, "dead_letter")
        self.attempt("attempt that failed, and the delivery is dead", party, shared, attempts[-1], result="failed",
                     state="dead", code="receiver_error", failure_class="receiver", status=500, exhausted=True)
        assert len(attempts) == 3
        before = now_ms()
        party.inbox.default = (204, {})
        answer = party.client.post(f"/v1/deliveries/{shared['delivery']['id']}:redeliver")
        answer.ok()
        index = until(lambda: self.find("delivery.redelivered", "who.request", answer.request_id), "its record")
        self.scene("redelivery", party, **{**shared, "before": before, "after": now_ms()}, index=index,
                   request_id=answer.request_id, token_id=party.token_id)

    def refusals(self):
        party = self.main
        source = party.the_source
        body = source.sender.body(1)
        before = now_ms()
        answer = source.send(body + b" ", source.sender.sign(body))
        self.refusal("webhook refused", party, answer, "bad_signature", before)
        narrow = party.machine.request("messages:read").ok()["access_token"]
        minted = [i for i in range(self.size()) if self.entry(i)["kind"] == "token.minted"][-1]
        before = now_ms()
        answer = self.gateway.http.with_token(narrow).post("/v1/messages", {"type": "a.b", "data": 1})
        self.refusal("call refused", party, answer, "insufficient_scope", before,
                     token_id=self.fields(minted)["what.minted_token_id"])

    def refusal(self, row, party, answer, code, before, **facts):
        refusal = answer.refused(code)["refusal_id"]
        index = until(lambda: self.find(ROWS[row][0], "what.refusal", refusal), f"the record of a {row}")
        self.scene(row, party, index=index, refusal=refusal, before=before, after=now_ms(), request_id=answer.request_id,
                   **facts)

    def forbidden_by_access(self):
        party = self.party("forbidden", schedule=(1,))
        party.inbox.default = (500, {})
        sent = self.webhook(party, 3, "order.late")
        party.inbox.expect(1)
        self.gateway.operator.change(party.the_endpoint.path, {"state": "disabled"}).ok()
        attempts, shared = self.attempts(party, sent, "dead_letter")
        self.attempt("attempt that access forbids", party, shared, attempts[-1], result="refused", state="dead",
                     code="endpoint_disabled", failure_class="policy", reached=False, signed=False, egress_asked=False)

    def ended_with_a_backlog(self):
        """More waits than one step of the cancelling takes."""
        party = self.party("revoked")
        hold = threading.Event()
        party.inbox.default = hold
        try:
            sent = self.webhook(party, 4, "order.held")
            until(lambda: self.gateway.operator.get(sent["accepted"]["receipt"]).ok()["deliveries"][0]["state"] == "sending",
                  "a delivery in flight")
            client = party.machine.client()
            for _ in range(61):
                client.post("/v1/messages:batch", {"messages": [{"type": "bulk", "data": 1}] * 100}).ok()
            before = now_ms()
            answer = party.act("revoke", "the laptop was stolen")
            answer.ok()
            attempts, shared = self.attempts(party, sent, "cancelled")
        finally:
            hold.set()
        self.attempt("attempt aborted in flight", party, shared, attempts[-1], result="aborted", state="cancelled",
                     code="integration_revoked", failure_class="authorization")
        kinds = {"deliveries ended with their integration": lambda found: found == 5000,
                 "the rest of a long backlog": lambda found: 0 < found <= 1101}
        for row, count in kinds.items():
            index = self.find(ROWS[row][0], "who.request", answer.request_id)
            self.scene(row, party, index=index, count=count, before=before, after=now_ms(), request_id=answer.request_id)

    def crash(self):
        party = self.party("crash")
        hold = threading.Event()
        party.inbox.script.append(hold)
        sent = self.webhook(party, 5, "order.cut")
        until(lambda: not party.inbox.script, "the receiver to hold the request")
        self.gateway.kill()
        hold.set()
        self.start()
        attempts, shared = self.attempts(party, sent, "delivered")
        self.attempt("attempt cut off by a crash", party, shared, attempts[0], result="outcome_unknown", state="waiting",
                     code="outcome_unknown", failure_class="network", reached=False, signed=False, egress_asked=False)

    def closed_egress(self):
        party = self.party("egress", schedule=(1,))
        party.inbox.default = (500, {})
        sent = self.webhook(party, 6, "order.out")
        party.inbox.expect(1)
        self.gateway.stop()
        self.gateway.configure()
        self.start()
        attempts, shared = self.attempts(party, sent, "dead_letter")
        self.attempt("attempt that the egress policy forbids", party, shared, attempts[-1], result="refused", state="dead",
                     code="insecure_url", failure_class="policy", reached=False, exhausted=True,
                     egress_refusal=Text("[a-z_]+"))

    def start(self):
        self.gateway.start()
        self.organization.operator = self.gateway.operator

    # Reading.

    def size(self):
        note = self.gateway.operator.get("/v1/audit/checkpoint", organization_id=self.organization.id).ok()
        return int(note.split("\n")[1])

    def entry(self, index):
        return self.organization.entry(index)

    def fields(self, index):
        return fields_of(self.entry(index))

    def find(self, kind, field, value):
        """The newest record of this kind with this value."""
        for index in reversed(range(self.size())):
            entry = self.entry(index)
            if entry["kind"] == kind and fields_of(entry).get(field) == value:
                return index
        return None


def fields_of(entry):
    """"group.field" -> value, and those of the leaf."""
    found = {}
    for group in entry["groups"]:
        for name, value in json.loads(base64.b64decode(group["fields"])).items():
            found[f"{group['name']}.{name}"] = value
    for name, value in json.loads(base64.b64decode(entry["leaf"])).items():
        found[f"leaf.{name}"] = value
    return found


@pytest.fixture(scope="module")
def stage():
    with Receiver() as receiver, Gateway(plain_http=[receiver.address]) as gateway:
        one = Stage(gateway.start(), receiver)
        one.acceptances_and_attempts()
        one.tokens_and_calls()
        one.dead_letter_and_redelivery()
        one.refusals()
        one.forbidden_by_access()
        one.crash()
        one.ended_with_a_backlog()
        one.closed_egress()
        yield one


# -- The tests -----------------------------------------------------------------------------------------------------

def fits(scene, expected, found):
    if expected is During:
        # The clock of the gateway is the machine's, in whole milliseconds.
        return isinstance(found, int) and scene.before <= found <= scene.after
    if isinstance(expected, Text):
        return isinstance(found, str) and expected.pattern.fullmatch(found) is not None
    if callable(expected):
        return expected(found)
    return type(found) is type(expected) and found == expected


def judged_leaf(scene, entry, fields):
    """The same for every kind: contract/audit.md, section 7."""
    return {"leaf.v": 1, "leaf.class": entry["kind"], "leaf.retention": "standard", "leaf.root": Text("[A-Za-z0-9+/]{43}="),
            "leaf.seq": scene.index, "leaf.log": scene.organization.json["log_origin"].split("/")[2],
            "leaf.time": During, "leaf.keys": lambda found: 0 < len(found) <= len(entry["groups"])}


@pytest.mark.parametrize("row", ROWS)
def test_a_record_binds_each_item_and_nothing_unnamed(stage, row):
    scene = stage.scenes[row]
    kind, cells_of = ROWS[row]
    entry = stage.entry(scene.index)
    assert entry["kind"] == kind
    scene.fields = fields = fields_of(entry)
    cells = cells_of(scene)
    assert set(cells) == {*ITEMS, "more"}, "an item without a cell, or a cell that is none of the items"
    named = judged_leaf(scene, entry, fields)
    for item, cell in cells.items():
        if cell is Of:
            assert fields["what.message"] == scene.receipt["id"], "leads to the record that binds it"
            accepted = fields_of(stage.entry(scene.receipt["audit"]["index"]))
            assert accepted["leaf.class"] == "message.accepted" and accepted["what.message"] == scene.receipt["id"]
        elif isinstance(cell, Not):
            assert cell.reason
        else:
            assert cell or item == "more"
            named |= cell
    for name, expected in named.items():
        if expected is ABSENT:
            assert name not in fields, f"{name} is {fields[name]!r}, and does not belong to {row}"
        else:
            assert name in fields, f"{name} is missing: {sorted(fields)}"
            assert fits(scene, expected, fields[name]), f"{name} is {fields[name]!r}"
    assert set(fields) <= set(named), f"in the record and not in the table: {sorted(set(fields) - set(named))}"


def test_stages_stand_in_order(stage):
    scene = stage.scenes["accepted by a webhook"]
    fields = stage.fields(scene.index)
    assert fields["what.received_ms"] <= fields["what.prepared_ms"]
    for row in ROWS:
        if ROWS[row][0] == "delivery.attempted":
            found = stage.fields(stage.scenes[row].index)
            assert found["what.started_ms"] <= found["what.ended_ms"]


def test_the_digest_is_of_the_body(stage):
    """Keyed, so that only equality shows."""
    def digest(number, identity):
        body = stage.main.the_source.sender.body(number)
        accepted = stage.main.the_source.send(body, stage.main.the_source.sender.sign(body, identity=identity)).ok()
        receipt = stage.gateway.operator.get(accepted["receipt"]).ok()
        return {name: value for name, value in stage.fields(receipt["audit"]["index"]).items()
                if name in ("payload.digest", "payload.digest_key")}
    assert digest(70, "evt_70") == digest(70, "evt_71") != digest(72, "evt_72")


def test_every_record_has_a_row(stage):
    """All that was written here, and all that the program can write."""
    rows = {kind for kind, _ in ROWS.values()}
    assert not rows & CONTROLS
    with contextlib.closing(sqlite3.connect(f"file:{stage.gateway.data / 'sealpost.db'}?mode=ro", uri=True)) as database:
        seen = {json.loads(leaf)["class"] for leaf, in database.execute("select leaf from audit_record")}
    assert rows <= seen, f"never written: {rows - seen}"
    assert seen <= rows | CONTROLS, f"no row: {seen - rows - CONTROLS}"
    written = set()
    for path in (ROOT / "server").rglob("*.cc"):
        if not path.name.endswith("_test.cc") and "testing" not in path.parts:
            written |= set(re.findall(r'"([a-z_]+\.[a-z]+(?:ed|ing))"', path.read_text(encoding="utf-8")))
    assert written == rows | CONTROLS, f"kinds without a row, or rows of no kind: {written ^ (rows | CONTROLS)}"


def test_every_control_binds_who_and_where(stage):
    """The frame of what speaks of no message."""
    for index in range(min(stage.size(), 400)):
        entry = stage.entry(index)
        if entry["kind"] in CONTROLS - {"operator_token.minted"}:
            fields = fields_of(entry)
            for name in ("who.actor", "who.actor_kind", "who.policy", "who.policy_version", "what.organization",
                         "what.environment", "what.target", "what.target_version", "where.location"):
                assert name in fields, f"{entry['kind']} binds no {name}"


def test_where_an_erasure_stands(stage):
    """Erasing writes no record: the acceptance said beforehand when it would be, and the receipt shows that it was."""
    assert WITHOUT_RECORD == ("payload erased",)
    scene = stage.scenes["accepted by the API"]

    def look():
        found = stage.gateway.operator.get(f"/v1/messages/{scene.receipt['id']}").ok()
        return found if found["payload"]["state"] == "erased" else None
    receipt = until(look, "the payload to be erased")
    fields = stage.fields(scene.index)
    assert fields["payload.deletion"] == "after_delivery"
    stages = [one for one in receipt["stages"] if one["stage"] == "erased"]
    assert [one["at"] for one in stages] == [receipt["payload"]["erased_at"]]
    assert receipt["payload"]["erased_at"] >= receipt["deliveries"][0]["ended_at"]


def test_the_check_agrees_with_all_of_it(stage):
    """The last one: it stops the gateway."""
    assert stage.gateway.stop() == 0
    done = stage.gateway.command("audit", "check")
    assert done.returncode == 0, done.stdout + done.stderr
