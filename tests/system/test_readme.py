"""The README's example is a file, and runs."""

import os
import subprocess

from blackbox.gateway import ROOT, program

WALKTHROUGH = ROOT / "examples" / "first-webhook" / "walkthrough.sh"


def test_the_readmes_example_runs(tmp_path):
    (tmp_path / "sealpost").symlink_to(program())
    done = subprocess.run(["bash", str(WALKTHROUGH)], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    for seen in ('"duplicate":false', '"code":"bad_signature"', '"duplicate":true', "verified: message.accepted"):
        assert seen in done.stdout, done.stdout


def test_the_readme_names_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "./dev demo" in text and "./dev test" in text and str(WALKTHROUGH.relative_to(ROOT)) in text
