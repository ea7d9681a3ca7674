"""Whoever edits the database is found out: every column of every table that holds evidence is changed, one row and one
column at a time, and `sealpost audit check` names it. The columns are those of the schema, so that one added later is
either covered or listed below with its reason. A gateway started on such a database refuses or runs; it never crashes."""

import concurrent.futures
import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import sqlite3
import subprocess

import pytest

from blackbox.gateway import ROOT, Gateway
from blackbox.parties import Organization
from blackbox.receiver import Receiver
from blackbox.waiting import until
from edited_copies import KEY, Original, changed

SCHEMA = ROOT / "server/storage/store_sqlite/internal/schema.cc"
VERIFICATION_FAILED = 7

# What people are shown, and what proves it.
EVIDENCE = ("message", "payload", "payload_erased", "delivery", "attempt", "inbox", "refusal", "audit_log", "audit_record",
            "audit_tile", "checkpoint")

# Tables whose rows carry a tag of their own over all of their columns. Others carry one beside what holds them anyway.
VOUCHED_FOR = ("object", "setting", "payload_release")

# Tables that follow from the records, or that records say what to find in.
DERIVED = ("epoch", "integration_health", "claim", "claim_index", "claim_slice")

# What each table holds. All of it is flipped below: a column that is added later fails until it is in this list, and named.
# docs/decisions/0014-what-verification-covers.md says by what each is held.
DECIDED = {
    "message": "position organization environment integration source accepted_ms event_type event_id payload_digest "
               "payload_size content_type summary facts keep_until_ms deliveries audit_index",
    "payload": "message organization environment sealed",
    "payload_erased": "message organization environment at_ms tag",
    "delivery": "position organization environment message integration kind target siblings state attempts next_ms ended_ms "
                "boot token tag",
    "attempt": "delivery number organization environment started_ms ended_ms result failure_class code http_status facts "
               "audit_index",
    "inbox": "channel message organization environment",
    "refusal": "position organization environment integration source category network count first_ms last_ms steps "
               "audit_index",
    "audit_log": "organization number size",
    "audit_record": "id leaf leaf_hash body",
    "audit_tile": "id hashes",
    "checkpoint": "organization size root note",
    "object": "position organization environment kind parent version created_ms updated_ms body sealed tag",
    "epoch": "organization value",
    "integration_health": "integration organization environment success_ms failure_ms failure_code",
    "claim": "id owner key organization environment body signed_ms keep_until_ms receipt tag",
    "claim_index": "id entries",
    "claim_slice": "slice class opened_ms sealed keep_until_ms filter tag",
    "setting": "name value tag",
    "engine": "id boot high_water tag",
    "payload_release": "reason at_ms position tag",
    "schema_version": "version",
}
# Held in another way than by being flipped alone: the gateway does not open such a file, and says why.
BY_TESTS_OF_THEIR_OWN = {*(("engine", column) for column in ("id", "boot", "high_water", "tag")), ("schema_version", "version")}
# Settings, and whether one that is gone is found out: a tag speaks of the row that carries it.
SETTINGS = {r"installation_id": True, r"vault\.installation_key": True, r"vault\.public_id_key": True, r"log_signer/.*": True,
            r"egress_openings\..*": False, r"last_write_trial": False}


def schema():
    """The tables as the program makes them, without starting it."""
    steps = re.findall(r'R"sql\((.*?)\)sql"', SCHEMA.read_text(encoding="utf-8"), re.S)
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        for step in steps:
            database.executescript(step)
        return columns_of(database)


def columns_of(database):
    tables = [name for name, in database.execute("select name from sqlite_master where type='table' and name not like 'sqlite_%'")]
    return {table: [(row[1], row[2]) for row in database.execute(f"pragma table_info({table})")] for table in tables}


COLUMNS = [(table, column) for table, columns in DECIDED.items() for column in columns.split()
           if (table, column) not in BY_TESTS_OF_THEIR_OWN]


