"""The demo tells the truth: it ends well with the real program, and against one whose verifier always says yes it ends
non-zero and names the rows that lied."""

import subprocess
import sys

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
