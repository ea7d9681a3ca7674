"""`sealpost doctor`: one planted fault at a time, named in its line; a sound installation passes. What keeps the gateway
from starting (`expect_refused`) is named, and looking leaves no trace. A gateway that is not ready and rows that somebody edited have
their tests in test_server_manners and test_tampering_control_plane."""

import json
import os
import pathlib
import shutil
import socket
import stat
import tempfile
from types import SimpleNamespace

import pytest

from blackbox.certificates import Authority
from blackbox.gateway import run, run_as_unknown

ALL_FINE = 0
SOMETHING_BAD = 1
NO_CONFIGURATION = 2


def examine(installation):
    """Its exit code, and the texts of its lines by grade and subject."""
    return read(installation.command("doctor"))


def read(done):
    lines = {}
    for line in done.stdout.splitlines():
        lines.setdefault((line[:4].strip(), line[6:20].strip()), []).append(line[21:])
    return SimpleNamespace(code=done.returncode, lines=lines, text=done.stdout + done.stderr)


def subjects(seen, grade):
    return {subject for found, subject in seen.lines if found == grade}


@pytest.fixture
def installation(start_gateway):
    """Made and not started."""
    return start_gateway(start=False, plain_http=())


@pytest.fixture
def with_tls(installation):
    authority = Authority("the company's")
    certificate, key = authority.issue(installation.data, "tls", "127.0.0.1")
    installation.configure(server=f'tls_certificate = "{certificate}"\ntls_key = "{key}"')
    return SimpleNamespace(gateway=installation, authority=authority, certificate=certificate, key=key)


@pytest.fixture
def other_volume(installation):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


def test_nothing_is_wrong(with_tls, other_volume):
    gateway = with_tls.gateway
    assert os.stat(other_volume).st_dev != os.stat(gateway.data).st_dev, "/dev/shm is no other volume"
    key = other_volume / "root.key"
    shutil.move(gateway.data / "root.key", key)
    gateway.config.write_text(f'root_key = "{key}"\n' + gateway.config.read_text(encoding="utf-8"), encoding="utf-8")
    gateway.start()
    seen = examine(gateway)
    assert seen.code == ALL_FINE and {grade for grade, _ in seen.lines} == {"ok"}, seen.text
    assert subjects(seen, "ok") == {"configuration", "data", "root key", "sqlite", "tls", "egress", "operator",
                                    "gateway", "control plane"}
    assert seen.lines["ok", "tls"] == [f"{with_tls.key} is closed to others.",
                                       f"{with_tls.certificate} and its key belong together."]
    assert seen.lines["ok", "operator"] == [f"{gateway.socket} is closed to others."]
    assert seen.lines["ok", "root key"] == [f"{key} is closed to others."]
    assert seen.lines["ok", "sqlite"][0].startswith(json.loads(run("version").stdout)["sqlite"])


def test_a_stopped_gateway_beside_its_key_is_warned_of(installation):
    seen = examine(installation)
    assert seen.code == ALL_FINE and subjects(seen, "WARN") == {"root key", "gateway"}, seen.text
    assert "the data's volume" in seen.lines["WARN", "root key"][0]
    assert seen.lines["WARN", "gateway"] == ["It does not run; key and database open."]
    assert "loopback alone" in seen.lines["ok", "tls"][0]


def test_a_configuration_that_cannot_be_read(installation):
    installation.configure(server="treads = 2")
    seen = examine(installation)
    assert seen.code == NO_CONFIGURATION and list(seen.lines) == [("BAD", "configuration")], seen.text
    assert "did you mean `threads`" in seen.lines["BAD", "configuration"][0]


def expect_bad(gateway, named):
    """These subjects are BAD, each with these words, and no other."""
    seen = examine(gateway)
    assert seen.code == SOMETHING_BAD and subjects(seen, "BAD") == set(named), seen.text
    for subject, words in named.items():
        assert any(words in text for text in seen.lines["BAD", subject]), seen.text


def expect_refused(gateway):
    """What the doctor has to name: the gateway does not start. Its last words."""
    refused = gateway.command("server")
    assert refused.returncode != 0 and refused.stdout == "", refused.stdout
    return refused.stderr


def test_a_data_directory_that_others_may_open(installation):
    installation.data.chmod(0o750)
    expect_bad(installation, {"data": f"{installation.data} is open to others (mode 750); chmod 700."})


