"""Senders as their providers write them, on the standard library and the published `standardwebhooks`; nothing of ours.
Each `sign` gives the headers for one body. The key is what the provider shows to its customer."""

import base64
import datetime
import hashlib
import hmac
import json
import secrets
import time
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook


def mac(key, octets):
    return hmac.new(key.encode() if isinstance(key, str) else key, octets, hashlib.sha256)


def new_id():
    return f"evt_{uuid.uuid4().hex}"


class Sender:
    """`key`: as it is registered at the source; made here unless given."""

    scheme = ""
    algorithm = "hmac_sha256"
    signs_time = True
    source_settings = {}

    def __init__(self, key=None):
        self.key = key or self.make_key()

    def make_key(self):
        return secrets.token_hex(24)

    def key_request(self):
        return {"algorithm": self.algorithm, "secret": self.key, "rotate_every_days": 90}

    def body(self, number=0, event="order.created", identity=None):
        return json.dumps({"type": event, "number": number, "data": {"amount": number}}).encode()

    def sign(self, body, *, identity=None, at=None, event="order.created"):
        raise NotImplementedError

    def headers(self, body, **how):
        return {"Content-Type": "application/json", **self.sign(body, **how)}


class Standard(Sender):
    scheme = "standard_v1"

    def make_key(self):
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def sign(self, body, *, identity=None, at=None, event=None):
        identity = identity or new_id()
        at = int(time.time() if at is None else at)
        moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        signature = Webhook(self.key).sign(identity, moment, body.decode())
        return {"webhook-id": identity, "webhook-timestamp": str(at), "webhook-signature": signature}


class StandardAsymmetric(Sender):
    scheme = "standard_v1a"
    algorithm = "ed25519"

    def make_key(self):
        return Ed25519PrivateKey.generate()

    def public_key(self):
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return "whpk_" + base64.b64encode(raw).decode()

    def key_request(self):
        return {"algorithm": "ed25519", "public_key": self.public_key(), "rotate_every_days": 90}

    def sign(self, body, *, identity=None, at=None, event=None):
        identity = identity or new_id()
        at = str(int(time.time() if at is None else at))
        signed = f"{identity}.{at}.".encode() + body
        signature = "v1a," + base64.b64encode(self.key.sign(signed)).decode()
        return {"webhook-id": identity, "webhook-timestamp": at, "webhook-signature": signature}


class GitHub(Sender):
    scheme = "github"
    signs_time = False

    def body(self, number=0, event="star", identity=None):
        if event == "push":
            return json.dumps({"ref": f"refs/heads/b{number}", "commits": [], "number": number}).encode()
        return json.dumps({"action": "created", "starred_at": "2026-01-01T00:00:00Z", "number": number}).encode()

    def sign(self, body, *, identity=None, at=None, event="star"):
        return {"X-GitHub-Delivery": identity or str(uuid.uuid4()), "X-GitHub-Event": event,
                "X-Hub-Signature-256": "sha256=" + mac(self.key, body).hexdigest()}


class Stripe(Sender):
    scheme = "stripe"

    def make_key(self):
        return "whsec_" + secrets.token_hex(20)

    def body(self, number=0, event="charge.succeeded", identity=None):
        return json.dumps({"id": identity or new_id(), "type": event, "number": number}).encode()

    def sign(self, body, *, identity=None, at=None, event=None):
        at = str(int(time.time() if at is None else at))
        return {"Stripe-Signature": f"t={at},v1={mac(self.key, at.encode() + b'.' + body).hexdigest()}"}


class Slack(Sender):
    scheme = "slack"

    def body(self, number=0, event="message", identity=None):
        return json.dumps({"type": "event_callback", "event_id": identity or new_id(),
                           "event": {"type": event, "number": number}}).encode()

    def challenge(self, text):
        return json.dumps({"type": "url_verification", "challenge": text}).encode()

    def sign(self, body, *, identity=None, at=None, event=None):
        at = str(int(time.time() if at is None else at))
        return {"X-Slack-Request-Timestamp": at,
                "X-Slack-Signature": "v0=" + mac(self.key, f"v0:{at}:".encode() + body).hexdigest()}


class GitLabSigned(Standard):
    scheme = "gitlab_signed"

    def body(self, number=0, event=None, identity=None):
        return json.dumps({"object_kind": "push", "number": number}).encode()

    def sign(self, body, *, identity=None, at=None, event="Push Hook"):
        return {"X-Gitlab-Event": event or "Push Hook", **super().sign(body, identity=identity, at=at)}


class GitLabToken(Sender):
    scheme = "gitlab_token"
    algorithm = "static_token"
    signs_time = False

    def body(self, number=0, event=None, identity=None):
        return json.dumps({"object_kind": "push", "number": number}).encode()

    def sign(self, body, *, identity=None, at=None, event="Push Hook"):
        return {"X-Gitlab-Event": event or "Push Hook", "X-Gitlab-Token": self.key}


class Generic(Sender):
    scheme = "generic_hmac"
    source_settings = {"hmac_template": {
        "signature_header": "X-Acme-Signature", "signature_prefix": "acme=", "encoding": "base64",
        "timestamp_header": "X-Acme-Time", "id_header": "X-Acme-Id", "event_type_header": "X-Acme-Event",
        "signed_template": "{id}:{timestamp}:{body}"}}

    def sign(self, body, *, identity=None, at=None, event="order.created"):
        identity = identity or new_id()
        at = str(int(time.time() if at is None else at))
        signature = base64.b64encode(mac(self.key, f"{identity}:{at}:".encode() + body).digest()).decode()
        return {"X-Acme-Id": identity, "X-Acme-Time": at, "X-Acme-Event": event or "order.created",
                "X-Acme-Signature": "acme=" + signature}


class GenericBody(Generic):
    """A template that signs the body alone: its id and its type come in headers that nobody vouches for."""

    source_settings = {"hmac_template": {
        "signature_header": "X-Acme-Signature", "encoding": "hex", "id_header": "X-Acme-Id",
        "event_type_header": "X-Acme-Event", "signed_template": "{body}"}}
    signs_time = False

    def sign(self, body, *, identity=None, at=None, event="order.created"):
        return {"X-Acme-Id": identity or new_id(), "X-Acme-Event": event,
                "X-Acme-Signature": mac(self.key, body).hexdigest()}


ALL = (Standard, StandardAsymmetric, GitHub, Stripe, Slack, GitLabSigned, GitLabToken, Generic)
