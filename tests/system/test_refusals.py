"""Each refusal category is reachable by a request, and comes with its status and code; and what an anonymous caller may
learn is the same in test and live."""

import base64
import json
import os
import re
import socket
import time
import urllib.parse

import pytest

from blackbox.contract import contract
from blackbox.parties import Organization
from blackbox.waiting import until


@pytest.fixture(scope="module")
def source(gateway):
    integration = Organization(gateway).integration()
    made = integration.source(event_types=["order.created"], networks=["127.0.0.0/8"])
    integration.activate()
    return made


def signed(source, **how):
    body = source.sender.body(1)
    return body, source.sender.sign(body, **how)


def changed(source, change, **how):
    body, headers = signed(source, **how)
    return source.send(body, {**headers, **change})


def raw(gateway, octets):
    """Sends octets as they are and reads to the end; for what no HTTP library would send."""
    url = urllib.parse.urlsplit(gateway.http_url)
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(octets)
        connection.settimeout(20)
        answer = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                return answer
            answer += piece
            if complete(answer):
                return answer


def complete(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(found and length and len(body) >= int(length[1]))


def code_of(answer):
    return contract().judge_octets(answer)[0]["code"]


MALFORMED = {
    "no timestamp": {"webhook-timestamp": ""},
    "a fraction": {"webhook-timestamp": "1700000000.5"},
    "a sign": {"webhook-timestamp": "+1700000000"},
    "a leading zero": {"webhook-timestamp": "01700000000"},
    "a full stop in the id": {"webhook-id": "evt.1"},
    "a long id": {"webhook-id": "e" * 257},
    "no version": {"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    "a short signature": {"webhook-signature": "v1,g0hM"},
    "an unknown version alone": {"webhook-signature": "v9,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    "nine signatures": {"webhook-signature": " ".join(["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] * 9)},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_header(source, case):
    changed(source, MALFORMED[case]).refused("malformed_header")


def test_a_repeated_header_is_malformed(gateway, source):
    body, headers = signed(source)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    octets = (f"POST {source.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
              f"{lines}webhook-id: {headers['webhook-id']}\r\nConnection: close\r\n\r\n").encode() + body
    assert code_of(raw(gateway, octets)) in ("malformed_header", "malformed_request")


def test_event_type_not_allowed(source):
    source.post(1, event="order.paid").refused("event_type_not_allowed")


def test_network_not_allowed(organization):
    integration = organization.integration()
    source = integration.source(networks=["192.0.2.0/24"])
    integration.activate()
    source.post(1).refused("network_not_allowed")


def test_unsupported_encoding(source):
    changed(source, {"Content-Encoding": "gzip"}).refused("unsupported_encoding")


def test_body_too_large(organization):
    integration = organization.integration()
    source = integration.source(max_body_bytes=100)
    integration.activate()
    body = source.sender.body(1) + b" " * 200
    source.send(body, source.sender.sign(body)).refused("body_too_large")


def test_unknown_source(gateway):
    gateway.http.post("/v1/in/src_" + "0" * 36, {"a": 1}).refused("unknown_source")


# What is wrong with a body, and the codes where any event type is taken and where only listed ones are: a type that
# can't be read is in no list, and the event type is judged first.
WRONG_BODIES = {
    "cut off": (b'{"type":"order.created",', "malformed_json", "event_type_not_allowed"),
    "a member twice": (b'{"type":"order.created","a":1,"a":2}', "duplicate_member", "duplicate_member"),
    "too deep": (b'{"type":"order.created","a":' + b"[" * 70 + b"]" * 70 + b"}", "json_too_deep",
                 "event_type_not_allowed"),
}


@pytest.mark.parametrize("wrong", WRONG_BODIES)
def test_malformed_json_and_duplicate_members(source, wrong):
    body, code, code_where_listed = WRONG_BODIES[wrong]
    source.send(body, source.sender.sign(body)).refused(code_where_listed)
    integration = Organization(source.gateway).integration()
    anything = integration.source()
    integration.activate()
    anything.send(body, anything.sender.sign(body)).refused(code)


def test_source_disabled(organization):
    integration = organization.integration()
    source = integration.source()
    integration.activate()
    organization.operator.change(f"/v1/sources/{source.id}", {"state": "suspended"}).ok()
    source.post(1).refused("source_disabled")
    organization.operator.change(f"/v1/sources/{source.id}", {"state": "active"}).ok()
    source.post(2).ok()


def test_a_draft_accepts_nothing(organization):
    integration = organization.integration()
    source = integration.source()
    integration.grant()
    source.post(1).refused("integration_not_active")


def test_no_active_grant_no_token_no_message(organization):
    integration = organization.integration()
    source = integration.source()
    credential = integration.credential()
    integration.activate()
    token = credential.token()
    organization.operator.post(f"/v1/grants/{integration.grant_json['id']}:revoke", {"reason": "over"}).ok()
    source.post(1).refused("grant_not_active")
    credential.request().refused("grant_not_active")
    answer = organization.gateway.http.with_token(token).post("/v1/messages", {"type": "a.b", "data": 1})
    assert answer.code in ("grant_not_active", "invalid_token"), answer.text


def test_rate_limited_says_when(organization):
    integration = organization.integration()
    source = integration.source(rate_limit={"per_second": 1, "burst": 2})
    integration.activate()
    answers = [source.post(number) for number in range(8)]
    limited = [answer for answer in answers if answer.status == 429]
    assert answers[0].status == 202 and limited
    for answer in limited:
        answer.refused("rate_limited")
        assert int(answer.headers["retry-after"]) >= 1


def test_an_integration_has_a_rate_too(organization):
    integration = organization.integration(rate_limit={"per_second": 1, "burst": 2})
    one, two = integration.source(), integration.source()
    integration.activate()
    statuses = [source.post(number).status for number in range(4) for source in (one, two)]
    assert 202 in statuses and 429 in statuses


def test_an_organization_has_a_rate_of_all_its_integrations(gateway):
    organization, other = Organization(gateway), Organization(gateway)
    sources = [integration.source() for integration in (organization.integration(), organization.integration())]
    neighbour = other.integration()
    beside = neighbour.source()
    for source in (*sources, beside):
        source.integration.activate()
    path = f"/v1/organizations/{organization.id}"
    changed = gateway.operator.change(path, {"rate_limit": {"per_second": 1, "burst": 2}}).ok()
    assert changed["rate_limit"] == {"per_second": 1, "burst": 2} and changed["name"] == organization.json["name"]
    answers = [source.post(number) for number in range(4) for source in sources]
    assert {answer.status for answer in answers} == {202, 429}
    assert all(answer.code == "rate_limited" for answer in answers if answer.status == 429)
    assert beside.post(1).status == 202, "another organization has its own"


def test_a_credential_has_a_rate_of_its_own(organization):
    integration = organization.integration()
    integration.source()
    slow = integration.credential(rate_limit={"per_second": 1, "burst": 2})
    free = integration.credential()
    integration.activate()
    assert slow.json["rate_limit"] == {"per_second": 1, "burst": 2} and free.json["rate_limit"] == {"per_second": 0, "burst": 0}
    client, beside = slow.client("messages:write"), free.client("messages:write")
    answers = [client.post("/v1/messages", {"type": "a.b", "data": number}) for number in range(6)]
    assert answers[0].status == 202 and any(answer.status == 429 for answer in answers)
    assert beside.post("/v1/messages", {"type": "a.b", "data": 7}).status == 202, "another credential has its own"
    batch = client.post("/v1/messages:batch", {"messages": [{"type": "a.b", "data": number} for number in range(6)]})
    assert [one["status"] for one in batch.json["results"]].count(429) >= 3, batch.text


def test_what_was_refused_for_its_rate_may_come_again(organization):
    integration = organization.integration()
    source = integration.source(rate_limit={"per_second": 50, "burst": 1})
    integration.activate()
    bodies = [source.sender.body(number) for number in range(20)]
    sent = [(body, source.sender.sign(body)) for body in bodies]
    refused = [one for one in sent if source.send(*one).status == 429]
    assert refused
    time.sleep(0.1)  # the rate is real time: five tokens come back
    assert source.send(*refused[0]).status == 202


def strange_requests(path, body):
    post = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return {
        "malformed_request": b"POST " + path.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "uri_too_long": b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "header_too_large": post.encode() + b"X-Long: " + b"a" * 200000 + b"\r\n\r\n",
        "http_version_not_supported": f"POST {path} HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n".encode(),
    }


@pytest.mark.parametrize("code", list(strange_requests("/", b"")))
def test_what_is_not_http_is_refused_as_a_problem(gateway, source, code):
    answer = raw(gateway, strange_requests(source.path, b"")[code])
    assert code_of(answer) == code, answer[:500]


def test_a_host_that_is_none_of_ours_is_misdirected(gateway, source):
    octets = f"POST {source.path} HTTP/1.1\r\nHost: elsewhere.example\r\nContent-Length: 0\r\n\r\n".encode()
    assert code_of(raw(gateway, octets)) == "misdirected_request"


def test_method_not_allowed_and_not_found(gateway):
    answer = gateway.operator.call("PUT", "/v1/organizations", {})
    answer.refused("method_not_allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    gateway.operator.get("/v1/nothing").refused("not_found")
    gateway.operator.get("/v1/organizations/org_" + "0" * 36).refused("not_found")
    gateway.operator.get("/v1/organizations/none").refused("not_found")


def test_tokens_in_a_query_are_refused(gateway):
    gateway.http.get("/v1/organizations", access_token="spt_test_abc").refused("token_in_query")


def anonymous_cases(source):
    """Requests of a caller who has proven nothing."""
    body, headers = signed(source)
    yield "bad_signature", body + b" ", headers
    yield "missing_signature", body, {name: value for name, value in headers.items() if name != "webhook-signature"}
    yield "malformed_header", body, {**headers, "webhook-timestamp": "soon"}
    yield "timestamp_expired", *signed(source, at=time.time() - 4000)
    yield "timestamp_in_future", *signed(source, at=time.time() + 4000)
    yield "unsupported_encoding", body, {**headers, "Content-Encoding": "br"}


def test_anonymous_answers_in_test_and_live_differ_in_their_ids_only(gateway, organization):
    """States that a valid signature would tell apart (live or test, active, suspended, draft, disabled) tell nothing."""
    made = []
    for environment, state in (("test", "active"), ("live", "active"), ("test", "draft"), ("live", "suspended")):
        integration = organization.integration(environment)
        made.append(integration.source())
        if state != "draft":
            integration.activate()
        if state == "suspended":
            integration.act("suspend").ok()
    answers = {}
    for source in made:
        for code, body, headers in anonymous_cases(source):
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            octets = (f"POST {source.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                      f"Content-Length: {len(body)}\r\n{lines}\r\n").encode() + body
            answer = raw(gateway, octets)
            assert code_of(answer) == code, answer[:600]
            plain = re.sub(rb"(req|ref)_[0-9a-z]{36}", rb"\1_ID", answer)
            plain = re.sub(rb"(?im)^date:.*\r\n", b"", plain)
            answers.setdefault(code, set()).add(plain)
    for code, different in answers.items():
        assert len(different) == 1, f"{code}: {different}"


# -- Refusals of calls in the log: contract/audit.md, section 11

def log_size(organization):
    note = organization.operator.get("/v1/audit/checkpoint", organization_id=organization.id).ok()
    return int(note.split("\n")[1])


def fields_of(entry):
    return {name: value for group in entry["groups"] for name, value in json.loads(base64.b64decode(group["fields"])).items()}


def refused_calls(organization):
    """The records of refused calls, and the size of the log, once it holds all that was done before: the mark shows."""
    mark = organization.channel()["id"]
    entries = []

    def look():
        for index in range(len(entries), log_size(organization)):
            entries.append(organization.entry(index))
        return any(mark in fields_of(entry).values() for entry in entries)
    until(look, "the mark in the log")
    return [fields_of(entry) for entry in entries if entry["kind"] == "call.refused"], len(entries)


def party_of(organization, scopes):
    integration = organization.integration()
    integration.grant(scopes)
    credential = integration.credential()
    integration.source()
    integration.activate()
    return integration, credential


def counter(gateway, name):
    return int(re.search(rf"(?m)^{name} (\d+)$", gateway.metrics().text)[1])


def judge_record(fields, integration, credential, **more):
    expected = {"organization": integration.organization.id, "workspace": integration.organization.workspace["id"],
                "environment": "test", "integration": integration.id, "actor": credential.id, "actor_kind": "machine",
                "policy": "sealpost/builtin", "result": "refused", "count": 1, "network": "127.0.0.0/24", **more}
    assert {name: fields.get(name) for name in expected} == expected
    assert fields["first_ms"] == fields["last_ms"] and fields["policy_version"] >= 1


def test_a_missing_scope_on_send_is_a_record(organization):
    integration, credential = party_of(organization, ["messages:write", "deliveries:read"])
    client = credential.client("deliveries:read")
    answer = client.post("/v1/messages", {"type": "a.b", "data": 1})
    refusal = answer.refused("insufficient_scope")["refusal_id"]
    (fields,), _ = refused_calls(organization)
    judge_record(fields, integration, credential, category="insufficient_scope", operation="message_create",
                 signature="bearer_token", grant=integration.grant_json["id"], refusal=refusal, request=answer.request_id)
    shown = client.get(f"/v1/refusals/{refusal}").ok()
    assert (shown["operation"], shown["code"], shown["count"]) == ("message_create", "insufficient_scope", 1)
    assert shown["actor"] == {"kind": "machine", "id": credential.id} and shown["source_id"] is None
    credential.client("messages:write").get(f"/v1/refusals/{refusal}").refused("insufficient_scope")
    stranger = party_of(Organization(organization.gateway), ["deliveries:read"])[1]
    stranger.client().get(f"/v1/refusals/{refusal}").refused("not_found")


def test_a_resource_out_of_scope_is_a_record(organization):
    mine, other = organization.channel(), organization.channel()
    integration, credential = party_of(organization, ["channels:read"])
    client = credential.client(f"channels:read={mine['id']}")
    client.get(f"/v1/channels/{mine['id']}/messages").ok()
    refusal = client.get(f"/v1/channels/{other['id']}/messages").refused("resource_not_in_scope")["refusal_id"]
    (fields,), _ = refused_calls(organization)
    judge_record(fields, integration, credential, category="resource_not_in_scope", operation="channel_message_list",
                 refusal=refusal)


def test_a_refused_token_is_a_record(organization):
    """Its id is told only to who has shown the secret: that there is such a client is nobody else's business."""
    integration, credential = party_of(organization, ["messages:write"])
    form = {"grant_type": "client_credentials", "client_id": credential.id, "client_secret": "sps_test_none"}  # not-a-secret: wrong
    http = organization.gateway.http
    wrong = http.post("/v1/oauth/token", form=form).refused("invalid_client")
    unknown = http.post("/v1/oauth/token", form={**form, "client_id": "crd_" + "0" * 36}).refused("invalid_client")
    assert {**wrong, "request_id": ""} == {**unknown, "request_id": ""}
    not_granted = credential.request("audit:read").refused("invalid_scope")["refusal_id"]
    organization.operator.post(f"/v1/grants/{integration.grant_json['id']}:revoke", {"reason": "over"}).ok()
    ended = credential.request().refused("grant_not_active")["refusal_id"]
    (first, second, third), _ = refused_calls(organization)
    judge_record(first, integration, credential, category="invalid_client", operation="token_create",
                 signature="not_verified", request=wrong["request_id"])
    judge_record(second, integration, credential, category="invalid_scope", operation="token_create",
                 signature="client_secret", refusal=not_granted)
    judge_record(third, integration, credential, category="grant_not_active", operation="token_create",
                 signature="client_secret", refusal=ended, grant=integration.grant_json["id"])
    shown = organization.operator.get(f"/v1/refusals/{first['refusal']}").ok()
    assert shown["reason"] == "malformed_client_secret"


def test_a_refused_element_of_a_batch_is_a_record(organization):
    integration, credential = party_of(organization, ["messages:write"])
    good, bad = {"type": "a.b", "data": 1}, {"type": "-wrong", "data": 1}
    results = credential.client().post("/v1/messages:batch", {"messages": [good, bad, good]}).ok()["results"]
    assert [result["status"] for result in results] == [202, 422, 202]
    (fields,), _ = refused_calls(organization)
    judge_record(fields, integration, credential, category="validation_failed", operation="message_batch_create",
                 refusal=results[1]["problem"]["refusal_id"])


def test_who_is_unknown_leaves_no_record(gateway, organization):
    party_of(organization, ["messages:write"])
    _, before = refused_calls(organization)
    counted = counter(gateway, "sealpost_unknown_caller_total")
    for client in (gateway.http, gateway.http.with_token("spt_test_" + "a" * 60), gateway.http.with_token("nonsense")):
        for number in range(10):
            answer = client.post("/v1/messages", {"type": "a.b", "data": number})
            assert answer.status == 401 and "refusal_id" not in answer.json
    records, after = refused_calls(organization)
    assert records == [] and after == before + 1, "the mark alone"
    assert counter(gateway, "sealpost_unknown_caller_total") == counted + 30


def test_an_operator_is_refused_in_the_log_of_what_it_named(organization):
    channel = organization.channel()
    refusal = organization.operator.get(f"/v1/channels/{channel['id']}/messages").refused("operator_not_allowed")["refusal_id"]
    (fields,), _ = refused_calls(organization)
    assert (fields["actor"], fields["signature"]) == (f"operator:{os.getuid()}", "peer_credentials")
    assert fields["operation"] == "channel_message_list" and fields["refusal"] == refusal
    assert organization.operator.get(f"/v1/refusals/{refusal}").ok()["actor"]["kind"] == "operator"


def above_environments(organization):
    """What an operator is refused about an organization itself."""
    for title in ("One", "Another"):
        answer = organization.operator.post("/v1/workspaces", {"organization_id": organization.id, "name": title},
                                            headers={"Idempotency-Key": "once"})
    return answer.refused("idempotency_mismatch")["refusal_id"]


def test_equal_refusals_are_few_records(start_gateway):
    """And what is written of them holds against its records."""
    gateway = start_gateway()
    organization = Organization(gateway)
    integration, credential = party_of(organization, ["messages:write", "messages:read"])
    client = credential.client("messages:read")
    began = time.monotonic()
    ids = {client.post("/v1/messages", {"type": "a.b", "data": 1}).refused("insufficient_scope")["refusal_id"]
           for _ in range(1000)}
    intervals = 2 + int((time.monotonic() - began) / 60)
    above = above_environments(organization)
    gateway.stop()  # writes what an interval has counted so far
    done = gateway.command("audit", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    gateway.start()
    organization.operator = gateway.operator
    shown = gateway.operator.get(f"/v1/refusals/{above}").ok()
    assert (shown["environment"], shown["integration_id"], shown["operation"]) == (None, None, "workspace_create")
    records = [fields for fields in refused_calls(organization)[0] if fields["refusal"] != above]
    assert {fields["refusal"] for fields in records} == ids and len(ids) == len(records) <= intervals
    assert sum(fields["count"] for fields in records) == 1000
    for fields in records:
        judge_record({**fields, "count": 1, "last_ms": fields["first_ms"]}, integration, credential,
                     category="insufficient_scope", operation="message_create")
