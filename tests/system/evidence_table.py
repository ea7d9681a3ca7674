"""What each kind of record binds: a row for each kind, a cell for each item of item 8 of the main job. A cell says in which
fields of the record the item stands and what they must be, by what the test itself sent (`s`, the scene), or why it is not
of this kind. test_evidence_items.py plays the scenes and holds the records against this."""

import datetime
import os
import re

ITEMS = ("organization", "workspace", "environment", "integration", "source system", "target", "event type", "event id",
         "request id", "actor", "grant", "grant version", "policy", "policy version", "payload digest", "location",
         "encryption", "retention class", "deletion date", "signature status", "key", "source address", "result",
         "attempt number", "time of each stage")

# Records that speak of no message: what they bind is told by test_evidence.py.
CONTROLS = frozenset("""
organization.created organization.updated workspace.created workspace.updated
integration.created integration.updated integration.rehearsed integration.activated integration.suspended
integration.resumed integration.decommissioned
source.created source.updated source.suspended source.deleted
endpoint.created endpoint.updated endpoint.disabled endpoint.deleted
channel.created channel.updated channel.deleted
subscription.created subscription.updated subscription.deleted
grant.requested grant.approved grant.superseded grant.revoked
credential.created credential.revoked
key.created key.retiring key.retired key.compromised key.destroyed
operator_token.minted egress.changed
""".split())


class Not:
    """Not of this kind, because."""

    def __init__(self, reason):
        self.reason = reason


class Of:
    """Not repeated here: the record of the acceptance binds it, and this one names the message."""


class During:
    """Milliseconds between the moment before the test began this and the moment after it saw its end."""


