"""contract/vectors/signing.json against contract/errors.yaml: every code of a webhook's check has a vector, and every
vector's code is one. Each rule is shown to bite."""

import copy
import functools
import json
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import generate_errors  # noqa: E402

# Codes of signature and state that a sender of webhooks is never told: what they belong to. A new code stands here with
# its reason, or has a vector.
OF_OTHERS = {
    "wrong_environment": "a source belongs to one environment, and its address names the source",
    "endpoint_disabled": "deliveries", "payload_erased": "deliveries", "delivery_in_progress": "deliveries",
    "forbidden_address": "endpoints", "insecure_url": "endpoints", "signing_key_missing": "deliveries",
    "lifecycle_not_ready": "activation", "lifecycle_transition_refused": "the life cycle", "rehearsal_failed": "rehearsals",
    "secret_reused": "registering keys", "secret_already_shown": "repeated calls", "weak_secret": "registering keys",
    "not_yet_integrated": "proofs", "conflict": "changes of resources", "precondition_failed": "changes of resources",
    "idempotency_mismatch": "calls with a key; of webhooks, a claim with another body is `replayed`",
    "idempotency_in_progress": "calls with a key",
}
TELLS_A_CODE = ("decide", "access")  # `expect` is a code or `accepted`


@functools.cache
def errors():
    return {entry["code"]: entry for entry in generate_errors.parse((ROOT / "contract/errors.yaml").read_text(encoding="utf-8"))}


@functools.cache
def parsed():
    return json.loads((ROOT / "contract/vectors/signing.json").read_text(encoding="utf-8"))


def codes_of(vectors, *sections):
    for section in sections:
        for row in vectors[section]:
            expect = row["expect"]
            if section in TELLS_A_CODE and expect != "accepted":
                yield expect
            elif isinstance(expect, dict) and "refusal" in expect:
                yield expect["refusal"]


def problems_with(vectors, codes):
    told = set(codes_of(vectors, "verify", "slack_challenge", "decide", "access", "expectations"))
    wanted = {code for code, entry in codes.items() if entry["category"] in ("signature", "state")} - set(OF_OTHERS)
    yield from (f"{code}: no vector tells it" for code in sorted(wanted - told))
    yield from (f"{code}: no code of errors.yaml" for code in sorted(told - set(codes)))
    yield from (f"{code}: excused, and a vector tells it" for code in sorted(told & set(OF_OTHERS)))
    yield from (f"{code}: excused, and no code of errors.yaml" for code in sorted(set(OF_OTHERS) - set(codes)))
    standard = {"verify": [row for row in vectors["verify"] if row["scheme"].startswith("standard_")],
                "expectations": vectors["expectations"]}
    by_sdk = set(codes_of(standard, "verify", "expectations")) & set(codes)
    yield from (f"{code}: an SDK's vector tells it, and its sdk lacks verify" for code in sorted(by_sdk)
                if "verify" not in codes[code]["sdk"])
    names = [(section, row["name"]) for section in vectors if section != "about" for row in vectors[section]
             if section != "keys"]
    yield from (f"{name}: two rows have this name" for name in sorted({str(n) for n in names if names.count(n) > 1}))


def test_vectors_and_codes_agree():
    assert not list(problems_with(parsed(), errors()))


PLANTED = {
    "suspended: no vector tells it": lambda v, c: [v[s].remove(r) for s in TELLS_A_CODE for r in list(v[s]) if r["expect"] == "suspended"],
    "challenge_refused: no vector tells it": lambda v, c: v["slack_challenge"].clear(),
    "unexpected_audience: no vector tells it": lambda v, c: v["expectations"].clear(),
    "brand_new: no vector tells it": lambda v, c: c.update(brand_new={"category": "state", "sdk": ["client"]}),
    "no_such_code: no code of errors.yaml": lambda v, c: v["decide"][0].update(expect="no_such_code"),
    "weak_secret: excused, and a vector tells it": lambda v, c: v["access"][0].update(expect="weak_secret"),
    "conflict: excused, and no code of errors.yaml": lambda v, c: c.pop("conflict"),
    "timestamp_expired: an SDK's vector tells it, and its sdk lacks verify": lambda v, c: c["timestamp_expired"].update(sdk=["none"]),
    "('decide', 'nothing speaks against it'): two rows have this name": lambda v, c: v["decide"].append(v["decide"][0]),
}


@pytest.mark.parametrize("message", PLANTED)
def test_each_rule_bites(message):
    vectors, codes = copy.deepcopy(parsed()), copy.deepcopy(errors())
    PLANTED[message](vectors, codes)
    assert message in list(problems_with(vectors, codes))
