#!/usr/bin/env python3
"""How fast and how small: ./dev bench [--json FILE]. Every figure is taken from the release program with the settings of
production; docs/internals/performance.md says what each one means."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests")]

import counting  # noqa: E402
import load  # noqa: E402
from blackbox import senders  # noqa: E402
from blackbox.gateway import Gateway, build_folder, run  # noqa: E402
from blackbox.parties import Organization  # noqa: E402

LIMITS = "source_per_second = 1000000\nsource_burst = 10000000\n" \
         "integration_per_second = 1000000\nintegration_burst = 10000000\n" \
         "organization_per_second = 1000000\norganization_burst = 10000000\n"
PAGE = 4096


class Table:
    """A name with a dot is one part of the figure before the dot. `note`: which case the value is that of."""

    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, goal=None, higher=True, command="./dev bench", digits=3, note=""):
        self.rows.append({"name": name, "value": round(value, digits), "unit": unit, "goal": goal,
                          "higher_is_better": higher, "command": command, "note": note})

    def print(self):
        for row in self.rows:
            goal = "" if row["goal"] is None else f"{'>=' if row['higher_is_better'] else '<='} {row['goal']}"
            name = re.sub(r"^.*\.", "  ", row["name"])
            print(f"{name:<28} {row['value']:>14,} {row['unit']:<12} {goal or row['note']}")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def metrics_of(gateway):
    found = {}
    for line in gateway.metrics().text.splitlines():
        match = re.match(r"(\w+)(\{[^}]*\})? ([0-9.e+-]+)$", line)
        if match:
            found[match.group(1) + (match.group(2) or "")] = float(match.group(3))
    return found


def delivered(metrics):
    return metrics.get('sealpost_delivery_attempts_total{result="delivered"}', 0.0)


class Stage:
    """A gateway with one active integration, stopped once so that its rows can be counted before the load."""

    def __init__(self, arguments, nginx=None):
        self.sender = senders.Standard()
        self.gateway = Gateway(plain_http=[nginx.sink] if nginx else [], limits=LIMITS,
                               server=f'allowed_hosts = ["127.0.0.1"]\n{arguments.server_settings}')
        try:
            self.gateway.start()
            organization = Organization(self.gateway)
            integration = self.integration = organization.integration()
            self.source = integration.source(self.sender)
            self.channel = None
            if nginx:
                endpoint = integration.endpoint(url=f"http://{nginx.sink}/hook", max_concurrency=64)
                integration.subscribe(endpoint=endpoint)
            else:
                self.channel = organization.channel()
                integration.subscribe(channel=self.channel)
            integration.grant(("messages:write", "messages:read", "channels:read"))
            self.credential = integration.credential()
            integration.activate()
            self.gateway.stop()
            self.before = counting.count(self.gateway.data)
            self.gateway.start()
        except BaseException:
            self.gateway.close()
            raise

    @property
    def host(self):
        return self.gateway.http_url.removeprefix("http://").rstrip("/")

    def requests(self, arguments, folder, count, label):
        return load.Requests(folder, secret=self.sender.key, host=self.host, path=self.source.path, count=count,
                             threads=arguments.threads, label=label)

    def check(self, good, *, with_deliveries):
        """Ends the gateway and compares what it stored with what it answered."""
        code = self.gateway.stop()
        wrong = counting.differences(self.before, counting.count(self.gateway.data), good, with_deliveries=with_deliveries)
        if code != 0:
            wrong.append(f"the gateway ended with {code}")
        if wrong:
            raise SystemExit("bench: the figures do not hold: " + "; ".join(wrong))


def only_good(result, what):
    if result["status_errors"] or result["socket_errors"]:
        raise SystemExit(f"bench: {what}: {result}")
    if result["answers"] != result["sent"]:
        raise SystemExit(f"bench: {what}: {result['sent']} requests sent, {result['answers']} answers")
    return result


def compare_sample(stage, labels):
    """Payloads of the inbox must be what was signed."""
    client = stage.credential.client("channels:read")
    seen = 0
    for item in client.get(f"/v1/channels/{stage.channel['id']}/messages", limit=100).ok()["items"]:
        data = item["payload"]["json"]
        identity = data["data"]["id"]
        if json.loads(load.body(identity)) != data or identity[:2] not in labels:
            raise SystemExit(f"bench: a payload differs: {data}")
        seen += 1
    if seen < 50:
        raise SystemExit(f"bench: {seen} payloads compared")
    return seen


def open_all(gateway):
    """Of the stopped gateway: opens each stored payload and holds it against the digest in its audit record, and every
    other row against its record besides. How many were opened; no figure unless those are all."""
    stored = counting.count(gateway.data)["messages"]
    begin = time.monotonic()
    done = run("audit", "check", "--config", gateway.config, binary=gateway.binary, timeout=600)
    found = re.search(r"^payloads: (\d+) stored, (\d+) opened$", done.stdout, re.M)
    if done.returncode != 0 or not found:
        raise SystemExit(f"bench: audit check: {done.returncode} {done.stdout[-1000:]}{done.stderr[-1000:]}")
    opened = int(found.group(2))
    if opened != stored:
        raise SystemExit(f"bench: {stored} messages stored, {opened} of their payloads opened")
    say(f"opened {opened:,} payloads and checked every record in {time.monotonic() - begin:.0f} s")
    return opened


def bench_acceptance(table, arguments, scratch):
    """Rounds of nginx, then the gateway, each with the same requests; the figure is the median of the rounds' ratios."""
    nginx = load.Nginx(scratch / "nginx")
    stage = None
    try:
        stage = Stage(arguments)
        ratios, theirs, ours, slow, good, labels = [], [], [], [], 0, []
        before = metrics_of(stage.gateway)
        for number in range(arguments.rounds):
            labels.append(f"a{number}")
            requests = stage.requests(arguments, scratch / labels[-1], arguments.requests, labels[-1])
            try:
                one = only_good(load.run(requests, arguments.seconds, f"http://{nginx.accept}"), "nginx")
                two = only_good(load.run(requests, arguments.seconds, f"http://{stage.host}"), "acceptance")
            finally:
                requests.remove()
            theirs.append(one["rate"])
            ours.append(two["rate"])
            ratios.append(two["rate"] / one["rate"])
            slow.append(two["p99_ms"])
            good += two["good"]
            say(f"round {number + 1}: nginx {one['rate']:,.0f}/s, accepted {two['rate']:,.0f}/s, "
                f"p99 {two['p99_ms']:.1f} ms, ratio {ratios[-1]:.3f}"
                + (" (nginx ran out of requests)" if one["exhausted"] else ""))
        after = metrics_of(stage.gateway)
        compared = compare_sample(stage, labels)
        resident = rss_mib(stage.gateway.process.pid)
        stage.check(good, with_deliveries=False)
        size = sum(path.stat().st_size for path in stage.gateway.data.rglob("*") if path.is_file())
        opened = open_all(stage.gateway)
    finally:
        if stage:
            stage.gateway.close()
        nginx.stop()

    def grew(name):
        return after.get(name, 0.0) - before.get(name, 0.0)

    table.add("accept_vs_nginx", statistics.median(ratios), "ratio", 0.20)
    table.add("accept_p99_ms", statistics.median(slow), "ms", 25, higher=False)
    table.add("accept_per_second", statistics.median(ours), "messages/s", digits=0)
    table.add("nginx_per_second", statistics.median(theirs), "requests/s", digits=0)
    batches = grew("sealpost_store_batches_total") or 1
    table.add("accept_batch_messages", good / batches, "messages", digits=1)
    table.add("accept_commit_ms", grew("sealpost_store_sync_nanoseconds_total") / batches / 1e6, "ms", None, higher=False)
    written = grew("sealpost_store_written_bytes_total")
    table.add("accept_bytes_per_message", written / good, "bytes", None, higher=False, digits=0)
    table.add("accept_pages_per_message", written / good / PAGE, "pages", None, higher=False, digits=2)
    table.add("stored_bytes_per_message", size / good, "bytes", None, higher=False, digits=0)
    table.add("rss_after_load_mib", resident, "MiB", None, higher=False, digits=1)
    table.add("accepted_and_counted", good, "messages", digits=0)
    table.add("payloads_opened", opened, "messages", digits=0)
    table.add("payloads_compared", compared, "messages", digits=0, note="with what was signed")
    return statistics.median(theirs)


