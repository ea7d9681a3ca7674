#!/usr/bin/env python3
"""Rules about the source that no compiler holds, as tests.

  check_sources.py [--root DIR] [--modules FILE] [CHECK ...]

Checks: includes headers calls sizes locks marks words. Without a name: all. Each finding is one line
`path:line: rule: what is wrong; what to do instead`; exit 1 if there is any. tools/checkers_test.py plants
a violation of each rule and sees it found.
"""

import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from source_rules import (  # noqa: E402
    BANNED_CALLS, BANNED_HEADERS, FLOORS, LOCK_FILES, LOCK_RULES, MARKS, SECRET_NAMES, WORDS)

SKIPPED_FOLDERS = {".git", "build", ".cache", "node_modules", "__pycache__", ".venv"}
MAX_LINES = 600
CODE = (".h", ".cc")
SIZED = CODE + (".py", ".js", ".mjs", ".ts", ".tsx", ".go", ".java", ".cmake", ".sh")
WORDED = SIZED + (".md", ".yaml", ".toml")


class Tree:
    """The files below a root, read once, with what the rules ask about them."""

    def __init__(self, root, modules_file):
        self.root = root
        self.modules_file = modules_file
        self.files = sorted(
            p for p in root.rglob("*")
            if p.is_file() and not p.is_symlink() and not SKIPPED_FOLDERS & set(p.relative_to(root).parts))
        self._texts = {}

    def name(self, path):
        return path.relative_to(self.root).as_posix()

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = path.read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def code(self, *folders):
        for path in self.files:
            if path.suffix in CODE and self.name(path).startswith(folders):
                yield path

    def modules(self):
        """module -> (uses, test_uses), as sealpost_module() wrote it at configure time."""
        table = {}
        for line in self.modules_file.read_text(encoding="utf-8").splitlines():
            module, uses, test_uses = line.split("|")
            table[module] = (set(uses.split()), set(test_uses.split()))
        return table


def module_of(name):
    parts = name.split("/")
    return "/".join(parts[1:3]) if len(parts) > 3 and parts[0] == "server" else None


def is_test(name):
    """Tests, benches, fuzz targets, fakes and examples: what is never linked into the product."""
    return bool(re.search(r"(_test|_bench|_fuzz)\.cc$|/(testing|fuzz|examples)/", name)) or not name.startswith(
        ("server/", "sdk/"))