def in_large(table, column=""):
    """Whether only the larger of the two originals shows it: a full tile, a closed slice of claims."""
    return table in ("audit_tile", "claim", "claim_index", "claim_slice") and column != "class"


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Two of one gateway: a small one, and one whose log has outgrown a tile."""
    with Receiver() as receiver, Gateway(plain_http=[receiver.address]) as gateway:
        gateway.start()
        organization = Organization(gateway)
        inbox, dead = receiver.inbox("tampering"), receiver.inbox("tampering-dead")
        integration = organization.integration()
        fields = [{"pointer": "/number", "treatment": "keep"}]
        source = integration.source(event_rules=[
            {"event_type": "order.created", "fields": fields, "keep_payload_days": 3},
            {"event_type": None, "fields": fields}])
        integration.subscribe(endpoint=integration.endpoint(inbox), event_types=["order.created"])
        integration.subscribe(channel=organization.channel(), event_types=["order.created"])
        integration.subscribe(endpoint=integration.endpoint(dead, schedule=(0,)), event_types=["order.lost"])
        integration.activate()
        inbox.script.append((500, {}))
        dead.default = (500, {})
        accepted = [source.post(number).ok() for number in range(3)]
        accepted += [source.post(9, event="order.lost").ok(), source.post(8, event="order.nobody").ok()]
        body = source.sender.body(1)
        source.send(body + b" ", source.sender.sign(body)).refused("bad_signature")
        for one in accepted:
            until(lambda one=one: all(delivery["state"] in ("delivered", "dead_letter") for delivery in
                                      gateway.operator.get(one["receipt"]).ok()["deliveries"]), "the deliveries to end")
        until(lambda: payloads_erased(gateway), "a payload to be erased")
        # Access that ends raises the epoch.
        credential = integration.credential()
        credential.client("messages:read").post("/v1/messages", {"type": "a", "data": 1}).refused("insufficient_scope")
        gateway.operator.post(f"/v1/credentials/{credential.id}:revoke", {"reason": "drill"}).ok()
        # A dead letter is asked for again.
        again = gateway.operator.get(accepted[3]["receipt"]).ok()["deliveries"][0]["id"]
        gateway.operator.post(f"/v1/deliveries/{again}:redeliver").ok()
        until(lambda: len(dead.seen) >= 3, "the redelivery")
        until(lambda: gateway.operator.get(accepted[3]["receipt"]).ok()["deliveries"][0]["state"] == "dead_letter",
              "its end")
        assert gateway.stop() == 0
        receipts = [one["receipt"] for one in accepted]
        small = Original(gateway, receipts)
        small.keep(tmp_path_factory.mktemp("small"))
        # As if the claims had come long ago: with the next ones their slice is closed.
        with contextlib.closing(sqlite3.connect(gateway.data / "sealpost.db", isolation_level=None)) as database:
            database.execute("update claim_slice set opened_ms = 1")
        gateway.start()
        fill_a_tile(organization)
        assert gateway.stop() == 0
        yield small, Original(gateway, receipts)


def fill_a_tile(organization):
    """More records than a tile holds: messages for nobody."""
    organization.operator = organization.gateway.operator
    integration = organization.integration()
    integration.source()
    client = integration.credential().client() if integration.activate() else None
    for start in range(0, 260, 100):
        answer = client.post("/v1/messages:batch", {"messages": [{"type": "bulk", "data": start + number}
                                                                 for number in range(100)]})
        assert answer.status < 300, answer.text


def payloads_erased(gateway):
    with contextlib.closing(sqlite3.connect(f"file:{gateway.data / 'sealpost.db'}?mode=ro", uri=True)) as database:
        return database.execute("select count(*) from payload_erased").fetchone()[0]


@pytest.fixture
def copy(originals, tmp_path, request):
    small, large = originals
    named = getattr(request.node, "callspec", None)
    return (large if named and in_large(named.params.get("table", "")) else small).copy(tmp_path)


def test_what_nobody_touched_is_consistent(copy):
    code, told = copy.check()
    assert code == 0, told
    stored = len(copy.rows("select 1 from payload"))
    assert stored > 0 and f"\npayloads: {stored} stored, {stored} opened\n" in told, told
    empty = [table for table in EVIDENCE if not copy.rows(f"select 1 from {table} limit 1")]
    assert empty == ["audit_tile"], f"without a row, nothing is shown about {empty}"


def test_what_outgrew_a_tile_is_consistent_too(originals, tmp_path):
    copy = originals[1].copy(tmp_path)
    code, told = copy.check()
    assert code == 0, told
    assert len(copy.rows("select id from audit_tile")) == 2, "a full one and the one above it"
    assert copy.rows("select 1 from claim_slice where sealed = 1") and copy.rows("select 1 from claim_index")


def test_every_table_is_evidence_or_has_a_reason(copy):
    with contextlib.closing(sqlite3.connect(copy.data / "sealpost.db")) as database:
        real = columns_of(database)
    made = schema()
    assert {table: columns for table, columns in real.items() if table in made} == made, "the schema in the source is read wrongly"
    decided = {table: columns.split() for table, columns in DECIDED.items()}
    assert {table: [column for column, _ in columns] for table, columns in real.items()} == decided, \
        "a table or a column that nobody has thought about"
    for table, column in BY_TESTS_OF_THEIR_OWN:
        assert column in decided[table], f"{table}.{column} is excused and does not exist"
    flipped = {table for table, _ in COLUMNS}
    assert flipped == {*EVIDENCE, *VOUCHED_FOR, *DERIVED}, "each is flipped in some column"
    page = (ROOT / "docs/decisions/0014-what-verification-covers.md").read_text(encoding="utf-8")
    for table in decided:
        assert f"`{table}`" in page, f"the page does not say by what {table} is held"


@pytest.fixture(scope="module")
def column_checks(originals, tmp_path_factory, request):
    """The checks of all columns that were asked for, begun together: each is a process, and there is more than one core."""
    small, large = originals

    def check(table, column):
        copy = (large if in_large(table, column) else small).copy(tmp_path_factory.mktemp(f"{table}-{column}"))
        copy.change(table, column)
        told = copy.check()
        shutil.rmtree(copy.data)
        return told

    asked = [(item.callspec.params["table"], item.callspec.params["column"]) for item in request.session.items
             if getattr(item, "originalname", "") == "test_a_changed_column_is_named"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {one: pool.submit(check, *one) for one in asked}


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda value: value)
def test_a_changed_column_is_named(column_checks, table, column):
    code, told = column_checks[table, column].result(60)
    assert code == VERIFICATION_FAILED, f"{table}.{column} was changed, and the check ends with {code}:\n{told}"
    assert named(told, table, column), f"{table}.{column} is not named:\n{told}"


@pytest.mark.parametrize(("column", "edit"), [
    *((column, f"{column} || 'x'") for column in ("kind", "organization", "environment", "parent", "version", "created_ms",
                                                  "updated_ms")),
    ("parent", "0"), ("body", "cast(body as blob)"), ("sealed", "''"), ("tag", "'x'")])
def test_a_value_of_another_type_is_named(copy, column, edit):
    """What is read as the same number or text may compare as another one."""
    where = {"parent": "parent is not null", "sealed": "length(sealed) = 0"}.get(column, "true")
    copy.edit(f"update object set {column} = {edit} where position = (select max(position) from object where {where})")
    code, told = copy.check()
    assert code == VERIFICATION_FAILED, told
    assert named(told, "object"), told


def named(told, table, column=None):
    """In one line: the table, and the column or, where the row itself is not found any more, all that finds a row."""
    words = (table,) if column is None else (table, column)
    return re.search("(?m)^" + "".join(rf"(?=.*\b{word}\b)" for word in words), told) or (
        column is not None and re.search(rf"(?m)^ +(payload, )?{table}:", told))


KINDS = (*range(1, 11), 16)  # those of EntityKind that are stored


@pytest.mark.parametrize("column", [column for table, column in COLUMNS if table == "object"])
def test_a_changed_column_is_named_for_an_object_of_every_kind(copy, column):
    """One row of each kind; each is named by itself."""
    asked = "length(sealed) > 0" if column == "sealed" else "1"
    found = {kind: copy.rows(f"select max(position) from object where kind = {kind} and {asked}")[0][0] for kind in KINDS}
    rows = {kind: position for kind, position in found.items() if position is not None}
    assert column == "sealed" or set(rows) == set(KINDS), f"without a row, nothing is shown about {found}"
    for position in rows.values():
        (value,), = copy.rows(f"select {column} from object where position = {position}")
        # Positions drawn together are neighbours.
        edited = value + 2**40 if column == "position" else changed(column, value)
        copy.edit((f"update object set {column} = ? where position = ?", (edited, position)))
    code, told = copy.check()
    assert code == VERIFICATION_FAILED, f"object.{column} was changed, and the check ends with {code}:\n{told}"
    for kind, position in rows.items():
        row = position + 2**40 if column == "position" else position
        assert re.search(rf"(?m)^ +object: .*\brow {row}\b", told), f"kind {kind}, row {row} is not named:\n{told}"


# A checkpoint says nothing that the next one does not say too; that the newest was there, only who has seen it can tell.
@pytest.mark.parametrize("table", [table for table in EVIDENCE + DERIVED if table != "checkpoint"])
def test_a_deleted_row_is_named(copy, table):
    key = KEY.get(table, "rowid")
    of_use = "where sealed = 1" if table == "claim_slice" else ""
    copy.edit(f"delete from {table} where {key} = (select {key} from {table} {of_use} order by {key} limit 1)")
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and named(told, table), f"{code}\n{told}"


INVENTED = {
    "message": "insert into message select position + 1000000, organization, environment, integration, source, accepted_ms,"
               " event_type, event_id, payload_digest, payload_size, content_type, summary, facts, keep_until_ms, deliveries,"
               " audit_index from message limit 1",
    "attempt": "insert into attempt select delivery, number + 50, organization, environment, started_ms, ended_ms, result,"
               " failure_class, code, http_status, facts, audit_index from attempt limit 1",
    "refusal": "insert into refusal select position + 1000000, organization, environment, integration, source, category,"
               " network, count, first_ms, last_ms, steps, audit_index from refusal limit 1",
    "inbox": "insert into inbox select channel + 1, message, organization, environment from inbox limit 1",
    "delivery": "insert into delivery select position + 1000000, organization, environment, message, integration, kind, target,"
                " siblings, state, attempts, next_ms, ended_ms, boot, token, tag from delivery limit 1",
    "payload_erased": "insert into payload_erased select max(position), organization, environment, accepted_ms, (select tag from"
                      " payload_erased limit 1) from message where position not in (select message from payload_erased)",
    "payload_release": "insert into payload_release select reason, at_ms, position + 1, tag from payload_release limit 1",
    "setting": "insert into setting select name || 'x', value, tag from setting where name like 'egress_openings.%'",
    "claim": "insert into claim select max(id) + 1, owner, key, organization, environment, body, signed_ms, keep_until_ms,"
             " receipt, tag from claim",
    "claim_slice": "insert into claim_slice select max(slice) + 1, class, opened_ms, sealed, keep_until_ms, filter, tag from"
                   " claim_slice",
    "object": "insert into object select max(position) + 1, organization, environment, kind, parent, version, created_ms,"
              " updated_ms, body, sealed, tag from object where kind = 8",
    "audit_record": "insert into audit_record select max(id) + 1, leaf, leaf_hash, body from audit_record",
    "audit_tile": "insert into audit_tile select max(id) + 1, hashes from audit_tile",
    "checkpoint": "insert into checkpoint select organization, size + 1, root, note from checkpoint order by size desc limit 1",
}


@pytest.mark.parametrize("table", INVENTED)
def test_an_invented_row_is_named(copy, table):
    copy.edit(INVENTED[table])
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and named(told, table), f"{code}\n{told}"


@pytest.mark.parametrize(("table", "what"), [("message", "event_id"), ("message", "summary"), ("payload", "sealed"),
                                             ("attempt", "result"), ("audit_record", "leaf"), ("audit_record", "body")])
def test_what_two_rows_have_swapped_is_named(copy, table, what):
    key = KEY.get(table, "rowid")
    found = {}
    for name, value in copy.rows(f"select {key}, {what} from {table} order by {key}"):
        found.setdefault(value, name)
    (one, first), (two, second) = list(found.items())[:2]
    copy.edit((f"update {table} set {what} = ? where {key} = ?", (two, first)),
              (f"update {table} set {what} = ? where {key} = ?", (one, second)))
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and told.count(f" {table}.{what}:") == 2, f"{code}\n{told}"


def test_the_last_records_cut_off_are_missed(copy):
    """With the log's size made to fit, and everything else of the cut part gone too: what was signed remains."""
    (last,), = copy.rows("select max(id) from audit_record")
    copy.edit(("delete from audit_record where id > ?", (last - 3,)), "update audit_log set size = size - 3")
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and "checkpoint.size" in told, f"{code}\n{told}"


