"""Planted e-mail addresses, tokens and secrets appear in no file below the data directory at any time, in no log line and
no metric. The search is over bytes, in the forms that they could be stored in."""

import base64
import json
import threading

import pytest

from blackbox import senders
from blackbox.parties import Organization
from blackbox.waiting import until

MAIL = "grace.planted.hopper@example.test"
TOKEN = "ghp_PlantedToken0123456789abcdefABCDEF"
CARD = "4111111111111111"
PLANTED = (MAIL, TOKEN, CARD)


def forms(text):
    """As it is, in UTF-16, in hexadecimal, and in the three alignments of base64."""
    octets = text.encode()
    yield octets
    yield text.encode("utf-16-le")
    yield octets.hex().encode()
    for shift in range(3):
        yield base64.b64encode(b"\x00" * shift + octets)[4 if shift else 0:-4]


def leaks(gateway, words):
    files = [path for path in gateway.home.rglob("*") if path.is_file()]
    contents = {str(path.relative_to(gateway.home)): path.read_bytes() for path in files}
    contents["/metrics"] = gateway.metrics().content
    return found(contents, words)


def found(contents, words):
    return [(name, word) for name, content in contents.items() for word in words
            if any(form in content for form in forms(word))]


def audit_log(organization, reader):
    """All that the organization's log tells this reader, by path; what opens the commitments is in base64 there."""
    checkpoint = reader.get("/v1/audit/checkpoint", organization_id=organization.id).ok()
    paths = [f"/v1/audit/entries/{index}{part}" for index in range(int(checkpoint.split("\n")[1]))
             for part in ("", "/proof-file")]
    answers = [reader.get(path, organization_id=organization.id) for path in paths]
    assert {answer.status for answer in answers} == {200}
    return {path: answer.raw for path, answer in zip(paths, answers)}


def complete_audit_log(organization, reader, kinds):
    """Once it holds these kinds; the tree follows what happens within a second."""
    def look():
        log = audit_log(organization, reader)
        entries = [json.loads(raw) for path, raw in log.items() if not path.endswith("proof-file")]
        seen = {entry["kind"] for entry in entries if all(group["fields"] for group in entry["groups"])}
        return log if kinds <= seen else None
    return until(look, f"{kinds}, with their fields, in the audit log")


@pytest.fixture
def private(start_gateway):
    return start_gateway(settings='log_level = "debug"')


def planted_body(sender, number=0):
    body = json.loads(sender.body(number))
    body["customer"] = {"email": MAIL, "note": f"call {MAIL} about {CARD}", "auth": TOKEN}
    return json.dumps(body).encode()


def test_the_search_finds_what_is_there(private):
    """The catch for a search that can't fail."""
    (private.data / "planted").write_bytes(b"xx" + base64.b64encode(b"a" + MAIL.encode() + b"b"))
    assert leaks(private, [MAIL]) == [("data/planted", MAIL)]
    organization = Organization(private)
    log = audit_log(organization, private.operator)
    assert {path for path, _ in found(log, [organization.id])} == {path for path in log if "proof" not in path}


def test_what_is_in_payloads_is_nowhere(private, receiver):
    organization = Organization(private)
    inbox = receiver.inbox(f"private-{organization.id}")
    integration = organization.integration()
    rules = [{"event_type": None, "fields": [{"pointer": "/customer/email", "treatment": "mask"},
                                             {"pointer": "/customer/note", "treatment": "drop"},
                                             {"pointer": "/number", "treatment": "keep"}]}]
    github = integration.source(senders.GitHub(), event_rules=rules)
    source = integration.source(event_rules=rules)
    integration.subscribe(endpoint=integration.endpoint(inbox))
    channel = organization.channel()
    integration.subscribe(channel=channel)
    integration.grant(["messages:write", "messages:read", "channels:read", "audit:read", "audit:export"])
    credential = integration.credential()
    integration.activate()
    client = credential.client()
    hanging = threading.Event()
    inbox.script += [hanging, (500, {})]
    receipts = []
    for one in (source, github):
        body = planted_body(one.sender)
        receipts.append(one.send(body, one.sender.sign(body)).ok())
        one.send(body + b" ", one.sender.sign(body)).refused("bad_signature")
    receipts.append(client.post("/v1/messages", {"type": "a.b", "data": {"email": MAIL, "token": TOKEN}}).ok())
    client.post("/v1/messages", {"type": "a.b", "data": 1, MAIL: TOKEN}).refused("unknown_field")
    assert leaks(private, PLANTED) == [], "while it is on its way"
    hanging.set()
    for receipt in receipts:
        until(lambda r=receipt: all(d["state"] == "delivered" for d in private.operator.get(r["receipt"]).ok()["deliveries"]
                                    if d["endpoint_id"]), "delivery")
    assert any(MAIL.encode() in seen.body for seen in inbox.seen), "the receiver does get it"
    read = client.get(f"/v1/channels/{channel['id']}/messages")
    assert MAIL in read.text
    summary = private.operator.get(receipts[0]["receipt"]).ok()["summary"]
    assert MAIL not in json.dumps(summary) and "number" in json.dumps(summary)
    assert leaks(private, PLANTED) == [], "after delivery"
    for reader in (private.operator, client):
        log = complete_audit_log(organization, reader, {"message.accepted", "delivery.attempted", "webhook.refused"})
        assert found(log, PLANTED) == [], "in the audit log"
    private.stop()
    private.start()
    assert leaks(private, PLANTED) == [], "after a restart"


def test_secrets_are_nowhere(private, receiver):
    organization = Organization(private)
    inbox = receiver.inbox(f"secret-{organization.id}")
    integration = organization.integration()
    source = integration.source()
    token_source = integration.source(senders.GitLabToken())
    endpoint = integration.endpoint(url=inbox.url + "?token=planted-query-secret",
                                    headers=[{"name": "X-Key", "value": "planted-header-secret"}])
    inbox.secrets.append(endpoint.secret)
    integration.subscribe(endpoint=endpoint)
    credential = integration.credential()
    integration.activate()
    token = credential.token()
    private.http.with_token(token).post("/v1/messages", {"type": "a.b", "data": 1}).ok()
    private.http.with_token(token + "x").get("/v1/organizations").refused("invalid_token")
    credential.request("no:scope").refused("invalid_scope")
    private.http.get("/v1/organizations", access_token=token).refused("token_in_query")
    source.post(1).ok()
    token_source.post(1).ok()
    operator_token = private.operator.post("/v1/operator/tokens", {}).ok()["access_token"]
    private.http.with_token(operator_token).get("/v1/organizations").ok()
    inbox.expect(3)
    secrets = [source.sender.key, source.sender.key.removeprefix("whsec_").rstrip("="), token_source.sender.key,
               endpoint.secret, endpoint.secret.removeprefix("whsec_").rstrip("="), credential.secret, token,
               operator_token, "planted-query-secret", "planted-header-secret"]
    raw_keys = [base64.b64decode(key.removeprefix("whsec_")) for key in (source.sender.key, endpoint.secret)]
    assert leaks(private, secrets) == []
    for path in private.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(key in content for key in raw_keys), path
    root = (private.data / "root.key").read_bytes().strip()
    for path in private.home.rglob("*"):
        if path.is_file() and path.name != "root.key":
            assert root not in path.read_bytes(), path
