#!/usr/bin/env python3
"""Proves that mistakes do not compile.

  compile_fail.py --compiler g++ --include server SNIPPET...

A snippet names the message it expects, `// EXPECT: <regular expression>`, and keeps the mistake inside
`#ifdef SEALPOST_MISTAKE ... #endif`. Without the macro it must compile (the positive control: nothing else is
wrong with it); with the macro it must fail with the expected message.
"""

import argparse
import re
import subprocess
import sys


def compile_once(options, snippet, mistake):
    command = [options.compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
    command += [f"-I{folder}" for folder in options.include]
    if mistake:
        command.append("-DSEALPOST_MISTAKE")
    done = subprocess.run(command + [snippet], capture_output=True, text=True)
    return done.returncode, done.stderr


def problem_with(options, snippet):
    with open(snippet, encoding="utf-8") as file:
        text = file.read()
    expected = re.findall(r"^// EXPECT: (\S.*)$", text, re.M)
    if len(expected) != 1 or "#ifdef SEALPOST_MISTAKE" not in text:
        return "needs one `// EXPECT:` line and an `#ifdef SEALPOST_MISTAKE`"
    code, output = compile_once(options, snippet, mistake=False)
    if code != 0:
        return f"the positive control does not compile:\n{output}"
    code, output = compile_once(options, snippet, mistake=True)
    if code == 0:
        return "the mistake compiles"
    if not re.search(expected[0], output):
        return f"fails, but not with {expected[0]!r}:\n{output}"
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--compiler", default="g++")
    arguments.add_argument("--include", action="append", default=[])
    arguments.add_argument("snippets", nargs="+")
    options = arguments.parse_args()
    bad = 0
    for snippet in options.snippets:
        problem = problem_with(options, snippet)
        if problem:
            print(f"{snippet}: {problem}")
            bad += 1
    print(f"{len(options.snippets) - bad} of {len(options.snippets)} mistakes refused as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
