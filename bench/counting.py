"""Counts what a stopped gateway has in its database, so that a rate is never that of something lighter."""

import contextlib
import pathlib
import sqlite3

TABLES = {
    "messages": "SELECT COUNT(*) FROM message",
    "payloads": "SELECT COUNT(*) FROM payload",
    "deliveries": "SELECT COUNT(*) FROM delivery",
    "delivered": "SELECT COUNT(*) FROM delivery WHERE ended_ms IS NOT NULL AND state = 2",
    "claims": "SELECT COUNT(*) FROM claim",
    "leaves": "SELECT COUNT(*) FROM audit_record WHERE instr(leaf, CAST('message.accepted' AS BLOB)) > 0",
}


def database(data):
    found = [path for path in pathlib.Path(data).rglob("*") if path.is_file() and is_database(path)]
    holding = [path for path in found if has_messages(path)]
    if len(holding) != 1:
        raise SystemExit(f"bench: {data} holds {len(holding)} databases with messages")
    return holding[0]


def is_database(path):
    with open(path, "rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def has_messages(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'message'").fetchone()[0] == 1


def count(data):
    with contextlib.closing(sqlite3.connect(database(data))) as connection:
        out = {name: connection.execute(query).fetchone()[0] for name, query in TABLES.items()}
        out["logged"] = connection.execute("SELECT COALESCE(SUM(size), 0) FROM audit_log").fetchone()[0]
        out["records"] = connection.execute("SELECT COUNT(*) FROM audit_record").fetchone()[0]
        out["pragmas"] = {name: connection.execute(f"PRAGMA {name}").fetchone()[0]
                          for name in ("journal_mode", "page_size")}
        return out


def differences(before, after, good, *, with_deliveries):
    """Each table that did not grow by exactly the good answers."""
    names = ["messages", "payloads", "deliveries", "claims", "leaves"]
    if with_deliveries:
        names.remove("payloads")  # erased when the last delivery has ended
        names.append("delivered")
    wrong = [f"{name}: {after[name] - before[name]} for {good} answers" for name in names
             if after[name] - before[name] != good]
    if after["logged"] != after["records"]:
        wrong.append(f"audit_log says {after['logged']}, audit_record holds {after['records']}")
    return wrong
