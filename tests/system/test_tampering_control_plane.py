"""Who edits the control plane in the database, without the root key, gets nothing for it: a gateway started again does not
use such a row, names it, and goes on for everybody else."""

import contextlib
import sqlite3

import pytest

from blackbox.gateway import Gateway
from blackbox.parties import Organization

VERIFICATION_FAILED = 7
ORGANIZATION, ENDPOINT, GRANT, CREDENTIAL = 1, 5, 8, 9


class Stage:
    """Two organizations in one gateway; each sends to an inbox of its own, and has a client."""

    def __init__(self, gateway, receiver, name):
        self.gateway = gateway
        self.mine, self.inbox = Organization(gateway, "The edited one"), receiver.inbox(f"{name}-mine")
        self.other, self.other_inbox = Organization(gateway, "The other"), receiver.inbox(f"{name}-other")
        self.integration, self.source, self.endpoint, self.credential = self.party(self.mine, self.inbox)
        _, self.other_source, _, self.other_credential = self.party(self.other, self.other_inbox)

    @staticmethod
    def party(organization, inbox):
        integration = organization.integration()
        source, endpoint = integration.source(), integration.endpoint(inbox, schedule=(1,) * 6)
        integration.subscribe(endpoint=endpoint)
        credential = integration.credential()
        integration.activate()
        return integration, source, endpoint, credential

    def edit(self, kind, old, new, more=""):
        """As somebody would who has the file of a stopped gateway."""
        self.gateway.stop()
        with contextlib.closing(sqlite3.connect(self.gateway.data / "sealpost.db", isolation_level=None)) as database:
            done = database.execute(f"update object set body = replace(body, ?, ?) where kind = ? and body like ? {more}",
                                    (old, new, kind, f"%{old}%"))
            assert done.rowcount == 1, f"{done.rowcount} rows were changed"
        self.gateway.start()
        for organization in (self.mine, self.other):
            organization.operator = self.gateway.operator

    def expect_named(self, resource):
        status = self.gateway.operator.get("/v1/operator/status").ok()
        assert status["damaged_row_count"] == 1
        assert status["damaged_rows"] == [{"table": "object", "resource": resource, "organization_id": self.mine.id}]
        assert "\nsealpost_control_rows_damaged 1" in self.gateway.metrics().text
        assert "control_row_damaged" in self.gateway.log() and resource in self.gateway.log()
        done = self.gateway.command("doctor")
        assert done.returncode != 0 and f"object: {resource}" in done.stdout, done.stdout

    def expect_the_other_served(self):
        before = len(self.other_inbox.seen)
        self.other_source.post(77).ok()
        self.other_inbox.expect(before + 1)
        self.other_credential.token()

    def expect_named_when_stopped(self, resource):
        assert self.gateway.stop() == 0
        checked = self.gateway.command("audit", "check")
        assert checked.returncode == VERIFICATION_FAILED and f"  object: {resource}, row " in checked.stderr, checked.stderr
        done = self.gateway.command("doctor")
        assert done.returncode != 0 and f"object: {resource}" in done.stdout, done.stdout


@pytest.fixture
def stage(receiver, request):
    with Gateway(plain_http=[receiver.address]) as gateway:
        yield Stage(gateway.start(), receiver, request.node.name.replace("[", "-").replace("]", ""))


def test_what_nobody_edited_goes_on_after_a_restart(stage):
    stage.gateway.restart()
    stage.source.post(1).ok()
    stage.inbox.expect(1)
    stage.expect_the_other_served()
    status = stage.gateway.operator.get("/v1/operator/status").ok()
    assert status["damaged_row_count"] == 0 and status["damaged_rows"] == []
    assert "Every row is what the gateway wrote" in stage.gateway.command("doctor").stdout
    assert stage.gateway.stop() == 0
    assert stage.gateway.command("audit", "check").returncode == 0
    assert "Every row is what the gateway wrote" in stage.gateway.command("doctor").stdout


