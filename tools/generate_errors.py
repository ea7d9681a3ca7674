#!/usr/bin/env python3
"""Makes server/domain/model/public_code.{h,cc} and docs/errors.md from contract/errors.yaml.

  generate_errors.py            writes the files
  generate_errors.py --check    compares them with what stands in the tree; exit 1 and names what differs

Reads only the part of YAML that errors.yaml uses, strictly, so that the build needs nothing but Python.
"""

import argparse
import pathlib
import re
import sys

CATEGORIES = {
    "signature": "Signatures",
    "state": "State",
    "request": "Requests",
    "auth": "Callers",
    "limit": "Limits",
    "server": "The gateway itself",
    "delivery": "Delivery attempts",
}
INTRODUCTIONS = {
    "signature": "Is the message what its sender signed, now, with a key the source holds?",
    "state": "The call is authentic, and what is recorded here does not allow it.",
    "request": "The call itself is not well formed.",
    "auth": "Who calls, and may they?",
    "limit": "Too much, too big, too slow.",
    "server": "What the gateway says about itself.",
    "delivery": "How an attempt to deliver ended. These stand in receipts and never answer a request.",
}
RETRIES = {"never": "Never", "later": "Later", "after_change": "AfterChange"}
RETRY_WORDS = {
    "never": "the same request will fail again",
    "later": "the same request may pass later; honour `Retry-After`",
    "after_change": "after repairing what the code names",
}
CLASSES = ("authorization", "signing", "network", "receiver", "policy")
SDKS = ("verify", "client", "none")
OAUTH = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
         "unsupported_grant_type", "invalid_scope")
REQUIRED = ("code", "status", "category", "title", "meaning", "action", "retry", "sdk")
OPTIONAL = ("anonymous", "oauth", "class")


class Malformed(Exception):
    """What the contract file breaks, with its line."""


def parse_value(text, line):
    if text.startswith('"'):
        if not re.fullmatch(r'"[^"\\]+"', text):
            raise Malformed(f"line {line}: a quoted value is one line without quotes or backslashes inside")
        return text[1:-1]
    if text.startswith("["):
        if not re.fullmatch(r"\[[a-z_]+(, [a-z_]+)*\]", text):
            raise Malformed(f"line {line}: a list is written [one, two]")
        return text[1:-1].split(", ")
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return text
    raise Malformed(f"line {line}: can't read the value {text!r}")


def parse(text):
    """The list under `codes:`, each entry a dict."""
    entries, begun = [], False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not begun:
            if line != "codes:":
                raise Malformed(f"line {number}: the file begins with `codes:`")
            begun = True
            continue
        match = re.fullmatch(r"(- |  )([a-z]+): (\S.*)", line)
        if not match:
            raise Malformed(f"line {number}: expected `- code: name` or `  field: value`")
        if match[1] == "- ":
            entries.append({})
        if not entries:
            raise Malformed(f"line {number}: a field before the first code")
        if match[2] in entries[-1]:
            raise Malformed(f"line {number}: {match[2]} is given twice")
        entries[-1][match[2]] = parse_value(match[3], number)
    return entries


def validate(entries):
    seen = set()
    for entry in entries:
        name = entry.get("code", "?")

        def demand(holds, what, name=name):
            if not holds:
                raise Malformed(f"{name}: {what}")

        demand(re.fullmatch(r"[a-z]+(_[a-z]+)*", str(name)), "a code is lower-case words joined by _")
        demand(name not in seen, "stands twice")
        seen.add(name)
        for field in REQUIRED:
            demand(field in entry, f"lacks {field}")
        for field in entry:
            demand(field in REQUIRED + OPTIONAL, f"{field} is no field")
        status = entry["status"]
        demand(isinstance(status, int) and (status in (0, 200) or 400 <= status <= 599), "no such status")
        demand(entry["category"] in CATEGORIES, "no such category")
        demand(entry["retry"] in RETRIES, "no such retry")
        demand(isinstance(entry["sdk"], list) and set(entry["sdk"]) <= set(SDKS), "no such sdk")
        demand("none" not in entry["sdk"] or len(entry["sdk"]) == 1, "sdk: none stands alone")
        demand(entry.get("class", CLASSES[0]) in CLASSES, "no such class")
        demand(entry.get("oauth", OAUTH[0]) in OAUTH, "no such oauth error")
        demand(entry["category"] != "delivery" or (status == 0 and "class" in entry),
               "delivery codes have status 0 and a class")
        for field in ("title", "meaning", "action"):
            demand(isinstance(entry[field], str) and len(entry[field]) > 3, f"{field} says nothing")
        demand(not entry["title"].endswith("."), "a title is no sentence")
        for field in ("meaning", "action"):
            demand(entry[field].endswith("."), f"{field} is a sentence")
    if not entries:
        raise Malformed("no codes")
    if len(entries) > 255:
        raise Malformed("more codes than the enum's type holds")


def enumerator(name):
    return "".join(word.capitalize() for word in name.split("_"))


NOTICE = "// Made by tools/generate_errors.py from contract/errors.yaml. Change that file, never this one."