def test_a_data_directory_that_is_not_there(installation):
    gone = installation.data / "gone"
    text = installation.config.read_text(encoding="utf-8")
    installation.config.write_text(f'root_key = "{installation.data}/root.key"\n'
                                   + text.replace(f'"{installation.data}"', f'"{gone}"', 1), encoding="utf-8")
    expect_bad(installation, {"data": f"{gone} is not there.", "gateway": "The database can't be opened."})


def test_a_root_key_that_others_may_read(installation):
    key = installation.data / "root.key"
    key.chmod(0o640)
    expect_bad(installation, {"root key": f"{key} is open to others (mode 640); chmod 600.", "gateway": "chmod 0600"})


def test_a_root_key_that_is_not_there(installation):
    key = installation.data / "root.key"
    key.unlink()
    expect_bad(installation, {"root key": f"{key} is not there.", "gateway": f"There is no root key at {key}"})


def test_a_root_key_of_another_installation(installation, start_gateway):
    shutil.copy(start_gateway(start=False).data / "root.key", installation.data / "root.key")
    expect_bad(installation, {"gateway": "This root key does not open this database."})


def test_a_database_that_is_none(installation):
    (installation.data / "sealpost.db").write_bytes(b"no database " * 1000)
    expect_bad(installation, {"gateway": "The database is damaged."})


def test_a_database_that_is_gone(installation):
    """Looking leaves no trace: an empty database would be taken for this installation's."""
    for file in installation.data.glob("sealpost.db*"):
        file.unlink()
    before = set(installation.data.iterdir())
    assert "run `sealpost init` first" in expect_refused(installation)
    expect_bad(installation, {"gateway": "The data directory holds no installation"})
    assert set(installation.data.iterdir()) == before, "looking made something"


def test_a_database_that_is_empty(installation):
    """What a restore that broke off leaves behind."""
    database = installation.data / "sealpost.db"
    database.write_bytes(b"")
    assert "run `sealpost init` first" in expect_refused(installation)
    expect_bad(installation, {"gateway": "The data directory holds no installation"})
    assert database.stat().st_size == 0, "looking filled it"


def test_a_directory_that_another_process_holds(installation):
    installation.start()
    installation.socket.unlink()
    expect_bad(installation, {"gateway": "Another process has the data directory open."})


def test_a_gateway_that_does_not_take_the_caller_for_its_operator(installation):
    installation.configure(settings=f"[operator]\nuids = [{os.getuid() + 1}]")
    installation.start()
    seen = examine(installation)
    assert seen.code == ALL_FINE and "are you its operator?" in seen.lines["WARN", "control plane"][0], seen.text
    assert seen.lines["ok", "gateway"] == ["It runs and is ready."]


def test_openings_of_the_egress_are_told(installation):
    installation.configure(limits="""
[[egress.open]]
environment = "test"
networks = ["10.1.0.0/16", "10.2.0.0/16"]
plain_http = ["127.0.0.1:9", "[::1]:9"]
[[egress.open]]
organization = "org_chat"
environment = "live"
hosts = ["chat.internal.example"]
""")
    seen = examine(installation)
    assert seen.code == ALL_FINE, seen.text
    assert seen.lines["ok", "egress"] == [
        "every organization in `test` may also reach 10.1.0.0/16, 10.2.0.0/16, http://127.0.0.1:9, http://[::1]:9."]
    assert seen.lines["WARN", "egress"] == ["org_chat in `live` may also reach chat.internal.example."]


@pytest.mark.parametrize("count", (0, 20, 23))
def test_a_line_about_the_egress_has_an_end(installation, count):
    hosts = [f"chat{index}.internal.example" for index in range(count)]
    installation.configure(limits=f"[[egress.open]]\nhosts = {json.dumps(hosts)}")
    told = {0: "nothing more", 20: ", ".join(hosts), 23: ", ".join(hosts[:20]) + " and 3 more"}[count]
    seen = examine(installation)
    assert seen.lines["ok", "egress"] == [f"every organization in `test` may also reach {told}."], seen.text


def test_a_ca_file_that_is_good(installation):
    file = installation.home / "ca.pem"
    file.write_bytes(Authority("the company's").pem)
    installation.configure(limits=f'[egress]\nca_file = "{file}"')
    seen = examine(installation)
    assert seen.code == ALL_FINE, seen.text
    assert seen.lines["ok", "egress"][0] == f"Receivers are believed by the certificates in {file}."


