#!/usr/bin/env python3
"""Writes signing.json: the cases on which the server and every SDK must agree.

Expected signatures come from Python's hmac and the `cryptography` package, not from our own code, so that
the file checks the implementation instead of repeating it. Samples that providers publish stand here as
literals. Run it after adding a case:  python3 contract/vectors/make_signing.py [--check]
"""
import base64
import hashlib
import hmac
import json
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from decision_rows import access_rows, decide_rows

NOW = 1_700_000_000
DAY = 86_400


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def seed(label: str, size: int = 32) -> bytes:
    """Fixed octets for a label: test keys that nobody could take for real ones."""
    return hashlib.shake_256(b"sealpost test vector: " + label.encode()).digest(size)


def whsec(label: str, size: int = 32) -> str:
    return "whsec_" + b64(seed(label, size))


def raw(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def private(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed(label))


def whpk(label: str) -> str:
    return "whpk_" + b64(private(label).public_key().public_bytes_raw())


def whsk(label: str) -> str:
    return "whsk_" + b64(seed(label) + private(label).public_key().public_bytes_raw())


def mac(key: bytes, *parts) -> bytes:
    joined = b"".join(p if isinstance(p, bytes) else str(p).encode() for p in parts)
    return hmac.new(key, joined, hashlib.sha256).digest()


def v1(secret: str, message_id: str, timestamp, body: bytes) -> str:
    return "v1," + b64(mac(raw(secret), message_id, ".", timestamp, ".", body))


def v1a(label: str, message_id: str, timestamp, body: bytes) -> str:
    return "v1a," + b64(private(label).sign(f"{message_id}.{timestamp}.".encode() + body))


OLD, NEW, OTHER = whsec("old"), whsec("new"), whsec("other")
TEXT = "a text secret of 33 octets, fixed"
BODY = b'{"type":"invoice.paid","timestamp":"2023-11-14T22:13:20Z","data":{"total":1200}}'
ID = "msg_2xTnVh4mHkVdVqLZ"

rows: list[dict] = []


def key(material: str, kid: str = "k1", kind: str = "whsec", state: str = "active", retired_at=None) -> dict:
    out = {"id": kid, "kind": kind, "material": material, "state": state}
    if retired_at is not None:
        out["retired_at"] = retired_at
    return out


def row(name, scheme, keys, headers, body, expect, now=NOW, settings=None, padding=0, into=None, **more):
    """`padding` spaces follow the body: large bodies without a large file."""
    into = rows if into is None else into
    assert name not in {r["name"] for r in into}, name
    into.append({
        "name": name, "scheme": scheme, "settings": settings or {}, "keys": keys,
        "headers": [[n, v] for n, v in headers], "body": b64(body), "now": now, "expect": expect,
    } | ({"body_padding": padding} if padding else {}) | more)


def standard(message_id=ID, timestamp=NOW, body=BODY, signature=None, secret=NEW):
    return [("webhook-id", message_id), ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", signature if signature is not None else v1(secret, message_id, timestamp, body))]


def ok(**more) -> dict:
    return {"ok": True, "key_id": "k1", "event_type": "", "event_type_authenticated": False,
            "replay": "signed_id"} | more


TYPED = {"event_type": "invoice.paid", "event_type_authenticated": True}
GOOD = ok(signed_id=ID, timestamp=NOW, **TYPED)


def refused(code: str) -> dict:
    return {"refusal": code}


def standard_rows():
    s, k = "standard_v1", [key(NEW)]
    row("standard v1: published symmetric sample", s, [key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        [("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"),
         ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")],
        b'{"test": 2432232314}', ok(signed_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330), now=1614265330)
    row("standard v1: plain case", s, k, standard(), BODY, GOOD)
    row("standard v1: header names in capitals", s, k, [(n.upper(), v) for n, v in standard()], BODY, GOOD)
    row("standard v1: empty body", s, k, standard(body=b""), b"", ok(signed_id=ID, timestamp=NOW))
    binary = bytes(range(256))
    row("standard v1: body that is not UTF-8", s, k, standard(body=binary), binary, ok(signed_id=ID, timestamp=NOW))
    crlf = b'{"type":"a.b"}\r\n'
    row("standard v1: line end is part of the body", s, k, standard(body=crlf), crlf,
        ok(signed_id=ID, timestamp=NOW, event_type="a.b", event_type_authenticated=True))
    row("standard v1: body was parsed and printed again", s, k, standard(), BODY.replace(b":", b": "), refused("bad_signature"))
    row("standard v1: one octet of the body changed", s, k, standard(), BODY.replace(b"1200", b"1201"), refused("bad_signature"))
    row("standard v1: another id", s, k, [("webhook-id", "msg_other")] + standard()[1:], BODY, refused("bad_signature"))
    row("standard v1: another timestamp", s, k, [standard()[0], ("webhook-timestamp", str(NOW - 1)), standard()[2]], BODY, refused("bad_signature"))
    row("standard v1: signed with a strange key", s, k, standard(secret=OTHER), BODY, refused("bad_signature"))
    row("standard v1: no key configured", s, [], standard(), BODY, refused("bad_signature"))
    row("standard v1: duplicate member in the body gives no type", s, k, standard(body=b'{"type":"a","type":"b"}'), b'{"type":"a","type":"b"}', ok(signed_id=ID, timestamp=NOW))
    row("standard v1: escaped member name and value", s, k, standard(body=b'{"\\u0074ype":"a\\u002eb"}'), b'{"\\u0074ype":"a\\u002eb"}',
        ok(signed_id=ID, timestamp=NOW, event_type="a.b", event_type_authenticated=True))
    standard_lists(s, k)
    standard_times(s, k)
    standard_shapes(s, k)
    standard_keys(s)


def standard_lists(s, k):
    good = v1(NEW, ID, NOW, BODY)
    bad = v1(OTHER, ID, NOW, BODY)
    def sig(name, text, expect):
        row("standard v1: " + name, s, k, standard(signature=text), BODY, expect)
    sig("second of two signatures matches", f"{bad} {good}", GOOD)
    sig("first of two signatures matches", f"{good} {bad}", GOOD)
    sig("eight signatures, the last matches", " ".join([bad] * 7 + [good]), GOOD)
    sig("nine signatures", " ".join([bad] * 8 + [good]), refused("malformed_header"))
    sig("unknown version beside a good one is skipped", f"v9,whatever {good}", GOOD)
    sig("v1a beside v1 without an Ed25519 key", f"{v1a('ed', ID, NOW, BODY)} {good}", GOOD)
    sig("unknown versions only", "v9,whatever v8,else", refused("malformed_header"))
    sig("the right signature under an unknown version", "v2" + good[2:], refused("malformed_header"))
    sig("version in capitals", "V1" + good[2:], refused("malformed_header"))
    sig("no comma", good.replace(",", ""), refused("malformed_header"))
    sig("no comma in one of two", f"{good} v1", refused("malformed_header"))
    sig("two commas", good.replace(",", ",,"), refused("malformed_header"))
    sig("no version", good[2:], refused("malformed_header"))
    sig("two spaces", f"{bad}  {good}", refused("malformed_header"))
    sig("comma between entries", f"{bad},{good}", refused("malformed_header"))
    sig("padding left out", good.rstrip("="), refused("malformed_header"))
    sig("padding too much", good + "=", refused("malformed_header"))
    sig("URL alphabet", good.replace("+", "-").replace("/", "_").replace("v1,", "v1,-")[:-1], refused("malformed_header"))
    sig("hexadecimal instead of base64", "v1," + mac(raw(NEW), ID, ".", NOW, ".", BODY).hex(), refused("malformed_header"))
    sig("not base64", "v1,%%%%", refused("malformed_header"))
    sig("empty value", "v1,", refused("malformed_header"))
    sig("cut to half", "v1," + b64(mac(raw(NEW), ID, ".", NOW, ".", BODY)[:16]), refused("malformed_header"))
    sig("first octet differs", flip(good, 0), refused("bad_signature"))
    sig("last octet differs", flip(good, 31), refused("bad_signature"))
    sig("empty header", "", refused("missing_signature"))
    sig("header too long", " ".join(["v9," + "x" * 1000] * 5), refused("malformed_header"))


def flip(entry: str, index: int) -> str:
    octets = bytearray(base64.b64decode(entry[3:]))
    octets[index] ^= 1
    return "v1," + b64(bytes(octets))


def standard_times(s, k):
    def at(name, offset, expect, window=None):
        row("standard v1: " + name, s, k, standard(), BODY, expect, now=NOW + offset,
            settings={"window": window} if window else None)
    at("at the edge of the past", 300, GOOD)
    at("one second past the edge", 301, refused("timestamp_expired"))
    at("at the edge of the future", -300, GOOD)
    at("one second beyond the future edge", -301, refused("timestamp_in_future"))
    at("signed a year in the future", -365 * DAY, refused("timestamp_in_future"))
    at("ten minutes old", 600, refused("timestamp_expired"))
    at("narrow window, inside", 10, GOOD, 10)
    at("narrow window, outside", 11, refused("timestamp_expired"), 10)
    at("wide window, inside", 3600, GOOD, 3600)
    at("wide window, outside", 3601, refused("timestamp_expired"), 3600)
    row("standard v1: expired and badly signed tells the time", s, k, standard(secret=OTHER), BODY,
        refused("timestamp_expired"), now=NOW + 301)
    for name, text in [("trailing junk", f"{NOW}x"), ("leading space", f" {NOW}"), ("trailing space", f"{NOW} "), ("fraction", f"{NOW}.5"),
                       ("plus sign", f"+{NOW}"), ("negative", f"-{NOW}"), ("leading zero", f"0{NOW}"),
                       ("exponent", "17e8"), ("hexadecimal", "0x6553f100"), ("empty", ""), ("a date", "2023-11-14T22:13:20Z"),
                       ("thirteen digits", str(NOW * 1000)), ("twenty digits", "9" * 20),
                       ("digits of another script", "١٧٠٠٠٠٠٠٠٠")]:
        row(f"standard v1: timestamp with {name}", s, k, standard(timestamp=text), BODY, refused("malformed_header"))
    row("standard v1: timestamp zero", s, k, standard(timestamp=0), BODY, refused("timestamp_expired"))
    row("standard v1: timestamp of twelve digits", s, k, standard(timestamp="9" * 12), BODY, refused("timestamp_in_future"))


def standard_shapes(s, k):
    h = standard()
    row("standard v1: no headers", s, k, [], BODY, refused("missing_signature"))
    row("standard v1: no signature", s, k, h[:2], BODY, refused("missing_signature"))
    row("standard v1: no id", s, k, h[1:], BODY, refused("malformed_header"))
    row("standard v1: no timestamp", s, k, [h[0], h[2]], BODY, refused("malformed_header"))
    for i, what in enumerate(["id", "timestamp", "signature"]):
        row(f"standard v1: same {what} twice", s, k, h + [h[i]], BODY, refused("malformed_header"))
        row(f"standard v1: two {what} headers that differ", s, k, h + [(h[i][0].title(), "1")], BODY, refused("malformed_header"))
    for name, message_id in [("of 256 characters", "i" * 256)]:
        row(f"standard v1: id {name}", s, k, standard(message_id), BODY, GOOD | {"signed_id": message_id})
    for name, message_id in [("of 257 characters", "i" * 257), ("empty", ""), ("with a space", "a b"),
                             ("with a full stop", "a.b"), ("outside ASCII", "é"), ("with a control character", "a\tb")]:
        row(f"standard v1: id {name}", s, k, standard(message_id), BODY, refused("malformed_header"))
    # The same octets signed, cut elsewhere: the full stop must not move between id, time and body.
    moved = [("webhook-id", "a"), ("webhook-timestamp", str(NOW)), ("webhook-signature", v1(NEW, "a", NOW, b"1.x"))]
    row("standard v1: cut moved by a full stop in the id", s, k, [("webhook-id", f"a.{NOW}"), ("webhook-timestamp", "1"), moved[2]], b"x", refused("malformed_header"))
    row("standard v1: content encoding", s, k, h + [("Content-Encoding", "gzip")], BODY, refused("unsupported_encoding"))
    row("standard v1: content encoding identity", s, k, h + [("Content-Encoding", "identity")], BODY, GOOD)
    row("standard v1: content encoding before a missing signature", s, k, [("Content-Encoding", "br")], BODY, refused("unsupported_encoding"))
    row("standard v1: body at the bound", s, k, h, BODY, GOOD, settings={"max_body_bytes": len(BODY)})
    row("standard v1: body above the bound", s, k, h, BODY, refused("body_too_large"), settings={"max_body_bytes": len(BODY) - 1})
    row("standard v1: oversize before everything else", s, k, [("Content-Encoding", "gzip")], BODY, refused("body_too_large"), settings={"max_body_bytes": 1})


def standard_keys(s):
    both = [key(OLD, "old", state="retiring"), key(NEW, "new")]
    rotated = v1(NEW, ID, NOW, BODY) + " " + v1(OLD, ID, NOW, BODY)
    row("rotation: sender still signs with the old key", s, both, standard(secret=OLD), BODY, GOOD | {"key_id": "old"})
    row("rotation: sender signs with the new key", s, both, standard(), BODY, GOOD | {"key_id": "new"})
    row("rotation: sender signs with both, the active key is told", s, both, standard(signature=rotated), BODY, GOOD | {"key_id": "new"})
    row("rotation: receiver has the old key only", s, [key(OLD)], standard(signature=rotated), BODY, GOOD)
    def retired(days, more=0):
        return [key(OLD, "old", state="retired", retired_at=NOW - days * DAY - more), key(NEW, "new")]
    row("retired key, yesterday", s, retired(1), standard(secret=OLD), BODY, refused("retired_key"))
    row("retired key, 90 days ago", s, retired(90), standard(secret=OLD), BODY, refused("retired_key"))
    row("retired key, longer ago", s, retired(90, 1), standard(secret=OLD), BODY, refused("bad_signature"))
    row("retired key beside a current signature", s, retired(1), standard(signature=rotated), BODY, GOOD | {"key_id": "new"})
    row("compromised key", s, [key(OLD, "old", state="compromised"), key(NEW, "new")], standard(secret=OLD), BODY, refused("key_compromised"))
    row("pending key takes no part", s, [key(NEW, state="pending")], standard(), BODY, refused("bad_signature"))
    row("fifth key matches", s, [key(whsec(f"n{i}"), f"n{i}") for i in range(4)] + [key(NEW)], standard(), BODY, GOOD)
    row("sixth key is not tried", s, [key(whsec(f"n{i}"), f"n{i}") for i in range(5)] + [key(NEW)], standard(), BODY, refused("bad_signature"))
    row("retired keys never displace the active one", s,
        [key(whsec(f"n{i}"), f"n{i}", state="retired", retired_at=NOW - DAY) for i in range(5)] + [key(NEW)], standard(), BODY, GOOD)
    for size in (24, 64):
        secret = whsec(f"size{size}", size)
        row(f"secret of {size} octets", s, [key(secret)], standard(secret=secret), BODY, GOOD)


def standard_v1a_rows():
    s, k = "standard_v1a", [key(whpk("ed"), kind="whpk")]
    row("standard v1a: published asymmetric sample", s, [key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", kind="whpk")],
        [("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"),
         ("webhook-signature", "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==")],
        b'{"test": 2432232314}', ok(signed_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330), now=1614265330)
    good = v1a("ed", ID, NOW, BODY)
    row("standard v1a: plain case", s, k, standard(signature=good), BODY, GOOD)
    row("standard v1a: changed body", s, k, standard(signature=good), BODY + b" ", refused("bad_signature"))
    row("standard v1a: strange key", s, k, standard(signature=v1a("else", ID, NOW, BODY)), BODY, refused("bad_signature"))
    row("standard v1a: only v1 sent is no downgrade", s, [key(NEW), key(whpk("ed"), "k2", "whpk")], standard(), BODY, refused("malformed_header"))
    row("standard v1a: a good v1 beside a bad v1a does not count", s, [key(NEW), key(whpk("ed"), "k2", "whpk")],
        standard(signature=v1(NEW, ID, NOW, BODY) + " " + v1a("else", ID, NOW, BODY)), BODY, refused("bad_signature"))
    row("standard v1a: signature of 32 octets", s, k, standard(signature="v1a," + b64(bytes(32))), BODY, refused("malformed_header"))
    row("standard v1a: eight strange signatures", s, k, standard(signature=" ".join(v1a(f"e{i}", ID, NOW, BODY) for i in range(8))), BODY, refused("bad_signature"))
    row("standard v1a: eighth signature matches", s, k, standard(signature=" ".join([v1a(f"e{i}", ID, NOW, BODY) for i in range(7)] + [good])), BODY, GOOD)
    mixed = [key(NEW, "hmac"), key(whpk("ed"), "ed", "whpk")]
    def strange(count, body=BODY):
        return [v1a(f"e{i}", ID, NOW, body) for i in range(count)]
    two = [key(whpk("other"), "k0", "whpk")] + k
    three = [key(whpk("another"), "k9", "whpk")] + two
    row("standard v1a: the eighth check matches", s, two, standard(signature=" ".join(strange(3) + [good])), BODY, GOOD)
    row("standard v1a: a ninth check is not made", s, two, standard(signature=" ".join(strange(4) + [good])), BODY, refused("bad_signature"))
    row("standard v1a: no key after the bound is tried", s, three, standard(signature=" ".join([good] + strange(7))), BODY, refused("bad_signature"))
    # Each check hashes the whole message: above 64 KiB there are two.
    edge = 64 * 1024 - len(BODY)
    for size, name, expect in ((edge, "three signatures over 64 KiB", GOOD), (edge + 1, "three signatures over more than 64 KiB", refused("bad_signature"))):
        large = BODY + b" " * size
        row(f"standard v1a: {name}", s, k, standard(signature=" ".join(strange(2, large) + [v1a("ed", ID, NOW, large)])), BODY, expect, padding=size)
    large = BODY + b" " * (edge + 1)
    row("standard v1a: the second check of a large body matches", s, k,
        standard(signature=" ".join(strange(1, large) + [v1a("ed", ID, NOW, large)])), BODY, GOOD, padding=edge + 1)
    row("migration: a source with both kinds takes v1a", "standard_v1", mixed, standard(signature=good), BODY, GOOD | {"key_id": "ed"})
    row("migration: a source with both kinds takes v1", "standard_v1", mixed, standard(), BODY, GOOD | {"key_id": "hmac"})


def github_rows():
    s = "github"
    sample = b"Hello, World!"
    row("github: published sample", s, [key("It's a Secret to Everybody", kind="text")],
        [("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
        sample, ok(replay="signed_bytes"))
    k = [key(TEXT, kind="text")]
    push = b'{"ref":"refs/heads/main","commits":[],"repository":{"id":1}}'
    def headers(body, event="push", delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958", digest=None):
        return [("X-GitHub-Event", event), ("X-GitHub-Delivery", delivery),
                ("X-Hub-Signature-256", digest or "sha256=" + mac(TEXT.encode(), body).hex())]
    good = ok(replay="signed_bytes", event_type="push", unsigned_id="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    row("github: push", s, k, headers(push), push, good)
    row("github: another delivery id is the same signed bytes", s, k, headers(push, delivery="other"), push, good | {"unsigned_id": "other"})
    row("github: hexadecimal in capitals", s, k, headers(push, digest="sha256=" + mac(TEXT.encode(), push).hex().upper()), push, good)
    row("github: unsigned event contradicts the body", s, k, headers(push, event="issues"), push, refused("event_type_mismatch"))
    comment = b'{"action":"created","issue":{},"comment":{}}'
    row("github: a comment does not pass as an issue", s, k, headers(comment, event="issues"), comment, refused("event_type_mismatch"))
    form = b"payload=%7B%7D"
    row("github: form body can't carry its event", s, k, headers(form), form, refused("event_type_mismatch"))
    row("github: no signature", s, k, headers(push)[:2], push, refused("missing_signature"))
    row("github: SHA-1 only", s, k, headers(push)[:2] + [("X-Hub-Signature", "sha1=" + "0" * 40)], push, refused("missing_signature"))
    row("github: SHA-1 in the new header", s, k, headers(push, digest="sha1=" + "0" * 40), push, refused("malformed_header"))
    row("github: no prefix", s, k, headers(push, digest=mac(TEXT.encode(), push).hex()), push, refused("malformed_header"))
    row("github: prefix with a space", s, k, headers(push, digest="sha256= " + mac(TEXT.encode(), push).hex()), push, refused("malformed_header"))
    row("github: base64 instead of hexadecimal", s, k, headers(push, digest="sha256=" + b64(mac(TEXT.encode(), push))), push, refused("malformed_header"))
    row("github: wrong secret", s, k, headers(push, digest="sha256=" + mac(b"else", push).hex()), push, refused("bad_signature"))
    row("github: signature twice", s, k, headers(push) + headers(push)[2:], push, refused("malformed_header"))
    row("github: event twice", s, k, headers(push) + headers(push)[:1], push, refused("malformed_header"))


def stripe_rows():
    s, secret = "stripe", "whsec_" + "stripe test secret".encode().hex()
    k = [key(secret, kind="text")]
    body = b'{"id":"evt_1PgafmB7WZ01zgkW6dKueIc5","object":"event","type":"invoice.paid"}'
    def sig(t=NOW, key_text=secret, content=body):
        return mac(key_text.encode(), t, ".", content).hex()
    def case(name, text, expect, **more):
        row("stripe: " + name, s, k, [("Stripe-Signature", text)], body, expect, **more)
    good = ok(signed_id="evt_1PgafmB7WZ01zgkW6dKueIc5", timestamp=NOW, **TYPED)
    case("plain case, the key is the whole text", f"t={NOW},v1={sig()}", good)
    case("other schemes are skipped", f"t={NOW},v0={'0' * 64},v1={sig()}", good)
    case("two v1 while a secret rolls", f"t={NOW},v1={'0' * 64},v1={sig()}", good)
    case("time behind the signature", f"v1={sig()},t={NOW}", good)
    case("v0 only", f"t={NOW},v0={sig()}", refused("malformed_header"))
    case("no time", f"v1={sig()}", refused("malformed_header"))
    case("two times", f"t={NOW},t={NOW},v1={sig()}", refused("malformed_header"))
    case("time with junk", f"t={NOW}x,v1={sig()}", refused("malformed_header"))
    case("element without a sign", f"t={NOW},v1", refused("malformed_header"))
    case("v1 that is not hexadecimal", f"t={NOW},v1={'g' * 64}", refused("malformed_header"))
    case("nine v1", f"t={NOW}," + ",".join(["v1=" + "0" * 64] * 9), refused("malformed_header"))
    case("too many elements", f"t={NOW},v1={sig()}," + ",".join(["x=1"] * 15), refused("malformed_header"))
    case("key without its prefix", f"t={NOW},v1={sig(key_text=secret[6:])}", refused("bad_signature"))
    case("expired", f"t={NOW},v1={sig()}", refused("timestamp_expired"), now=NOW + 301)
    case("from the future", f"t={NOW},v1={sig()}", refused("timestamp_in_future"), now=NOW - 301)
    bare = b'{"object":"event"}'
    row("stripe: body without an id", s, k, [("Stripe-Signature", f"t={NOW},v1={sig(content=bare)}")], bare, ok(timestamp=NOW, replay="signed_bytes"))
    row("stripe: no header", s, k, [], body, refused("missing_signature"))


def slack_rows():
    s = "slack"
    sample_body = (b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
                   b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
                   b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
                   b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c")
    row("slack: published sample", s, [key("8f742231b10e8888abcd99yyyzzz85a5", kind="text")],
        [("X-Slack-Request-Timestamp", "1531420618"),
         ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")],
        sample_body, ok(timestamp=1531420618, replay="signed_bytes"), now=1531420618)
    k = [key(TEXT, kind="text")]
    def headers(body, t=NOW):
        return [("X-Slack-Request-Timestamp", str(t)), ("X-Slack-Signature", "v0=" + mac(TEXT.encode(), "v0:", t, ":", body).hex())]
    event = b'{"type":"event_callback","event_id":"Ev08MFMKH6","event":{"type":"message","text":"hi"}}'
    row("slack: event, its own type and id", s, k, headers(event), event,
        ok(signed_id="Ev08MFMKH6", timestamp=NOW, event_type="message", event_type_authenticated=True))
    hand = b'{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'
    row("slack: challenge", s, k, headers(hand), hand,
        ok(timestamp=NOW, replay="signed_bytes", event_type="url_verification", event_type_authenticated=True))
    row("slack: other version", s, k, [headers(event)[0], ("X-Slack-Signature", "v1=" + "0" * 64)], event, refused("malformed_header"))
    row("slack: no timestamp", s, k, headers(event)[1:], event, refused("malformed_header"))
    row("slack: no signature", s, k, headers(event)[:1], event, refused("missing_signature"))
    row("slack: expired", s, k, headers(event), event, refused("timestamp_expired"), now=NOW + 301)
    row("slack: from the future", s, k, headers(event), event, refused("timestamp_in_future"), now=NOW - 301)
    row("slack: changed body", s, k, headers(event), event + b" ", refused("bad_signature"))


def gitlab_rows():
    body = b'{"object_kind":"push","ref":"refs/heads/main"}'
    k = [key(TEXT, kind="token")]
    def token(value=TEXT, event="Push Hook"):
        return [("X-Gitlab-Event", event), ("X-Gitlab-Token", value), ("Idempotency-Key", "f5e57ebf")]
    good = ok(replay="signed_bytes", event_type="Push Hook", unsigned_id="f5e57ebf")
    s = "gitlab_token"
    row("gitlab token: plain case", s, k, token(), body, good)
    row("gitlab token: wrong token", s, k, token("b" + TEXT[1:]), body, refused("bad_signature"))
    row("gitlab token: shorter token", s, k, token(TEXT[:-1]), body, refused("bad_signature"))
    row("gitlab token: none", s, k, token()[:1], body, refused("missing_signature"))
    row("gitlab token: twice", s, k, token() + token()[1:2], body, refused("malformed_header"))
    row("gitlab token: too long", s, k, token("t" * 257), body, refused("malformed_header"))
    row("gitlab token: retired", s, [key(TEXT, kind="token", state="retired", retired_at=NOW - DAY)], token(), body, refused("retired_key"))
    row("gitlab token: event contradicts the body", s, k, token(event="Note Hook"), body, refused("event_type_mismatch"))
    signed = standard(body=body) + [("X-Gitlab-Event", "Push Hook")]
    row("gitlab signed: plain case", "gitlab_signed", [key(NEW)], signed, body, ok(signed_id=ID, timestamp=NOW, event_type="Push Hook"))
    row("gitlab signed: event contradicts the body", "gitlab_signed", [key(NEW)], signed[:3] + [("X-Gitlab-Event", "Job Hook")], body, refused("event_type_mismatch"))
    row("gitlab signed: a token does not replace the signature", "gitlab_signed", [key(NEW)], token(), body, refused("missing_signature"))


def generic_rows():
    s, k = "generic_hmac", [key(TEXT, kind="text")]
    body = b'{"type":"build.done"}'
    full = {"signature_header": "X-Signature", "prefix": "v1=", "encoding": "hex", "timestamp_header": "X-Time",
            "id_header": "X-Id", "event_type_header": "", "signed": "{id}.{timestamp}.{body}"}
    typed = {"event_type": "build.done", "event_type_authenticated": True}
    def go(name, template, headers, expect, content=body, **more):
        row("generic: " + name, s, k, headers, content, expect, settings={"template": full | template}, **more)
    digest = mac(TEXT.encode(), "abc.", NOW, ".", body)
    head = [("X-Id", "abc"), ("X-Time", str(NOW))]
    good = ok(signed_id="abc", timestamp=NOW, **typed)
    go("id, time and body in hexadecimal", {}, head + [("X-Signature", "v1=" + digest.hex())], good)
    go("any of several matches", {}, head + [("X-Signature", "v1=" + "0" * 64 + ",v1=" + digest.hex())], good)
    go("nine signatures", {}, head + [("X-Signature", ",".join(["v1=" + "0" * 64] * 9))], refused("malformed_header"))
    go("base64", {"encoding": "base64"}, head + [("X-Signature", "v1=" + b64(digest))], good)
    url = base64.urlsafe_b64encode(digest).decode()
    go("base64url with padding", {"encoding": "base64url"}, head + [("X-Signature", "v1=" + url)], good)
    go("base64url without padding", {"encoding": "base64url"}, head + [("X-Signature", "v1=" + url.rstrip("="))], good)
    go("prefix missing", {}, head + [("X-Signature", digest.hex())], refused("malformed_header"))
    go("id missing", {}, head[1:] + [("X-Signature", "v1=" + digest.hex())], refused("malformed_header"))
    go("time missing", {}, head[:1] + [("X-Signature", "v1=" + digest.hex())], refused("malformed_header"))
    go("id holds the separator", {}, [("X-Id", "a.b"), head[1], ("X-Signature", "v1=" + mac(TEXT.encode(), "a.b.", NOW, ".", body).hex())], refused("malformed_header"))
    go("expired", {}, head + [("X-Signature", "v1=" + digest.hex())], refused("timestamp_expired"), now=NOW + 301)
    go("signature missing", {}, head, refused("missing_signature"))
    go("wrong", {}, head + [("X-Signature", "v1=" + "0" * 64)], refused("bad_signature"))
    plain = {"timestamp_header": "", "id_header": "", "prefix": "", "signed": "{body}"}
    go("body only", plain, [("X-Signature", mac(TEXT.encode(), body).hex())], ok(replay="signed_bytes", **typed))
    go("unsigned id is a secondary index only", plain | {"id_header": "X-Id"}, [("X-Id", "abc"), ("X-Signature", mac(TEXT.encode(), body).hex())],
       ok(replay="signed_bytes", unsigned_id="abc", **typed))
    go("signed id without time", plain | {"id_header": "X-Id", "signed": "{id}:{body}"}, [("X-Id", "abc"), ("X-Signature", mac(TEXT.encode(), "abc:", body).hex())],
       ok(signed_id="abc", **typed))
    touch = plain | {"timestamp_header": "X-Time", "signed": "{timestamp}{body}"}
    go("time touches the body", touch, [head[1], ("X-Signature", mac(TEXT.encode(), NOW, body).hex())], ok(replay="signed_bytes", timestamp=NOW, **typed))
    go("time that touches the body has ten digits", touch, [("X-Time", "999999999"), ("X-Signature", mac(TEXT.encode(), "999999999", body).hex())], refused("malformed_header"))
    event = plain | {"event_type_header": "X-Event"}
    sig = ("X-Signature", mac(TEXT.encode(), body).hex())
    go("type header agrees with the body", event, [("X-Event", "build.done"), sig], ok(replay="signed_bytes", event_type="build.done"))
    go("type header contradicts the body", event, [("X-Event", "build.gone"), sig], refused("event_type_mismatch"))


def sign_rows() -> list[dict]:
    out = []
    def add(name, keys, expect_signature, body=BODY, message_id=ID, timestamp=NOW):
        out.append({"name": name, "id": message_id, "timestamp": timestamp, "body": b64(body), "keys": keys,
                    "expect": expect_signature})
    published = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    args = {"body": b'{"test": 2432232314}', "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": 1614265330}
    add("published symmetric sample", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        {"signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}, **args)
    add("published asymmetric sample", [published],
        {"signature": "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="}, **args)
    add("two keys while one rolls", [NEW, OLD], {"signature": v1(NEW, ID, NOW, BODY) + " " + v1(OLD, ID, NOW, BODY)})
    add("both versions while the scheme changes", [NEW, whsk("ed")], {"signature": v1(NEW, ID, NOW, BODY) + " " + v1a("ed", ID, NOW, BODY)})
    add("binary body", [NEW], {"signature": v1(NEW, ID, NOW, bytes(range(256)))}, body=bytes(range(256)))
    add("empty body", [NEW], {"signature": v1(NEW, ID, NOW, b"")}, body=b"")
    add("no key", [], {"error": "no_keys"})
    add("nine keys", [NEW] * 9, {"error": "too_many_keys"})
    for name, bad in [("full stop in the id", "a.b"), ("empty id", ""), ("space in the id", "a b"), ("id too long", "i" * 257)]:
        add(name, [NEW], {"error": "bad_id"}, message_id=bad)
    add("negative time", [NEW], {"error": "bad_timestamp"}, timestamp=-1)
    add("time of thirteen digits", [NEW], {"error": "bad_timestamp"}, timestamp=10**12)
    return out


def secret_rows() -> list[dict]:
    out = []
    def add(kind, name, text, error=None, octets=None):
        out.append({"name": name, "kind": kind, "text": text, "expect": {"error": error} if error else {"octets": octets}})
    for size in (24, 32, 64):
        add("whsec", f"{size} octets", whsec("s", size), octets=b64(seed("s", size)))
    for size, error in ((0, "too_weak"), (15, "too_weak"), (16, "wrong_length"), (23, "wrong_length"), (65, "wrong_length")):
        add("whsec", f"{size} octets", whsec("s", size), error)
    add("whsec", "version pasted before", "v1," + whsec("s"), "wrong_prefix")
    add("whsec", "no prefix", whsec("s")[6:], "wrong_prefix")
    add("whsec", "public key", whpk("ed"), "wrong_prefix")
    add("whsec", "prefix in capitals", "WHSEC_" + whsec("s")[6:], "wrong_prefix")
    add("whsec", "no padding", whsec("s").rstrip("="), "bad_encoding")
    add("whsec", "URL alphabet", "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(), "bad_encoding")
    add("whsec", "line end behind", whsec("s") + "\n", "bad_encoding")
    add("whsec", "space behind the prefix", "whsec_ " + whsec("s")[6:], "bad_encoding")
    add("whsec", "set trailing bits", "whsec_" + b64(bytes(31))[:-2] + "B=", "bad_encoding")
    add("whsk", "seed and public key", whsk("ed"), octets=b64(seed("ed")))
    add("whsk", "seed alone", "whsk_" + b64(seed("ed")), "wrong_length")
    add("whsk", "public key of another seed", "whsk_" + b64(seed("ed") + private("else").public_key().public_bytes_raw()), "public_mismatch")
    add("whsk", "public prefix", "whpk_" + whsk("ed")[5:], "wrong_prefix")
    add("whpk", "a point", whpk("ed"), octets=b64(private("ed").public_key().public_bytes_raw()))
    add("whpk", "31 octets", "whpk_" + b64(bytes(31)), "wrong_length")
    add("whpk", "small order: the neutral element", "whpk_" + b64(b"\x01" + bytes(31)), "bad_public_key")
    add("whpk", "small order: zero", "whpk_" + b64(bytes(32)), "bad_public_key")
    add("text", "sixteen octets", "s" * 16, octets=b64(b"s" * 16))
    add("text", "fifteen octets", "s" * 15, "too_weak")
    add("text", "257 octets", "s" * 257, "wrong_length")
    add("text", "line end behind", "s" * 20 + "\n", "bad_encoding")
    return out


def replay_rows() -> list[dict]:
    def r(name, kind, timestamp, prior, expect):
        return {"name": name, "kind": kind, "timestamp": timestamp, "prior": prior, "expect": expect}
    def prior(timestamp, same):
        return {"timestamp": timestamp, "same_body": same}
    return [
        r("nothing known", "signed_id", NOW, None, "fresh"),
        r("same id, same time, same body", "signed_id", NOW, prior(NOW, True), "replayed"),
        r("same id, newer time, same body", "signed_id", NOW + 1, prior(NOW, True), "genuine_retry"),
        r("same id, older time, same body", "signed_id", NOW - 1, prior(NOW, True), "replayed"),
        r("same id, newer time, other body", "signed_id", NOW + 1, prior(NOW, False), "replayed"),
        r("same id, same time, other body", "signed_id", NOW, prior(NOW, False), "replayed"),
        r("signed id without time, same body", "signed_id", None, prior(None, True), "duplicate"),
        r("signed id without time, other body", "signed_id", None, prior(None, False), "replayed"),
        r("timed bytes again", "signed_bytes", NOW, prior(NOW, True), "replayed"),
        r("bytes without time again", "signed_bytes", None, prior(None, True), "duplicate"),
        r("bytes without time, nothing known", "signed_bytes", None, None, "fresh"),
    ]


def challenge_rows() -> list[dict]:
    """A text is echoed; null: the body asks for nothing and is an event like others."""
    def c(name, body, expect):
        return {"name": name, "body": b64(body), "expect": expect}
    def challenge(text):
        return json.dumps({"type": "url_verification", "challenge": text}).encode()
    no = refused("challenge_refused")
    return [
        c("plain", challenge("3eZbrw1a-Bm_2"), "3eZbrw1a-Bm_2"),
        c("256 characters", challenge("a" * 256), "a" * 256),
        c("257 characters", challenge("a" * 257), no),
        c("empty", challenge(""), no),
        c("markup", challenge("<script>"), no),
        c("line end", challenge("a\nb"), no),
        c("another type", b'{"type":"event_callback","challenge":"abc"}', None),
        c("a number", b'{"type":"url_verification","challenge":12}', no),
        c("twice", b'{"type":"url_verification","challenge":"a","challenge":"b"}', None),
        c("inside another object", b'{"type":"url_verification","event":{"challenge":"a"}}', no),
        c("not JSON", b"challenge=abc", None),
    ]


def expectation_rows() -> list[dict]:
    """What a receiver expects of the signed body, in `receiver`: an SDK compares once the signature is found right."""
    out = []
    told = {"type": "invoice.paid", "organization": "org_1", "environment": "live", "endpoint": "end_1", "data": {}}
    full = {member: told[member] for member in ("organization", "environment", "endpoint")} | {"event_types": ["invoice.paid"]}
    accepted, else_for, type_not = ok(signed_id=ID, timestamp=NOW, **TYPED), refused("unexpected_audience"), refused("event_type_not_allowed")
    untyped = ok(signed_id=ID, timestamp=NOW)
    def e(name, receiver, expect, body=None, headers=None, state=None):
        octets = json.dumps(told, separators=(",", ":")).encode() if body is None else body
        k = key(NEW, state=state, retired_at=NOW - DAY) if state == "retired" else key(NEW)
        row(name, "standard_v1", [k], headers or standard(body=octets), octets, expect, into=out, receiver=receiver)
    e("nothing expected", {}, accepted)
    e("all as expected", full, accepted)
    e("one of several types", {"event_types": ["invoice.sent", "invoice.paid"]}, accepted)
    e("no type, and none is one of those expected", {"event_types": [""]}, untyped, b"not json")
    for member, other in (("organization", "org_2"), ("environment", "test"), ("endpoint", "end_2")):
        e(f"another {member}", full | {member: other}, else_for)
        e(f"{member} in capitals", {member: told[member].upper()}, else_for)
        e(f"{member} missing", {member: told[member]}, else_for, b'{"type":"invoice.paid"}')
        e(f"{member} twice", {member: told[member]}, else_for, f'{{"{member}":"{told[member]}","{member}":"{told[member]}"}}'.encode())
        e(f"{member} inside another object", {member: told[member]}, else_for, json.dumps({"data": told}).encode())
        e(f"{member} of a body that is no JSON", {member: told[member]}, else_for, b"not json")
    e("a number instead of a text", {"endpoint": "1"}, else_for, b'{"endpoint":1}')
    e("another type", full | {"event_types": ["invoice.sent"]}, type_not)
    e("part of a type", {"event_types": ["invoice"]}, type_not)
    e("no type", {"event_types": ["invoice.paid"]}, type_not, b"{}")
    e("another audience and another type", {"endpoint": "end_2", "event_types": ["invoice.sent"]}, else_for)
    e("a wrong signature is told before the audience", {"endpoint": "end_2"}, refused("bad_signature"), headers=standard(secret=OTHER))
    e("a retired key is told before the audience", {"endpoint": "end_2"}, refused("retired_key"), state="retired")
    return out


def main() -> int:
    standard_rows()
    standard_v1a_rows()
    github_rows()
    stripe_rows()
    slack_rows()
    gitlab_rows()
    generic_rows()
    document = {
        "about": "Cases that the server and every SDK must agree on; the rules are contract/signing.md. "
                 "Bodies and octets are base64, times are Unix seconds. "
                 "After a body stand as many spaces as body_padding says, if it is there.",
        "verify": rows, "sign": sign_rows(), "keys": secret_rows(), "replay": replay_rows(),
        "slack_challenge": challenge_rows(), "decide": decide_rows(), "access": access_rows(),
        "expectations": expectation_rows(),
    }
    text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
    path = pathlib.Path(__file__).with_name("signing.json")
    if "--check" in sys.argv:
        if path.read_text() != text:
            print("signing.json differs from what make_signing.py writes", file=sys.stderr)
            return 1
        return 0
    path.write_text(text)
    print(", ".join(f"{len(section)} {name}" for name, section in document.items() if name != "about"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
