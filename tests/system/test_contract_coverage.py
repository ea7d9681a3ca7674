"""Runs last: every operation of the contract was seen in these tests, with a success and with a refusal, and every code
of contract/errors.yaml that the server can send."""

import pathlib
import re

import pytest

from blackbox.contract import ROOT, codes, contract

HERE = pathlib.Path(__file__).resolve().parent
NEVER_REFUSED = {"health_get", "readiness_get"}

# Codes that no test from outside can provoke: why, and the line that speaks of them (file, its text): the test that stands
# for them, or where they are raised. A code that is seen after all, or whose line is gone, fails here.
NOT_MET = {
    "key_unavailable": ("told while a key is being loaded, a moment that nobody outside can hold",
                        "server/flow/acceptance/acceptance_test.cc", "PublicCode::KeyUnavailable"),
    "idempotency_in_progress": ("told when a claim of weeks runs out between two looks of one request at it",
                                "server/flow/directory/organizations.cc", "refuse(PublicCode::IdempotencyInProgress)"),
    "rehearsal_failed": ("told when a revoked credential is not refused: the rehearsal watches for that very bug",
                         "server/flow/directory/rehearsal.cc", "to_string(PublicCode::RehearsalFailed)"),
}

# Codes that no answer of this release holds: what they wait for, and where their rule stands.
RESERVED = {
    "unknown_key": ("a category of the product; no scheme of this release names its key",
                    "server/domain/schemes/decide_test.cc", "Refusal::UnknownKey"),
    "quota_exceeded": ("a category of the product; grants have no quota in this release, only rates",
                       "server/domain/schemes/decide_test.cc", "Refusal::QuotaExceeded"),
}


@pytest.fixture
def whole_run(request):
    collected = {item.path.name for item in request.session.items}
    other_tiers = ("pytest.mark.slow", "pytest.mark.long")
    missing = {path.name for path in HERE.glob("test_*.py")
               if not any(mark in path.read_text(encoding="utf-8") for mark in other_tiers)} - collected
    if missing or request.session.testsfailed:
        pytest.skip(f"only a part of the tests ran: without {sorted(missing)}, {request.session.testsfailed} failed")


def test_every_operation_was_seen(whole_run):
    seen = contract().seen
    unseen = sorted(set(contract().operations) - set(seen))
    assert not unseen, f"never called: {unseen}"
    no_success = sorted(name for name, statuses in seen.items() if not any(status < 400 for status in statuses))
    assert not no_success, f"never answered with success: {no_success}"
    no_refusal = sorted(name for name, statuses in seen.items()
                        if name not in NEVER_REFUSED and not any(status >= 400 for status in statuses))
    assert not no_refusal, f"never refused: {no_refusal}"


def server_codes():
    """What stands in answers, or in the receipts of deliveries; the rest an SDK finds by itself."""
    return {name for name, entry in codes().items() if entry["status"] != 0 or entry["category"] == "delivery"}


def test_every_code_was_seen(whole_run):
    seen = set(contract().codes_seen)
    unseen = sorted(server_codes() - seen - set(NOT_MET) - set(RESERVED))
    assert not unseen, f"codes that no test provokes: {unseen}"
    met = sorted(seen & (set(NOT_MET) | set(RESERVED)))
    assert not met, f"codes that are excused and were seen: {met}"
    sdk_only = sorted(seen - server_codes())
    assert not sdk_only, f"codes of the SDKs that the server sent: {sdk_only}"


def test_every_excuse_holds():
    for name, (reason, file, test) in {**NOT_MET, **RESERVED}.items():
        assert name in server_codes() and len(reason) > 20, name
        assert test in (ROOT / file).read_text(encoding="utf-8"), f"{name}: {file} has no {test}"


def test_reserved_codes_are_raised_nowhere():
    """A source that raises one makes the excuse false: then it is to be provoked."""
    names = "|".join("".join(word.capitalize() for word in name.split("_")) for name in RESERVED)
    raises = re.compile(rf"PublicCode::({names})\b|[^=]= SignatureFinding::UnknownKey|quota_left = ")
    know = {"public_code.cc", "receipt_view.cc"}  # tables over all codes
    raised = [str(path) for path in (ROOT / "server").rglob("*.cc")
              if path.name not in know and not path.name.endswith("_test.cc") and "testing" not in path.parts
              and raises.search(path.read_text(encoding="utf-8"))]
    assert not raised, raised
