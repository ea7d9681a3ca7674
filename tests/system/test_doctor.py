"""`sealpost doctor`: one planted fault at a time, named in its line; a sound installation passes. A gateway that is not
ready and rows that somebody edited have their tests in test_server_manners and test_tampering_control_plane."""

import json
import os
import pathlib
import shutil
import tempfile
from types import SimpleNamespace

import pytest

from blackbox.certificates import Authority
from blackbox.gateway import run

ALL_FINE = 0
SOMETHING_BAD = 1
NO_CONFIGURATION = 2


def examine(installation):
    """Its exit code, and the texts of its lines by grade and subject."""
    done = installation.command("doctor")
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
    assert subjects(seen, "ok") == {"configuration", "data", "root key", "sqlite", "tls", "egress", "gateway",
                                    "control plane"}
    assert seen.lines["ok", "tls"] == [f"{with_tls.key} is closed to others."]
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
plain_http = ["127.0.0.1:9"]
[[egress.open]]
organization = "org_chat"
environment = "live"
hosts = ["chat.internal.example"]
""")
    seen = examine(installation)
    assert seen.code == ALL_FINE, seen.text
    assert seen.lines["ok", "egress"] == [
        "every organization in `test` may also reach 2 networks, 0 hosts, 1 plain HTTP addresses."]
    assert seen.lines["WARN", "egress"] == [
        "org_chat in `live` may also reach 0 networks, 1 hosts, 0 plain HTTP addresses."]


def expect_refused(gateway):
    """What the doctor has to name: the gateway does not start."""
    refused = gateway.command("server")
    assert refused.returncode != 0 and refused.stdout == "", refused.stdout


def test_a_tls_key_that_others_may_read(with_tls):
    with_tls.key.chmod(0o604)
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": f"{with_tls.key} is open to others (mode 604); chmod 600."})


def test_a_tls_key_that_is_not_there(with_tls):
    with_tls.key.unlink()
    expect_refused(with_tls.gateway)
    expect_bad(with_tls.gateway, {"tls": f"{with_tls.key} is not there."})