def watch_deliveries(stage, process):
    """Deliveries done, while wrk runs: (time, count)."""
    seen = []
    while process.poll() is None:
        seen.append((time.monotonic(), delivered(metrics_of(stage.gateway))))
        time.sleep(0.25)
    return seen


def bench_delivery(table, arguments, scratch, nginx_rate):
    """First as fast as it goes, which tells how much is sustained; then at that pace, where the backlog must stand."""
    nginx = load.Nginx(scratch / "sink")
    stage = None
    try:
        stage = Stage(arguments, nginx)
        good = 0

        def drained(goal, seconds=120):
            end = time.monotonic() + seconds
            while delivered(metrics_of(stage.gateway)) < goal:
                if time.monotonic() > end:
                    raise SystemExit("bench: deliveries do not come to an end")
                time.sleep(0.05)
            return time.monotonic()

        requests = stage.requests(arguments, scratch / "d0", arguments.requests, "d0")
        begin = time.monotonic()
        first = only_good(load.run(requests, arguments.seconds, f"http://{stage.host}"), "delivery, flat out")
        good += first["good"]
        pace = first["good"] / (drained(good) - begin)
        requests.remove()
        say(f"flat out: accepted {first['rate']:,.0f}/s; accepted and delivered {pace:,.0f}/s")

        for attempt in range(5):
            label = f"d{attempt + 1}"
            count = int(pace * arguments.seconds * 1.2) + 1000
            requests = stage.requests(arguments, scratch / label, count, label)
            base = delivered(metrics_of(stage.gateway))
            process = subprocess.Popen(load.command(requests, arguments.seconds, f"http://{stage.host}", "paced.lua")
                                       + [f"{pace:.1f}", str(arguments.threads)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            seen = watch_deliveries(stage, process)
            out, errors = process.communicate(timeout=60)
            result = only_good(load.outcome(process.returncode, out, errors), "delivery, paced")
            requests.remove()
            good += result["good"]
            done = [(at - seen[0][0], count - base) for at, count in seen]
            backlogs = [result["rate"] * at - count for at, count in done if at <= arguments.seconds]
            last = [(at, count) for at, count in done if at <= arguments.seconds][-1]
            first_half, second_half = backlogs[:len(backlogs) // 2], backlogs[len(backlogs) // 2:]
            growth = statistics.mean(second_half) - statistics.mean(first_half)
            sustained = growth < 0.05 * result["good"] / 2
            say(f"paced: accepted {result['rate']:,.0f}/s, delivered {last[1] / last[0]:,.0f}/s, backlog grew by "
                f"{growth:,.0f} between the halves{'' if sustained else ': not sustained'}")
            drained(good)
            if sustained:
                break
            pace *= 0.85
        else:
            raise SystemExit("bench: no pace was sustained")
        stage.check(good, with_deliveries=True)
    finally:
        if stage:
            stage.gateway.close()
        nginx.stop()
    rate = last[1] / last[0]
    table.add("deliver_vs_nginx", rate / nginx_rate, "ratio", 0.05)
    table.add("deliver_per_second", rate, "messages/s", digits=0)
    table.add("deliver_p99_accept_ms", result["p99_ms"], "ms", None, higher=False)
    table.add("delivered_and_counted", good, "messages", digits=0)


def medians(program, names, repetitions, shortest):
    """Microseconds of CPU time by name, and the command."""
    options = [f"--benchmark_filter={names}", f"--benchmark_repetitions={repetitions}",
               "--benchmark_enable_random_interleaving=true"]
    done = subprocess.run([str(program), *options, f"--benchmark_min_time={shortest}", "--benchmark_format=json"],
                          capture_output=True, text=True, check=True, timeout=600)
    rows = json.loads(done.stdout)["benchmarks"]
    wrong = {f"{row['run_name']}: {row['error_message']}" for row in rows if row.get("error_occurred")}
    if wrong or not rows:
        raise SystemExit(f"bench: {program.name}: {'; '.join(sorted(wrong)) or f'nothing is called {names}'}")
    unit = {"ns": 1e-3, "us": 1.0, "ms": 1e3}
    return {row["run_name"]: row["cpu_time"] * unit[row["time_unit"]] for row in rows
            if row.get("aggregate_name") == "median"}, " ".join([program.name, *options])


def bench_verification(table):
    found = [path for path in build_folder().rglob("sealpost_domain_schemes_bench") if os.access(path, os.X_OK)]
    if not found:
        say("sealpost_domain_schemes_bench is not built: configure with -DSEALPOST_BENCH=ON")
        return
    median, command = medians(found[0], "^(BareHmac1KiB|VerifyStandardV1_1KiB)$", 9, 0.1)
    table.add("verify_vs_hmac", median["VerifyStandardV1_1KiB"] / median["BareHmac1KiB"], "ratio", 1.5, False, command)
    table.add("verify_us", median["VerifyStandardV1_1KiB"], "us", None, False, command)
    table.add("bare_hmac_us", median["BareHmac1KiB"], "us", None, False, command)
    median, command = medians(found[0], "^Costliest/", 5, 0.02)
    for bound, figure in (("default", "verify_worst_us"), ("largest", "verify_worst_max_body_us")):
        worst = {}
        for name, value in median.items():
            _, of, scheme, shape = name.split("/")
            if of == bound:
                worst[scheme] = max(worst.get(scheme, (0, "")), (value, shape))
        costliest = max(worst, key=worst.get)
        value, shape = worst[costliest]
        table.add(figure, value, "us", None, False, command, 0, note=f"{costliest}, {shape}")
        for scheme, (value, shape) in sorted(worst.items()):
            table.add(f"{figure}.{scheme}", value, "us", None, False, command, 0, note=shape)


def rss_mib(process):
    text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) / 1024


def bench_start(table, arguments):
    times, sizes = [], []
    with Gateway(server=arguments.server_settings) as gateway:
        for _ in range(7):
            begin = time.monotonic()
            gateway.start()
            times.append((time.monotonic() - begin) * 1000)
            gateway.http.get("/healthz").ok()
            time.sleep(1)
            sizes.append(rss_mib(gateway.process.pid))
            gateway.stop()
    table.add("rss_idle_mib", statistics.median(sizes), "MiB", 40, False, digits=1)
    table.add("start_to_ready_ms", statistics.median(times), "ms", 300, False, digits=1)


def bench_disk(table, folder):
    """What one fdatasync of a changed page costs here: the floor of every commit."""
    times = []
    with open(pathlib.Path(folder) / "sync", "wb", buffering=0) as file:
        file.write(os.urandom(1 << 20))
        os.fdatasync(file.fileno())
        for _ in range(300):
            file.seek(PAGE * random.randrange(256))
            file.write(os.urandom(PAGE))
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1000)
    times.sort()
    table.add("fdatasync_ms", statistics.median(times), "ms", None, False)
    table.add("fdatasync_p99_ms", times[len(times) * 99 // 100], "ms", None, False)


def file_system_of(path):
    out = subprocess.run(["stat", "-f", "-c", "%T", str(path)], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="ascii", errors="replace")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the rows there")
    parser.add_argument("--only", choices=["accept", "deliver", "verify", "start"], action="append",
                        help="a part alone (deliver also runs accept, which it is compared with)")
    parser.add_argument("--seconds", type=int, default=8, help="of each run of wrk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="of wrk, for nginx and the gateway alike")
    parser.add_argument("--requests", type=int, default=640_000, help="made for each round")
    parser.add_argument("--server-settings", default="", help="lines for [server] of sealpost.toml")
    arguments = parser.parse_args()
    parts = set(arguments.only or ["accept", "deliver", "verify", "start"])
    if "deliver" in parts:
        parts.add("accept")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    disk = file_system_of(tempfile.gettempdir())
    if disk in ("tmpfs", "ramfs"):
        raise SystemExit(f"bench: {tempfile.gettempdir()} is in memory; set TMPDIR to a folder on a disk")
    table = Table()
    print(f"machine: {machine()}, {disk}; the load generator and nginx run on the same cores")
    print("durability: as shipped. SQLite in WAL mode, synchronous=FULL; each 202 is written after the fdatasync of its "
          "transaction")
    with contextlib.ExitStack() as stack:
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sealpost-bench-", dir=memory)))
        on_disk = stack.enter_context(tempfile.TemporaryDirectory(prefix="sealpost-bench-"))
        bench_disk(table, on_disk)
        if "verify" in parts:
            bench_verification(table)
        if "start" in parts:
            bench_start(table, arguments)
        if "accept" in parts:
            nginx_rate = bench_acceptance(table, arguments, scratch)
        if "deliver" in parts:
            bench_delivery(table, arguments, scratch, nginx_rate)
    table.print()
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(table.rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
