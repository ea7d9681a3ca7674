"""A Sealpost process on a scratch directory: started on ports that the system chooses, watched until it says that it is
ready, ended by its own id."""

import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import tempfile
import time

from .client import Client

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


def build_folder():
    return pathlib.Path(os.environ.get("SEALPOST_BUILD", ROOT / "build" / "asan"))


def program(name="sealpost"):
    found = [path for path in build_folder().rglob(name) if path.is_file() and os.access(path, os.X_OK)]
    if not found:
        raise FileNotFoundError(f"{build_folder()} holds no program {name}; build it first: ./dev build")
    return found[0]


def run(*arguments, binary=None, stdin=None, timeout=60):
    """One command of the program to its end."""
    return run_words([str(binary or program()), *map(str, arguments)], input=stdin, timeout=timeout)


def run_words(words, timeout=60, **how):
    return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False, **how)


def run_as_unknown(*arguments):
    """The same as the user id that stands for unknown users."""
    words = [*map(str, arguments)]
    if os.getuid() != 0:  # no mapping: every id shows as that one
        return run_words(["unshare", "--user", str(program()), *words])
    # A copy where everybody may go: the checkout can lie under a closed home directory.
    with tempfile.TemporaryDirectory(prefix="sealpost-") as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy2(program(), folder)
        return run_words([copy, *words], user=65534, group=65534, extra_groups=[], cwd="/")


class Gateway:
    """`plain_http`: the receivers that `test` may reach, as "address:port"; they are known before the start.
    `environment`: of the process, in place of the test's own."""

    def __init__(self, plain_http=(), binary=None, settings="", limits="", server="", environment=None):
        self.environment = environment
        self.binary = pathlib.Path(binary) if binary else program()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-"))  # short: a socket's path has 108 bytes
        self.data = self.home / "data"
        self.config = self.data / "sealpost.toml"
        self.log_path = self.home / "gateway.log"
        self.process = None
        self.ready = None
        done = run("init", "--data-dir", self.data, binary=self.binary)
        assert done.returncode == 0, f"init: {done.returncode} {done.stdout} {done.stderr}"
        self.init_output = done.stdout + done.stderr
        self.configure(plain_http, settings, limits, server)

    def configure(self, plain_http=(), settings="", limits="", server=""):
        receivers = ", ".join(f'"{receiver}"' for receiver in plain_http)
        opening = f"""
[[egress.open]]
environment = "test"
networks = ["127.0.0.0/8"]
plain_http = [{receivers}]
""" if receivers else ""
        self.config.write_text(f"""data_dir = "{self.data}"
{settings}
[server]
listen = "127.0.0.1:0"
{server}
[metrics]
listen = "127.0.0.1:0"
[limits]
{limits}
{opening}""", encoding="utf-8")

    def start(self, prefix=()):
        assert self.process is None
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*prefix, str(self.binary), "server", "--config", str(self.config)],
                                            stdout=subprocess.PIPE, stderr=log, cwd=self.home, env=self.environment)
        self.ready = json.loads(self.first_line())
        assert self.ready["event"] == "ready", self.ready
        self.http_url = self.ready["http"]
        self.metrics_url = self.ready["metrics"]
        self.socket = pathlib.Path(self.ready["operator_socket"])
        self.operator = Client("http://operator", socket=self.socket)
        self.http = Client(self.http_url)
        return self

    def first_line(self):
        end = time.monotonic() + START_SECONDS
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = end - time.monotonic()
                piece = os.read(self.process.stdout.fileno(), 4096) if left > 0 and selector.select(left) else b""
                if not piece:
                    self.kill()
                    raise AssertionError(f"the gateway did not start:\n{self.log()[-4000:]}")
                line += piece
        return line

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def metrics(self):
        import httpx
        return httpx.get(f"{self.metrics_url.rstrip('/')}" + ("" if self.metrics_url.endswith("/metrics") else "/metrics"),
                         trust_env=False, timeout=10)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Gone already or not: afterwards no process, and its exit code."""
        for client in ("operator", "http"):
            if hasattr(self, client):
                getattr(self, client).close()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code

    def stop(self):
        """SIGTERM, and the exit code."""
        if self.process is None:
            return None
        self.signal(signal.SIGTERM)
        try:
            return self.end()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end the gateway:\n{self.log()[-4000:]}") from None

    def kill(self):
        if self.process is None:
            return None
        self.process.kill()
        return self.end()

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        try:
            if self.process is not None:
                self.stop()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self, *arguments, stdin=None):
        """A command of the program that wants this gateway's configuration."""
        return run(*arguments, "--config", self.config, binary=self.binary, stdin=stdin)
