"""The process: its directory, its commands, its sockets, its end. Health, metrics, logs, limits, TLS."""

import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
import urllib.parse

import httpx
import pytest

from blackbox.contract import contract
from blackbox.gateway import ROOT, run, run_as_unknown
from blackbox.parties import Organization
from blackbox.waiting import until


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_init_makes_a_closed_directory(start_gateway):
    gateway = start_gateway(start=False)
    assert mode(gateway.data) == 0o700 and mode(gateway.data / "root.key") == 0o600
    assert (gateway.data / "sealpost.toml").is_file()
    assert "password" not in gateway.init_output.lower() and "sealpost server" in gateway.init_output
    again = run("init", "--data-dir", gateway.data)
    assert again.returncode != 0, "a second init must not replace the root key"


def test_a_fresh_configuration_is_valid(tmp_path):
    assert run("init", "--data-dir", tmp_path / "d").returncode == 0
    done = run("config", "validate", "--config", tmp_path / "d/sealpost.toml")
    assert done.returncode == 0, done.stderr


def test_an_unknown_key_is_an_error_with_a_suggestion(start_gateway):
    gateway = start_gateway(start=False, server="max_conections = 5")
    done = gateway.command("config", "validate")
    assert done.returncode == 2 or done.returncode == 1
    assert "max_conections" in done.stderr and "max_connections" in done.stderr
    refused = gateway.command("server")
    assert refused.returncode != 0 and "max_connections" in refused.stderr


def test_the_operator_socket_is_the_owners(gateway):
    assert mode(gateway.socket) == 0o600 and mode(gateway.socket.parent) == 0o700
    assert stat.S_ISSOCK(os.stat(gateway.socket).st_mode)


def test_who_is_not_listed_is_not_the_operator(start_gateway):
    """The peer's uid is asked, whatever the permissions of the socket let through."""
    gateway = start_gateway(settings=f"[operator]\nuids = [{os.getuid() + 1}]")
    answer = gateway.operator.get("/v1/organizations")
    assert answer.status in (401, 403), answer.text
    if os.getuid() == 0:  # only root can act as somebody else
        for path, bits in ((gateway.home, 0o711), (gateway.data, 0o711), (gateway.socket, 0o666)):
            os.chmod(path, bits)
        assert ask_as(gateway, 12345).startswith("HTTP/1.1 4"), "somebody else"
        assert ask_as(gateway, 1).startswith("HTTP/1.1 200"), "the one who is listed"


def test_it_does_not_run_as_the_user_who_stands_for_the_unknown(tmp_path):
    done = run_as_unknown("server", "--config", tmp_path / "sealpost.toml")
    assert done.returncode == 2 and "65534" in done.stderr, (done.returncode, done.stderr)


def ask_as(gateway, uid):
    script = ("import os,socket,sys\nos.setgid(65534); os.setuid(int(sys.argv[2]))\n"
              "s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
              "s.sendall(b'GET /v1/organizations HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')\n"
              "print(s.recv(4096).decode())\n")
    return subprocess.run(["python3", "-c", script, str(gateway.socket), str(uid)], capture_output=True, text=True, timeout=20,
                          check=False).stdout


def test_api_command_and_its_exit_codes(gateway):
    done = gateway.command("api", "POST", "/v1/organizations", '{"name":"By hand"}')
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    again = gateway.command("api", "GET", f"/v1/organizations/{made['id']}")
    assert json.loads(again.stdout) == made
    assert gateway.command("api", "GET", "/v1/organizations/org_" + "0" * 36).returncode == 4
    changed = gateway.command("api", "PATCH", f"/v1/organizations/{made['id']}", '{"name":"x"}', "-H", 'If-Match: "99"')
    assert changed.returncode == 5 and json.loads(changed.stderr)["code"] == "precondition_failed"
    assert gateway.command("api", "PATCH", f"/v1/organizations/{made['id']}", '{"name":"x"}', "-H",
                           'If-Match: "1"').returncode == 0
    from_stdin = gateway.command("api", "POST", "/v1/organizations", "-", stdin='{"name":"Piped"}')
    assert json.loads(from_stdin.stdout)["name"] == "Piped"
    file = gateway.home / "organization.json"
    file.write_text('{"name":"Filed"}', encoding="utf-8")
    assert json.loads(gateway.command("api", "POST", "/v1/organizations", f"@{file}").stdout)["name"] == "Filed"
    assert gateway.command("api").returncode == 2


