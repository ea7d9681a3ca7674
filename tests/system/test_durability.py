"""What got its 202 is there afterwards, once, whatever happened in between; and the sync comes before the answer."""

import random
import re
import threading
import time

import httpx
import pytest

from blackbox.parties import Organization
from blackbox.waiting import until

ROUNDS = 20
SENDERS = 4
pytestmark = pytest.mark.slow


class Load:
    """Sends until told to stop; remembers what was answered, and what was sent without an answer."""

    def __init__(self, gateway, source):
        self.url = gateway.http_url + source.path
        self.sender = source.sender
        self.accepted, self.unanswered, self.strange = {}, [], []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        with httpx.Client(trust_env=False, timeout=20) as client:
            while not self.stop.is_set():
                body = self.sender.body(random.randrange(10**9))
                headers = {"Content-Type": "application/json", **self.sender.sign(body)}
                try:
                    answer = client.post(self.url, content=body, headers=headers)
                except httpx.TransportError:
                    self.unanswered.append((body, headers))
                    return
                if answer.status_code == 202:
                    self.accepted[headers["webhook-id"]] = (body, headers, answer.json())
                elif answer.status_code not in (429, 503):
                    self.strange.append(answer.text)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)


def test_kill_under_load_loses_nothing_and_takes_nothing_twice(start_gateway, receiver):
    gateway = start_gateway()
    organization = Organization(gateway)
    inbox = receiver.inbox(f"kill-{organization.id}")
    integration = organization.integration()
    source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox, schedule=(0, 1, 1, 1, 2, 2)))
    integration.activate()
    accepted = {}
    for turn in range(ROUNDS):
        load = Load(gateway, source)
        until(lambda: len(load.accepted) >= 25, "load", 30)
        time.sleep(random.random() * 0.2)  # the moment of death is to be any
        gateway.kill()
        load.end()
        assert load.strange == []
        gateway.start()
        for body, headers, answer in list(load.accepted.values()):
            assert gateway.operator.get(answer["receipt"]).ok()["id"] == answer["message_id"], f"round {turn}: lost"
        for body, headers, answer in random.sample(list(load.accepted.values()), 5):
            again = source.send(body, headers)
            assert again.refused("replayed")["first_message_id"] == answer["message_id"], f"round {turn}: accepted twice"
        for body, headers in load.unanswered:
            # Whether it was accepted is not known to its sender; sending it again settles it, once.
            again = source.send(body, headers)
            assert again.status in (202, 409), again.text
            identity = again.json["message_id"] if again.status == 202 else again.json["first_message_id"]
            load.accepted[headers["webhook-id"]] = (body, headers, {"message_id": identity})
        accepted.update({name: answer["message_id"] for name, (_, _, answer) in load.accepted.items()})
    assert len(set(accepted.values())) == len(accepted), "two events, one message"
    wanted = set(accepted.values())
    until(lambda: wanted <= {seen.id for seen in inbox.seen}, "every accepted message at its receiver", 120)
    assert {seen.id for seen in inbox.seen} <= wanted, "a message that nobody sent"
    assert gateway.stop() == 0
    done = gateway.command("audit", "check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sync_comes_before_the_answer(start_gateway, tmp_path):
    """strace: between reading a webhook and writing its 202 lies an fdatasync or fsync that has returned."""
    trace = tmp_path / "trace"
    gateway = start_gateway(start=False)
    gateway.start(prefix=["strace", "-D", "-f", "-q", "-ttt", "-s", "400", "-o", str(trace),
                          "-e", "trace=fdatasync,fsync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg,openat"])
    organization = Organization(gateway)
    integration = organization.integration()
    source = integration.source()
    integration.activate()
    for number in range(5):
        body = source.sender.body(number)
        source.send(body, source.sender.sign(body, identity=f"evt_strace{number}")).ok()
    gateway.stop()
    text = lambda: trace.read_text(encoding="utf-8", errors="replace")  # noqa: E731
    until(lambda: re.search(r"\+\+\+ (exited|killed)[^\n]*\n\Z", text()), "strace to end")
    lines = text().splitlines()
    for number in range(5):
        arrival = next(i for i, line in enumerate(lines) if f"evt_strace{number}" in line and
                       re.search(r"\b(read|recvfrom|recvmsg)\b", line))
        answer = next(i for i, line in enumerate(lines) if i > arrival and "HTTP/1.1 202" in line)
        synced = [line for line in lines[arrival:answer] if re.search(r"f(data)?sync(\(| resumed)", line) and "= 0" in line]
        assert synced, "a 202 that nothing on disk stands behind:\n" + "\n".join(lines[arrival:answer + 1])
