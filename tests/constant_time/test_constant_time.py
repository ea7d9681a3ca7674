"""Comparing a secret takes as many instructions whether the candidate differs in its first octet or in its last:
callgrind counts what runs inside the comparison, or inside the whole check that holds it. A comparison that
stops at the first difference is planted, so that this test is seen to find one.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SEALPOST_BUILD", ROOT / "build" / "asan"))
PROGRAM = BUILD / "tests" / "constant_time" / "sealpost_constant_time"
FIRST, LAST, RIGHT = "0", "1", "2"
# With their whole checks: what is accepted goes on with other work, so only the refusals are compared.
COMPARISONS = ("bytes", "secret_bytes", "hmac")
CHECKS = ("standard_v1", "github", "gitlab_token", "client_secret_tag", "client_secret_hash", "access_token")


# The same environment for all: its size moves the stack, and lazy binding would be counted as well.
ENVIRONMENT = {"PATH": os.environ["PATH"], "LD_BIND_NOW": "1"}


def run(*command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def answer(case, variant):
    return run(str(PROGRAM), case, variant).stdout.strip() == "1"


def count(case, variant):
    """Instructions inside the measured call."""
    done = run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
               "--toggle-collect=sealpost_measured", str(PROGRAM), case, variant)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


@pytest.fixture(scope="module")
def counts():
    if shutil.which("valgrind") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("valgrind is missing; ./dev setup installs it")
        pytest.skip("valgrind is missing; ./dev setup installs it")
    assert PROGRAM.is_file(), f"{PROGRAM} is not built"
    runs = [(case, variant) for case in ("leaky", *COMPARISONS, *CHECKS) for variant in (FIRST, LAST)]
    runs += [(case, RIGHT) for case in COMPARISONS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(runs, pool.map(lambda one: count(*one), runs)))


def test_every_case_is_asked_for():
    assert set(run(str(PROGRAM)).stdout.split()) == {"leaky", *COMPARISONS, *CHECKS}


@pytest.mark.parametrize("case", ("leaky", *COMPARISONS, *CHECKS))
def test_only_the_right_candidate_is_the_same(case):
    assert [answer(case, variant) for variant in (FIRST, LAST, RIGHT)] == [False, False, True]


@pytest.mark.parametrize("case", COMPARISONS + CHECKS)
def test_the_place_of_the_difference_does_not_show(counts, case):
    assert counts[case, FIRST] > 20, "nothing was counted"
    assert counts[case, FIRST] == counts[case, LAST]


@pytest.mark.parametrize("case", COMPARISONS)
def test_a_match_does_not_show(counts, case):
    assert counts[case, RIGHT] == counts[case, FIRST]


def test_an_early_exit_would_be_found(counts):
    assert counts["leaky", LAST] > counts["leaky", FIRST]
