"""Copies of a stopped gateway's data directory, to be edited as somebody would who has the file and no scruples, and to be
looked at by `sealpost audit check`."""

import contextlib
import pathlib
import shutil
import sqlite3

from blackbox.gateway import run


class Original:
    """A stopped gateway with something in every table, to be copied."""

    def __init__(self, gateway, receipts):
        self.receipts, self.binary = receipts, gateway.binary
        self.data = self.named = gateway.data  # `named`: as its configuration says

    def keep(self, folder):
        self.data = folder / "data"
        shutil.copytree(self.named, self.data, ignore=shutil.ignore_patterns("*.sock"))

    def copy(self, folder):
        return Copy(self, pathlib.Path(folder) / "data")


class Copy:
    def __init__(self, original, data):
        self.original, self.data = original, data
        shutil.copytree(original.data, data)
        data.chmod(0o700)
        self.config = data / "sealpost.toml"
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(text.replace(str(original.named), str(data)), encoding="utf-8")

    def edit(self, *statements):
        """As somebody would who has the file and no scruples."""
        database = sqlite3.connect(self.data / "sealpost.db", isolation_level=None)
        try:
            database.execute("pragma foreign_keys = off")
            database.execute("pragma ignore_check_constraints = on")
            for statement in statements:
                text, values = (statement, ()) if isinstance(statement, str) else statement
                assert database.execute(text, values).rowcount != 0, f"nothing was changed: {text}"
        finally:
            database.close()
        return self

    # A connection that is only forgotten is closed by the collector some day, which locks the file for a moment.
    def rows(self, query):
        with contextlib.closing(sqlite3.connect(self.data / "sealpost.db")) as database:
            return database.execute(query).fetchall()

    def change(self, table, column):
        """One column of one row, so that the row stays readable: see `victim`."""
        (key, value), = self.rows(f"select {KEY.get(table, 'rowid')}, {column} from {table} {victim(table, column)}"
                                  f" order by {LAST.get(table, 'rowid desc')} limit 1")
        edited = CHANGED.get((table, column), lambda old: changed(column, old))(value)
        self.edit((f"update {table} set {column} = ? where {KEY.get(table, 'rowid')} = ?", (edited, key)))

    def check(self):
        done = run("audit", "check", "--config", self.config, binary=self.original.binary)
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr


# Tables without rowid: an expression that tells their rows apart.
KEY = {"attempt": "delivery || '/' || number", "inbox": "channel || '/' || message",
       "checkpoint": "organization || '/' || size", "setting": "name",
       "payload_release": "reason || '/' || at_ms || '/' || position"}
# The last row, so that the next number is free for its key.
LAST = {"attempt": "delivery desc, number desc", "inbox": "channel desc, message desc",
        "checkpoint": "organization desc, size desc", "setting": "name desc",
        "payload_release": "reason desc, at_ms desc, position desc"}


def victim(table, column):
    """A row in which the column means something."""
    return {
        ("delivery", "ended_ms"): "where state = 2 and kind = 0",
        ("delivery", "attempts"): "where state = 2 and kind = 0",
        ("attempt", "code"): "where code <> ''",
        ("attempt", "failure_class"): "where failure_class <> ''",
        ("checkpoint", "note"): "where note <> ''",
        ("message", "source"): "where source <> 0",
        ("object", "sealed"): "where length(sealed) > 0",
        ("integration_health", "failure_ms"): "where failure_ms is not null",
        ("integration_health", "failure_code"): "where failure_code <> ''",
        ("claim_slice", "slice"): "where sealed = 1",
        ("claim_slice", "sealed"): "where sealed = 1",
        ("claim_slice", "filter"): "where sealed = 1",
        # Without the others the gateway does not open the file: see the tests of settings.
        **dict.fromkeys([("setting", column) for column in ("name", "value", "tag")], "where name like 'egress_openings.%'"),
        ("claim_slice", "class"): "where slice = (select max(id) >> 24 from claim)",
    }.get((table, column), "")


# Where the next number is taken, or one bit may hide nothing.
CHANGED = {
    ("claim_slice", "slice"): lambda old: old + 100,
    ("claim_slice", "filter"): lambda old: bytes(len(old)),
    ("claim_index", "id"): lambda old: old + 2**30,
}


def changed(column, value):
    if isinstance(value, bytes):
        octets = bytearray(value)
        octets[len(octets) // 2] ^= 1
        return bytes(octets)
    if isinstance(value, int):
        return value + 1
    if value is None:
        return 1
    return value[:-1] + ("x" if value[-1] != "x" else "y") if value else "x"