def test_a_shorter_log_with_its_later_checkpoints_gone_contradicts_what_it_no_longer_speaks_of(copy):
    (last,), = copy.rows("select max(id) from audit_record")
    (size,), = copy.rows("select size from audit_log")
    copy.edit(("delete from audit_record where id > ?", (last - 3,)), "update audit_log set size = size - 3",
              ("delete from checkpoint where size > ?", (size - 3,)))
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and named(told, "attempt"), f"{code}\n{told}"


def test_a_delivery_that_nobody_asked_for_again_is_named(copy):
    """An ended delivery put back into the queue by hand would be sent once more."""
    copy.edit("update delivery set state = 0, next_ms = 1, ended_ms = null where position = (select min(position) from "
              "delivery where state = 2 and kind = 0)")
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and "delivery.state" in told, f"{code}\n{told}"


@pytest.mark.parametrize("edit", ["update setting set value = ? where name = ?", "update setting set name = ? where name = ?",
                                  "delete from setting where ? <> name and name = ?"])
def test_a_changed_setting_opens_or_verifies_nothing(originals, tmp_path, edit):
    found = dict(originals[0].copy(tmp_path / "listed").rows("select name, value from setting"))
    missed = {name: next((is_missed for pattern, is_missed in SETTINGS.items() if re.fullmatch(pattern, name)), None)
              for name in found}
    assert None not in missed.values(), f"a setting nobody has thought about: {missed}"
    for number, (name, is_missed) in enumerate(missed.items()):
        if edit.startswith("delete") and not is_missed:
            continue
        copy = originals[0].copy(tmp_path / str(number))
        copy.edit((edit, (changed("value", name if "set name" in edit else found[name]), name)))
        code, told = copy.check()
        assert code != 0 and told.strip(), f"{name}: {code}\n{told}"