def test_a_revived_grant_is_refused(stage):
    grant = stage.integration.grant_json["id"]
    stage.gateway.operator.post(f"/v1/grants/{grant}:revoke", {"reason": "it is over"}).ok()
    code = stage.source.post(1).code
    refused = stage.credential.request().status
    assert code == "grant_not_active" and refused >= 400
    stage.edit(GRANT, '"state":"revoked"', '"state":"active"')
    stage.source.post(2).refused(code)
    assert stage.credential.request().status >= 400
    stage.expect_the_other_served()
    stage.expect_named(grant)
    assert stage.inbox.seen == []
    stage.expect_named_when_stopped(grant)


def test_a_widened_grant_gives_less_not_more(stage):
    grant = stage.integration.grant_json["id"]
    stage.edit(GRANT, '"scope":"messages:read"', '"scope":"audit:read"',
               "and organization = (select min(position) from object where kind = 1)")
    assert stage.credential.request("audit:read").status >= 400
    assert stage.credential.request().status >= 400
    stage.expect_the_other_served()
    stage.expect_named(grant)


def test_a_moved_endpoint_gets_nothing(stage, receiver, request):
    elsewhere = receiver.inbox(f"{request.node.name}-elsewhere")
    stage.edit(ENDPOINT, stage.inbox.url, elsewhere.url)
    accepted = stage.source.post(1).ok()
    stage.expect_the_other_served()
    assert stage.gateway.operator.get(accepted["receipt"]).ok()["deliveries"] == []
    assert elsewhere.seen == [] and stage.inbox.seen == []
    stage.expect_named(stage.endpoint.id)
    stage.expect_named_when_stopped(stage.endpoint.id)
    assert elsewhere.seen == []


def test_what_waits_for_a_damaged_endpoint_waits_on(stage, receiver, request):
    elsewhere = receiver.inbox(f"{request.node.name}-elsewhere")
    stage.inbox.default = (500, {})
    accepted = stage.source.post(1).ok()
    stage.inbox.expect(1)
    stage.edit(ENDPOINT, stage.inbox.url, elsewhere.url)
    stage.expect_the_other_served()
    delivery, = stage.gateway.operator.get(accepted["receipt"]).ok()["deliveries"]
    assert delivery["state"] not in ("cancelled", "delivered"), delivery
    assert elsewhere.seen == []
    stage.expect_named(stage.endpoint.id)


def test_a_credential_made_active_again_opens_nothing(stage):
    stage.gateway.operator.post(f"/v1/credentials/{stage.credential.id}:revoke", {"reason": "leaked"}).ok()
    stage.edit(CREDENTIAL, '"state":"revoked"', '"state":"active"', "and body like '%\"throw_away\":false%'")
    assert stage.credential.request().status == 401
    stage.expect_the_other_served()
    stage.expect_named(stage.credential.id)


def test_without_its_own_row_nothing_of_an_organization_acts(stage):
    stage.edit(ORGANIZATION, "The edited one", "The captured one")
    stage.source.post(1).refused("unknown_source")
    assert stage.credential.request().status == 401
    assert [one["id"] for one in stage.gateway.operator.get("/v1/organizations").ok()["items"]] == [stage.other.id]
    stage.gateway.operator.get(f"/v1/integrations/{stage.integration.id}").refused("not_found")
    stage.expect_the_other_served()
    stage.expect_named(stage.mine.id)
    stage.expect_named_when_stopped(stage.mine.id)


def test_the_log_of_each_organization_tells_of_an_operator_token(gateway):
    one, two = Organization(gateway), Organization(gateway)
    made = gateway.command("operator", "token")
    assert made.returncode == 0, made.stderr
    for organization in (one, two):
        note = gateway.operator.get("/v1/audit/checkpoint", organization_id=organization.id).ok()
        kinds = [entry["kind"] for entry in map(organization.entry, range(int(note.split("\n")[1])))]
        assert kinds.count("operator_token.minted") == 1, kinds
