"""The demo tells the truth: it ends well with the real program, and against one whose verifier always says yes it ends
non-zero and names the rows that lied."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from blackbox.gateway import ROOT, program


def demo(*arguments):
    return subprocess.run([sys.executable, ROOT / "demo/demo.py", "--once", *arguments], capture_output=True, text=True,
                          timeout=300, check=False)


def rows(done, mark):
    table = done.stdout.split("What was done", 1)[-1]
    return [line for line in table.splitlines() if line.endswith(mark)]


def test_the_story_goes_as_told():
    done = demo()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert len(rows(done, "  ok")) >= 25 and not rows(done, "FAILED")


def test_against_a_gullible_verifier_it_fails():
    done = demo("--program", program("sealpost_gullible"))
    assert done.returncode == 1, done.stdout[-6000:]
    lies = "\n".join(rows(done, "FAILED"))
    for row in ("one digit of the body changed", "a GitHub payload with one space more", "signed with somebody else's key",
                "signed ten minutes ago", "signed ten minutes from now", "signed with the retired one",
                "a test signature at the live inlet"):
        assert row in lies, f"{row!r} did not fail:\n{done.stdout[-6000:]}"
    honest = "\n".join(rows(done, "  ok"))
    assert "GitHub's payloads" in honest and "an endpoint at a private network" in honest


def processes_with(argument):
    """The ids of the processes that were started with it."""
    return [path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
            if argument in read_if_there(path).decode(errors="replace").split("\0")]


def read_if_there(path):
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_it_stays_up_until_it_is_interrupted():
    """As at a terminal: SIGINT goes to the demo and to its gateway."""
    process = subprocess.Popen([sys.executable, ROOT / "demo/demo.py"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    deadline = threading.Timer(300, os.killpg, (process.pid, signal.SIGKILL))
    deadline.start()
    try:
        told = ""
        for line in process.stdout:
            told += line
            if line.endswith("Ctrl-C ends it and removes them.\n"):
                break
        address, home = re.search(r"It answers at (\S+); its scratch directory is (\S+)", told).groups()
        config = f"{home}/data/sealpost.toml"
        assert "The gateway stays up." in told and "api GET /v1/integrations/" in told and config in told, told[-6000:]
        assert httpx.get(f"{address}/healthz", trust_env=False, timeout=30).status_code == 200
        assert len(processes_with(config)) == 1
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=60) == 0, told[-6000:] + rest
    finally:
        deadline.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
    assert not processes_with(config) and not pathlib.Path(home).exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz", trust_env=False, timeout=30)