def test_a_ca_file_that_is_not_there(installation):
    gone = installation.home / "ca.pem"
    installation.configure(limits=f'[egress]\nca_file = "{gone}"')
    expect_refused(installation)
    expect_bad(installation, {"egress": str(gone)})


def test_a_ca_file_without_a_certificate(installation):
    file = installation.home / "ca.pem"
    file.write_text("no certificate", encoding="utf-8")
    installation.configure(limits=f'[egress]\nca_file = "{file}"')
    expect_refused(installation)
    expect_bad(installation, {"egress": str(file)})


def test_a_tls_key_that_others_may_read(with_tls):
    with_tls.key.chmod(0o604)
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": f"{with_tls.key} is open to others (mode 604); chmod 600."})


def test_a_tls_key_that_is_not_there(with_tls):
    with_tls.key.unlink()
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": f"{with_tls.key} is not there."})


def test_a_tls_certificate_that_is_not_there(with_tls):
    with_tls.certificate.unlink()
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": str(with_tls.certificate)})


def test_a_tls_certificate_that_is_none(with_tls):
    with_tls.certificate.write_text("no certificate", encoding="utf-8")
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": str(with_tls.certificate)})


def test_a_tls_key_of_another_certificate(with_tls):
    certificate, _ = with_tls.authority.issue(with_tls.gateway.home, "other", "127.0.0.1")
    shutil.copy(certificate, with_tls.certificate)
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": str(with_tls.key)})


def test_an_operator_socket_that_others_may_open(installation):
    installation.start()
    installation.socket.chmod(0o666)
    seen = examine(installation)
    assert seen.code == SOMETHING_BAD and f"{installation.socket} is open to others (mode 666)" in seen.text, seen.text


def test_a_socket_in_a_directory_that_others_may_open(installation):
    folder = installation.home / "open"
    folder.mkdir()
    folder.chmod(0o755)
    installation.configure(settings=f'[operator]\nsocket = "{folder}/operator.sock"')
    expect_refused(installation)
    seen = examine(installation)
    assert seen.code == SOMETHING_BAD and f"{folder} is open to others (mode 755)" in seen.text, seen.text


def test_a_socket_in_a_directory_of_its_own(installation):
    folder = installation.home / "closed"
    folder.mkdir(mode=0o700)
    installation.configure(settings=f'[operator]\nsocket = "{folder}/operator.sock"')
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(f"{folder}/operator.sock")
    stale.close()
    seen = examine(installation)
    assert seen.code == ALL_FINE and seen.lines["ok", "operator"] == [f"{folder} is closed to others."], seen.text
    assert stat.S_ISSOCK((folder / "operator.sock").stat().st_mode), "looking removed it"


def test_a_file_where_the_socket_belongs(installation):
    file = installation.data / "operator.sock"
    file.write_text("precious", encoding="utf-8")
    expect_refused(installation)
    expect_bad(installation, {"operator": str(file)})
    assert file.read_text(encoding="utf-8") == "precious"


def test_a_path_that_is_too_long_for_a_socket(installation):
    path = installation.data / ("long" * 30)
    installation.configure(settings=f'[operator]\nsocket = "{path}"')
    expect_refused(installation)
    expect_bad(installation, {"operator": str(path)})


@pytest.fixture
def taken():
    """A port of loopback on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def listen(installation, section, port):
    text = installation.config.read_text(encoding="utf-8")
    installation.config.write_text(text.replace(f'[{section}]\nlisten = "127.0.0.1:0"',
                                                f'[{section}]\nlisten = "127.0.0.1:{port}"'), encoding="utf-8")


@pytest.mark.parametrize("section", ("server", "metrics"))
def test_a_port_that_somebody_else_has(installation, taken, section):
    listen(installation, section, taken)
    expect_refused(installation)
    expect_bad(installation, {section: f"127.0.0.1 port {taken}"})


def test_metrics_on_the_port_of_the_server(installation):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for section in ("server", "metrics"):
        listen(installation, section, port)
    expect_refused(installation)
    expect_bad(installation, {"metrics": f"127.0.0.1:{port} is taken by `server.listen`."})


def test_the_user_who_stands_for_the_unknown(tmp_path):
    """As in test_server_manners: the gateway does not run as this one."""
    seen = read(run_as_unknown("doctor", "--config", tmp_path / "sealpost.toml"))
    assert "user id 65534" in seen.lines["BAD", "user"][0], seen.text