@pytest.mark.parametrize("column", DECIDED["engine"].split())
def test_a_changed_row_of_the_engine_opens_nothing(copy, column):
    """Whoever opens the store counts a boot in it, so it is judged first."""
    copy.change("engine", column)
    code, told = copy.check()
    assert code != 0 and named(told, "engine"), f"{code}\n{told}"
    assert copy.check() == (code, told), "and it is not made good by having been looked at"


@pytest.mark.parametrize(("version", "says"), [(2, "written by a later release"), (0, "schema_version"), (-1, "schema_version")])
def test_another_version_of_the_schema_opens_nothing(copy, version, says):
    copy.edit(("update schema_version set version = ?", (version,)))
    code, told = copy.check()
    assert code != 0 and says in told, f"{code}\n{told}"


@pytest.mark.parametrize(("table", "column"), [("claim_slice", "opened_ms"), ("claim_slice", "class"), ("delivery", "next_ms"),
                                               ("setting", "value"), ("payload_release", "at_ms"), ("claim", "signed_ms")])
def test_looking_makes_nothing_good(copy, table, column):
    """Whatever the store does while it is opened and read, it vouches for nothing that it found."""
    copy.change(table, column)
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and copy.check() == (code, told), f"{code}\n{told}"


def test_what_a_file_says_moves_no_cursor(copy):
    copy.edit(("insert into setting values (?, '', x'00')", ("\x1b[2J\x1b[Hconsistent\n",)))
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and "\x1b" not in told and "setting: row ?[2J?[Hconsistent?" in told, told


