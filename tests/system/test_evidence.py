"""Item 8 of the main job: the named facts stand in the record of each kind, the receipt leads to them, and what a proof
file says is verified by `sealpost audit verify` and by Go's own packages, against a pinned key."""

import base64
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from blackbox.gateway import run
from blackbox.parties import Organization
from blackbox.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def party(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source(event_rules=[{
        "event_type": None, "fields": [{"pointer": "/number", "treatment": "keep"},
                                       {"pointer": "/data", "treatment": "mask"}]}])
    integration.the_endpoint = integration.endpoint(inbox)
    integration.subscribe(endpoint=integration.the_endpoint)
    return integration.activate()


def fields_of(entry):
    """All committed fields by name, groups together."""
    found = {}
    for group in entry["groups"]:
        if group["fields"] is not None:
            found.update(json.loads(base64.b64decode(group["fields"])))
    return found


def record(party, position):
    assert position["index"] is not None
    return party.organization.entry(position["index"])


def receipt_of(party, accepted, state="delivered"):
    def look():
        found = party.operator.get(accepted["receipt"]).ok()
        return found if all(d["state"] == state for d in found["deliveries"]) and found["audit"]["index"] is not None else None
    return until(look, f"deliveries to be {state}")


def names(fields, value):
    """Some field holds this value."""
    return any(found == value or str(found) == str(value) for found in fields.values())


def test_what_an_acceptance_binds(party):
    accepted = party.the_source.post(5, identity="evt_12345").ok()
    receipt = receipt_of(party, accepted)
    entry = record(party, receipt["audit"])
    fields = fields_of(entry)
    assert entry["kind"] == "message.accepted"
    organization = party.organization
    bound = {
        "organization": organization.id, "workspace": organization.workspace["id"], "environment": "test",
        "integration": party.id, "source system": "shop", "event type": "order.created", "event id": "evt_12345",
        "message": accepted["message_id"], "request id": receipt["request_id"], "source": party.the_source.id,
        "grant": party.grant_json["id"], "grant version": party.grant_json["grant_version"],
        "policy": receipt["policy_id"], "policy version": receipt["policy_version"],
        "payload digest": receipt["payload"]["digest"], "signature": "verified", "key": party.the_source.key["id"],
        "address": "127.0.0.1", "result": "accepted", "target": party.the_endpoint.id,
    }
    for what, value in bound.items():
        assert names(fields, value), f"{what}: {value} stands nowhere in {sorted(fields.items())}"
    for member in ("actor", "location", "encryption", "retention", "deletion", "received_ms", "accepted_ms"):
        assert member in fields, f"{member} is missing in {sorted(fields)}"


def test_what_an_attempt_binds(party, inbox):
    inbox.script.append((500, {}))
    accepted = party.the_source.post(5).ok()
    receipt = receipt_of(party, accepted)
    first, second = receipt["deliveries"][0]["attempts"]
    delivery = receipt["deliveries"][0]
    for attempt, result, code in ((first, "failed", "receiver_error"), (second, "delivered", None)):
        fields = fields_of(record(party, attempt["audit"]))
        bound = {"organization": party.organization.id, "environment": "test", "integration": party.id,
                 "message": accepted["message_id"], "delivery": delivery["id"], "target": party.the_endpoint.id,
                 "attempt": attempt["number"], "result": result, "key": party.the_endpoint.key["id"],
                 "status": attempt["response_status"], "workspace": party.organization.workspace["id"],
                 "grant": party.grant_json["id"], "grant version": party.grant_json["grant_version"],
                 "policy": receipt["policy_id"], "event type": "order.created"}
        if code:
            bound["code"] = code
        for what, value in bound.items():
            assert names(fields, value), f"{what}: {value} stands nowhere in {sorted(fields.items())}"


def test_what_a_refusal_binds(party):
    body = party.the_source.sender.body(1)
    refusal = party.the_source.send(body + b" ", party.the_source.sender.sign(body)).json["refusal_id"]

    def look():
        answer = party.operator.get(f"/v1/refusals/{refusal}")
        return answer.json if answer.status == 200 and answer.json["audit"]["index"] is not None else None
    shown = until(look, "the refusal's record")
    fields = fields_of(record(party, shown["audit"]))
    for what, value in {"organization": party.organization.id, "environment": "test", "integration": party.id,
                        "source": party.the_source.id, "result": "bad_signature",
                        "workspace": party.organization.workspace["id"], "refusal": refusal}.items():
        assert names(fields, value), f"{what}: {value} stands nowhere in {sorted(fields.items())}"


def test_what_a_change_of_a_control_binds(party):
    answer = party.operator.change(party.path, {"name": "Renamed"})
    answer.ok()
    checkpoint = party.operator.get("/v1/audit/checkpoint", organization_id=party.organization.id).ok()
    size = int(checkpoint.split("\n")[1])
    entries = [party.organization.entry(index) for index in range(size)]
    fields = next(found for entry in reversed(entries) if "Renamed" in str(found := fields_of(entry)))
    for what, value in {"organization": party.organization.id, "environment": "test", "integration": party.id,
                        "workspace": party.organization.workspace["id"], "request": answer.request_id,
                        "actor": f"operator:{os.getuid()}", "name": "Renamed"}.items():
        assert names(fields, value), f"{what}: {value} stands nowhere in {sorted(fields.items())}"
    kinds = {entry["kind"] for entry in entries}
    for promised in ("grant", "credential", "source", "endpoint", "integration", "key", "subscription"):
        assert any(promised in kind for kind in kinds), f"no record of a {promised}: {sorted(kinds)}"


def test_every_group_opens_its_commitment(party):
    """c_g = HMAC-SHA256(salt, length || label || fields): contract/audit.md, section 8."""
    import hashlib
    import hmac
    receipt = receipt_of(party, party.the_source.post(1).ok())
    entry = record(party, receipt["audit"])
    assert len(entry["groups"]) >= 4
    for group in entry["groups"]:
        label = group["name"].encode()
        message = bytes([len(label)]) + label + base64.b64decode(group["fields"])
        made = hmac.new(base64.b64decode(group["salt"]), message, hashlib.sha256).digest()
        assert base64.b64encode(made).decode() == group["commitment"]


def proof(party, index):
    """The proof file, once the tree reaches the leaf."""
    def look():
        answer = party.operator.get(f"/v1/audit/entries/{index}/proof-file", organization_id=party.organization.id)
        if answer.status == 409:
            answer.refused("not_yet_integrated")
            return None
        return answer.ok()
    return until(look, "a proof file")


@pytest.fixture
def proven(party, tmp_path):
    """The vkey, and the files of one message's proof."""
    receipt = receipt_of(party, party.the_source.post(1).ok())
    index = receipt["audit"]["index"]
    (tmp_path / "leaf.json").write_bytes(base64.b64decode(party.organization.entry(index)["leaf"]))
    (tmp_path / "leaf.tlog-proof").write_text(proof(party, index), encoding="utf-8")
    key = party.operator.get("/v1/audit/key", organization_id=party.organization.id).ok()
    assert key["origin"] == party.organization.json["log_origin"] == receipt["audit"]["log_origin"]
    return key["vkey"], tmp_path / "leaf.tlog-proof", tmp_path / "leaf.json"


def audit_verify(vkey, proof_file, leaf):
    return run("audit", "verify", "--key", vkey, "--proof", proof_file, "--leaf", leaf)


def test_a_proof_is_verified_offline(proven):
    vkey, proof_file, leaf = proven
    done = audit_verify(vkey, proof_file, leaf)
    assert done.returncode == 0, done.stderr


def test_a_bent_proof_is_not(proven, gateway):
    vkey, proof_file, leaf = proven
    text = leaf.read_bytes()
    leaf.write_bytes(text.replace(b"message.accepted", b"message.refused_"))
    assert audit_verify(vkey, proof_file, leaf).returncode == 7
    leaf.write_bytes(text)
    other = gateway.operator.get("/v1/audit/key", organization_id=Organization(gateway).id).ok()["vkey"]
    assert audit_verify(other, proof_file, leaf).returncode == 7
    bent = proof_file.read_text(encoding="utf-8").replace("\nindex ", "\nindex 1", 1)
    proof_file.write_text(bent, encoding="utf-8")
    assert audit_verify(vkey, proof_file, leaf).returncode == 7


def go(*arguments):
    if shutil.which("go") is None:
        assert os.environ.get("CI") != "true", "CI=true needs go"
        pytest.skip("go is not installed")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    return subprocess.run(["go", "run", ".", *map(str, arguments)], cwd=ROOT / "tests/tlog_go", capture_output=True,
                          text=True, timeout=300, env=environment, check=False)


def test_gos_own_packages_accept_the_same_files(proven):
    vkey, proof_file, leaf = proven
    done = go("verify", vkey, proof_file, leaf)
    assert done.returncode == 0 and done.stdout.startswith("verified: leaf"), done.stderr
    leaf.write_bytes(leaf.read_bytes().replace(b"message.accepted", b"message.refused_"))
    assert go("verify", vkey, proof_file, leaf).returncode == 1


def test_the_log_only_grows(party, tmp_path):
    operator, organization = party.operator, party.organization.id
    party.the_source.post(1).ok()
    older = operator.get("/v1/audit/checkpoint", organization_id=organization).ok()
    old_size = int(older.split("\n")[1])
    party.the_source.post(2).ok()
    newer = until(lambda: (found := operator.get("/v1/audit/checkpoint", organization_id=organization).ok()) and
                  int(found.split("\n")[1]) > old_size and found, "a newer checkpoint")
    size = int(newer.split("\n")[1])
    grown = operator.get("/v1/audit/proofs/consistency", organization_id=organization, old_size=old_size,
                         tree_size=size).ok()
    assert grown["old_size"] == old_size and grown["tree_size"] == size
    (tmp_path / "old").write_text(older, encoding="utf-8")
    (tmp_path / "new").write_text(newer, encoding="utf-8")
    (tmp_path / "proof").write_text("".join(line + "\n" for line in grown["hashes"]), encoding="utf-8")
    key = operator.get("/v1/audit/key", organization_id=organization).ok()["vkey"]
    done = go("consistency", key, tmp_path / "old", tmp_path / "new", tmp_path / "proof")
    assert done.returncode == 0, done.stderr
    included = operator.get("/v1/audit/proofs/inclusion", organization_id=organization, index=0, tree_size=size).ok()
    assert included["index"] == 0 and included["tree_size"] == size


def test_proofs_that_cannot_be(party):
    operator, organization = party.operator, party.organization.id
    for path, parameters in (("inclusion", {"index": 10**9}), ("inclusion", {"index": 5, "tree_size": 2}),
                             ("consistency", {"old_size": 10**9}), ("consistency", {"old_size": 5, "tree_size": 2})):
        answer = operator.get(f"/v1/audit/proofs/{path}", organization_id=organization, **parameters)
        assert answer.status in (404, 409, 422), answer.text
    for path, parameters in (("inclusion", {"index": 0}), ("consistency", {"old_size": 1})):
        answer = operator.get(f"/v1/audit/proofs/{path}", organization_id=organization, tree_size=10**9, **parameters)
        answer.refused("not_yet_integrated")
        assert int(answer.headers["retry-after"]) >= 1
    operator.get("/v1/audit/proofs/inclusion", organization_id=organization).refused("validation_failed")
    operator.get(f"/v1/audit/entries/{10**9}", organization_id=organization).refused("not_found")


def test_an_operator_has_to_name_whose_log(gateway):
    problem = gateway.operator.get("/v1/audit/key").refused("validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == ["?organization_id"]


def test_a_machine_reads_its_own_log_alone(party, organization):
    """party and organization are the same organization here; another one's log answers with its own."""
    party.grant(["audit:read", "audit:export"])
    client = party.credential().client()
    assert client.get("/v1/audit/key").ok()["origin"] == organization.json["log_origin"]
    client.get("/v1/audit/entries/0").ok()
    client.get("/v1/audit/checkpoint").ok()