def header(entries):
    enumerators = "\n".join(f"  {enumerator(e['code'])}," for e in entries)
    categories = ", ".join(enumerator(c) for c in CATEGORIES)
    classes = ", ".join(enumerator(c) for c in CLASSES)
    return f"""{NOTICE}
//
// The one public enum of refusals and outcomes. Every module maps its own errors onto it at the border; the
// name is what callers, SDKs, records and docs/errors.md share. Numbers are not stable: store and send names.
// Constants and pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sealpost {{

enum class PublicCode : std::uint8_t {{
{enumerators}
}};
inline constexpr std::size_t kPublicCodeCount = {len(entries)};

enum class CodeCategory : std::uint8_t {{ {categories} }};
// May the same request pass? AfterChange: once what the code names is repaired.
enum class CodeRetry : std::uint8_t {{ Never, Later, AfterChange }};
// What part of the way failed, for an attempt that ended with the code.
enum class FailureClass : std::uint8_t {{ None, {classes} }};

struct PublicCodeInfo {{
  PublicCode code;
  std::string_view name;
  std::uint16_t status;  // of the HTTP answer; 0 when the code never answers a request
  CodeCategory category;
  CodeRetry retry;
  FailureClass failure_class;
  bool anonymous;  // may be told to a caller that has proven nothing
  std::string_view title;
  std::string_view meaning;
  std::string_view action;
  std::string_view oauth_error;  // RFC 6749 section 5.2, empty when it has none
  std::string_view docs;         // page and anchor within the repository and the served documentation
}};

[[nodiscard]] const PublicCodeInfo& public_code_info(PublicCode code);
[[nodiscard]] std::span<const PublicCodeInfo> all_public_codes();
[[nodiscard]] std::optional<PublicCode> find_public_code(std::string_view name);
[[nodiscard]] inline std::string_view to_string(PublicCode code) {{ return public_code_info(code).name; }}
// Lower-case word, as answers and records carry it; empty for None.
[[nodiscard]] std::string_view to_string(FailureClass failure_class);

}}  // namespace sealpost
"""


def source(entries):
    rows = []
    for e in entries:
        failure = enumerator(e["class"]) if "class" in e else "None"
        rows.append(
            f"    {{PublicCode::{enumerator(e['code'])}, \"{e['code']}\", {e['status']}, "
            f"CodeCategory::{enumerator(e['category'])}, CodeRetry::{RETRIES[e['retry']]}, "
            f"FailureClass::{failure}, {str(e.get('anonymous', False)).lower()},\n"
            f"     \"{e['title']}\",\n     \"{e['meaning']}\",\n     \"{e['action']}\",\n"
            f"     \"{e.get('oauth', '')}\", \"docs/errors.md#{e['code']}\"}},")
    classes = "\n".join(f"    case FailureClass::{enumerator(c)}:\n      return \"{c}\";" for c in CLASSES)
    return f"""{NOTICE}
#include "domain/model/public_code.h"

#include <algorithm>
#include <array>

#include "foundation/result/result.h"

namespace sealpost {{
namespace {{

// clang-format off: one block a code, the sentences whole.
constexpr std::array<PublicCodeInfo, kPublicCodeCount> kCodes{{{{
{chr(10).join(rows)}
}}}};
// clang-format on

}}  // namespace

const PublicCodeInfo& public_code_info(PublicCode code) {{
  const auto index = static_cast<std::size_t>(code);
  SEALPOST_CHECK(index < kCodes.size());
  return kCodes[index];
}}

std::span<const PublicCodeInfo> all_public_codes() {{ return kCodes; }}

std::optional<PublicCode> find_public_code(std::string_view name) {{
  const auto* const found = std::ranges::find(kCodes, name, &PublicCodeInfo::name);
  if (found == kCodes.end()) return std::nullopt;
  return found->code;
}}

std::string_view to_string(FailureClass failure_class) {{
  switch (failure_class) {{
    case FailureClass::None:
      return "";
{classes}
  }}
  die(__FILE__, __LINE__, "no such failure class");
}}

}}  // namespace sealpost
"""


def page(entries):
    out = ["# Error codes", "",
           "<!-- Made by tools/generate_errors.py from contract/errors.yaml. Change that file, never this one. -->",
           "",
           "Every refusal is a problem document (RFC 9457) whose `code` is one of these. The name is stable: it",
           "never changes its meaning. Treat a code you don't know by its HTTP status.", "",
           "| Code | Status | Title |", "|---|---|---|"]
    for e in entries:
        out.append(f"| [`{e['code']}`](#{e['code']}) | {e['status'] or '–'} | {e['title']} |")
    for category, heading in CATEGORIES.items():
        out += ["", f"## {heading}", "", INTRODUCTIONS[category]]
        for e in entries:
            if e["category"] != category:
                continue
            facts = [f"Status {e['status']}" if e["status"] else "Never the answer to a request",
                     f"retry: {RETRY_WORDS[e['retry']]}"]
            if e["sdk"] != ["none"]:
                facts.append("in SDKs: " + ", ".join(e["sdk"]))
            if e.get("oauth"):
                facts.append(f"at `/v1/oauth/token`: `{e['oauth']}`")
            if e.get("class"):
                facts.append(f"failure class of an attempt: {e['class']}")
            out += ["", f'<a id="{e["code"]}"></a>', f"### `{e['code']}`", "", f"**{e['title']}.** {e['meaning']}",
                    "", f"*What to do:* {e['action']}", "", "; ".join(facts) + "."]
    return "\n".join(out) + "\n"


def generate(root):
    entries = parse((root / "contract/errors.yaml").read_text(encoding="utf-8"))
    validate(entries)
    return {
        "server/domain/model/public_code.h": header(entries),
        "server/domain/model/public_code.cc": source(entries),
        "docs/errors.md": page(entries),
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    options = arguments.parse_args()
    try:
        files = generate(options.root)
    except Malformed as problem:
        print(f"contract/errors.yaml: {problem}", file=sys.stderr)
        return 1
    stale = []
    for name, text in files.items():
        path = options.root / name
        if options.check:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: differs from what contract/errors.yaml makes; run tools/generate_errors.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
