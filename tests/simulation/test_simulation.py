"""Seeds by the thousand, and the same seed twice in two processes."""
import concurrent.futures
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SEALPOST_BUILD", ROOT / "build" / "asan"))
PROGRAM = BUILD / "tests" / "simulation" / "sealpost_simulation"
SEEDS, STEPS, PIECE = 2500, 60, 125


def simulate(*arguments):
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, timeout=900)


def test_two_processes_make_the_same_of_a_seed():
    first, second = (simulate("--seed", 501, "--seeds", 2) for _ in range(2))
    assert first.returncode == 0, first.stdout
    assert re.search(r"trace [0-9a-f]{16}$", first.stdout)
    assert first.stdout == second.stdout
    assert simulate("--seed", 502, "--seeds", 2).stdout != first.stdout


@pytest.mark.parametrize("arguments", (("--seed", "0"), ("--seeds",), ("--plant", "nothing"), ("--step", "5")))
def test_what_it_does_not_understand_is_refused(arguments):
    assert simulate(*arguments).returncode == 2


@pytest.mark.slow
def test_thousands_of_seeds_hold():
    begins = range(10_000, 10_000 + SEEDS, PIECE)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(lambda seed: simulate("--seed", seed, "--seeds", PIECE, "--steps", STEPS), begins))
    for done in runs:
        assert done.returncode == 0, done.stdout + done.stderr
    cuts = sum(int(re.search(r"(\d+) cuts", done.stdout)[1]) for done in runs)
    assert cuts > SEEDS, "a simulation without power cuts shows little"