def includes_of(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            yield number, match[1], match[2]


def without_comments_and_strings(text):
    """Blanks both, keeping every line where it was."""
    pattern = re.compile(
        r'R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)

    def blank(match):
        kept = re.sub(r"[^\n]", " ", match[0])
        return '"' + kept[1:-1] + '"' if match[0][0] == '"' else kept
    return pattern.sub(blank, text)


def allowed(tree, file_name):
    """`rule path # reason` lines of an allow-list; an entry without a reason is a finding."""
    entries, findings = {}, []
    path = tree.root / "tools" / file_name
    if path.is_file():
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = re.fullmatch(r"(\S+)\s+(\S+)\s+# (\S.{8,})", line)
            if match:
                entries[(match[1], match[2])] = number
            else:
                findings.append(f"tools/{file_name}:{number}: allow-list: write `rule path # reason`")
    return entries, findings


def stale(entries, used, file_name):
    return [f"tools/{file_name}:{number}: allow-list: {rule} allows nothing in {path} any more; remove the line"
            for (rule, path), number in entries.items() if (rule, path) not in used]


def check_includes(tree):
    table = tree.modules()
    for path in tree.code("server/"):
        name = tree.name(path)
        own = module_of(name)
        if own not in table:
            yield f"{name}:1: includes: the file belongs to no module of the configured build; configure again"
            continue
        uses, test_uses = table[own]
        reachable = uses | {own} | (test_uses if is_test(name) else set())
        for number, quote, target in includes_of(tree.text(path)):
            parts = target.split("/")
            is_ours = len(parts) > 2 and parts[0] in FLOORS
            if not is_ours:
                if quote == '"' and not target.startswith("sealpost/"):
                    yield f'{name}:{number}: includes: "{target}" must name its floor and module'
                continue
            module, rest = "/".join(parts[:2]), parts[2]
            if module not in reachable:
                yield (f"{name}:{number}: includes: {own} does not declare {module}; add it to USES "
                       "in its CMakeLists.txt, or do without")
            if rest == "internal" and module != own:
                yield f"{name}:{number}: includes: {target} is private to {module}; use its public headers"
            if rest == "testing" and not is_test(name):
                yield f"{name}:{number}: includes: production code must not see {target}"


def check_headers(tree):
    entries, findings = allowed(tree, "headers_allowed.txt")
    yield from findings
    used = set()
    for path in tree.code("server/", "sdk/cpp/"):
        name = tree.name(path)
        own = module_of(name) or "/".join(name.split("/")[:2])
        for number, _, target in includes_of(tree.text(path)):
            for rule, pattern, homes, tests_too, instead in BANNED_HEADERS:
                if not re.match(pattern, target) or own in homes or own.split("/")[0] in homes:
                    continue
                if is_test(name) and not tests_too:
                    continue
                if (rule, name) in entries:
                    used.add((rule, name))
                    continue
                yield f"{name}:{number}: headers: <{target}> is not for {own}; {instead}"
    yield from check_secret_access(tree)
    yield from stale(entries, used, "headers_allowed.txt")


def check_secret_access(tree):
    """Raw key bytes are read in few files; each stands in a list with its reason."""
    entries, findings = allowed(tree, "secret_access_allowed.txt")
    yield from findings
    used = set()
    for path in tree.code("server/", "sdk/cpp/"):
        name = tree.name(path)
        for number, _, target in includes_of(tree.text(path)):
            if not target.endswith("secret_access.h"):
                continue
            if ("secret_access", name) in entries:
                used.add(("secret_access", name))
            elif not is_test(name):
                yield (f"{name}:{number}: headers: {target} lets this file read raw secrets; pass SecretBytes on, "
                       "or add the file with its reason to tools/secret_access_allowed.txt")
    yield from stale(entries, used, "secret_access_allowed.txt")


def compares_secret(line):
    """True for == and != on a value whose name says that it is a tag, signature or secret."""
    for match in re.finditer(r"([\w.\->:()\[\]*]+)\s*(?:==|!=)\s*([\w.\->:()\[\]*\"]+)", line):
        sides = [match[1], match[2]]
        if any(re.fullmatch(r"\(*(\d\w*|nullptr|\"+|(std::)?nullopt|k[A-Z]\w*|\w*::[A-Z]\w*|'.*')\)*", s)
               or re.search(r"(\bend|size|length|count|npos|empty)(\(\))?\)*$", s) for s in sides):
            continue
        if any(re.search(r"(^|[^A-Za-z0-9])\*?" + SECRET_NAMES + r"_?(\(\))?\)*$", s) for s in sides):
            return True
    return False


def check_calls(tree):
    entries, findings = allowed(tree, "calls_allowed.txt")
    yield from findings
    used = set()
    for path in tree.code("server/", "sdk/cpp/", "tests/"):
        name = tree.name(path)
        own = module_of(name) or "/".join(name.split("/")[:2])
        for number, line in enumerate(without_comments_and_strings(tree.text(path)).splitlines(), 1):
            hits = [(rule, instead) for rule, pattern, homes, tests_too, instead in BANNED_CALLS
                    if re.search(pattern, line) and own not in homes and own.split("/")[0] not in homes
                    and (tests_too or not is_test(name))]
            if own.startswith(("trust/", "domain/schemes", "foundation/crypto")) and not is_test(name):
                if compares_secret(line):
                    hits.append(("secret-compare", "compare with constant_time_equal()"))
            for rule, instead in hits:
                if (rule, name) in entries:
                    used.add((rule, name))
                else:
                    yield f"{name}:{number}: calls: {rule} is banned here; {instead}"
    yield from stale(entries, used, "calls_allowed.txt")


def check_sizes(tree):
    for path in tree.files:
        if path.suffix in SIZED or tree.name(path) == "dev":
            lines = len(tree.text(path).splitlines())
            if lines > MAX_LINES:
                yield f"{tree.name(path)}:{lines}: sizes: {lines} lines; split it, {MAX_LINES} is the most"


def check_locks(tree):
    for path in tree.files:
        if not re.fullmatch(LOCK_FILES, path.name):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for pattern, what in LOCK_RULES:
                if re.search(pattern, line, re.I):
                    yield f"{tree.name(path)}:{number}: locks: {what}; lock files record versions and hashes only"
                    break


def check_marks(tree):
    for path in tree.files:
        if path.suffix not in WORDED or tree.name(path).startswith("tools/"):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            match = re.search(MARKS, line)
            if match:
                yield f"{tree.name(path)}:{number}: marks: {match[0]}: finish it, or open an issue"


def check_words(tree):
    for path in tree.files:
        name = tree.name(path)
        if path.suffix not in WORDED or name.startswith("tools/"):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for pattern, folders, instead in WORDS:
                match = re.search(pattern, line, re.I)
                if match and name.startswith(folders):
                    yield f"{name}:{number}: words: `{match[0]}`: the word is {instead}"


CHECKS = {
    "includes": check_includes,
    "headers": check_headers,
    "calls": check_calls,
    "sizes": check_sizes,
    "locks": check_locks,
    "marks": check_marks,
    "words": check_words,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments.add_argument("--modules", type=pathlib.Path, help="modules.txt of a configured build")
    arguments.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    options = arguments.parse_args()
    for check in options.checks:
        if check not in CHECKS:
            arguments.error(f"no check {check!r}; there are: {', '.join(CHECKS)}")
    tree = Tree(options.root.resolve(), options.modules or options.root / "build/asan/modules.txt")
    if not any(tree.code("server/")):
        print(f"{options.root}: no sources below server/; a check of nothing proves nothing", file=sys.stderr)
        return 2
    findings = [f for check in options.checks or CHECKS for f in CHECKS[check](tree)]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
