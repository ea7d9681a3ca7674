"""Our signer and verifier against the published `standardwebhooks` libraries of PyPI and npm: what one side
signs the other accepts, and what was altered both refuse, over thousands of random cases and through a key
rotation. The published libraries ask the machine's clock, so the cases are signed "now".
"""
import base64
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SEALPOST_BUILD", ROOT / "build" / "asan"))
OURS = BUILD / "server" / "domain" / "schemes" / "sealpost_differential"
CASES = int(os.environ.get("SEALPOST_DIFFERENTIAL_CASES", "1500"))
SEED = int(os.environ.get("SEALPOST_SEED", "20260101"))
CHARACTERS = "abcXYZ019 .,:;{}[]\"'\\/\n\t\x00\x7fäß€漢😀\u2028"
ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def ask(command: list, requests: list[dict]) -> list[dict]:
    text = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    return answers


def ours(requests: list[dict]) -> list[dict]:
    return ask([str(OURS)], requests)


class PyPi:
    name = "pypi"

    @staticmethod
    def sign(cases):
        return [Webhook(c["key"]).sign(c["id"], datetime.datetime.fromtimestamp(c["timestamp"], datetime.timezone.utc),
                                       base64.b64decode(c["body"]).decode()) for c in cases]

    @staticmethod
    def verify(cases):
        return [PyPi.accepts(c) for c in cases]

    @staticmethod
    def accepts(case) -> bool:
        try:
            Webhook(case["key"]).verify(base64.b64decode(case["body"]), case["headers"])
            return True
        except WebhookVerificationError:
            return False


class Npm:
    name = "npm"
    command = [shutil.which("node") or "node", str(ROOT / "tests" / "differential" / "published.cjs")]

    @classmethod
    def sign(cls, cases):
        return [a["signature"] for a in ask(cls.command, [{"op": "sign"} | c for c in cases])]

    @classmethod
    def verify(cls, cases):
        return [a["ok"] for a in ask(cls.command, [{"op": "verify"} | c for c in cases])]


@pytest.fixture(params=[PyPi, Npm], ids=lambda p: p.name)
def published(request):
    return request.param


def whsec(rng: random.Random) -> str:
    return "whsec_" + base64.b64encode(rng.randbytes(rng.randint(24, 64))).decode()


