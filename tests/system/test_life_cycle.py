"""Integrations live draft, active, suspended, revoked, decommissioned; nothing becomes active before all that activation
demands is there; revoking ends tokens, webhooks and deliveries at once."""

import threading

import pytest

from blackbox import senders
from blackbox.waiting import until


def reasons(answer):
    return {reason["reason"] for reason in answer.refused("lifecycle_not_ready")["reasons"]}


def test_activation_names_everything_that_is_missing(organization):
    operator = organization.operator
    made = operator.post("/v1/integrations", {"workspace_id": organization.workspace["id"], "environment": "test",
                                              "name": "bare", "source_system": "shop"}).ok()
    path = f"/v1/integrations/{made['id']}"
    assert made["state"] == "draft" and made["rehearsal"]["state"] == "none"
    assert reasons(operator.post(f"{path}:activate")) >= {"owner_missing", "grant_missing", "signing_key_missing",
                                                          "rehearsal_missing"}


def test_step_by_step_until_it_is_active(organization):
    operator = organization.operator
    integration = organization.integration()
    activate = lambda: operator.post(f"{integration.path}:activate")  # noqa: E731
    integration.grant()
    assert "grant_missing" not in reasons(activate())
    source = integration.source()
    missing = reasons(activate())
    assert "signing_key_missing" not in missing and missing == {"rehearsal_missing"}
    steps = integration.rehearse()["steps"]
    assert [step["step"] for step in steps] == ["minted", "accepted", "revoked", "refused"]
    assert all(step["ok"] for step in steps)
    integration.credential()
    assert reasons(activate()) == {"rehearsal_lapsed"}
    assert operator.get(integration.path).ok()["rehearsal"]["state"] == "lapsed"
    integration.rehearse()
    source.add_key(senders.Standard())
    assert reasons(activate()) == {"rehearsal_lapsed"}
    integration.rehearse()
    assert activate().ok()["state"] == "active"
    source.post(1).ok()
    activate().refused("lifecycle_transition_refused")


def test_a_key_without_end_or_rotation_stops_activation(organization):
    integration = organization.integration()
    source = integration.source()
    integration.grant()
    endless = {**senders.Standard().key_request(), "rotate_every_days": 0}
    organization.operator.post(f"/v1/sources/{source.id}/keys", endless).ok()
    integration.rehearse()
    assert reasons(organization.operator.post(f"{integration.path}:activate")) == {"secret_policy_missing"}


def test_what_is_weaker_or_bounded_is_shown(organization, inbox):
    integration = organization.integration()
    kept = [integration.source(sender, **settings).json["claims_kept_hours"] for sender, settings in (
        (senders.Standard(), {}), (senders.GitHub(), {}), (senders.GitHub(), {"claim_horizon_hours": 40}),
        (senders.Stripe(), {"claim_horizon_hours": 1, "window_seconds": 3600}))]
    assert kept == [7 * 24, 30 * 24, 40, 2], "with a signed time, without, by choice, and never less than two windows"
    assert integration.endpoint(inbox).json["audience_signed"]
    assert not integration.endpoint(inbox, body="unwrapped").json["audience_signed"]


def test_claims_until_the_key_is_retired_are_for_schemes_without_time(organization):
    integration = organization.integration()
    source = integration.source(senders.GitHub(), claims_until_key_retired=True)
    assert source.json["claims_until_key_retired"] and source.json["claims_kept_hours"] == 30 * 24
    refused = organization.operator.post("/v1/sources", {
        "integration_id": integration.id, "name": "timed", "scheme": "stripe", "claims_until_key_retired": True})
    assert [error["pointer"] for error in refused.refused("validation_failed")["errors"]] == ["/claims_until_key_retired"]


def test_the_steps_that_do_not_exist(organization):
    integration = organization.integration()
    integration.act("resume").refused("lifecycle_transition_refused")
    integration.act("decommission").refused("lifecycle_transition_refused")
    integration.activate()
    integration.act("decommission").refused("lifecycle_transition_refused")
    integration.act("revoke").ok()
    for step in ("suspend", "resume", "revoke"):
        answer = integration.act(step)
        assert answer.code in ("lifecycle_transition_refused", "integration_revoked"), answer.text
    assert organization.operator.post(f"{integration.path}:activate").status == 409
    assert integration.act("decommission").ok()["state"] == "decommissioned"


