"""What a gateway sends out may come back in. The hop count inside the signed body ends that: a body that has passed
four gateways is refused, whichever way it comes."""

import json

import pytest

from blackbox.waiting import until

MOST_HOPS = 4


@pytest.fixture
def party(organization, inbox):
    integration = organization.integration()
    integration.the_source = integration.source()
    integration.subscribe(endpoint=integration.endpoint(inbox))
    integration.activate()
    return integration


def through_the_source(party, wrapped):
    body = json.dumps(wrapped).encode()
    return party.the_source.send(body, party.the_source.sender.sign(body))


@pytest.fixture
def through_the_api(party):
    client = party.credential().client()
    return lambda party, wrapped: client.post("/v1/messages", {"type": "order.created", "data": wrapped})


@pytest.fixture(params=["source", "api"])
def send(request):
    return through_the_source if request.param == "source" else request.getfixturevalue("through_the_api")


def arrived(inbox, count):
    return json.loads(inbox.expect(count)[-1].body)


def accepted_so_far(party):
    """Counted where nothing can be left out: in the log."""
    def look():
        note = party.operator.get("/v1/audit/checkpoint", organization_id=party.organization.id).ok()
        return int(note.split("\n")[1])
    size = until(look, "a checkpoint")
    return sum(party.organization.entry(index)["kind"] == "message.accepted" for index in range(size))


def test_a_loop_ends_after_four_gateways(party, inbox, send):
    """The very bodies that leave are sent in again, as an endpoint that leads back into its source would."""
    assert send(party, {"number": 1}).status == 202
    for hops in range(1, MOST_HOPS + 1):
        wrapped = arrived(inbox, hops)
        assert wrapped["hops"] == hops
        answer = send(party, wrapped)
        if hops < MOST_HOPS:
            assert answer.status == 202, answer.text
    problem = answer.refused("loop_detected")
    assert problem["status"] == 508 and "retry-after" not in answer.headers
    assert accepted_so_far(party) == MOST_HOPS
    assert len(inbox.seen) == MOST_HOPS


@pytest.fixture
def wrapped(party, inbox):
    """A body as it left, to be changed."""
    party.the_source.post(1).ok()
    return arrived(inbox, 1)


def test_a_count_that_is_too_high_or_none_is_a_loop(party, inbox, wrapped, through_the_api):
    for hops in (4, 5, 2**40, -1, 3.5, "3", None, [3]):
        for send in (through_the_source, through_the_api):
            send(party, {**wrapped, "hops": hops}).refused("loop_detected")
    assert accepted_so_far(party) == 1


def test_three_hops_are_accepted_and_leave_as_four(party, inbox, wrapped, through_the_api):
    for count, send in enumerate((through_the_source, through_the_api), 2):
        assert send(party, {**wrapped, "hops": 3}).status == 202
        assert arrived(inbox, count)["hops"] == 4


def test_hops_of_a_body_that_is_not_ours_mean_nothing(party, inbox, wrapped, through_the_api):
    """Somebody else's member of that name, in somebody else's body."""
    foreign = ({"hops": 9}, {"hops": 9, "id": "msg_1"}, {**wrapped, "hops": 9, "organization": "acme"},
               {**wrapped, "hops": 9, "id": 7}, [{**wrapped, "hops": 9}])
    count = 1
    for body in foreign:
        for send in (through_the_source, through_the_api):
            assert send(party, body).status == 202
            count += 1
            assert arrived(inbox, count)["hops"] == 1


def test_a_refused_loop_is_found_among_the_refusals(party, wrapped):
    answer = through_the_source(party, {**wrapped, "hops": MOST_HOPS})
    refusal = answer.refused("loop_detected")["refusal_id"]
    found = until(lambda: (it := party.operator.get(f"/v1/refusals/{refusal}")).status == 200 and it.json,
                  "the refusal")
    assert found["code"] == "loop_detected" and found["count"] >= 1