class Text:
    """What the test can't know before: it has this shape."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern)


ID = "_[0-9a-z]{36}"
HEX = Text("[0-9a-f]{64}")
ABSENT = object()  # what `expected` gives for a field that is not there in this case
DAY = 86_400_000
POLICY = {"policy": {"who.policy": "sealpost/builtin"}, "policy version": {"who.policy_version": 1}}


# -- Cells: item -> {field: what it must be}, and `more` -> the other fields of the record ---------------------------

def tenancy(s):
    return {"organization": {"what.organization": s.organization.id},
            "workspace": {"what.workspace": s.organization.workspace["id"]},
            "environment": {"what.environment": "test"},
            "source system": {"what.source_system": "shop"}}


def granted(s):
    return {"grant": {"who.grant": s.party.grant_json["id"]},
            "grant version": {"who.grant_version": s.party.grant_json["grant_version"]}}


def acceptance(s):
    return {
        **tenancy(s), **granted(s), **POLICY,
        "integration": {"who.integration": s.party.id},
        "target": {"what.targets": lambda found: set(found.split(",")) == set(s.targets)},
        "event type": {"what.event_type": s.sent["type"], "what.event_type_authenticated": True},
        "event id": {"what.event_id": s.sent["event_id"]},
        "request id": {"who.request": s.request_id},
        "payload digest": {"payload.digest": s.receipt["payload"]["digest"], "payload.digest_key": Text("dek" + ID)},
        "location": {"where.location": "database"},
        "encryption": {"payload.encryption": "xaes_256_gcm", "payload.payload_key": Text("dek" + ID)},
        "retention class": {"payload.retention": "payload"},
        "source address": {"where.source_address": "127.0.0.1"},
        "result": {"what.result": "accepted"},
        "attempt number": Not("a message is accepted once; its attempts have records of their own"),
        "time of each stage": {"what.received_ms": During, "what.prepared_ms": During, "what.accepted_ms": During},
        "more": {"what.message": s.receipt["id"], "payload.content_type": "application/json",
                 "payload.size": s.sent["size"], "payload.summary": s.sent["summary"],
                 "payload.claims": Text(r"[0-9a-f]{32}\.[0-9a-f]{32}\.[0-9]{13}") if s.sent["once"] else ABSENT},
    }


def by_webhook(s):
    row = acceptance(s)
    kept = datetime.datetime.fromtimestamp((s.fields["what.accepted_ms"] + 3 * DAY) / 1000, datetime.timezone.utc)
    row["more"] |= {"what.scheme": "standard_v1", "what.source": s.party.the_source.id}
    return row | {
        "actor": {"who.actor": s.party.the_source.id},
        "signature status": {"who.signature": "verified"},
        "key": {"who.key": s.party.the_source.key["id"]},
        "deletion date": {"payload.deletion": kept.isoformat(timespec="milliseconds").replace("+00:00", "Z")},
    }


def by_api(s):
    row = acceptance(s)
    row["more"] |= {"what.scheme": "access_token", "who.token": s.token_id}
    return row | {
        "actor": {"who.actor": s.party.machine.id},
        "signature status": {"who.signature": "bearer_token"},
        "key": Not("a machine shows a token, which stands under who.token, and signs nothing"),
        "deletion date": {"payload.deletion": "after_delivery"},
    }


def attempt(s):
    return {
        **tenancy(s), **granted(s), **POLICY,
        "integration": {"who.integration": s.party.id},
        "target": {"what.endpoint": s.endpoint.id, "what.delivery": s.delivery["id"]},
        "event type": {"what.event_type": s.sent["type"]},
        "event id": Of, "request id": Of, "payload digest": Of, "encryption": Of, "retention class": Of,
        "deletion date": Of, "source address": Of,
        "actor": {"who.actor": "system:delivery"},
        "location": {"where.location": "network", "where.egress_policy_version": lambda found: (found >= 1) == s.egress_asked,
                     "where.remote_address": "127.0.0.1" if s.reached else ABSENT},
        "signature status": {"who.keys": s.endpoint.key["id"] if s.signed else ""},
        "key": {"who.keys": s.endpoint.key["id"] if s.signed else ""},
        "result": {"what.result": s.result, "what.state": s.state, "what.code": s.code or ABSENT,
                   "what.failure_class": s.failure_class or ABSENT,
                   "what.http_status": s.status or ABSENT,
                   "what.ended_by": "attempts_exhausted" if s.exhausted else ABSENT,
                   "where.egress_refusal": s.egress_refusal or ABSENT},
        "attempt number": {"what.attempt": s.number},
        "time of each stage": {"what.started_ms": During, "what.ended_ms": During,
                               "what.next_attempt_ms": (lambda found: found >= s.fields["what.ended_ms"])
                               if s.state == "waiting" else ABSENT},
        "more": {"what.message": s.receipt["id"], "payload.message": s.receipt["id"], "what.facts_sha256": HEX},
    }


def change(s):
    """By somebody, of a control."""
    return {
        **tenancy(s), **POLICY,
        "integration": {"who.integration": s.party.id},
        "request id": {"who.request": s.request_id},
        "location": {"where.location": "database"},
        "encryption": Not("nothing new is stored but the record, whose groups are sealed"),
        "retention class": Not("nothing new is stored; the record's own stands in the leaf"),
        "deletion date": Not("nothing new is stored"),
        "signature status": Not("no signed request: the caller is who the socket or the token says"),
        "key": Not("no signed request"),
        "time of each stage": {"leaf.time": During},
    }


def by_operator(s):
    return {"actor": {"who.actor": f"operator:{os.getuid()}", "who.actor_kind": "operator"},
            "grant": Not("operators act without a grant"), "grant version": Not("operators act without a grant"),
            "source address": {"where.source_address": Text(".+")}}


def redelivery(s):
    return {
        **change(s), **granted(s),
        "actor": {"who.actor": s.party.machine.id, "who.actor_kind": "machine"},
        "source address": {"where.source_address": "127.0.0.1"},
        "target": {"what.target": s.delivery["id"], "what.endpoint": s.endpoint.id},
        "event type": {"what.event_type": s.sent["type"]},
        "event id": {"what.event_id": s.sent["event_id"]},
        "payload digest": {"payload.digest": s.receipt["payload"]["digest"]},
        "result": {"what.result": "queued"},
        "attempt number": {"what.attempts_before": 3},
        "more": {"what.message": s.receipt["id"], "what.target_version": 1, "who.token": s.token_id},
    }


MANY = "speaks of all waiting deliveries of the integration at once; each message's own record binds it"


def cancelled(s):
    return {
        **change(s), **by_operator(s),
        "target": {"what.target": s.party.id},
        "event type": Not(MANY), "event id": Not(MANY), "payload digest": Not(MANY), "attempt number": Not(MANY),
        "result": {"what.cancelled_deliveries": s.count},
        "more": {"what.reason": "the laptop was stolen", "what.target_version": lambda found: found >= 0},
    }


def revoked(s):
    row = cancelled(s)
    row["result"] = {"what.cancelled_deliveries": s.count, "what.after.state": "revoked", "what.before.state": "active"}
    row["more"] |= {"what.epoch": lambda found: found >= 1, "what.ended_grants": 1, "what.ended_credentials": 1,
                    "what.after.state_reason": "the laptop was stolen", "what.before.state_reason": Text(".*")}
    return row


UNREAD = "nothing of the body is believed before its signature is"


def refused_webhook(s):
    return {
        **tenancy(s), **POLICY,
        "integration": {"what.integration": s.party.id},
        "target": Not("nothing is routed"),
        "event type": Not(UNREAD), "event id": Not(UNREAD),
        "request id": {"who.request": s.request_id},
        "actor": {"who.actor": s.party.the_source.id, "who.actor_kind": "webhook_source"},
        "grant": Not("refused before a grant is asked for"),
        "grant version": Not("refused before a grant is asked for"),
        "payload digest": {"what.steps_sha256": HEX},  # the steps hold the digest of the body
        "location": Not("the body is not kept"), "encryption": Not("the body is not kept"),
        "retention class": Not("the body is not kept"), "deletion date": Not("the body is not kept"),
        "signature status": {"who.signature": "not_verified"},
        "key": {"what.steps_sha256": HEX},  # the steps name the keys that were tried
        "source address": {"where.network": "127.0.0.0/24"},
        "result": {"what.result": "refused", "what.category": "bad_signature", "what.count": 1},
        "attempt number": Not("nothing is sent"),
        "time of each stage": {"what.first_ms": During, "what.last_ms": During},
        "more": {"what.refusal": s.refusal, "what.scheme": "standard_v1", "what.source": s.party.the_source.id},
    }


def refused_call(s):
    row = refused_webhook(s)
    row["more"] = {"what.refusal": s.refusal, "what.operation": "message_create", "who.token": s.token_id}
    return row | granted(s) | {
        "actor": {"who.actor": s.party.machine.id, "who.actor_kind": "machine"},
        "event type": Not("refused before the body is read"), "event id": Not("refused before the body is read"),
        "payload digest": Not("refused before the body is read"),
        "signature status": {"who.signature": "bearer_token"},
        "key": Not("a machine shows a token, which stands under who.token, and signs nothing"),
        "result": {"what.result": "refused", "what.category": "insufficient_scope", "what.count": 1,
                   "what.steps_sha256": HEX},
    }


NO_MESSAGE = "a token is of no message; the messages it sends name it"


def minted(s):
    return {
        **granted(s), **POLICY,
        "organization": {"where.organization_id": s.organization.id},
        "workspace": Not("follows from the integration, whose record names it"),
        "environment": {"where.environment": "test"},
        "integration": {"where.integration_id": s.party.id},
        "source system": Not("follows from the integration, whose record names it"),
        "target": {"what.minted_token_id": s.token_id, "what.credential_id": s.party.machine.id},
        "event type": Not(NO_MESSAGE), "event id": Not(NO_MESSAGE), "payload digest": Not(NO_MESSAGE),
        "attempt number": Not(NO_MESSAGE),
        "request id": {"who.request": s.request_id},
        "actor": {"who.actor": s.party.machine.id, "who.actor_kind": "machine"},
        "location": Not("a token is not stored"), "encryption": Not("a token is not stored"),
        "retention class": Not("a token is not stored"),
        "deletion date": {"what.expires_ms": lambda found: found > s.after},
        "signature status": Not("a secret is shown, nothing is signed"),
        "key": Not("a secret is shown, nothing is signed"),
        "source address": {"where.source_address": "127.0.0.1"},
        "result": {"what.scope": Text(".*messages:write.*")},
        "time of each stage": {"leaf.time": During},
        "more": {"who.token": s.token_id},
    }


# Name of the row -> (class of the record, its cells).
ROWS = {
    "accepted by a webhook": ("message.accepted", by_webhook),
    "accepted by the API": ("message.accepted", by_api),
    "accepted in a batch": ("message.accepted", by_api),
    "attempt that delivered": ("delivery.attempted", attempt),
    "attempt that failed, and another follows": ("delivery.attempted", attempt),
    "attempt that failed, and the delivery is dead": ("delivery.attempted", attempt),
    "attempt that access forbids": ("delivery.attempted", attempt),
    "attempt that the egress policy forbids": ("delivery.attempted", attempt),
    "attempt aborted in flight": ("delivery.attempted", attempt),
    "attempt cut off by a crash": ("delivery.attempted", attempt),
    "redelivery": ("delivery.redelivered", redelivery),
    "deliveries ended with their integration": ("integration.revoked", revoked),
    "the rest of a long backlog": ("deliveries.cancelled", cancelled),
    "webhook refused": ("webhook.refused", refused_webhook),
    "call refused": ("call.refused", refused_call),
    "token minted": ("token.minted", minted),
}
# What has no record of its own, and where it stands: test_where_an_erasure_stands.
WITHOUT_RECORD = ("payload erased",)
