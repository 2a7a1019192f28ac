"""A request that is repeated with the same Idempotency-Key is carried out once."""

import asyncio
import json
import threading

import pytest

from engine.api import asking
from engine.runtime.effects.workers import Workers
from engine.runtime.stores import StoreError
from tests.api.conftest import twilio_error

CALL = {"to": "+15550101"}
FIRST = {"idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def place(client, body=CALL, headers=FIRST, flow="orders", **more):
    return client.post(f"/api/flows/{flow}/calls", body, headers=headers, **more)


def test_the_same_request_gets_the_same_answer_and_places_one_call(tell):
    async def story(client):
        first = await place(client)
        again = await place(client, headers={"idempotency-key": FIRST["idempotency-key"].strip('"')})
        assert first.status == again.status == 201
        assert first.text == again.text
        assert first.headers["location"] == again.headers["location"]
        assert len(client.account.placed) == 1
        client.clock.pass_(hours=25)
        assert (await place(client)).status == 201
        assert len(client.account.placed) == 2, "after a day it is a new one"

    tell(story)


def test_json_that_means_the_same_is_the_same_request(tell):
    async def story(client):
        await place(client, b'{"to": "+15550101", "timeout": 20}')
        assert (await place(client, b'{"timeout":20,"to":"+15550101"}')).status == 201
        assert len(client.account.placed) == 1

    tell(story)


def test_another_request_with_the_same_key_is_refused(tell):
    async def story(client):
        await place(client)
        others = [
            await place(client, {"to": "+15550102"}),
            await place(client, {"to": "+15550101", "variables": {"account": 1}}, flow="clinic"),
        ]
        for other in others:
            assert (other.status, other.json["type"]) == (422, "urn:touchtone:problem:idempotency-key-reused")
        assert len(client.account.placed) == 1

    tell(story)


def test_keys_of_two_programs_are_apart(tell):
    from tests.api.conftest import SCOPED

    async def story(client):
        first, second = await place(client), await place(client, key=SCOPED)
        assert first.json["sid"] != second.json["sid"]

    tell(story)


def test_while_the_first_is_under_way_the_second_is_told_so(tell):
    async def story(client):
        client.account.gate = asyncio.Event()
        first = asyncio.create_task(place(client))
        await asyncio.sleep(0.05)
        second = await place(client)
        assert (second.status, second.json["type"]) == (409, "urn:touchtone:problem:request-in-progress")
        assert second.headers["retry-after"] == "1"
        client.account.gate.set()
        assert (await first).status == 201
        assert (await place(client)).text == (await first).text
        assert len(client.account.placed) == 1

    tell(story)


def test_a_request_that_was_cut_off_is_not_carried_out_again(tell):
    async def story(client):
        client.account.gate = asyncio.Event()
        first = asyncio.create_task(place(client))
        await asyncio.sleep(0.05)
        first.cancel()
        assert ((await first).status, (await first).json["type"]) == (504, "urn:touchtone:problem:outcome-unknown")
        client.account.gate = None
        client.clock.pass_(seconds=31)
        again = await place(client)
        assert (again.status, again.json["type"]) == (409, "urn:touchtone:problem:outcome-unknown")
        assert client.account.placed == []

    tell(story)


def test_a_store_that_breaks_once_a_call_is_placed_does_not_place_it_twice(tell, caplog):
    async def story(client):
        change, create = client.store.records.change, client.account._client.calls.create

        async def broken(*words):
            raise StoreError("the disk is full")

        def places_and_breaks(**wanted):
            client.store.records.change = broken
            return create(**wanted)

        client.account._client.calls.create = places_and_breaks
        assert (await place(client)).status == 201
        assert len(client.account.placed) == 1
        refused = await place(client)
        assert (refused.status, refused.json["detail"]) == (503, "the store cannot be used now")
        client.store.records.change = change
        client.clock.pass_(seconds=31)
        assert (await place(client)).json["type"] == "urn:touchtone:problem:outcome-unknown"
        assert len(client.account.placed) == 1

    tell(story)
    assert "is not kept for its Idempotency-Key: the disk is full" in caplog.text


def test_what_twilio_refused_is_refused_again_without_asking(tell):
    async def story(client):
        client.account.fails = [twilio_error(21211, 400, "Invalid 'To' Phone Number")]
        first, again = await place(client), await place(client)
        assert (first.status, first.json["code"]) == (422, 21211)
        assert again.text == first.text
        assert again.headers["content-type"] == "application/problem+json"
        assert client.account.placed == []

    tell(story)


def test_what_was_never_tried_may_be_tried_again(tell):
    """A wrong body, or no network: nothing was done."""
    import requests

    async def story(client):
        assert (await place(client, {})).status == 422
        client.account.fails = [requests.ConnectTimeout("down")]
        assert (await place(client)).status == 503
        assert (await place(client)).status == 201

    tell(story)


def test_moving_and_ending_a_call_are_done_once_too(tell):
    async def story(client):
        sid = client.account.call()
        for _ in range(2):
            assert (await client.post(f"/api/calls/{sid}/hangup", headers=FIRST)).status == 200
        assert len(client.account.updates) == 1

    tell(story)


@pytest.mark.parametrize("key", ['""', '"a', "a b", "x" * 256, '"é"', '"a\\x"'])
def test_a_key_that_cannot_be_read_is_refused(tell, key):
    async def story(client):
        refused = await place(client, headers={"idempotency-key": key})
        assert (refused.status, refused.json["type"]) == (400, "urn:touchtone:problem:invalid-idempotency-key")

    tell(story)


@pytest.mark.parametrize("values", [[""], ["  "], ['"a"', '"b"'], ['"a"', '"a"']])
def test_a_key_that_is_empty_or_one_of_two_is_refused(tell, values):
    async def story(client):
        sent = [(b"idempotency-key", value.encode()) for value in values]
        head, body = await raw(client, "/api/flows/orders/calls", CALL, sent)
        assert (head, body["type"]) == (400, "urn:touchtone:problem:invalid-idempotency-key")
        assert client.account.placed == []

    tell(story)


async def raw(client, path, body, headers):
    """The status and the JSON of an answer to a request whose headers are given as pairs."""
    messages = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message):
        messages.append(message)

    shown = (b"authorization", f"Bearer {client.key}".encode())
    scope = {"type": "http", "method": "POST", "scheme": "https", "path": path, "raw_path": path.encode()}
    await client.app(
        {**scope, "query_string": b"", "headers": [shown, *headers], "client": ("192.0.2.1", 1)}, receive, send
    )
    return messages[0]["status"], json.loads(messages[1]["body"])


