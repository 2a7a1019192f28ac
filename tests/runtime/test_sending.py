"""A text message goes out once a turn, however often Twilio repeats itself; what becomes of it is told to the call that sent it."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.effect import Result, TextMessage
from engine.runtime.effects.world import World
from engine.runtime.stores import open_store
from tests.runtime.test_effects import Outside

SENT = Result("sent", {"sid": "SM1"})
CALL = """
vars: {became: nothing, reports: 0}
steps:
  a:
    - send: {to: "{{ call.from }}", body: Hello, status_callback: told, save: sid}
    - gather: {say: "{{ became }} {{ reports }}", num_digits: 1, branch: {else: b}}
  b: [{say: "{{ became }} {{ reports }}"}]
  told: [{set: {became: "{{ params.MessageStatus }}", reports: "{{ reports + 1 }}"}}]
"""
CONVERSATION = CALL.replace("vars:", "channel: messaging\nvars:").replace("call.from", "message.from").replace(
    'gather: {say: "{{ became }} {{ reports }}", num_digits: 1', 'gather: {message: "{{ became }} {{ reports }}"'
).replace("[{say:", "[{message:")  # fmt: skip
TEXT = {"CallSid": None, "MessageSid": "SM7", "SmsStatus": "received", "Body": "hi"}


def connected(line, outside: Outside, flow: str = CALL, store=None, **more: str):
    made = line(store, f=flow, **more)
    made.desk = Desk(made.library, made.store, world=World({TextMessage: outside.perform}))
    return made


def report(status: str, sid: str = "SM1") -> dict[str, str | None]:
    """What Twilio posts of a message (Twilio, "Track outbound message status")."""
    facts = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
    return {"CallSid": None, "From": "+15550002222", "To": "+15550001111", **facts}


class TestTheMessage:
    def test_it_has_all_that_the_flow_says(self, line):
        outside = Outside(SENT)
        flow = """
languages: {en: {language: en-US}, es: {language: es-US}}
vars: {name: Ann, template: HX22222222222222222222222222222222, places: {"2": null, "3": 9}}
steps:
  a:
    - set: {language: es}
    - send:
        to: "whatsapp:{{ call.from }}"
        content_sid: {en: HX00000000000000000000000000000000, es: HX11111111111111111111111111111111}
        content_variables: {1: "{{ name }}", 2: {en: Good morning, es: Buenos días}, 3: "{{ places['2'] }}"}
        messaging_service_sid: MG00000000000000000000000000000000
    - send: {to: "+15550101", content_sid: "{{ template }}", content_variables: "{{ places }}", from: "+15550199"}
    - send: {to: "+15550101", body: Hello, status_callback: "{{ places['2'] }}"}
"""
        connected(line, outside, flow).ask("f")
        first, second, third = outside.asked
        assert first == TextMessage(
            "whatsapp:+15550001111",
            "",
            (),
            "",  # the service chooses
            first.key,
            "HX" + "1" * 32,
            '{"1": "Ann", "2": "Buenos días"}',
            "MG" + "0" * 32,
        )
        assert (second.content_sid, second.content_variables) == ("HX" + "2" * 32, '{"3": "9"}')
        assert second.from_ == "+15550199"
        assert (third.status_callback, third.from_) == ("", "+15550002222")

    def test_defaults_give_every_message_what_it_does_not_say(self, line):
        outside = Outside(SENT)
        flow = """