def random_json(rng: random.Random, depth: int = 0):
    kind = rng.randrange(6 if depth < 3 else 3)
    if kind == 0:
        return rng.randint(-10**12, 10**12)
    if kind == 1:
        return rng.choice([True, False, None])
    if kind == 2:
        return "".join(rng.choices(CHARACTERS, k=rng.randint(0, 30)))
    if kind == 3:
        return [random_json(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {"".join(rng.choices(CHARACTERS, k=rng.randint(0, 8))): random_json(rng, depth + 1) for _ in range(rng.randint(0, 4))}


def make_cases(label: str) -> list[dict]:
    rng = random.Random(f"{SEED} {label}")
    now = int(time.time())
    cases = []
    for _ in range(CASES):
        text = json.dumps(random_json(rng), ensure_ascii=rng.random() < 0.5)
        cases.append({"id": "msg_" + "".join(rng.choices(ID_CHARACTERS, k=rng.randint(1, 60))),
                      "timestamp": now - rng.randint(-60, 60), "body": base64.b64encode(text.encode()).decode(),
                      "old": whsec(rng), "new": whsec(rng), "strange": whsec(rng)})
    return cases


def headers_of(case: dict, signature: str) -> dict:
    return {"webhook-id": case["id"], "webhook-timestamp": str(case["timestamp"]), "webhook-signature": signature}


def tampered(case: dict, headers: dict, rng: random.Random) -> dict:
    """The same request with one of its signed parts changed."""
    body, changed = base64.b64decode(case["body"]), dict(headers)
    which = rng.randrange(4)
    if which == 0:
        changed["webhook-id"] += "x"
    elif which == 1:
        changed["webhook-timestamp"] = str(case["timestamp"] + 1)
    elif which == 2:
        body += b" "
    else:
        changed["webhook-signature"] = " ".join(flip(e, rng) for e in headers["webhook-signature"].split(" "))
    return {"headers": changed, "body": base64.b64encode(body).decode()}


def flip(entry: str, rng: random.Random) -> str:
    octets = bytearray(base64.b64decode(entry[3:]))
    octets[rng.randrange(32)] ^= 1 << rng.randrange(8)
    return "v1," + base64.b64encode(octets).decode()


def verify_request(case: dict, headers: dict, keys: list[str], body: str | None = None) -> dict:
    return {"op": "verify", "scheme": "standard_v1", "headers": list(headers.items()),
            "body": case["body"] if body is None else body, "now": int(time.time()), "keys": keys}


def test_ours_is_accepted_by_the_published_library(published):
    """While a key rolls we sign with both; receivers with either key accept, one with a strange key does not."""
    cases = make_cases("ours to " + published.name)
    signed = ours([{"op": "sign", "id": c["id"], "timestamp": c["timestamp"], "body": c["body"],
                    "keys": [c["new"], c["old"]]} for c in cases])
    for key, expected in (("new", True), ("old", True), ("strange", False)):
        verdicts = published.verify([{"key": c[key], "headers": s["headers"], "body": c["body"]} for c, s in zip(cases, signed)])
        assert verdicts == [expected] * CASES, f"seed {SEED}, receiver with the {key} key"
    rng = random.Random(f"{SEED} alter")
    altered = [{"key": c["new"]} | tampered(c, s["headers"], rng) for c, s in zip(cases, signed)]
    assert published.verify(altered) == [False] * CASES, f"seed {SEED}"


def test_theirs_is_accepted_by_ours(published):
    """A sender that moves from the old key to the new one, alone or with both signatures in the header."""
    cases = make_cases(published.name + " to ours")
    by_old = published.sign([{"key": c["old"], "id": c["id"], "timestamp": c["timestamp"], "body": c["body"]} for c in cases])
    by_new = published.sign([{"key": c["new"], "id": c["id"], "timestamp": c["timestamp"], "body": c["body"]} for c in cases])
    both_keys = [[c["new"], c["old"]] for c in cases]
    for label, signatures in (("old", by_old), ("new", by_new), ("both", [f"{o} {n}" for o, n in zip(by_old, by_new)])):
        answers = ours([verify_request(c, headers_of(c, s), k) for c, s, k in zip(cases, signatures, both_keys)])
        assert all(a == {"ok": True, "key": "1" if label == "old" else "0"} for a in answers), f"seed {SEED}, {label}"
    refused = ours([verify_request(c, headers_of(c, s), [c["strange"]]) for c, s in zip(cases, by_new)])
    assert all(a == {"refusal": "bad_signature"} for a in refused), f"seed {SEED}"
    rng = random.Random(f"{SEED} alter")
    altered = [tampered(c, headers_of(c, s), rng) for c, s in zip(cases, by_new)]
    answers = ours([verify_request(c, a["headers"], k, a["body"]) for c, a, k in zip(cases, altered, both_keys)])
    assert all(a == {"refusal": "bad_signature"} for a in answers), f"seed {SEED}"


def test_signatures_are_equal_octet_for_octet(published):
    cases = make_cases("equal to " + published.name)
    theirs = published.sign([{"key": c["new"], "id": c["id"], "timestamp": c["timestamp"], "body": c["body"]} for c in cases])
    signed = ours([{"op": "sign", "id": c["id"], "timestamp": c["timestamp"], "body": c["body"], "keys": [c["new"]]} for c in cases])
    assert [s["headers"]["webhook-signature"] for s in signed] == theirs, f"seed {SEED}"


def test_vectors_are_what_their_maker_writes():
    subprocess.run([sys.executable, str(ROOT / "contract" / "vectors" / "make_signing.py"), "--check"],
                   check=True, timeout=60)
