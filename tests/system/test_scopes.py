"""Who may call what. The contract's x-scopes and x-callers are the table: every operation is called with a token that
holds all scopes but the one it needs, with the needed one alone, by the operator, and by nobody."""

import re

import pytest

from blackbox.contract import contract
from blackbox.parties import Organization

SCOPES = contract().document["components"]["schemas"]["ScopeName"]["enum"]
OPERATIONS = sorted(contract().operations.items())
PREFIXES = {"organization_id": "org", "workspace_id": "wsp", "integration_id": "int", "source_id": "src",
            "endpoint_id": "end", "channel_id": "chn", "subscription_id": "sub", "grant_id": "grt",
            "credential_id": "crd", "key_id": "key", "message_id": "msg", "delivery_id": "dlv", "refusal_id": "ref"}
GATE = {"insufficient_scope", "missing_token", "operator_only", "operator_not_allowed", "invalid_token"}


@pytest.fixture(scope="module")
def party(gateway):
    integration = Organization(gateway).integration()
    integration.grant(SCOPES)
    integration.source()
    credential = integration.credential()
    integration.activate()
    return integration, credential


@pytest.fixture(scope="module")
def tokens(party):
    """Per scope: a client with that one alone, and one with all others."""
    _, credential = party
    needed = {scope for _, _, operation in contract().operations.values() for scope in operation["x-scopes"]}
    return {scope: (credential.client(scope), credential.client(" ".join(s for s in SCOPES if s != scope)))
            for scope in sorted(needed)}


def path_of(template):
    return re.sub(r"\{(\w+)\}", lambda m: "0" if m[1] == "index" else f"{PREFIXES[m[1]]}_{'0' * 36}", template)


def attempt(client, method, template):
    """With nothing that an operation could do something with: what matters is who is let in."""
    body = {} if method in ("POST", "PATCH") else None
    return client.call(method, path_of(template), body)


@pytest.mark.parametrize("name", [name for name, (_, _, operation) in OPERATIONS if operation["x-scopes"]])
def test_exactly_the_scope_opens_the_route(tokens, name):
    method, template, operation = contract().operations[name]
    scope, = operation["x-scopes"]
    alone, all_others = tokens[scope]
    refused = attempt(all_others, method, template).refused("insufficient_scope")
    assert refused["required_scopes"] == [scope]
    answer = attempt(alone, method, template)
    assert answer.code not in GATE, answer.text


@pytest.mark.parametrize("name", [name for name, (_, _, operation) in OPERATIONS
                                  if "machine" not in operation["x-callers"] and "anonymous" not in operation["x-callers"]])
def test_no_token_reaches_what_is_the_operators(party, name):
    method, template, _ = contract().operations[name]
    attempt(party[1].client(), method, template).refused("operator_only")


@pytest.mark.parametrize("name", [name for name, (_, _, operation) in OPERATIONS if "operator" in operation["x-callers"]])
def test_the_operator_reaches_what_is_his(gateway, name):
    method, template, _ = contract().operations[name]
    answer = attempt(gateway.operator, method, template)
    assert answer.status < 400 or answer.code not in GATE, answer.text


@pytest.mark.parametrize("name", ["message_create", "message_batch_create", "channel_message_list"])
def test_operators_send_nothing_and_read_no_payloads(gateway, name):
    method, template, _ = contract().operations[name]
    attempt(gateway.operator, method, template).refused("operator_not_allowed")


@pytest.mark.parametrize("name", [name for name, (_, _, operation) in OPERATIONS
                                  if "anonymous" not in operation["x-callers"]])
def test_nobody_gets_in_without_a_token(gateway, name):
    method, template, _ = contract().operations[name]
    answer = attempt(gateway.http, method, template)
    answer.refused("missing_token")
    assert "Bearer" in answer.headers["www-authenticate"]
    attempt(gateway.http.with_token("spt_test_" + "a" * 60), method, template).refused("invalid_token")


def test_a_sender_cannot_read_export_or_manage(party):
    client = party[1].client("messages:write")
    sent = client.post("/v1/messages", {"type": "a.b", "data": 1}).ok()
    for method, path in (("GET", sent["receipt"]), ("GET", "/v1/audit/checkpoint"), ("GET", "/v1/integrations"),
                         ("GET", "/v1/audit/entries/0/proof-file"), ("GET", "/v1/channels"), ("GET", "/v1/credentials")):
        client.call(method, path).refused("insufficient_scope")


def test_a_token_narrowed_to_a_channel_is_refused_elsewhere(organization):
    mine, other = organization.channel(), organization.channel()
    integration = organization.integration()
    integration.grant(["channels:read"])
    credential = integration.credential()
    integration.activate()
    client = credential.client(f"channels:read={mine['id']}")
    client.get(f"/v1/channels/{mine['id']}/messages").ok()
    refused = client.get(f"/v1/channels/{other['id']}/messages").refused("resource_not_in_scope")
    assert refused["required_scopes"] == ["channels:read"]