def test_the_flag_wins_over_the_environment(gateway, start_gateway):
    """Each command that takes --config, with another installation in the environment."""
    other = start_gateway(start=False)
    mine, environment = str(gateway.config), {**os.environ, "SEALPOST_CONFIG": str(other.config)}

    def call(*arguments):
        return subprocess.run([str(gateway.binary), *arguments], env=environment, capture_output=True, text=True, timeout=60,
                              check=False)

    assert "It runs and is ready" in call("doctor", "--config", mine).stdout
    assert call("operator", "token", "--config", mine).returncode == 0
    assert call("audit", "check", "--config", mine).returncode == 5
    assert mine in call("config", "validate", "--config", mine).stdout
    assert call("api", "GET", "/v1/organizations", "--config", mine).returncode == 0
    refused = call("server", "--config", mine)
    assert refused.returncode == 1 and "Another process" in refused.stderr, refused.stderr
    # Without the flag the environment counts.
    assert str(other.config) in call("config", "validate").stdout
    assert call("api", "GET", "/v1/organizations").returncode == 6


def test_exit_codes_tell_the_classes_of_refusals(gateway):
    def code(*arguments):
        return gateway.command("api", *arguments).returncode

    organization = json.loads(gateway.command("api", "POST", "/v1/organizations", '{"name":"Codes"}').stdout)["id"]
    assert code("POST", "/v1/organizations", "{") == 2
    assert code("POST", "/v1/organizations", '{"nme":"x"}') == 2
    assert code("PUT", "/v1/organizations", "{}") == 2
    assert code("POST", "/v1/messages", '{"type":"a.b","data":1}') == 3, "an operator sends no messages"
    assert code("GET", "/v1/nothing") == 4
    assert code("PATCH", f"/v1/organizations/{organization}", '{"name":"x"}') == 5


def test_a_check_beside_the_running_gateway_says_what_to_do(gateway):
    done = gateway.command("audit", "check")
    assert done.returncode == 5
    assert "SIGTERM" in done.stderr and str(gateway.data) in done.stderr


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", b"HTTP/1.1 -20 OK\r\n\r\n"])
def test_half_an_answer_is_none_and_no_leave_to_check(start_gateway, answer):
    """Something listens on the operator's socket, and its answer is cut off or no answer."""
    gateway = start_gateway(start=False)

    def serve():
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(30)
                connection.recv(65536)
                connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(gateway.data / "operator.sock"))
        listener.listen()
        listener.settimeout(30)
        thread = threading.Thread(target=serve)
        thread.start()
        asked = gateway.command("api", "GET", "/v1/organizations")
        checked = gateway.command("audit", "check")
        thread.join()
    assert asked.returncode == 6 and asked.stdout == "", "nothing of half an answer is passed on"
    assert checked.returncode == 5 and "SIGTERM" in checked.stderr


def test_nobody_there_is_exit_code_6(start_gateway):
    assert start_gateway(start=False).command("api", "GET", "/v1/organizations").returncode == 6


def test_version_and_doctor(gateway):
    assert json.loads(run("version").stdout)["version"] == (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    done = gateway.command("doctor")
    assert "sqlite" in done.stdout.lower() and "root" in done.stdout.lower(), done.stdout + done.stderr


def test_health_readiness_and_status(gateway):
    assert gateway.http.get("/healthz").ok() == {"status": "ok"}
    ready = gateway.http.get("/readyz").ok()
    assert ready["status"] == "ready" and {check["name"] for check in ready["checks"]} >= {"store", "keys"}
    status = gateway.operator.get("/v1/operator/status").ok()
    assert status["state"] == "ready" and status["generation"] == 1 and status["version"] == json.loads(run("version").stdout)["version"]


def test_a_store_that_cannot_write_is_not_ready(start_gateway):
    """No file may grow: as on a full disk. Once it may again, the gateway finds out by itself."""
    gateway = start_gateway()
    gateway.operator.post("/v1/organizations", {"name": "Before"}).ok()
    unlimited = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
    assert gateway.operator.post("/v1/organizations", {"name": "Refused"}).status == 503
    answer = gateway.http.get("/readyz")
    assert answer.status == 503 and {"name": "store", "ok": False} in answer.json["checks"], answer.text
    assert gateway.http.get("/healthz").ok() == {"status": "ok"}
    assert gateway.operator.get("/v1/operator/status").ok()["state"] == "store_failed"
    assert "sealpost_store_writes_failing 1\n" in gateway.metrics().text
    done = gateway.command("doctor")
    assert done.returncode == 1 and "store" in next(line for line in done.stdout.splitlines() if "gateway" in line)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, unlimited)
    until(lambda: gateway.http.get("/readyz").status == 200, "a store that writes again")
    assert gateway.operator.get("/v1/operator/status").ok()["state"] == "ready"
    gateway.operator.post("/v1/organizations", {"name": "After"}).ok()


