#!/usr/bin/env python3
"""Plants a violation of each rule in a small tree and sees the checkers find it; a clean tree passes.

  checkers_test.py [-v]
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent
ROOT = TOOLS.parent

CLEAN = {
    "modules.txt": "foundation/bytes||\nfoundation/system|foundation/bytes|\n"
                   "domain/model|foundation/bytes|foundation/system\n"
                   "storage/store_sqlite|foundation/bytes|\ntrust/vault|foundation/bytes domain/model|\n",
    "server/foundation/bytes/bytes.h": "#pragma once\n#include <vector>\n",
    "server/foundation/bytes/secret_access.h": "#pragma once\n",
    "server/foundation/bytes/internal/table.h": "#pragma once\n",
    "server/foundation/bytes/bytes.cc": '#include "foundation/bytes/bytes.h"\n#include "foundation/bytes/internal/table.h"\n',
    "server/foundation/system/clock.h": '#pragma once\n#include <ctime>\n#include "foundation/bytes/bytes.h"\n',
    "server/foundation/system/testing/fakes.h": '#pragma once\n#include <random>\nstd::mt19937 seeded{7};\n',
    "server/domain/model/ids.h": "// time(nullptr) and memcmp() in a comment harm nobody\n"
                                 'const char* text = "rand() std::cout";\n#include "foundation/bytes/bytes.h"\n',
    "server/domain/model/ids_test.cc": '#include <gtest/gtest.h>\n#include "foundation/system/testing/fakes.h"\n',
    "server/storage/store_sqlite/database.cc": "#include <sqlite3.h>\n",
    "server/trust/vault/keyring.cc": '#include "domain/model/ids.h"\n'
                                     "bool f() { return signature.size() == 64 && tag != nullptr; }\n",
}


class Planted(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-checkers-"))
        self.addCleanup(shutil.rmtree, self.root)
        for name, text in CLEAN.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_checks(self, *checks):
        done = subprocess.run(
            [sys.executable, TOOLS / "check_sources.py", "--root", self.root, "--modules", self.root / "modules.txt",
             *checks], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def refuse(self, check, name, text, message):
        """The violation is found; without it the tree passes again."""
        before = CLEAN.get(name)
        self.write(name, text)
        code, output = self.run_checks(check)
        self.assertEqual(code, 1, f"not found: {text!r}\n{output}")
        self.assertIn(message, output)
        self.assertIn(name + ":", output)
        if before is None:
            (self.root / name).unlink()
        else:
            self.write(name, before)
        code, output = self.run_checks(check)
        self.assertEqual(code, 0, output)

    def test_clean_tree_passes(self):
        code, output = self.run_checks()
        self.assertEqual((code, output), (0, ""))

    def test_tree_of_nothing_is_no_proof(self):
        shutil.rmtree(self.root / "server")
        self.assertEqual(self.run_checks()[0], 2)

    def test_includes(self):
        model = "server/domain/model/more.h"
        for text, message in (
                ('#include "storage/store_sqlite/database.h"\n', "does not declare storage/store_sqlite"),
                ('#include "foundation/system/clock.h"\n', "does not declare foundation/system"),
                ('#include "foundation/bytes/internal/table.h"\n', "is private to foundation/bytes"),
                ('#include "foundation/bytes/testing/fake.h"\n', "production code must not see"),
                ('#include "ids.h"\n', "must name its floor and module")):
            with self.subTest(text):
                self.refuse("includes", model, text, message)
        self.refuse("includes", "server/domain/strange/x.h", "\n", "belongs to no module")
        self.refuse("includes", "server/domain/model/more_test.cc", '#include "storage/store_sqlite/database.h"\n',
                    "does not declare")

    def test_headers(self):
        for header, name in (
                ("openssl/evp.h", "server/trust/vault/a.cc"), ("boost/asio.hpp", "server/edge/rest_api/a.cc"),
                ("boost/beast/http.hpp", "server/edge/rest_api/a.cc"), ("sqlite3.h", "server/flow/history/a.cc"),
                ("sqlite3.h", "server/flow/history/a_test.cc"), ("curl/curl.h", "server/edge/rest_api/a.cc"),
                ("spdlog/spdlog.h", "server/flow/history/a.cc"), ("toml++/toml.h", "server/app/cli/a.cc"),
                ("CLI/CLI.hpp", "server/app/config/a.cc"), ("sys/socket.h", "server/flow/delivery/a.cc"),
                ("sys/socket.h", "server/edge/rest_api/a.cc"), ("sys/un.h", "server/app/wiring/a.cc"),
                ("netdb.h", "server/edge/webhook_inlet/a.cc"), ("sys/epoll.h", "server/app/main/a.cc"),
                ("coroutine", "server/flow/delivery/a.cc"), ("format", "server/flow/delivery/a.cc"),
                ("random", "server/flow/delivery/a.cc"), ("ctime", "server/flow/delivery/a.cc"),
                ("regex", "server/flow/delivery/a.cc"), ("iostream", "server/flow/delivery/a.cc"),
                ("gtest/gtest.h", "server/flow/delivery/a.cc"), ("openssl/evp.h", "sdk/cpp/src/a.cc")):
            with self.subTest(header):
                self.refuse("headers", name, f"#include <{header}>\n", f"<{header}> is not for")
        for home in ("edge/http_server", "edge/http_sender", "app/cli"):
            self.write(f"server/{home}/a.cc", "#include <sys/socket.h>\n")
        self.assertEqual(self.run_checks("headers"), (0, ""))

    def test_secret_access(self):
        name, text = "server/trust/vault/a.cc", '#include "foundation/bytes/secret_access.h"\n'
        self.refuse("headers", name, text, "lets this file read raw secrets")
        self.write(name, text)
        self.write("tools/secret_access_allowed.txt", f"secret_access {name} # wraps data keys\n")
        self.assertEqual(self.run_checks("headers")[0], 0)
        (self.root / name).unlink()
        self.assertIn("allows nothing", self.run_checks("headers")[1])
        self.write("tools/secret_access_allowed.txt", f"secret_access {name}\n")
        self.assertIn("write `rule path # reason`", self.run_checks("headers")[1])

    def test_calls(self):
        production = "server/flow/delivery/a.cc"
        for text, rule in (
                ("auto t = std::chrono::system_clock::now();", "system_clock::now"),
                ("auto t = steady_clock::now();", "steady_clock::now"), ("auto t = time(nullptr);", "time()"),
                ("auto t = ::time(0);", "time()"), ("std::time(&t);", "time()"),
                ("clock_gettime(CLOCK_REALTIME, &t);", "clock_gettime"), ("gmtime_r(&t, &out);", "localtime"),
                ("localtime(&t);", "localtime"), ('getenv("HOME");', "getenv"), ("int x = rand();", "rand"),
                ("std::srand(1);", "rand"), ("std::random_device d;", "random_device"),
                ("std::mt19937 g;", "mt19937"), ("getrandom(p, 1, 0);", "getrandom"),
                ("RAND_bytes(p, 1);", "getrandom"), ("if (memcmp(a, b, 3) == 0) {}", "memcmp"),
                ("std::memcmp(a, b, 3);", "memcmp"), ("CRYPTO_memcmp(a, b, 3);", "memcmp"),
                ('std::format("{}", 1);', "std::format"), ('std::println("x");', "std::format"),
                ("strcpy(a, b);", "strcpy"), ("sprintf(a, b);", "strcpy"), ("std::stoi(x);", "atoi"),
                ("atoi(x);", "atoi"), ("strtoul(x, 0, 10);", "atoi"), ("strerror(errno);", "strerror"),
                ('system("ls");', "system()"), ('popen("ls", "r");', "system()"),
                ("std::this_thread::sleep_for(1s);", "sleep"), ("usleep(3);", "sleep"), ("std::thread t(f);", "std::thread"),
                ("t.detach();", "detach"), ("co_await x;", "coroutine"), ("co_return;", "coroutine"),
                ("std::regex r(x);", "std::regex"), ("assert(x);", "assert"), ("std::exit(1);", "exit"),
                ("std::abort();", "exit"), ("std::cout << x;", "stdout"), ('printf("x");', "stdout")):
            with self.subTest(text):
                self.refuse("calls", production, text + "\n", f"calls: {rule} is banned here")
        for text in ("this_thread::sleep_for(1s);", "system_clock::now();", "memcmp(a, b, 1);"):
            with self.subTest(text):
                self.refuse("calls", "server/flow/delivery/a_test.cc", text + "\n", "is banned here")

    def test_calls_that_only_look_alike(self):
        self.write("server/flow/delivery/a.cc", "static_assert(sizeof(int) == 4);\nrow.time(3); to_time(0);\n"
                   "wall_time(now); clock.system(); x->random(); snprintf(a, 3, f); brand(); fmt::gmtime(now); std::thread::id i;\n")
        self.write("sdk/cpp/include/sealpost/a.h", "auto t = std::chrono::system_clock::now();\n")
        self.write("sdk/cpp/examples/verify/main.cc", "#include <iostream>\nint main() { std::cout << 1; }\n")
        self.write("server/flow/delivery/a_bench.cc", "auto t = std::chrono::steady_clock::now();\n")
        code, output = self.run_checks("calls", "headers")
        self.assertEqual(code, 0, output)

    def test_secret_comparison_in_the_trust_floor(self):
        for text in ("return signature == expected;", "if (a.mac() != b) {}", "ok = expected == request.tag;",
                     "return *hmac == other;"):
            with self.subTest(text):
                self.refuse("calls", "server/trust/vault/a.cc", text + "\n", "secret-compare")
                self.refuse("calls", "server/domain/schemes/a.cc", text + "\n", "secret-compare")
        for text in ("return key.signature.size() == 64;", "if (signature == nullptr) {}", "x = tag == Tag::Leaf;",
                     "if (it == signatures.end()) {}", "bool operator==(const A&) const = default;"):
            with self.subTest(text):
                self.write("server/trust/vault/a.cc", text + "\n")
                self.assertEqual(self.run_checks("calls"), (0, ""))

    def test_allow_list(self):
        name = "server/flow/delivery/a.cc"
        self.write(name, "std::abort();\n")
        self.write("tools/calls_allowed.txt", f"exit {name} # a broken invariant ends here\n")
        self.assertEqual(self.run_checks("calls"), (0, ""))
        self.write(name, "\n")
        self.assertIn("allows nothing", self.run_checks("calls")[1])

    def test_sizes(self):
        self.refuse("sizes", "server/flow/delivery/a.cc", "\n" * 601, "601 lines; split it")
        self.refuse("sizes", "tests/system/long.py", "\n" * 700, "700 lines; split it")
        self.write("server/flow/delivery/a.cc", "\n" * 600)
        self.assertEqual(self.run_checks("sizes")[0], 0)

    def test_locks(self):
        for name, text in (
                ("tests/node/package-lock.json", '"resolved": "x"\n'),
                ("tests/node/package-lock.json", '"a": "registry.example/x"\n'),
                ("tests/requirements.txt", "--index-url x\n"), ("tests/requirements-dev.txt", "a @ https://b/c\n"),
                ("tests/node/.npmrc", "registry=x\n"), ("tests/tlog_go/go.mod", "// from proxy.golang\n")):
            with self.subTest(text):
                self.refuse("locks", name, text, "lock files record versions and hashes only")

    def test_marks(self):
        self.refuse("marks", "server/flow/delivery/a.cc", "// TO" "DO: later\n", "finish it")

    def test_words(self):
        for name, text, word in (("docs/a.md", "Each organisation\n", "organization"),
                                 ("contract/openapi.yaml", "tenant_id: x\n", "organization"),
                                 ("server/domain/model/ids.h", "// a web hook\n", "webhook"),
                                 ("docs/a.md", "We recieve it\n", "receipt or receive"),
                                 ("README.md", "an audit event\n", "audit record"),
                                 ("docs/a.md", "to seperate\n", "separate"),
                                 ("docs/a.md", "It occured\n", "occurred")):
            with self.subTest(text):
                self.refuse("words", name, text, word)
        self.write("docs/a.md", "separate separation receipt organization timestamp receive occurred\n")
        self.assertEqual(self.run_checks("words"), (0, ""))


class Secrets(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-secrets-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.git("init", "-q")
        self.git("config", "user.email", "nobody@example.org")
        self.git("config", "user.name", "nobody")
        (self.root / "tools").mkdir()
        shutil.copy(TOOLS / "secret_scan.py", self.root / "tools/secret_scan.py")
        self.hook = shutil.copytree(TOOLS / "hooks", self.root / "tools/hooks")
        # Whether a secret was staged is the hook's business; the tree of this test is its own.
        self.git("config", "core.hooksPath", "tools/hooks")

    def git(self, *arguments, code=0):
        done = subprocess.run(["git", "-C", str(self.root), *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def scan(self, *arguments):
        done = subprocess.run([sys.executable, self.root / "tools/secret_scan.py", *arguments],
                              capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    # Put together here, so that this file holds none.
    PLANTED = {
        "private key": "-----BEGIN " + "PRIVATE KEY-----",
        "webhook signing secret": "whsec" + "_" + "Q1w2E3r4T5y6U7i8O9p0" * 2,
        "Sealpost token or secret": "spt_live" + "_" + "a1b2c3d4e5f6g7h8" * 2,
        "cloud access key": "AKIA" + "ABCDEFGH12345678",
        "repository token": "ghp" + "_" + "a1B2c3D4e5F6" * 3,
        "chat token": "xoxb" + "-" + "1234567890-abcdefghij",
        "payment key": "sk_live" + "_" + "a1B2c3D4e5F6g7H8i9J0",
        "registry token": "npm" + "_" + "a1B2c3D4e5F6" * 3,
        "signed token": "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + "." + "a1B2c3D4e5F6g7H8i9J0",
        "connection string": "postgres://" + "user:hunter2secret" + "@db",
        "secret in an assignment": 'client_' + 'secret = "' + "zX9cV8bN7mA6sD5fG4hJ3" + '"',
    }

    def test_each_kind_is_found_and_never_printed(self):
        for kind, text in self.PLANTED.items():
            with self.subTest(kind):
                (self.root / "a.txt").write_text(f"before\n{text}\n", encoding="utf-8")
                code, output = self.scan()
                self.assertEqual(code, 1)
                self.assertIn(f"a.txt:2: secret: {kind}", output)
                self.assertNotIn(text[-12:].strip('"'), output)

    def test_what_is_no_secret(self):
        (self.root / "a.txt").write_text(
            'secret = "a-long-name-without-entropy"\npassword_field = "password_confirmation_field"\n'
            + self.PLANTED["webhook signing secret"] + "  // not-a-secret: published vector\n", encoding="utf-8")
        self.assertEqual(self.scan(), (0, ""))

    def test_allow_list(self):
        (self.root / "vectors").mkdir()
        (self.root / "vectors/a.json").write_text(self.PLANTED["webhook signing secret"], encoding="utf-8")
        self.assertEqual(self.scan()[0], 1)
        (self.root / "tools/secrets_allowed.txt").write_text("folder vectors/ # made up and public\n", encoding="utf-8")
        self.assertEqual(self.scan(), (0, ""))
        (self.root / "tools/secrets_allowed.txt").write_text("folder vectors/\n", encoding="utf-8")
        self.assertNotEqual(self.scan()[0], 0)

    def test_hook_stops_the_commit(self):
        (self.root / "a.txt").write_text("harmless\n", encoding="utf-8")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "first")
        (self.root / "a.txt").write_text("harmless\n" + self.PLANTED["repository token"] + "\n", encoding="utf-8")
        self.git("add", "a.txt")
        self.assertIn("a.txt:2: secret: repository token", self.git("commit", "-q", "-m", "second", code=1))


class CompileFail(unittest.TestCase):
    def run_snippet(self, text):
        with tempfile.TemporaryDirectory(prefix="sealpost-snippet-") as folder:
            path = pathlib.Path(folder) / "snippet.cc"
            path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, TOOLS / "compile_fail.py", path], capture_output=True, text=True)
        return done.returncode, done.stdout

    BODY = "int f() {\n#ifdef SEALPOST_MISTAKE\n  return %s;\n#endif\n  return %s;\n}\n"

    def test_mistake_refused(self):
        self.assertEqual(self.run_snippet("// EXPECT: nowhere\n" + self.BODY % ("nowhere", "1"))[0], 0)

    def test_each_way_to_prove_nothing(self):
        for text, message in ((self.BODY % ("nowhere", "1"), "needs one"),
                              ("// EXPECT: nowhere\n" + self.BODY % ("2", "1"), "the mistake compiles"),
                              ("// EXPECT: elsewhere\n" + self.BODY % ("nowhere", "1"), "fails, but not with"),
                              ("// EXPECT: nowhere\n" + self.BODY % ("nowhere", "unknown"), "positive control")):
            with self.subTest(message):
                code, output = self.run_snippet(text)
                self.assertEqual(code, 1)
                self.assertIn(message, output)


class Floors(unittest.TestCase):
    """Configures a tiny project with the real cmake/SealpostModule.cmake."""

    def configure(self, modules):
        with tempfile.TemporaryDirectory(prefix="sealpost-floors-") as folder:
            root = pathlib.Path(folder)
            lines = ["cmake_minimum_required(VERSION 3.25)", "project(floors LANGUAGES NONE)",
                     f'include("{ROOT}/cmake/SealpostModule.cmake")',
                     'set(SEALPOST_SERVER_DIR "${CMAKE_CURRENT_SOURCE_DIR}/server")']
            for module, call in modules.items():
                path = root / "server" / module / "CMakeLists.txt"
                path.parent.mkdir(parents=True)
                path.write_text(f"sealpost_module({call})\n", encoding="utf-8")
                lines.append(f"add_subdirectory(server/{module})")
            lines.append("sealpost_write_module_table()")
            (root / "CMakeLists.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            done = subprocess.run(["cmake", "-G", "Ninja", "-S", root, "-B", root / "build"],
                                  capture_output=True, text=True)
            table = root / "build/modules.txt"
            # CMake wraps its messages at the width of a line.
            return done.returncode, " ".join(done.stderr.split()), table.read_text() if table.is_file() else ""

    def test_downward_links_pass_and_stand_in_the_table(self):
        code, output, table = self.configure({
            "foundation/bytes": "", "domain/model": "USES foundation/bytes",
            "domain/policy": 'USES domain/model SIDEWAYS "domain/model: rules speak of records"'})
        self.assertEqual(code, 0, output)
        self.assertIn("domain/model|foundation/bytes|\n", table)

    def test_refusals(self):
        for modules, message in (
                ({"foundation/bytes": "", "domain/model": "", "foundation/json": "USES domain/model"},
                 "foundation/json may not use domain/model: a floor knows nothing of those above it"),
                ({"domain/model": "", "domain/policy": "USES domain/model"}, "without a SIDEWAYS reason"),
                ({"domain/model": "", "domain/policy": 'USES domain/model SIDEWAYS "domain/model:"'},
                 "without a SIDEWAYS reason"),
                ({"domain/model": "USES cellar/rats"}, "names no floor"),
                ({"domain/model": "LINKS x"}, "unknown words")):
            with self.subTest(message):
                code, output, _ = self.configure(modules)
                self.assertNotEqual(code, 0)
                self.assertIn(message, output)


class Errors(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-errors-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "contract").mkdir()
        self.yaml = self.root / "contract/errors.yaml"
        shutil.copy(ROOT / "contract/errors.yaml", self.yaml)
        self.assertEqual(self.generate(), (0, ""))

    def generate(self, *arguments):
        done = subprocess.run([sys.executable, TOOLS / "generate_errors.py", "--root", self.root, *arguments],
                              capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_changed_output_is_named(self):
        self.assertEqual(self.generate("--check"), (0, ""))
        for name in ("server/domain/model/public_code.h", "server/domain/model/public_code.cc", "docs/errors.md"):
            with self.subTest(name):
                path = self.root / name
                text = path.read_text(encoding="utf-8")
                path.write_text(text + "\n", encoding="utf-8")
                code, output = self.generate("--check")
                self.assertEqual(code, 1)
                self.assertIn(name, output)
                path.write_text(text, encoding="utf-8")

    def test_malformed_contract_is_refused(self):
        text = self.yaml.read_text(encoding="utf-8")
        for old, new, message in (("status: 401", "status: 302", "no such status"),
                                  ("category: signature", "category: magic", "no such category"),
                                  ("code: malformed_header", "code: missing_signature", "stands twice"),
                                  ("  retry: after_change\n", "", "lacks retry"),
                                  ("  sdk: [verify]", "  sdk: [cli]", "no such sdk"),
                                  ("  anonymous: true", "  colour: true", "is no field"),
                                  ("  title: ", "    title: ", "expected"),
                                  ("codes:", "code:", "begins with")):
            with self.subTest(message):
                self.yaml.write_text(text.replace(old, new, 1), encoding="utf-8")
                code, output = self.generate("--check")
                self.assertEqual(code, 1)
                self.assertIn(message, output)


class Counts(unittest.TestCase):
    PASSED = '<testcase name="a" status="run"/>'
    FAILED = '<testcase name="b" status="run"><failure/></testcase>'
    SKIPPED = '<testcase name="c" status="notrun" result="skipped"/>'

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-counts-"))
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, *cases):
        (self.root / name).write_text("<testsuites><testsuite>" + "".join(cases) + "</testsuite></testsuites>")

    def count(self, *arguments):
        done = subprocess.run([sys.executable, TOOLS / "test_counts.py", *arguments], capture_output=True, text=True,
                              cwd=self.root)
        return done.returncode, done.stdout

    def test_sums(self):
        self.write("a.xml", self.PASSED, self.PASSED, self.SKIPPED)
        self.write("b.xml", self.PASSED)
        self.assertEqual(self.count("a.xml", "b.xml"), (0, "3 passed, 0 failed, 1 skipped\n"))
        self.assertEqual(self.count("--skips-fail", "a.xml", "b.xml"), (1, "3 passed, 1 failed, 0 skipped\n"))
        self.assertEqual(self.count("--stage-failed", "a.xml"), (1, "2 passed, 1 failed, 1 skipped\n"))
        self.write("b.xml", self.FAILED)
        self.assertEqual(self.count("--stage-failed", "b.xml"), (1, "0 passed, 1 failed, 0 skipped\n"))
        self.assertEqual(self.count("a.xml", "b.xml"), (1, "2 passed, 1 failed, 1 skipped\n"))

    def test_what_is_missing_or_empty_failed(self):
        self.assertEqual(self.count("none.xml"), (1, "0 passed, 1 failed, 0 skipped\n"))
        self.write("a.xml")
        self.assertEqual(self.count("a.xml")[0], 1)
        (self.root / "a.xml").write_text("<testsuite>")
        self.assertEqual(self.count("a.xml"), (1, "0 passed, 1 failed, 0 skipped\n"))

    def test_programs_count_by_their_cases(self):
        (self.root / "programs").mkdir()
        self.write("ctest.xml", '<testcase name="floor/module" status="run"/>', self.PASSED)
        self.write("programs/sealpost_floor_module_test.xml", self.PASSED, self.PASSED, self.SKIPPED)
        self.assertEqual(self.count("ctest.xml:programs"), (0, "3 passed, 0 failed, 1 skipped\n"))

    def test_a_program_that_fails_outside_its_cases_failed(self):
        (self.root / "programs").mkdir()
        self.write("ctest.xml", '<testcase name="floor/module" status="fail"><failure/></testcase>')
        self.write("programs/sealpost_floor_module_test.xml", self.PASSED)
        self.assertEqual(self.count("ctest.xml:programs"), (1, "1 passed, 1 failed, 0 skipped\n"))


class Tidy(unittest.TestCase):
    """What tidy.py remembers, with stand-ins for the two programs that it runs."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-tidy-"))
        self.addCleanup(shutil.rmtree, self.root)
        programs = {"clang-tidy-19": 'for last; do :; done; echo "$last" >> looked; '
                                     'if cat "$last" part.h | grep -q BAD; then echo "a finding"; exit 1; fi\n',
                    "clang++-19": "echo 'x.o: one.cc \\\n part.h'\n"}
        for name, text in programs.items():
            program = self.root / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text("#!/bin/sh\n" + text)
            program.chmod(0o755)
        self.write("part.h", "")
        self.write("one.cc", "")
        self.write(".clang-tidy", "")
        (self.root / "build").mkdir()
        self.write("build/compile_commands.json", json.dumps(
            [{"directory": str(self.root), "file": str(self.root / "one.cc"), "command": "c++ -c one.cc -o one.o"}]))

    def write(self, name, text):
        (self.root / name).write_text(text)

    def looks(self, code):
        """Whether the source was looked at."""
        (self.root / "looked").unlink(missing_ok=True)
        done = subprocess.run([sys.executable, TOOLS / "tidy.py", "build"], cwd=self.root, capture_output=True, text=True,
                              env={"PATH": f"{self.root}/bin:/usr/bin:/bin"})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return any(line.endswith("one.cc") for line in (self.root / "looked").read_text().splitlines())

    def test_what_was_clean_is_looked_at_again_when_it_or_what_it_reads_changed(self):
        self.assertTrue(self.looks(0))
        self.assertFalse(self.looks(0))
        for name in ("part.h", ".clang-tidy", "one.cc"):
            self.write(name, "// another")
            self.assertTrue(self.looks(0), name)
            self.assertFalse(self.looks(0), name)

    def test_what_has_findings_is_looked_at_each_time(self):
        self.assertTrue(self.looks(0))
        self.write("part.h", "BAD")
        self.assertTrue(self.looks(1))
        self.assertTrue(self.looks(1))
        self.write("part.h", "")
        self.assertTrue(self.looks(0), "what it said before the findings is forgotten")


if __name__ == "__main__":
    unittest.main()