@pytest.mark.parametrize("planted", ["create trigger t after insert on claim begin delete from claim where id = new.id; end",
                                     "create view v as select * from claim", "create index more on claim (owner)"])
def test_what_was_planted_in_the_schema_opens_nothing(copy, planted):
    with contextlib.closing(sqlite3.connect(copy.data / "sealpost.db", isolation_level=None)) as database:
        database.execute(planted)
    code, told = copy.check()
    assert code != 0 and "schema" in told, f"{code}\n{told}"


@pytest.mark.parametrize("at", ["1", "(select min(ended_ms) - 1 from delivery where kind = 0)", "at_ms + 1000000000000"])
def test_the_time_of_an_erasure_lies_between_the_last_delivery_and_now(copy, at):
    copy.edit(f"update payload_erased set at_ms = {at}")
    code, told = copy.check()
    assert code == VERIFICATION_FAILED and named(told, "payload_erased", "at_ms"), f"{code}\n{told}"


@pytest.mark.parametrize(("table", "row"), [("delivery", "position"), ("claim", "id")])
def test_a_tag_speaks_of_its_own_row_alone(copy, table, row):
    (one, first), (two, second) = copy.rows(f"select {row}, tag from {table} order by {row} limit 2")
    copy.edit((f"update {table} set tag = ? where {row} = ?", (second, one)),
              (f"update {table} set tag = ? where {row} = ?", (first, two)))
    code, told = copy.check()
    assert code == VERIFICATION_FAILED, f"{code}\n{told}"
    for position in (one, two):
        assert f"  {table}: row {position} is not what the gateway wrote" in told, told