def test_a_grant_narrowed_to_a_channel_narrows_every_token(organization):
    mine, other = organization.channel(), organization.channel()
    integration = organization.integration()
    integration.grant(["channels:read"], narrowed={"channels:read": [mine["id"]]})
    credential = integration.credential()
    integration.activate()
    client = credential.client()
    client.get(f"/v1/channels/{mine['id']}/messages").ok()
    client.get(f"/v1/channels/{other['id']}/messages").refused("resource_not_in_scope")


def test_scopes_beyond_the_grant_are_not_minted(organization):
    integration = organization.integration()
    integration.grant(["messages:write"])
    credential = integration.credential()
    integration.activate()
    answer = credential.request("messages:write audit:read")
    assert answer.refused("invalid_scope")["error"] == "invalid_scope"
    assert credential.request("no:scope").json["error"] == "invalid_scope"


def test_the_token_endpoint_speaks_rfc_6749(gateway, party):
    _, credential = party
    good = credential.request()
    assert good.ok()["token_type"] == "Bearer" and good.json["expires_in"] <= 600
    assert good.json["access_token"].startswith("spt_test_")
    assert "no-store" in good.headers["cache-control"]
    basic = gateway.http.post("/v1/oauth/token", form={"grant_type": "client_credentials"},
                              headers={"Authorization": basic_of(credential.id, credential.secret)})
    basic.ok()
    wrong = gateway.http.post("/v1/oauth/token", form={"grant_type": "client_credentials", "client_id": credential.id,
                                                       "client_secret": credential.secret[:-1] + "~"})
    assert wrong.refused("invalid_client")["error"] == "invalid_client"
    assert gateway.http.post("/v1/oauth/token", form={"grant_type": "password", "client_id": credential.id,
                                                      "client_secret": credential.secret}
                             ).refused("unsupported_grant_type")["error"] == "unsupported_grant_type"


def basic_of(user, password):
    import base64
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_tenants_see_nothing_of_each_other(gateway, party):
    stranger = Organization(gateway).integration()
    stranger.source()
    channel = stranger.organization.channel()
    endpoint = stranger.endpoint(url="https://receiver.example.com/")
    client = party[1].client()
    for path in (stranger.path, endpoint.path, f"/v1/sources/{stranger.first_source.id}",
                 f"/v1/channels/{channel['id']}", f"/v1/channels/{channel['id']}/messages",
                 f"/v1/organizations/{stranger.organization.id}", f"/v1/sources/{stranger.first_source.id}/keys",
                 f"/v1/keys/{endpoint.key['id']}"):
        client.get(path).refused("not_found")
    ids = [item["id"] for item in client.pages("/v1/integrations", limit=200)]
    assert stranger.id not in ids
    assert [item["id"] for item in client.pages("/v1/organizations")] == [party[0].organization.id]


def test_test_and_live_never_touch(organization, inbox):
    test, live = organization.integration("test"), organization.integration("live")
    live_channel = organization.channel("live")
    answer = organization.operator.post("/v1/subscriptions", {"integration_id": test.id, "event_types": [],
                                                              "channel_id": live_channel["id"]})
    answer.refused("wrong_environment")
    live_endpoint = live.endpoint(url="https://receiver.example.com/")
    answer = organization.operator.post("/v1/subscriptions", {"integration_id": test.id, "event_types": [],
                                                              "endpoint_id": live_endpoint.id})
    assert answer.code in ("wrong_environment", "validation_failed", "not_found"), answer.text
    test.grant(["channels:read", "messages:write"])
    test.source()
    credential = test.credential()
    test.activate()
    client = credential.client()
    client.get(f"/v1/channels/{live_channel['id']}/messages").refused("wrong_environment")
    assert credential.token().startswith("spt_test_")
    live.grant()
    live_credential = live.credential()
    live.source()
    live.activate()
    assert live_credential.token().startswith("spt_live_")


def test_operator_tokens_last_minutes_and_are_made_on_the_socket_alone(gateway, party):
    made = gateway.operator.post("/v1/operator/tokens", {"lifetime_seconds": 60}).ok()
    assert made["actor"].startswith("operator:")
    over_http = gateway.http.with_token(made["access_token"])
    over_http.get("/v1/organizations").ok()
    assert over_http.get("/v1/operator/status").ok()["state"] == "ready"
    assert over_http.post("/v1/operator/tokens", {}).status == 403
    over_http.get("/v1/channels/chn_" + "0" * 36 + "/messages").refused("operator_not_allowed")
    done = gateway.command("operator", "token")
    assert done.returncode == 0, done.stderr
    token = re.search(r"sp[a-z]+_[A-Za-z0-9_-]{20,}", done.stdout)[0]
    gateway.http.with_token(token).get("/v1/organizations").ok()
