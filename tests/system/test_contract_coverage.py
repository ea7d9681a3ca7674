"""Runs last: every operation of the contract was seen in these tests, with a success and with a refusal."""

import pathlib

import pytest

from blackbox.contract import contract

HERE = pathlib.Path(__file__).resolve().parent
NEVER_REFUSED = {"health_get", "readiness_get"}


def test_every_operation_was_seen(request):
    collected = {item.path.name for item in request.session.items}
    missing = {path.name for path in HERE.glob("test_*.py") if "pytest.mark.slow" not in path.read_text(encoding="utf-8")} - collected
    if missing or request.session.testsfailed:
        pytest.skip(f"only a part of the tests ran: without {sorted(missing)}, {request.session.testsfailed} failed")
    seen = contract().seen
    unseen = sorted(set(contract().operations) - set(seen))
    assert not unseen, f"never called: {unseen}"
    no_success = sorted(name for name, statuses in seen.items() if not any(status < 400 for status in statuses))
    assert not no_success, f"never answered with success: {no_success}"
    no_refusal = sorted(name for name, statuses in seen.items()
                        if name not in NEVER_REFUSED and not any(status >= 400 for status in statuses))
    assert not no_refusal, f"never refused: {no_refusal}"
