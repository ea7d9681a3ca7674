#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a configured build, and over each again only when something it reads has changed.

  tidy.py BUILD [--jobs N] [PATH...]     PATH: only sources under it

BUILD holds compile_commands.json. What was clean is remembered in BUILD/tidy: one file per source with the
digests of its command, of .clang-tidy and of every file of ours that it includes. Exit code 1 with findings.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

TIDY, COMPILER = "clang-tidy-19", "clang++-19"


def digest_of(path):
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def includes_of(directory, words):
    """The source and what it includes, system headers left out; nothing, and why, if it can't be read."""
    kept, skip = [], False
    for word in words[1:]:
        if skip or word == "-c":
            skip = False
        elif word == "-o":
            skip = True
        else:
            kept.append(word)
    run = subprocess.run([COMPILER, *kept, "-MM"], cwd=directory, capture_output=True, text=True)
    if run.returncode != 0:
        return None, run.stderr
    names = run.stdout.replace("\\\n", " ").split(":", 1)[1].split()
    return sorted({str(pathlib.Path(directory, name).resolve()) for name in names}), ""


class Source:
    def __init__(self, entries, build, settings):
        """`entries`: its compile commands. A file of several programs has several."""
        self.path, self.directory = entries[0]["file"], entries[0]["directory"]
        self.commands = [shlex.split(entry["command"]) for entry in entries]
        self.record = build / "tidy" / (hashlib.sha256(self.path.encode()).hexdigest()[:32] + ".json")
        self.key = hashlib.sha256(json.dumps([settings, self.commands]).encode()).hexdigest()

    def is_clean(self):
        try:
            known = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return False
        return known["key"] == self.key and all(digest_of(path) == seen for path, seen in known["files"].items())

    def examine(self, build):
        """What was found, empty if nothing."""
        # Before the look: what changes meanwhile is looked at again.
        files = {}
        for words in self.commands:
            includes, trouble = includes_of(self.directory, words)
            if includes is None:
                return trouble
            files.update((path, digest_of(path)) for path in includes)
        run = subprocess.run([TIDY, "-quiet", "-p", str(build), "-extra-arg=-Wno-unknown-warning-option", self.path],
                             capture_output=True, text=True)
        if run.returncode != 0:
            self.record.unlink(missing_ok=True)
            return run.stdout + run.stderr
        self.record.write_text(json.dumps({"key": self.key, "files": files}))
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("paths", nargs="*")
    arguments = parser.parse_intermixed_args()
    build = arguments.build.resolve()
    (build / "tidy").mkdir(exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    settings = [version, digest_of(".clang-tidy")]
    under = [str(pathlib.Path(path).resolve()) for path in arguments.paths]
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if not under or any(pathlib.Path(entry["file"]).is_relative_to(path) for path in under):
            commands.setdefault(entry["file"], []).append(entry)
    if not commands:
        sys.exit("tidy.py: no source matches")
    sources = [Source(entries, build, settings) for entries in commands.values()]
    waiting = [source for source in sources if not source.is_clean()]
    print(f"{len(sources)} sources, {len(waiting)} to look at", flush=True)
    found = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for source, text in zip(waiting, pool.map(lambda one: one.examine(build), waiting)):
            if text:
                found += 1
                print(f"\n{source.path}\n{text}", flush=True)
    print(f"{found} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