def test_what_only_waited_for_its_turn_at_the_account_was_not_done(tell, monkeypatch):
    async def story(client):
        held = threading.Event()
        monkeypatch.setattr(asking, "SECONDS", 0.2)
        monkeypatch.setattr(client.account, "_workers", Workers(1, "api"))
        before = asyncio.create_task(client.account._workers.run(lambda: held.wait(20)))
        await asyncio.sleep(0)
        waited = await place(client)
        held.set()
        await before
        assert (waited.status, waited.json["type"]) == (503, "urn:touchtone:problem:busy")
        assert client.account.placed == []
        assert (await place(client)).status == 201, "nothing was done, so it may be tried again with the same key"

    tell(story)


def test_processes_that_share_a_store_share_the_answers(served, tmp_path):
    """Also one that is started later."""
    url = f"sqlite:///{tmp_path}/calls.sqlite"

    async def story():
        async with served(url=url) as one, served(url=url) as other:
            answers = await asyncio.gather(*[place(client) for client in (one, other) * 10])
            assert {answer.status for answer in answers} <= {201, 409}
            assert len(one.account.placed) + len(other.account.placed) == 1
            first = await place(one)
        async with served(url=url) as later:
            assert (await place(later)).text == first.text
            assert later.account.placed == []

    asyncio.run(story())
