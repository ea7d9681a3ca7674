#!/usr/bin/env python3
"""Adds up what the tests counted and prints `N passed, N failed, N skipped` on a line of its own.

  test_counts.py [--skips-fail] RESULT...

RESULT is a JUnit file, or FILE:FOLDER where FILE is ctest's JUnit file and FOLDER holds the XML of its
GoogleTest programs: those are counted by their cases, every other ctest entry as one. A missing file counts as a
failure. Exit 1 if anything failed; with --skips-fail a skipped test is a failed one. --stage-failed says that a
stage ended badly: if no result tells of a failure, that is one of its own.
"""

import argparse
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.get("status") in ("fail",) or case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("status") in ("notrun", "disabled") or case.get("result") in ("skipped", "suppressed") \
            or case.find("skipped") is not None:
        return "skipped"
    return "passed"


def cases_of(path):
    return ElementTree.parse(path).getroot().iter("testcase")


def count_ctest(path, folder):
    counts = collections.Counter()
    for entry in cases_of(path):
        program = folder / f"sealpost_{entry.get('name').replace('/', '_')}_test.xml"
        result = outcome(entry)
        if not program.is_file():
            counts[result] += 1
            continue
        inner = collections.Counter(outcome(case) for case in cases_of(program))
        if result == "failed" and not inner["failed"]:
            inner["failed"] += 1  # it failed outside its cases: a crash, a sanitizer, a leak at the end
        counts += inner
    return counts


def count(result):
    name, _, folder = result.partition(":")
    path = pathlib.Path(name)
    try:
        if folder:
            return count_ctest(path, pathlib.Path(folder))
        return collections.Counter(outcome(case) for case in cases_of(path))
    except (OSError, ElementTree.ParseError) as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return collections.Counter(failed=1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--skips-fail", action="store_true")
    arguments.add_argument("--stage-failed", action="store_true")
    arguments.add_argument("results", nargs="+")
    options = arguments.parse_args()
    counts = sum((count(result) for result in options.results), collections.Counter())
    if options.stage_failed and not counts["failed"]:
        counts["failed"] += 1
    if options.skips_fail and counts["skipped"]:
        print(f"{counts['skipped']} skipped tests count as failed here", file=sys.stderr)
        counts = collections.Counter(passed=counts["passed"], failed=counts["failed"] + counts["skipped"])
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
