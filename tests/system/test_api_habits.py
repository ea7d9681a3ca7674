"""What all operations of the control plane share: paging, conditions, idempotent repeats, problems with their places,
secrets shown once; and what makes and changes each resource."""

import uuid

import pytest

from blackbox import senders
from blackbox.contract import contract

SECRET = "secret_already_shown"


def test_lists_are_paged_by_cursor(organization):
    operator = organization.operator
    integration = organization.integration()
    made = [integration.endpoint(url=f"https://receiver{number}.example.com/").id for number in range(5)]
    page = operator.get("/v1/endpoints", integration_id=integration.id, limit=2).ok()
    assert [item["id"] for item in page["items"]] == made[:2] and page["next_cursor"]
    assert [item["id"] for item in operator.pages("/v1/endpoints", integration_id=integration.id, limit=2)] == made
    operator.get("/v1/endpoints", integration_id=integration.id, limit=0).refused("validation_failed")
    operator.get("/v1/endpoints", integration_id=integration.id, cursor="none of ours").refused("invalid_cursor")


def test_every_list_lists_what_was_made(organization):
    operator = organization.operator
    integration = organization.integration()
    source, endpoint = integration.source(), integration.endpoint(url="https://receiver.example.com/")
    channel = organization.channel()
    subscription = integration.subscribe(channel=channel)
    grant = integration.grant()
    credential = integration.credential()
    lists = {
        "/v1/organizations": (organization.id, {}),
        "/v1/workspaces": (organization.workspace["id"], {"organization_id": organization.id}),
        "/v1/integrations": (integration.id, {"organization_id": organization.id, "environment": "test"}),
        "/v1/sources": (source.id, {"integration_id": integration.id}),
        f"/v1/sources/{source.id}/keys": (source.key["id"], {}),
        "/v1/endpoints": (endpoint.id, {"integration_id": integration.id}),
        f"/v1/endpoints/{endpoint.id}/keys": (endpoint.key["id"], {}),
        "/v1/channels": (channel["id"], {"organization_id": organization.id}),
        "/v1/subscriptions": (subscription["id"], {"integration_id": integration.id}),
        "/v1/grants": (grant["id"], {"integration_id": integration.id}),
        "/v1/credentials": (credential.json["id"], {"integration_id": integration.id}),
    }
    for path, (identity, filters) in lists.items():
        assert identity in [item["id"] for item in operator.pages(path, limit=200, **filters)], path
    one_by_one = {
        "organizations": organization.id, "workspaces": organization.workspace["id"], "integrations": integration.id,
        "sources": source.id, "endpoints": endpoint.id, "channels": channel["id"],
        "subscriptions": subscription["id"], "grants": grant["id"], "credentials": credential.json["id"],
        "keys": source.key["id"],
    }
    for kind, identity in one_by_one.items():
        assert operator.get(f"/v1/{kind}/{identity}").ok()["id"] == identity


def test_changes_name_their_version(organization):
    operator = organization.operator
    integration = organization.integration()
    changes = {
        f"/v1/organizations/{organization.id}": {"name": "New name"},
        f"/v1/workspaces/{organization.workspace['id']}": {"name": "New name"},
        integration.path: {"name": "New name"},
        f"/v1/sources/{integration.source().id}": {"name": "New name"},
        integration.endpoint(url="https://receiver.example.com/").path: {"name": "New name"},
        f"/v1/channels/{organization.channel()['id']}": {"name": "New name"},
        f"/v1/subscriptions/{integration.subscribe(channel=organization.channel())['id']}": {"event_types": ["a.b"]},
    }
    for path, body in changes.items():
        operator.call("PATCH", path, body).refused("precondition_required")
        first = operator.get(path)
        changed = operator.call("PATCH", path, body, headers={"If-Match": first.etag})
        assert changed.ok()["version"] == first.json["version"] + 1 and changed.etag != first.etag
        assert operator.get(path).json == changed.json
        operator.call("PATCH", path, body, headers={"If-Match": first.etag}).refused("precondition_failed")
        operator.call("PATCH", path, {**body, "colour": "red"},
                      headers={"If-Match": changed.etag}).refused("unknown_field")


def test_deleting(organization):
    operator = organization.operator
    integration = organization.integration()
    endpoint = integration.endpoint(url="https://receiver.example.com/")
    channel = organization.channel()
    for path in (f"/v1/subscriptions/{integration.subscribe(channel=channel)['id']}", f"/v1/channels/{channel['id']}",
                 endpoint.path, f"/v1/sources/{integration.source().id}"):
        operator.call("DELETE", path).refused("precondition_required")
        assert operator.remove(path).status == 204
        after = operator.get(path)
        assert after.status == 404 or after.json["state"] == "deleted", path