def test_metrics_have_an_address_of_their_own(gateway):
    answer = gateway.metrics()
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert lines and all(line.startswith("sealpost_") or line.startswith("process_") for line in lines)
    assert gateway.http.call("GET", "/metrics").status == 404


def test_log_lines_are_json_and_start_with_what_matters(gateway):
    lines = [json.loads(line) for line in gateway.log().splitlines()]
    assert lines and all("level" in line or "severity" in line for line in lines)


def test_every_answer_is_not_for_caches_and_not_for_guessing(gateway):
    for answer in (gateway.operator.get("/v1/organizations"), gateway.http.get("/v1/organizations")):
        assert "no-store" in answer.headers["cache-control"] and answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers or "/" not in answer.headers["server"]


def test_keep_alive(gateway):
    url = urllib.parse.urlsplit(gateway.http_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
        address = connection.sock.getsockname()
    assert connection.sock.getsockname() == address
    connection.close()


def test_hosts_that_are_not_ours(start_gateway):
    gateway = start_gateway(server='allowed_hosts = ["hooks.example.test"]')
    port = urllib.parse.urlsplit(gateway.http_url).port
    status = lambda host: httpx.get(gateway.http_url + "/v1/organizations", headers={"Host": host},  # noqa: E731
                                    trust_env=False).json()["code"]
    assert status("evil.example.test") == "misdirected_request"
    assert status("hooks.example.test") == "missing_token" and status(f"hooks.example.test:{port}") == "missing_token"


def test_a_public_address_needs_tls(start_gateway):
    gateway = start_gateway(start=False)
    text = gateway.config.read_text(encoding="utf-8").replace('listen = "127.0.0.1:0"', 'listen = "0.0.0.0:0"', 1)
    gateway.config.write_text(text, encoding="utf-8")
    done = gateway.command("server")
    assert done.returncode != 0 and "certificate" in done.stderr


def certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", folder / "tls.key.new", "-out", folder / "tls.crt.new", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
    os.replace(folder / "tls.key.new", folder / "tls.key")
    os.replace(folder / "tls.crt.new", folder / "tls.crt")


def peer_name(url, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    with socket.create_connection((url.hostname, url.port), timeout=20) as plain:
        with context.wrap_socket(plain) as secure:
            from cryptography import x509
            shown = x509.load_der_x509_certificate(secure.getpeercert(True))
            return shown.subject.rfc4514_string()


def test_tls_and_its_reload(start_gateway):
    gateway = start_gateway(start=False)
    certificate(gateway.data, "first")
    gateway.configure(server=f'tls_certificate = "{gateway.data}/tls.crt"\ntls_key = "{gateway.data}/tls.key"')
    gateway.start()
    assert gateway.http_url.startswith("https://")
    url = urllib.parse.urlsplit(gateway.http_url)
    assert peer_name(url) == "CN=first"
    with pytest.raises(OSError):
        peer_name(url, least=ssl.TLSVersion.TLSv1, most=ssl.TLSVersion.TLSv1_1)
    certificate(gateway.data, "second")
    gateway.signal(signal.SIGHUP)
    until(lambda: peer_name(url) == "CN=second", "the new certificate")


def test_sighup_reloads_what_may_be_reached(start_gateway, receiver):
    gateway = start_gateway(plain_http=[])
    organization = Organization(gateway)
    integration = organization.integration()
    inbox = receiver.inbox(f"reload-{organization.id}")
    body = {"integration_id": integration.id, "name": "x", "url": inbox.url}
    assert gateway.operator.post("/v1/endpoints", body).code in ("insecure_url", "forbidden_address")
    gateway.configure(plain_http=[receiver.address])
    gateway.signal(signal.SIGHUP)
    until(lambda: gateway.operator.post("/v1/endpoints", body).status == 201, "the opened network")


def test_sigterm_drains_and_loses_nothing(start_gateway, receiver):
    """Requests in flight are answered, deliveries go out now or after the next start, and the end is clean."""
    gateway = start_gateway()
    organization = Organization(gateway)
    inbox = receiver.inbox(f"drain-{organization.id}")
    integration = organization.integration()
    source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, schedule=(0,) * 10))
    integration.activate()
    accepted, stop = [], threading.Event()

    def send(offset):
        number = offset
        while not stop.is_set():
            body = source.sender.body(number)
            try:
                answer = httpx.post(gateway.http_url + source.path, content=body, trust_env=False, timeout=30,
                                    headers={"Content-Type": "application/json", **source.sender.sign(body)})
            except httpx.TransportError:
                return
            if answer.status_code == 202:
                accepted.append(answer.json())
            number += 1000

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(accepted) >= 40, "some load")
    assert gateway.stop() == 0
    stop.set()
    for thread in threads:
        thread.join(30)
    gateway.start()
    for one in accepted:
        assert gateway.operator.get(one["receipt"]).ok()["id"] == one["message_id"]
    wanted = {one["message_id"] for one in accepted}
    until(lambda: wanted <= {seen.id for seen in inbox.seen}, "every accepted message at its receiver")
    assert gateway.stop() == 0
    done = gateway.command("audit", "check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_restart_keeps_claims_tokens_and_time(start_gateway, receiver):
    gateway = start_gateway()
    organization = Organization(gateway)
    integration = organization.integration()
    source = integration.source()
    credential = integration.credential()
    integration.activate()
    token = credential.token()
    now = int(time.time())
    body = source.sender.body(1)
    headers = source.sender.sign(body, identity="evt_restart", at=now)
    first = source.send(body, headers).ok()
    gateway.restart()
    source.send(body, headers).refused("replayed")
    retry = source.send(body, source.sender.sign(body, identity="evt_restart", at=now + 1))
    assert retry.status == 200 and retry.json["message_id"] == first["message_id"]
    gateway.http.with_token(token).post("/v1/messages", {"type": "a.b", "data": 1}).ok()
    assert gateway.operator.get(first["receipt"]).ok()["id"] == first["message_id"]


def test_two_gateways_do_not_share_a_directory(start_gateway):
    gateway = start_gateway()
    second = gateway.command("server")
    assert second.returncode != 0 and second.stderr
    gateway.http.get("/healthz").ok()


def test_audit_check_names_a_flipped_column(start_gateway, receiver):
    import sqlite3
    gateway = start_gateway()
    organization = Organization(gateway)
    integration = organization.integration()
    source = integration.source()
    integration.activate()
    receipt = source.post(1).ok()
    until(lambda: gateway.operator.get(receipt["receipt"]).ok()["audit"]["index"] is not None, "the record in the tree")
    gateway.operator.get("/v1/audit/checkpoint", organization_id=organization.id).ok()
    gateway.stop()
    assert gateway.command("audit", "check").returncode == 0
    file = next(path for path in gateway.data.rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite")
    with contextlib.closing(sqlite3.connect(file)) as database:
        tables = [name for name, in database.execute("select name from sqlite_master where type='table' and name like '%audit%'")]
        columns = {table: [row[1] for row in database.execute(f"pragma table_info({table})")] for table in tables}
        table, column = next((table, column) for table in tables for column in columns[table] if column == "leaf"
                             or column.endswith("_leaf") or column == "envelope")
        octets = bytearray(database.execute(f"select {column} from {table} order by rowid limit 1").fetchone()[0])
        octets[len(octets) // 2] ^= 1
        database.execute(f"update {table} set {column}=? where rowid=(select min(rowid) from {table})", (bytes(octets),))
        database.commit()
    database.close()
    done = gateway.command("audit", "check")
    assert done.returncode == 7, done.stdout + done.stderr
    assert column in done.stdout + done.stderr or "leaf" in done.stdout + done.stderr


def test_routes_are_those_of_the_contract():
    """Both ways: what the program serves is written down, and what is written down is served."""
    done = run("routes")
    assert done.returncode == 0, done.stderr
    served = {(row["method"].upper(), row["path"], row["operation_id"]): row for row in json.loads(done.stdout)}
    written = {(method, path, name): operation for name, (method, path, operation) in contract().operations.items()}
    assert sorted(served.keys() - written.keys()) == [] and sorted(written.keys() - served.keys()) == []
    for key, row in served.items():
        assert sorted(row["scopes"]) == sorted(written[key]["x-scopes"]), key
        assert sorted(row["callers"]) == sorted(written[key]["x-callers"]), key