def test_suspend_stops_and_resume_continues(organization, inbox):
    integration = organization.integration()
    source = integration.source()
    endpoint = integration.endpoint(inbox)
    integration.subscribe(endpoint=endpoint)
    credential = integration.credential()
    integration.activate()
    receipt = integration.act("suspend", "a look at odd traffic").ok()
    assert receipt["reason"] == "a look at odd traffic" and receipt["nodes"] and receipt["epoch"] >= 1
    source.post(1).refused("suspended")
    credential.request().refused("suspended")
    assert integration.state() == "suspended"
    assert integration.act("resume").ok()["state"] == "active"
    source.post(2).ok()
    inbox.expect(1)


def test_revoking_ends_token_webhook_and_delivery(organization, inbox):
    operator = organization.operator
    integration = organization.integration()
    source = integration.source()
    endpoint = integration.endpoint(inbox)
    integration.subscribe(endpoint=endpoint)
    credential = integration.credential()
    integration.activate()
    client = credential.client()
    client.post("/v1/messages", {"type": "a.b", "data": 1}).ok()
    inbox.expect(1)
    hanging = threading.Event()
    inbox.script.append(hanging)
    try:
        waiting = source.post(2).ok()
        until(lambda: not inbox.script, "the receiver to hang")
        receipt = integration.act("revoke", "the laptop was stolen").ok()
        assert receipt["ended"]["credentials"] >= 1 and receipt["ended"]["grants"] >= 1
        source.post(3).refused("integration_revoked")
        assert credential.request().status in (401, 403)
        answer = client.post("/v1/messages", {"type": "a.b", "data": 2})
        assert answer.status in (401, 403), answer.text
        until(lambda: operator.get(waiting["receipt"]).ok()["deliveries"][0]["state"] == "cancelled",
              "the delivery in flight to be cancelled")
        delivery, = operator.get(waiting["receipt"]).ok()["deliveries"]
    finally:
        hanging.set()
    assert receipt["ended"]["sends_aborted"] == 1 and receipt["aborted_deliveries"] == [delivery["id"]]


def test_revoking_a_credential_ends_its_tokens_alone(organization):
    integration = organization.integration()
    one, two = integration.credential(), integration.credential()
    integration.activate()
    first, second = one.client(), two.client()
    organization.operator.post(f"/v1/credentials/{one.json['id']}:revoke", {"reason": "leaked"}).ok()
    first.post("/v1/messages", {"type": "a.b", "data": 1}).refused("invalid_token")
    one.request().refused("invalid_client")
    second.post("/v1/messages", {"type": "a.b", "data": 1}).ok()
    two.token()


def test_a_new_grant_supersedes_the_old(organization):
    integration = organization.integration()
    old = integration.grant(["messages:write"])
    assert old["state"] == "active" and old["policy_id"] and old["policy_version"] >= 1
    assert old["approved_by"].startswith("operator:")
    new = integration.grant(["messages:write", "messages:read"])
    assert organization.operator.get(f"/v1/grants/{old['id']}").ok()["state"] == "superseded"
    assert new["grant_version"] > old["grant_version"]
    organization.operator.post(f"/v1/grants/{old['id']}:approve", {}).refused("conflict")


@pytest.mark.parametrize("body,code", [
    ({"scopes": [{"scope": "messages:*", "resources": []}], "reason": "x"}, "validation_failed"),
    ({"scopes": [{"scope": "messages:write", "resources": []}], "reason": ""}, "validation_failed"),
    ({"scopes": [], "reason": "x"}, "validation_failed"),
])
def test_what_a_grant_must_say(organization, body, code):
    integration = organization.integration()
    organization.operator.post("/v1/grants", {"integration_id": integration.id, **body}).refused(code)
