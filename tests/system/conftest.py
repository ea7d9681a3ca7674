"""One gateway and one receiver for all tests that do not end, flood or inspect a process; each test has an organization
of its own in it. Tests that stop a gateway start one for themselves with `start_gateway`."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from blackbox.gateway import Gateway  # noqa: E402
from blackbox.parties import Organization  # noqa: E402
from blackbox.receiver import Receiver  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def pytest_collection_modifyitems(items):
    # What counts all that was seen comes last.
    items.sort(key=lambda item: item.path.name == "test_contract_coverage.py" and item.path.parent == HERE)


@pytest.fixture(scope="session")
def receiver():
    with Receiver() as one:
        yield one


@pytest.fixture(scope="session")
def gateway(receiver):
    with Gateway(plain_http=[receiver.address]) as one:
        yield one.start()


@pytest.fixture
def organization(gateway):
    return Organization(gateway)


@pytest.fixture
def inbox(receiver, request):
    """An inbox of the receiver for this test alone."""
    return receiver.inbox(f"{request.node.name}-{id(request)}".replace("[", "-").replace("]", ""))


@pytest.fixture
def start_gateway(receiver):
    """A function that starts a gateway of the test's own; it ends with the test."""
    started = []

    def start(**how):
        begin = how.pop("start", True)
        prefix = how.pop("prefix", ())
        how.setdefault("plain_http", [receiver.address])
        one = Gateway(**how)
        started.append(one)
        return one.start(prefix) if begin else one

    yield start
    for one in started:
        one.close()