defaults: {send: {messaging_service_sid: MG00000000000000000000000000000000, status_callback: told}}
steps:
  a:
    - send: {to: "+15550101", body: Hello}
    - send: {to: "+15550101", body: Hello, from: "+15550199", status_callback: https://example.org/status}
  told: [{log: "{{ params.MessageStatus }}"}]
"""
        connected(line, outside, flow).ask("f")
        first, second = outside.asked
        assert first.messaging_service_sid == second.messaging_service_sid == "MG" + "0" * 32
        assert first.status_callback.startswith("https://example.com/flows/f/told?")
        assert (first.from_, second.from_) == ("", "+15550199")
        assert second.status_callback == "https://example.org/status"

    @pytest.mark.parametrize(
        ("target", "address"),
        [
            ("told", "https://example.com/flows/f/told"),
            ("other/", "https://example.com/flows/other/first"),
            ("other/second", "https://example.com/flows/other/second"),
            ("/status", "https://example.com/status"),
            ("./status", "https://example.com/flows/f/status"),
            ("../status", "https://example.com/flows/status"),
            ("https://example.org/{{ call.sid }}?a=b&c=d", "https://example.org/CA1"),
        ],
    )
    @pytest.mark.parametrize("at", ["f", "f/a"])
    def test_its_status_callback_is_a_whole_address(self, line, target, address, at):
        outside = Outside(SENT)
        flow = CALL.replace("status_callback: told", f'status_callback: "{target}"')
        made = connected(line, outside, flow, other="steps: {first: [{log: x}], second: [{log: y}]}")
        made.ask(at)
        parts = urlsplit(outside.asked[0].status_callback)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == address
        if parts.path.startswith("/flows/") and "." not in target:
            carried = parse_qs(parts.query, strict_parsing=True)
            assert (carried["_c"], carried["_t"]) == (["CA1"], ["1"])


@pytest.mark.parametrize(("flow", "first"), [(CALL, {}), (CONVERSATION, TEXT)], ids=["call", "conversation"])
class TestReports:
    def test_they_set_the_variables_of_the_call_that_sent(self, line, flow, first):
        outside = Outside(SENT)
        made = connected(line, outside, flow)
        asked = made.ask("f", **first)
        assert "nothing 0" in asked.twiml
        address = outside.asked[0].status_callback
        assert made.ask(address, **report("sent")).twiml == ""
        assert made.ask(address, **report("delivered")).twiml == ""
        if first:
            answer = made.ask("f", **{**TEXT, "MessageSid": "SM8"})
        else:
            answer = made.ask(asked.address(), Digits="1")
        assert "delivered 2" in answer.twiml
        assert len(outside.asked) == 1

    @pytest.mark.parametrize("tokens", [("", ""), ("T", "T"), ("", "T"), ("T", "U")])
    def test_one_that_comes_twice_is_one_turn(self, line, flow, first, tokens):
        outside = Outside(SENT)
        made = connected(line, outside, flow)
        asked = made.ask("f", **first)
        for token in tokens:
            made.ask(outside.asked[0].status_callback, token, **report("delivered"))
        answer = made.ask("f", **{**TEXT, "MessageSid": "SM8"}) if first else made.ask(asked.address(), Digits="1")
        assert ("delivered 2" if tokens == ("T", "U") else "delivered 1") in answer.twiml

    def test_one_may_come_before_the_turn_is_over(self, line, flow, first):
        """Twilio may tell that a message is sent while the call still waits for the answer that it was taken."""

        async def both():
            outside = Outside(SENT, hold=asyncio.Event())
            made = connected(line, outside, flow)
            turn = asyncio.create_task(made.hear("f", **first))
            await asyncio.sleep(0.02)
            told = asyncio.create_task(made.hear(outside.asked[0].status_callback, **report("sent")))
            await asyncio.sleep(0.02)
            outside.hold.set()
            await asyncio.wait_for(asyncio.gather(turn, told), 2)
            ((_, session),) = await made.store.sessions(2)
            return session, outside

        session, outside = asyncio.run(both())
        assert session.variables == {"became": "sent", "reports": 1, "sid": "SM1"}
        assert len(outside.asked) == 1

    def test_they_may_come_after_the_end(self, line, flow, first):
        outside = Outside(SENT)
        made = connected(line, outside, flow)
        made.ask("f", **first)
        made.later(hours=3)
        address = outside.asked[0].status_callback
        made.ask(address, **report("undelivered"))
        ((key, session),) = asyncio.run(made.store.sessions(2))
        assert parse_qs(urlsplit(address).query)["_c"] == [key]
        assert session.variables["became"] == "undelivered"


class TestOnce:
    @pytest.mark.parametrize("tokens", [("T", "T"), ("", "")])
    def test_a_repeated_webhook_sends_nothing_again(self, line, tokens):
        outside = Outside(SENT)
        made = connected(line, outside)
        assert len({made.ask("f", token).body for token in tokens}) == 1
        assert len(outside.asked) == 1

    @pytest.mark.parametrize("again", [{}, {"ErrorCode": "11200", "ErrorUrl": "https://example.com/flows/f"}], ids=repr)
    def test_nor_one_that_comes_after_a_report(self, line, again):
        """The first request of a call is known by its parameters alone where its token is another: at a fallback URL."""
        outside = Outside(SENT)
        made = connected(line, outside)
        first = made.ask("f", "T")
        made.ask(outside.asked[0].status_callback, **report("sent"))
        assert made.ask("f", "U" if again else "", **again).body == first.body
        assert len(outside.asked) == 1

    def test_a_call_that_comes_in_again_later_sends_again(self, line):
        outside = Outside(SENT)
        made = connected(line, outside)
        made.ask(made.ask("f").address(), Digits="1")
        made.ask("f")
        assert len(outside.asked) == 2

    def test_nor_does_one_that_comes_by_a_fallback_url(self, line):
        outside = Outside(SENT)
        made = connected(line, outside, CONVERSATION)
        first = made.ask("f", "T", **TEXT)
        again = made.ask("f", "U", **TEXT, ErrorCode="11200", ErrorUrl="https://example.com/flows/f")
        assert first.body == again.body
        assert len(outside.asked) == 1

    def test_nor_one_that_comes_after_a_later_message(self, line):
        outside = Outside(SENT)
        made = connected(line, outside, CONVERSATION)
        made.ask("f", "T", **TEXT)
        made.ask("f", "V", **{**TEXT, "MessageSid": "SM8", "Body": "more"})
        made.ask("f", "U", **TEXT)
        assert len(outside.asked) == 1

    def test_nor_one_that_comes_while_the_first_is_under_way(self, line):
        async def both():
            outside = Outside(SENT, hold=asyncio.Event())
            made = connected(line, outside, CONVERSATION)
            turns = [asyncio.create_task(made.hear("f", token, **TEXT)) for token in ("T", "U", "T")]
            await asyncio.sleep(0.1)
            outside.hold.set()
            return await asyncio.gather(*turns), outside

        documents, outside = asyncio.run(both())
        assert len({document.body for document in documents}) == 1
        assert len(outside.asked) == 1

    def test_two_messages_of_a_turn_have_keys_of_their_own(self, line):
        outside = Outside(SENT)
        flow = "steps: {a: [{send: {to: '+15550101', body: A}}, {send: {to: '+15550101', body: B}}]}"
        connected(line, outside, flow).ask("f")
        assert [message.body for message in outside.asked] == ["A", "B"]
        assert len({message.key for message in outside.asked}) == 2

    @pytest.mark.parametrize(("flow", "first"), [(CALL, {}), (CONVERSATION, TEXT)], ids=["call", "conversation"])
    def test_a_process_that_is_killed_on_the_way_leaves_one_text(self, tmp_path, line, flow, first):
        """Nobody knows whether Twilio took the message: the flow hears of an error, and nothing is sent again."""
        flow = flow.replace("save: sid}", "save: sid, branch: {error: b}}")

        async def killed():
            address = f"sqlite:///{tmp_path}/s.sqlite"
            before, after = Outside(SENT, hold=asyncio.Event()), Outside(SENT)
            made = []
            for outside in (before, after):
                store = open_store(address, clock=lambda: made[0].at.timestamp() if made else 0)
                await store.start()
                made.append(connected(line, outside, flow, store))
            turn = asyncio.create_task(made[0].hear("f", "T", **first))
            while not before.asked:
                await asyncio.sleep(0.01)
            made[1].later(seconds=14)  # Twilio gives up after 15, and asks again: the first process is gone
            document = await asyncio.wait_for(made[1].hear("f", "T", **first), 1)
            turn.cancel()
            await asyncio.gather(turn, return_exceptions=True)
            for each in made:
                await each.store.stop()
            return document, before, after

        document, before, after = asyncio.run(killed())
        assert "nothing 0" in document.twiml, "what follows the error"
        assert (len(before.asked), len(after.asked)) == (1, 0)