# -- A gateway on such a database ------------------------------------------------------------------------------

# One column of each kind of damage: bytes, numbers, texts, work state, keys.
STARTS = {
    "records": ["update audit_record set leaf = x'00'", "update audit_record set body = x''"],
    "short hashes": ["update audit_record set leaf_hash = x'0102'", "update checkpoint set root = x''"],
    "log": ["update audit_log set size = size + 5, number = number + 1"],
    "checkpoints": ["update checkpoint set note = 'x', size = size + 1000"],
    "messages": ["update message set payload_digest = x'', facts = '{', summary = '[', event_type = char(0)"],
    "payloads": ["update payload set sealed = x'00'"],
    "deliveries": ["update delivery set state = 0, next_ms = 0, target = 7, kind = 9, attempts = 1000"],
    "leases": ["update delivery set state = 1, boot = 0, token = -1"],
    "states": ["update delivery set state = 77"],
    "attempts": ["update attempt set facts = 'x', result = '', number = number + 1000"],
    "claims": ["update claim set key = x'', body = x''", "update claim_slice set filter = x'00', class = 99"],
    "objects": ["update object set body = '{' where position = (select max(position) from object)"],
    "kinds": ["update object set kind = 99 where kind > 3"],
    "sealed": ["update object set sealed = x'00'"],
    "settings": ["update setting set value = ''"],
    "engine": ["update engine set boot = -1, high_water = -1"],
    "epochs": ["update epoch set value = -1"],
}


def test_a_gateway_on_damaged_tiles_does_not_crash(originals, tmp_path):
    copy = originals[1].copy(tmp_path)
    start_on(copy.edit("update audit_tile set hashes = x'00'"))


@pytest.mark.parametrize("damage", STARTS)
def test_a_gateway_on_such_a_database_does_not_crash(copy, damage):
    start_on(copy.edit(*STARTS[damage]))


def start_on(copy):
    log = open(copy.data / "log", "wb")
    process = subprocess.Popen([str(copy.original.binary), "server", "--config", str(copy.config)], stdout=subprocess.PIPE,
                               stderr=log, cwd=copy.data)
    try:
        ready = first_line(process)
        if ready:
            ask_around(copy, json.loads(ready))
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=40)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        log.close()
    told = (copy.data / "log").read_text(encoding="utf-8", errors="replace")
    assert "Sanitizer" not in told and "runtime error" not in told, told[-4000:]
    assert code >= 0, f"ended by signal {-code}: {told[-3000:]}"
    if ready:
        assert code == 0, told[-2000:]
    else:
        assert code != 0 and told.strip(), "refused without a word"


def first_line(process, seconds=40):
    """What it says when it is ready; nothing when it refuses to start."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(seconds), "neither ready nor ended"
        return process.stdout.readline()


def ask_around(copy, ready):
    """Reads that meet the damaged rows; any answer will do that the contract knows."""
    from blackbox.client import Client
    assert ready["event"] == "ready"
    with Client("http://operator", socket=ready["operator_socket"]) as operator:
        listed = operator.get("/v1/organizations")
        for organization in listed.json["items"] if listed.status == 200 else ():
            for path in ("checkpoint", "key", "entries/0", "entries/3/proof-file", "proofs/inclusion?index=1"):
                operator.get(f"/v1/audit/{path}", **({} if "?" in path else {"organization_id": organization["id"]}))
        for receipt in copy.original.receipts:
            operator.get(receipt)