def test_a_repeat_under_its_key_gets_the_first_answer(organization):
    operator = organization.operator
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"organization_id": organization.id, "name": "Once"}
    first = operator.post("/v1/workspaces", body, headers=key)
    again = operator.post("/v1/workspaces", body, headers=key)
    assert first.status == again.status == 201 and first.json["id"] == again.json["id"]
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    operator.post("/v1/workspaces", {**body, "name": "Other"}, headers=key).refused("idempotency_mismatch")
    operator.post("/v1/workspaces", body, headers={"Idempotency-Key": "a b"}).refused("invalid_idempotency_key")
    operator.post("/v1/workspaces", body, headers={"Idempotency-Key": "a" * 129}).refused("invalid_idempotency_key")


def test_every_creation_is_repeatable(organization):
    """What is made, with a body and a change of that body."""
    operator = organization.operator
    integration = organization.integration()
    source = integration.source()
    endpoint = integration.endpoint(url="https://receiver.example.com/")
    channel = organization.channel()
    of = {"integration_id": integration.id}
    grant = {"scopes": [{"scope": "messages:write", "resources": []}], "reason": "Once"}
    named, key, renamed = {"name": "Once"}, {"algorithm": "hmac_sha256"}, {"name": "Other"}
    calls = {
        "/v1/organizations": (named, renamed),
        "/v1/workspaces": ({**named, "organization_id": organization.id}, renamed),
        "/v1/integrations": ({**named, "workspace_id": organization.workspace["id"], "environment": "test",
                              "source_system": "shop", "owner": integration.OWNER}, renamed),
        "/v1/sources": ({**named, **of, "scheme": "github"}, renamed),
        f"/v1/sources/{source.id}/keys": ({**key, "rotate_every_days": 30}, {"rotate_every_days": 31}),
        "/v1/endpoints": ({**named, **of, "url": "https://receiver.example.com/"}, renamed),
        f"{endpoint.path}/keys:rotate": (key, {"algorithm": "ed25519"}),
        "/v1/channels": ({**named, "workspace_id": organization.workspace["id"], "environment": "test",
                          "kind": "inbox"}, renamed),
        "/v1/subscriptions": ({**of, "channel_id": channel["id"], "event_types": ["a.b"]}, {"event_types": ["a.c"]}),
        "/v1/grants": ({**of, **grant}, {"reason": "Other"}),
        "/v1/credentials": ({**named, **of}, renamed),
    }
    assert {contract().find("POST", path)["operationId"] for path in calls} == creations()
    for path, (body, change) in calls.items():
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        first, again = (operator.post(path, body, headers=headers) for _ in range(2))
        assert first.status == again.status == 201 and again.headers["idempotency-replayed"] == "true", path
        assert without_secret(first) == without_secret(again) and identity(first) == identity(again), path
        operator.post(path, {**body, **change}, headers=headers).refused("idempotency_mismatch")
        other = operator.post(path, {**body, **change}, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert identity(other) != identity(first), path


def creations():
    """What the contract says to be repeatable and answered by 201."""
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    return {name for name, (_, _, operation) in contract().operations.items()
            if "201" in operation["responses"] and key in operation.get("parameters", [])}


def without_secret(answer):
    return {name: value for name, value in answer.ok().items() if name not in ("secret", "client_secret", "notice")}


def identity(answer):
    made = answer.ok()
    return next(part["id"] for part in (made, *(made.get(name) or {} for name in ("endpoint", "credential", "key")))
                if "id" in part)


def test_no_secret_is_shown_twice(organization):
    operator = organization.operator
    integration = organization.integration()
    source = integration.source()
    endpoint = integration.endpoint(url="https://receiver.example.com/")
    calls = {
        "/v1/credentials": ({"integration_id": integration.id, "name": "One"}, "client_secret"),
        "/v1/endpoints": ({"integration_id": integration.id, "name": "One", "url": "https://receiver.example.com/"},
                          "secret"),
        f"/v1/sources/{source.id}/keys": ({"algorithm": "hmac_sha256", "rotate_every_days": 30}, "secret"),
        f"{endpoint.path}/keys:rotate": ({"algorithm": "hmac_sha256"}, "secret"),
    }
    for path, (body, member) in calls.items():
        key = {"Idempotency-Key": str(uuid.uuid4())}
        first = operator.post(path, body, headers=key)
        secret = first.ok()[member]
        again = operator.post(path, body, headers=key)
        assert member not in again.ok() and again.json["notice"] == SECRET and secret not in again.text
        assert "no-store" in first.headers["cache-control"]
        for listed in ("/v1/credentials", "/v1/endpoints"):
            assert secret not in operator.get(listed, integration_id=integration.id).text


def test_problems_name_the_place(organization):
    operator = organization.operator
    problem = operator.post("/v1/workspaces", {"organization_id": organization.id, "nam": "x"}).refused("unknown_field")
    places = {error["pointer"]: error for error in problem["errors"]}
    assert places["/nam"]["nearest"] == "name"
    assert problem["type"] == "/docs/errors.md#unknown_field" and problem["action"]
    operator.call("POST", "/v1/workspaces", content=b'{"name": "a", "name": "b"}',
                  headers={"Content-Type": "application/json"}).refused("duplicate_member")
    operator.call("POST", "/v1/workspaces", content=b"{", headers={"Content-Type": "application/json"}).refused(
        "malformed_json")
    operator.call("POST", "/v1/workspaces", content=b"a=b",
                  headers={"Content-Type": "text/plain"}).refused("unsupported_media_type")


def test_request_ids_differ_and_are_named_in_problems(gateway):
    one, two = gateway.operator.get("/v1/organizations"), gateway.operator.get("/v1/nothing")
    assert one.request_id != two.request_id and two.json["request_id"] == two.request_id


def test_an_endpoints_secrets_are_masked(organization):
    integration = organization.integration()
    endpoint = integration.endpoint(url="https://receiver.example.com/in?token=querysecret",
                                    headers=[{"name": "X-Api-Key", "value": "headersecret"}])
    shown = organization.operator.get(endpoint.path).text
    for secret in ("querysecret", "headersecret"):
        assert secret not in shown
    assert '"***"' in shown.replace(" ", "")


def test_a_url_carries_no_user_info(organization):
    integration = organization.integration()
    organization.operator.post("/v1/endpoints", {"integration_id": integration.id, "name": "x",
                                                 "url": "https://user:pa55word@receiver.example.com/"}
                               ).refused("validation_failed")


@pytest.mark.parametrize("header", ["Host", "Content-Length", "Transfer-Encoding", "webhook-id", "Webhook-Signature"])
def test_custom_headers_may_not_take_ours(organization, header):
    integration = organization.integration()
    organization.operator.post("/v1/endpoints", {
        "integration_id": integration.id, "name": "x", "url": "https://receiver.example.com/",
        "headers": [{"name": header, "value": "1"}]}).refused("validation_failed")


FORBIDDEN = ["https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/", "https://100.64.0.1/",
             "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://0.0.0.0/", "https://2130706433/"]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forbidden_addresses_are_refused_when_they_are_set(organization, url):
    integration = organization.integration("live")
    answer = organization.operator.post("/v1/endpoints", {"integration_id": integration.id, "name": "x", "url": url})
    assert answer.code in ("forbidden_address", "validation_failed"), answer.text
    if "2130706433" not in url:
        answer.refused("forbidden_address")


def test_live_needs_https_and_test_only_listed_ports(organization, receiver):
    for environment, url in (("live", "http://receiver.example.com/"), ("test", "http://127.0.0.1:1/"),
                             ("live", f"http://{receiver.address}/")):
        integration = organization.integration(environment)
        organization.operator.post("/v1/endpoints", {"integration_id": integration.id, "name": "x",
                                                     "url": url}).refused("insecure_url")


def test_source_keys_read_and_made(organization):
    integration = organization.integration()
    source = integration.source(senders.GitHub())
    made = organization.operator.post(f"/v1/sources/{source.id}/keys", {"algorithm": "hmac_sha256"}).ok()
    assert made["secret"] and made["key"]["rotate_every_days"] + bool(made["key"]["expires_at"]) > 0
    key = organization.operator.get(f"/v1/keys/{made['key']['id']}").ok()
    assert key["state"] == "active" and key["use"] == "inbound" and key["owner_id"] == source.id
    for _ in range(3):
        organization.operator.post(f"/v1/sources/{source.id}/keys", {"algorithm": "hmac_sha256"}).ok()
    organization.operator.post(f"/v1/sources/{source.id}/keys", {"algorithm": "hmac_sha256"}).refused(
        "resource_limit_reached")
