"""Load for the bench: requests signed beforehand, nginx to compare with, and wrk, which replays the requests."""

import base64
import hmac
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64
TAIL_SECONDS = 1  # after the time is up: what is in flight is answered
BODY_BYTES = 1024
NAME_LENGTH = 11  # of an event: two characters for the run and nine digits


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"bench: {name} is missing; ./dev setup bench installs it")
    return found


class Nginx:
    """The committed configuration on two free ports: 202 to everything, and 204 to everything (the sink)."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.home.mkdir()
        self.accept, self.sink = (f"127.0.0.1:{free_port()}" for _ in range(2))
        text = (HERE / "nginx.conf").read_text(encoding="utf-8")
        config = self.home / "nginx.conf"
        config.write_text(text.replace("@ACCEPT@", self.accept).replace("@SINK@", self.sink), encoding="utf-8")
        self.process = subprocess.Popen([program("nginx"), "-p", f"{self.home}/", "-c", str(config)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        host, port = self.accept.split(":")
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.stop()
                    raise SystemExit("bench: nginx did not start") from None
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def event(name):
    """What is sent: an invoice of 1 KiB."""
    return {"type": "invoice.paid", "timestamp": "2026-01-01T00:00:00Z",
            "data": {"id": name, "customer": "cus_4QWKsZuuTHcs7X", "currency": "eur", "total": 1200,
                     "lines": [{"sku": f"sku_{line}", "quantity": line, "amount": 100 * line} for line in range(1, 9)],
                     "paid": True, "note": ""}}


def make_template(name):
    text = json.dumps(event(name), separators=(",", ":"))
    note = ("thank you for your order; " * 40)[:BODY_BYTES - len(text)]
    return text.replace('"note":""', f'"note":"{note}"').encode()


TEMPLATE_NAME = "x" * NAME_LENGTH
TEMPLATE = make_template(TEMPLATE_NAME)


def body(name):
    assert len(name) == NAME_LENGTH
    return TEMPLATE.replace(TEMPLATE_NAME.encode(), name.encode())


class Requests:
    """Unique Standard Webhooks v1 requests of equal length, in one file per thread of wrk. They are signed for now, so
    they are made just before they are sent, on a file system in memory: the disk belongs to the gateway."""

    def __init__(self, folder, *, secret, host, path, count, threads, label):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.count, self.threads = count, threads
        key = base64.b64decode(secret.removeprefix("whsec_"))
        now = int(time.time())
        self.record = 0
        per_thread = count // threads
        for thread in range(threads):
            with open(self.folder / f"requests.{thread}", "wb", buffering=1 << 20) as out:
                for number in range(thread * per_thread, (thread + 1) * per_thread):
                    one = self.request(key, host, path, now, f"{label}{number:09d}")
                    if self.record not in (0, len(one)):
                        raise AssertionError("records differ in length")
                    self.record = len(one)
                    out.write(one)

    @staticmethod
    def request(key, host, path, now, name):
        octets = body(name)
        identity = f"msg_{name}"
        tag = hmac.digest(key, f"{identity}.{now}.".encode() + octets, "sha256")
        return (f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench/1\r\nContent-Type: application/json\r\n"
                f"webhook-id: {identity}\r\nwebhook-timestamp: {now}\r\n"
                f"webhook-signature: v1,{base64.b64encode(tag).decode()}\r\n"
                f"Content-Length: {len(octets)}\r\n\r\n").encode() + octets

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def command(requests, seconds, url, script="replay.lua"):
    return [program("wrk"), "-t", str(requests.threads), "-c", str(CONNECTIONS), "-d", f"{seconds + TAIL_SECONDS}s",
            "--timeout", "10s", "--latency", "-s", str(HERE / script), url, "--",
            str(requests.folder), str(requests.record), str(seconds)]


def run(requests, seconds, url, **more):
    """What wrk counted. Refused when requests ran out: the rate would be that of a shorter time."""
    done = subprocess.run(command(requests, seconds, url, **more), capture_output=True, text=True,
                          timeout=seconds + 60, check=False)
    return outcome(done.returncode, done.stdout, done.stderr)


def outcome(code, stdout, stderr):
    lines = [line for line in stdout.splitlines() if line.startswith("RESULT ")]
    if code != 0 or len(lines) != 1:
        raise SystemExit(f"bench: wrk failed: {stdout[-2000:]}{stderr[-2000:]}")
    result = json.loads(lines[0].removeprefix("RESULT "))
    result["good"] = result["answers"] - result["status_errors"]
    result["rate"] = result["good"] / result["seconds"]
    return result
