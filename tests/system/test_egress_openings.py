"""What the operator's file opens to deliveries stands in each organization's log: with the organization, and whenever
it changes, at a start as at a reload; the doctor prints it (test_doctor.py)."""

import base64
import itertools
import json
import os
import signal

from blackbox.parties import Organization
from blackbox.waiting import until


def told(gateway, organization):
    """The class of each record of this organization that speaks of egress, and what it says, oldest first."""
    found = []
    for index in itertools.count():
        answer = gateway.operator.get(f"/v1/audit/entries/{index}", organization_id=organization.id)
        if answer.code == "not_found":
            return found
        fields = {}
        for group in answer.json["groups"]:
            if group["fields"] is not None:
                fields.update(json.loads(base64.b64decode(group["fields"])))
        egress = {name: value for name, value in fields.items() if ".egress." in name}
        if egress:
            found.append((answer.json["kind"], fields["actor"], {name: json.loads(value) for name, value in egress.items()}))


def test_openings_are_recorded_when_they_change(start_gateway, receiver):
    gateway = start_gateway(plain_http=[receiver.address])
    first, second = Organization(gateway), Organization(gateway)
    opened = sorted(["127.0.0.0/8", f"http://{receiver.address}"])
    created = [("organization.created", f"operator:{os.geteuid()}",
                {"after.egress.test": opened, "after.egress.live": []})]
    assert told(gateway, first) == created and told(gateway, second) == created

    for_first_alone = f"""[[egress.open]]
organization = "{first.id}"
environment = "live"
networks = ["10.1.0.0/16"]
hosts = ["chat.example.internal"]
"""
    gateway.configure(plain_http=[receiver.address], limits=for_first_alone)
    gateway.signal(signal.SIGHUP)
    until(lambda: '"reloaded"' in gateway.log(), "the end of the reload")
    opened_live = ["10.1.0.0/16", "chat.example.internal"]
    changed = ("egress.changed", "system:configuration", {"before.egress.live": [], "after.egress.live": opened_live})
    assert told(gateway, first) == [*created, changed]
    assert told(gateway, second) == created, "which may reach what it could reach before"

    gateway.stop()
    gateway.start()
    assert told(gateway, first) == [*created, changed], "a start with the same file changes nothing"

    gateway.stop()
    gateway.configure()
    gateway.start()
    closed = ("egress.changed", "system:configuration",
              {"before.egress.test": opened, "after.egress.test": [],
               "before.egress.live": opened_live, "after.egress.live": []})
    assert told(gateway, first) == [*created, changed, closed]
    assert told(gateway, second) == [*created, ("egress.changed", "system:configuration",
                                       {"before.egress.test": opened, "after.egress.test": []})]


def test_a_long_list_is_recorded_whole(start_gateway, receiver):
    networks = sorted(f"10.{number}.0.0/16" for number in range(200))
    listed = ", ".join(f'"{network}"' for network in networks)
    both = "".join(f"""[[egress.open]]
environment = "{environment}"
networks = [{listed}]
""" for environment in ("test", "live"))
    gateway = start_gateway(start=False)
    gateway.configure(limits=both)
    gateway.start()
    (_, _, openings), = told(gateway, Organization(gateway))
    parts = [f"after.egress.{environment}{part}" for environment in ("live", "test") for part in ("", ".2", ".3", ".4")]
    assert sorted(openings) == parts
    for environment in ("test", "live"):
        assert [network for name in sorted(openings) if f".{environment}" in name for network in openings[name]] == networks
