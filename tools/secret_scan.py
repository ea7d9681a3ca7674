#!/usr/bin/env python3
"""Finds secrets that were put into the repository. Prints where and of what kind, never the value.

  secret_scan.py             every file that git tracks or would add
  secret_scan.py --staged    the lines that are staged (tools/hooks/pre-commit)
  secret_scan.py PATH...     these files

A published test value is let through by `not-a-secret: <why>` on its line, or by a line in
tools/secrets_allowed.txt: `value <first 16 hex digits of its SHA-256> # reason`, or
`folder <prefix> # reason` for test vectors.
"""

import argparse
import hashlib
import math
import pathlib
import re
import subprocess
import sys

RULES = (
    ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("webhook signing secret", r"\bwhs(?:ec|k)_[A-Za-z0-9+/]{24,}={0,2}"),
    ("Sealpost token or secret", r"\bspt_(?:live|test)_[a-z0-9]{24,}|\bsps_(?:live|test)_[a-z0-9]{24,}"),
    ("cloud access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("repository token", r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{50,}|\bglpat-[\w-]{20,}"),
    ("chat token", r"\bxox[abeprs]-[0-9A-Za-z-]{20,}"),
    ("payment key", r"\b[sr]k_live_[0-9A-Za-z]{20,}"),
    ("registry token", r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,}"),
    ("signed token", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    ("connection string", r"\b(?:postgres(?:ql)?|mysql|amqps?|redis|mongodb(?:\+srv)?)://[^\s:/@]+:[^\s:/@]{6,}@"),
)
ASSIGNMENT = re.compile(
    r"(?i)\b\w*(?:password|passwd|secret|api_?key|access_?token|client_?secret|private_?key)\w*[\"']?\s*[:=]\s*"
    r"[\"'](?P<value>[A-Za-z0-9+/=_-]{20,})[\"']")
EXCUSE = re.compile(r"not-a-secret: \S.{5,}")
MAX_BYTES = 2_000_000


def bits_per_character(text):
    counts = [text.count(c) for c in set(text)]
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def found_in(line):
    """(kind, value) of each secret in a line."""
    taken = []
    for kind, pattern in RULES:
        for match in re.finditer(pattern, line):
            taken.append((kind, match[0]))
    if not taken:
        for match in ASSIGNMENT.finditer(line):
            value = match["value"]
            if bits_per_character(value) > 3.6 and re.search(r"[0-9]", value) and re.search(r"[A-Za-z]", value):
                taken.append(("secret in an assignment", value))
    return taken


def git(root, *arguments):
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True).stdout


def lines_of_files(root, names):
    for name in names:
        path = root / name
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            continue
        content = path.read_bytes()
        if b"\0" in content[:8000]:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            yield name, number, line


def staged_lines(root):
    name, number = "", 0
    diff = git(root, "diff", "--cached", "-U0", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/")
    for line in diff.decode("utf-8", "replace").splitlines():
        if line.startswith("+++ "):
            name = line[6:]
        elif line.startswith("@@"):
            number = int(re.match(r"@@ -\S+ \+(\d+)", line)[1])
        elif line.startswith("+"):
            yield name, number, line[1:]
            number += 1


def excuses(root):
    values, folders = set(), []
    path = root / "tools/secrets_allowed.txt"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        match = re.fullmatch(r"(value|folder)\s+(\S+)\s+# \S.{5,}", line)
        if match and match[1] == "value":
            values.add(match[2])
        elif match:
            folders.append(match[2])
        elif line.strip() and not line.startswith("#"):
            raise SystemExit(f"tools/secrets_allowed.txt: can't read {line!r}")
    return values, tuple(folders)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments.add_argument("--staged", action="store_true", help="look at what is staged for a commit")
    arguments.add_argument("paths", nargs="*", help="look at these files, named from the root")
    options = arguments.parse_args()
    root = options.root.resolve()
    if options.staged:
        lines = staged_lines(root)
    elif options.paths:
        lines = lines_of_files(root, options.paths)
    else:
        names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0")
        lines = lines_of_files(root, filter(None, names))
    values, folders = excuses(root)
    findings = 0
    for name, number, line in lines:
        if name.startswith(folders) or EXCUSE.search(line):
            continue
        for kind, value in found_in(line):
            fingerprint = hashlib.sha256(value.encode()).hexdigest()[:16]
            if fingerprint not in values:
                print(f"{name}:{number}: secret: {kind} (sha256 {fingerprint}); take it out and revoke it")
                findings += 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
