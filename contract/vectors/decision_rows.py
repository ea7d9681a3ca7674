"""The rows of signing.json in which state speaks: `decide`, and `access` for its step `grant`.

Every check is written here once, in its order, with each finding that refuses and the code that is then told. Rows are
made of it: each finding alone, and for each pair of adjacent checks a row where both speak and the earlier one is told.
"""

FLAWLESS = {
    "body_fits": True, "format": "readable", "time": "in_window", "signature": "match", "replay": "fresh",
    "key_state": "active", "event_type_fits_body": True, "event_type_allowed": True, "network_allowed": True,
    "grant": "active", "quota_left": True,
}
# (fact, {finding: code}), first check first.
CHECKS = (
    ("body_fits", {False: "body_too_large"}),
    ("format", {"unsupported_encoding": "unsupported_encoding", "missing_signature": "missing_signature",
                "malformed_header": "malformed_header"}),
    ("time", {"expired": "timestamp_expired", "in_future": "timestamp_in_future"}),
    ("signature", {"unknown_key": "unknown_key", "no_match": "bad_signature", "not_checked": "bad_signature"}),
    ("replay", {"replayed": "replayed"}),
    # A pending key is never tried; should a finding name one all the same, nothing speaks for the request.
    ("key_state", {"retired": "retired_key", "compromised": "key_compromised", "pending": "bad_signature"}),
    ("event_type_fits_body", {False: "event_type_mismatch"}),
    ("event_type_allowed", {False: "event_type_not_allowed"}),
    ("network_allowed", {False: "network_not_allowed"}),
    ("grant", {"not_active": "grant_not_active", "suspended": "suspended"}),
    ("quota_left", {False: "quota_exceeded"}),
)
HARMLESS = (("time", "no_signed_time"), ("replay", "genuine_retry"), ("replay", "duplicate"), ("key_state", "retiring"))

OPEN = {"integration": "active", "source": "active", "signed": True, "environment": "live", "exception": False,
        "grant": "active", "messages_write": True}
# (what differs from OPEN, code), first check first; of one check, each way to fail it.
ACCESS_CHECKS = (
    (({"integration": "draft"}, "integration_not_active"), ({"integration": "suspended"}, "suspended"),
     ({"integration": "revoked"}, "integration_revoked"), ({"integration": "decommissioned"}, "integration_revoked")),
    (({"source": "suspended"}, "source_disabled"),),
    (({"signed": False}, "grant_not_active"),),
    (({"grant": "not_active"}, "grant_not_active"),),
    (({"messages_write": False}, "insufficient_scope"),),
)
ACCESS_OPEN = (
    {}, {"environment": "test"}, {"signed": False, "environment": "test"}, {"signed": False, "exception": True},
)


def words(finding: dict) -> str:
    told = {True: "yes", False: "no"}
    return ", ".join(f"{fact} {told.get(value, value)}" for fact, value in finding.items())


def decide_rows() -> list[dict]:
    out = []

    def add(name, finding, expect):
        out.append({"name": name} | FLAWLESS | finding | {"expect": expect})

    add("nothing speaks against it", {}, "accepted")
    for fact, value in HARMLESS:
        add("passes: " + words({fact: value}), {fact: value}, "accepted")
    for fact, findings in CHECKS:
        for value, code in findings.items():
            add("alone: " + words({fact: value}), {fact: value}, code)
    for (fact, findings), (later, later_findings) in zip(CHECKS, CHECKS[1:]):
        for value, code in findings.items():
            for later_value in later_findings:
                both = {fact: value, later: later_value}
                add("the earlier is told: " + words(both), both, code)
    for first in range(len(CHECKS) - 2):  # of all from here on, this one is told
        finding = {fact: next(iter(findings)) for fact, findings in CHECKS[first:]}
        add(f"{CHECKS[first][0]} and all that follow", finding, next(iter(CHECKS[first][1].values())))
    return out


def access_rows() -> list[dict]:
    out = []

    def add(name, finding, expect):
        out.append({"name": name} | OPEN | finding | {"expect": expect})

    for finding in ACCESS_OPEN:
        add("may send: " + (words(finding) or "nothing is wrong"), finding, "accepted")
    for ways in ACCESS_CHECKS:
        for finding, code in ways:
            add("alone: " + words(finding), finding, code)
    for ways, later_ways in zip(ACCESS_CHECKS, ACCESS_CHECKS[1:]):
        for finding, code in ways:
            for later, _ in later_ways:
                add("the earlier is told: " + words(finding | later), finding | later, code)
    return out
