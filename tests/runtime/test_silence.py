"""Silence in a conversation: `no_input` is followed at its time, once, and what it says is sent as texts."""

import asyncio
from datetime import timedelta

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.claim import Claim
from engine.runtime.effects.effect import HttpCall, Reminder, Result, TextMessage
from engine.runtime.effects.world import World
from engine.runtime.outcome import Outcome
from engine.runtime.silence import Followed, follow_silence

KEY = "+15550001111>+15550002222"
ASK = """
channel: messaging
vars: {reminded: 0}
steps:
  ask:
    - gather:
        message: Reply C or R.
        timeout: 2h
        branch:
          C: [{message: "Confirmed after {{ reminded }}."}]
          no_input:
            - set: {reminded: "{{ reminded + 1 }}"}
            - message: Are you still there?
          else: [{message: Else.}]
"""


class Conversation:
    """A conversation with a desk whose texts are noted; `sent` are their words."""

    def __init__(self, line, **flows: str) -> None:
        self.line = line(**flows)
        self.effects: list[object] = []
        self.results: list[Result] = []
        self.desk = Desk(self.line.library, self.line.store, world=self.world())
        self.line.desk = self.desk
        self._sids = 0

    def world(self) -> World:
        return World(dict.fromkeys((Reminder, TextMessage, HttpCall), self.perform))

    async def perform(self, effect) -> Result:
        self.effects.append(effect)
        return self.results.pop(0) if self.results else Result("sent", {"sid": "SM0"})

    @property
    def sent(self) -> list[str]:
        return [effect.body for effect in self.effects if isinstance(effect, TextMessage)]

    def text(self, body: str, **sent: str) -> str:
        """Writes; the TwiML of the answer."""
        self._sids += 1
        return self.line.ask("f", CallSid=None, MessageSid=f"SM{self._sids}", Body=body, **sent).twiml

    def later(self, **passed: float):
        """Time passes, and the server looks once what is due; what came of it."""
        self.line.at += timedelta(**passed)
        return asyncio.run(self.look())

    async def look(self):
        now = self.line.at.timestamp()
        for key, _ in await self.line.store.due(now, 10):
            return await self.desk.follow_silence(key, self.line.at)
        return None

    @property
    def session(self):
        return asyncio.run(self.line.store.turn(KEY, lambda known: (known, known)))


@pytest.fixture
def talk(line):
    return lambda text=ASK, **flows: Conversation(line, f=text, **flows)


class TestAReminder:
    def test_it_is_sent_at_its_time_and_once(self, talk):
        made = talk()
        made.text("hi")
        assert made.later(hours=1, minutes=59) is None
        made.later(minutes=1)
        assert made.sent == ["Are you still there?"]
        (reminder,) = made.effects
        assert (reminder.to, reminder.from_) == ("+15550001111", "+15550002222")
        assert made.later(hours=1) is None
        assert made.later(hours=24) is None
        assert made.sent == ["Are you still there?"]

    def test_the_question_stays_open_for_one_more_timeout(self, talk):
        made = talk()
        made.text("hi")
        made.later(hours=2)
        assert made.later(hours=1, minutes=59) is None
        assert made.text("c") == "<Message>Confirmed after 1.</Message>"

    def test_then_the_session_is_as_earlier_versions_of_this_program_know_it(self, talk):
        """Those that run beside this one while it is put in service."""
        made = talk()
        made.text("hi")
        assert b'{"format":2,' in made.session.to_json()
        made.later(hours=2)
        kept = made.session.to_json()
        assert b'{"format":1,' in kept
        assert not [name for name in (b"due", b"wait", b"followed", b"folder") if b'"%s"' % name in kept]

    def test_then_the_next_message_begins_anew(self, talk):
        made = talk()
        made.text("hi")
        made.later(hours=2)
        made.later(hours=2)
        assert made.text("c") == "<Message>Reply C or R.</Message>"

    def test_an_answer_cancels_it(self, talk):
        made = talk()
        made.text("hi")
        made.text("c")
        assert made.session.due == 0
        assert made.later(hours=3) is None
        assert made.sent == []

    def test_a_message_that_comes_before_a_late_reminder_is_the_answer(self, talk):
        """As after a server that was down at the time."""
        made = talk()
        made.text("hi")
        made.line.later(hours=3)
        assert made.text("c") == "<Message>Confirmed after 0.</Message>"
        assert made.later(hours=1) is None

    def test_stop_cancels_it(self, talk):
        made = talk()
        made.text("hi")
        made.text("STOP")
        assert made.later(hours=3) is None
        assert made.sent == []

    def test_help_does_not(self, talk):
        made = talk()
        made.text("hi")
        made.text("HELP")
        made.later(hours=2)
        assert made.sent == ["Are you still there?"]

    def test_a_server_that_was_down_sends_it_late(self, talk):
        made = talk()
        made.text("hi")
        made.later(hours=20)
        assert made.sent == ["Are you still there?"]
        made.line.later(hours=1)
        assert made.text("c") == "<Message>Confirmed after 1.</Message>"

    def test_the_flow_that_writes_first_reminds_as_well(self, talk):
        made = talk()
        asked = {"From": "+15550002222", "To": "+15550001111", "Direction": "outbound-api"}
        made.line.ask("f", CallSid=None, MessageSid="SM9", **asked)
        made.later(hours=2)
        (reminder,) = made.effects
        assert (reminder.to, reminder.from_, reminder.body) == ("+15550001111", "+15550002222", "Are you still there?")


RETRY = """
channel: messaging
steps:
  ask:
    - gather:
        message: C or R?
        timeout: 1h
        retry: {attempts: 3, no_input: [Hello?, Hello again?], no_match: Sorry., prompt: "Well, C or R?"}
        branch: {c: [{message: Fine.}], R: hangup%s, else: [{message: Else.}]}
"""


class TestARetryOfItsOwn:
    def test_the_question_is_sent_again_as_often_as_there_are_attempts(self, talk):
        made = talk(RETRY % "")
        made.text("hi")
        for _ in range(4):
            made.later(hours=1)
        assert made.sent == ["Hello?\nWell, C or R?", "Hello again?\nWell, C or R?"]
        assert made.session.due == 0

    def test_then_no_input_is_followed(self, talk):
        made = talk(RETRY % ", no_input: [{message: Goodbye.}]")
        made.text("hi")
        for _ in range(4):
            made.later(hours=1)
        assert made.sent == ["Hello?\nWell, C or R?", "Hello again?\nWell, C or R?", "Goodbye."]

    def test_one_count_serves_silence_and_what_no_key_takes(self, talk):
        made = talk(RETRY % "")
        made.text("hi")
        assert made.text("x") == "<Message>Sorry.\nWell, C or R?</Message>"
        made.later(hours=1)
        assert made.sent == ["Hello again?\nWell, C or R?"]
        assert made.text("x") == "<Message>Else.</Message>"

    def test_an_answer_to_a_reminder_is_the_answer(self, talk):
        made = talk(RETRY % "")
        made.text("hi")
        made.later(hours=1)
        assert made.text("c") == "<Message>Fine.</Message>"
        assert made.later(hours=2) is None


class TestWhatNeverSends:
    @pytest.mark.parametrize(
        "flows",
        [
            {"f": "channel: messaging\nsteps: {a: [{gather: {message: C?, branch: {c: a, else: a}}}]}"},
            {"f": "channel: messaging\nsteps: {a: [{gather: {message: C?}}]}"},
            {
                "f": "channel: messaging\nsteps: {a: [{gather: {message: C?, branch: {c: a, else: a}}}]}",
                "_project": "defaults: {gather: {retry: {attempts: 3, no_input: Hello?}}}",
            },
            {
                "f": "channel: messaging\nalways: {no_input: b, stopp: b}\n"
                "steps: {a: [{gather: {message: C?, branch: {c: a, else: a}}}], b: [{message: B.}]}"
            },
            {
                "f": "channel: [voice, messaging]\n"
                "steps: {a: [{gather: {say: C?, timeout: 1h, retry: {no_input: Hello?}, branch: {1: a, no_input: b}}}], b: [{say: B.}]}"
            },
        ],
        ids=["no key", "no branch", "defaults", "always", "both channels"],
    )
    def test_silence_is_nothing(self, talk, flows):
        made = talk(flows.pop("f"), **flows)
        made.text("hi")
        assert made.session.due == 0
        assert made.later(days=1) is None
        assert made.sent == []


CIRCLE = """
channel: messaging
steps:
  a: [{gather: {message: A?, timeout: 1h, branch: {yes: hangup, no_input: b, else: a}}}]
  b: [{gather: {message: B?, timeout: 1h, branch: {yes: hangup, no_input: a, else: b}}}]
"""


class TestWhereSilenceLeads:
    def test_another_question_has_a_time_of_its_own(self, talk):
        made = talk(CIRCLE)
        made.text("hi")
        made.later(hours=1)
        made.later(minutes=59)
        assert made.sent == ["B?"]
        made.later(minutes=1)
        assert made.sent == ["B?", "A?"]

    def test_nobody_is_written_to_for_ever(self, talk):
        made = talk(CIRCLE)
        made.text("hi")
        for _ in range(20):
            made.later(hours=1)
        assert made.sent == ["B?", "A?"]

    def test_an_answer_begins_the_count_anew(self, talk):
        made = talk(CIRCLE)
        made.text("hi")
        made.later(hours=1)
        made.text("no")
        made.later(hours=1)
        assert made.sent == ["B?", "A?"]

    def test_the_same_question_has_none(self, talk):
        made = talk(
            "channel: messaging\nsteps: {a: [{gather: {message: A?, timeout: 1h, branch: {yes: b, no_input: a}}}], b: []}"
        )
        made.text("hi")
        made.later(hours=1)
        made.later(hours=1, minutes=1)
        assert made.sent == ["A?"]

    def test_hangup_ends_the_conversation(self, talk):
        made = talk(
            "channel: messaging\nsteps: {a: [{gather: {message: A?, branch: {yes: b, no_input: hangup}}}], b: [{message: B.}]}"
        )
        made.text("hi")
        made.later(hours=4)
        assert made.session.question is None
        assert made.text("yes") == "<Message>A?</Message>"

    def test_another_flow_goes_on_with_the_variables(self, talk):
        made = talk(
            "channel: messaging\nvars: {n: Ann}\nsteps: {a: [{gather: {message: A?, branch: {yes: a, no_input: g/}}}]}",
            g="channel: messaging\nsteps: {b: [{gather: {message: 'B, {{ n }} {{ message.from }}?', save: n}}, {message: '{{ n }}.'}]}",
        )
        made.text("hi")
        made.later(hours=4)
        assert made.sent == ["B, Ann +15550001111?"]
        assert made.text("Bob") == "<Message>Bob.</Message>"

    def test_a_subflow_goes_on_with_its_caller(self, talk):
        made = talk(
            "channel: messaging\nvars: {n: ''}\nsteps: {a: [{subflow: {flow: g, save: n}}, {message: 'Then {{ n }}.'}]}",
            g="channel: messaging\nsteps: {b: [{gather: {message: B?, timeout: 1h, branch: {yes: [{return: yes}], no_input: [{return: nothing}]}}}]}",
        )
        made.text("hi")
        made.later(hours=1)
        assert made.sent == ["Then nothing."]
        assert made.text("yes") == "<Message>B?</Message>", "the subflow has returned: it asks nothing any more"

    def test_it_is_said_in_the_language_of_the_conversation(self, talk):
        made = talk(
            "channel: messaging\nlanguages: {en: {}, es: {}}\nsteps:\n  a:\n    - set: {language: es}\n"
            "    - gather: {message: Sí?, branch: {si: a, no_input: [{message: {en: Hello?, es: Hola?}}]}}"
        )
        made.text("hi")
        made.later(hours=4)
        assert made.sent == ["Hola?"]

    def test_what_is_said_and_asked_of_the_world_comes_in_order(self, talk):
        made = talk(
            "channel: messaging\nvars: {v: ''}\nsteps:\n  a:\n    - gather:\n        message: A?\n        branch:\n          yes: a\n"
            "          no_input:\n            - message: One moment.\n            - request: {url: 'https://shop.example.com/', save: v}\n"
            "            - message: 'Found {{ v }}.'\n            - send: {to: '+15550000009', body: Nobody answers.}\n"
            "            - message: Goodbye.\n"
        )
        made.results = [Result("sent", {"sid": "1"}), Result("200", {"body": "it", "status": 200, "headers": {}})]
        made.text("hi")
        made.later(hours=4)
        told = [one.url if isinstance(one, HttpCall) else f"{one.to[-1]} {one.body}" for one in made.effects]
        assert told == ["1 One moment.", "https://shop.example.com/", "1 Found it.", "9 Nobody answers.", "1 Goodbye."]
        assert [type(one) for one in made.effects[2:]] == [Reminder, TextMessage, Reminder]
        assert len({one.key for one in made.effects}) == 5
        assert made.later(hours=1) is None

    def test_addresses_in_it_are_those_of_the_public(self, talk):
        made = talk(
            "channel: messaging\nvars: {n: 0}\nsteps:\n  a:\n    - gather:\n        message: A?\n        branch:\n          yes: [{message: '{{ n }}'}]\n"
            "          no_input: [{message: {body: B., media: https://x.example/a.png, to: '+15550000009', status_callback: told}}]\n"
            "  told:\n    - set: {n: '{{ n + 1 }}'}\n"
        )
        made.text("hi")
        made.later(hours=4)
        (sent,) = made.effects
        assert (sent.to, sent.from_, sent.media_url) == ("+15550000009", "+15550002222", ("https://x.example/a.png",))
        assert sent.status_callback.startswith("https://example.com/flows/f/told?")
        told = {"MessageSid": "SM99", "MessageStatus": "delivered", "From": "+15550002222", "To": "+15550000009"}
        made.line.ask(sent.status_callback, CallSid=None, **told)
        assert made.text("yes") == "<Message>1</Message>"

    def test_more_than_ten_texts_are_too_many(self, talk, caplog):
        many = ", ".join(f"{{message: M{number}}}" for number in range(12))
        made = talk(
            f"channel: messaging\nsteps: {{a: [{{gather: {{message: A?, branch: {{yes: a, no_input: [{many}]}}}}}}]}}"
        )
        made.text("hi")
        made.later(hours=4)
        assert made.sent == [f"M{number}" for number in range(10)]
        assert "more than 10 messages follow one silence; the rest is not sent" in caplog.text


class TestFaults:
    BROKEN = (
        "channel: messaging\n%ssteps:\n  a: [{gather: {message: A?, branch: {yes: [{message: Fine.}], no_input: [{message: '{{ 1 / 0 }}'}]}}}]\n"
        "  sorry: [{message: Sorry.}]\n"
    )

    def test_the_step_for_errors_is_played(self, talk, caplog):
        made = talk(self.BROKEN % "on_error: sorry\n")
        made.text("hi")
        made.later(hours=4)
        assert made.sent == ["Sorry."]
        assert "divided by zero" in caplog.text
        assert made.text("yes") == "<Message>Fine.</Message>"

    def test_without_one_nothing_is_sent(self, talk, caplog):
        made = talk(self.BROKEN % "")
        made.text("hi")
        made.later(hours=4)
        assert made.sent == []
        assert "divided by zero" in caplog.text
        assert made.later(hours=1) is None
        assert made.text("yes") == "<Message>Fine.</Message>"

    def test_a_text_that_twilio_refuses_is_in_the_log(self, talk, caplog):
        made = talk()
        made.results = [Result("error", {"sid": None}, "Twilio error 21610: it wrote STOP")]
        made.text("hi")
        made.later(hours=2)
        assert "the text is not sent: Twilio error 21610: it wrote STOP" in caplog.text
        assert made.later(hours=1) is None
        assert len(made.effects) == 1
        assert made.text("c") == "<Message>Confirmed after 1.</Message>"

    def test_a_redirect_to_another_server_is_nobody_elses_to_follow(self, talk, caplog):
        made = talk(
            "channel: messaging\nsteps: {a: [{gather: {message: A?, branch: {yes: a, no_input: 'https://x.example/'}}}]}"
        )
        made.text("hi")
        made.later(hours=4)
        assert "a redirect to another server is not followed where nobody wrote" in caplog.text
        assert made.later(hours=1) is None

    def test_what_cannot_be_kept_is_told_once(self, talk, caplog):
        names = [f"v{number}" for number in range(10)]
        values = ", ".join(f"{name}: '{{{{ \"x\" * 60000 }}}}'" for name in names)
        made = talk(
            f"channel: messaging\nvars: {{{', '.join(f'{name}: 0' for name in names)}}}\nsteps:\n  a:\n    - gather:\n        message: A?\n        branch:\n"
            f"          yes: [{{message: Fine.}}]\n          no_input: [{{set: {{{values}}}}}]\n"
        )
        made.text("hi")
        made.later(hours=4)
        assert "a session may hold" in caplog.text
        assert made.later(hours=1) is None
        assert made.text("yes") == "<Message>Fine.</Message>"

    def test_whatever_else_happens_is_told_once(self, talk, caplog):
        made = talk()
        made.text("hi")

        class Broken(World):
            async def perform(self, effect):
                raise RuntimeError("an error of ours")

        made.desk = Desk(made.line.library, made.line.store, world=Broken())
        assert made.later(hours=2) is None
        assert "an error of ours" in caplog.text
        assert made.later(hours=1) is None
        assert made.text("c") == "<Message>Confirmed after 0.</Message>"


class TestEdits:
    def test_the_version_that_asked_goes_on(self, talk, load):
        made = talk()
        made.text("hi")
        made.line.library.publish(load(f=ASK.replace("Are you still there?", "New.")))
        made.later(hours=2)
        assert made.sent == ["Are you still there?"]

    def test_one_that_is_kept_no_more_is_told_once(self, talk, load, caplog):
        from engine.program.library import Library

        made = talk()
        made.text("hi")
        made.desk = Desk(
            Library(load(f=ASK.replace("Are you still there?", "New."))), made.line.store, world=made.world()
        )
        assert made.later(hours=2) is None
        assert "is not kept any more" in caplog.text
        assert made.sent == []
        assert made.later(hours=1) is None

    def test_one_that_the_store_has_is_found_there(self, talk, load):
        from engine.program.library import Library

        made = talk()
        made.text("hi")
        old = made.line.library.current
        asyncio.run(made.line.store.keep_version(old.version, old.sources))
        made.desk = Desk(
            Library(load(f=ASK.replace("Are you still there?", "New."))), made.line.store, world=made.world()
        )
        made.later(hours=2)
        assert made.sent == ["Are you still there?"]


class Killed(BaseException):
    """The process ends in the middle of a turn."""


class TestSeveralProcesses:
    def test_one_text_is_sent(self, talk):
        made = talk()
        made.text("hi")
        made.line.later(hours=2)
        others = [Desk(made.line.library, made.line.store, world=made.world()) for _ in range(5)]

        async def all_at_once():
            return await asyncio.gather(*[desk.follow_silence(KEY, made.line.at) for desk in others])

        came = asyncio.run(all_at_once())
        assert made.sent == ["Are you still there?"]
        assert [outcome is not None for outcome in came].count(True) == 1

    def test_one_that_dies_while_it_sends_is_not_repeated(self, talk, caplog):
        made = talk()
        made.text("hi")

        async def dies(effect):
            raise Killed

        alive, made.desk = made.desk, Desk(made.line.library, made.line.store, world=World({Reminder: dies}))
        with pytest.raises(Killed):
            made.later(hours=2)
        made.desk = alive
        assert made.later(seconds=12) is None, "it may still be at work"
        made.later(seconds=2)
        assert made.sent == []
        assert (
            "the text is not sent: the process that was at this stopped: whether it was done is not known"
            in caplog.text
        )
        assert made.text("c") == "<Message>Confirmed after 1.</Message>"

    def test_one_that_dies_before_it_sends_is_stood_in_for(self, talk):
        made = talk(
            "channel: messaging\nvars: {v: ''}\nsteps: {a: [{gather: {message: A?, branch: {yes: a, "
            "no_input: [{request: {url: 'https://shop.example.com/', save: v}}, {message: 'Found {{ v }}.'}]}}}]}"
        )
        made.text("hi")

        async def dies(effect):
            raise Killed

        alive, made.desk = made.desk, Desk(made.line.library, made.line.store, world=World({HttpCall: dies}))
        with pytest.raises(Killed):
            made.later(hours=4)
        made.desk, made.results = alive, [Result("200", {"body": "it", "status": 200, "headers": {}})]
        made.later(seconds=14)
        assert made.sent == ["Found it."]

    def test_a_message_that_is_being_answered_comes_first(self, talk):
        made = talk(
            "channel: messaging\nvars: {v: ''}\nsteps: {a: [{gather: {message: A?, branch: {no_input: [{message: Hello?}], "
            "else: [{request: {url: 'https://shop.example.com/', save: v}}, {message: 'Found {{ v }}.'}]}}}]}"
        )
        made.text("hi")
        made.line.later(hours=4)
        came = []

        async def looks(effect):
            came.append(await made.look())
            return Result("200", {"body": "it", "status": 200, "headers": {}})

        made.line.desk = Desk(made.line.library, made.line.store, world=World({HttpCall: looks}))
        assert made.text("yes") == "<Message>Found it.</Message>"
        assert came == [None]
        assert made.later(seconds=20) is None
        assert made.sent == []

    def test_a_message_whose_answer_was_lost_is_an_answer(self, talk):
        made = talk(
            "channel: messaging\nvars: {v: ''}\nsteps: {a: [{gather: {message: A?, branch: {no_input: [{message: Hello?}], "
            "else: [{request: {url: 'https://shop.example.com/', save: v}}, {message: 'Found {{ v }}.'}]}}}]}"
        )
        made.text("hi")

        async def dies(effect):
            raise Killed

        made.line.desk = Desk(made.line.library, made.line.store, world=World({HttpCall: dies}))
        with pytest.raises(Killed):
            made.text("yes")
        assert made.later(hours=4) is None
        assert made.later(hours=1) is None
        assert made.sent == []

    def test_a_message_waits_for_what_is_being_sent(self, talk):
        made = talk()
        made.text("hi")
        made.line.later(hours=2)

        async def story():
            sending, sent = asyncio.Event(), asyncio.Event()

            async def slow(effect):
                sending.set()
                await sent.wait()
                return Result("sent", {"sid": "SM1"})

            desk = Desk(made.line.library, made.line.store, world=World({Reminder: slow}))
            following = asyncio.ensure_future(desk.follow_silence(KEY, made.line.at))
            await sending.wait()
            answer = asyncio.ensure_future(made.line.hear("f", CallSid=None, MessageSid="SM7", Body="c"))
            await asyncio.sleep(0.1)
            assert not answer.done()
            sent.set()
            await following
            return (await answer).twiml

        assert asyncio.run(story()) == "<Message>Confirmed after 1.</Message>"

    def test_who_writes_after_a_stop_does_not_wait_for_what_was_being_sent(self, talk):
        made = talk()
        made.text("hi")
        made.line.later(hours=2)

        async def stops(effect):
            await made.line.hear("f", CallSid=None, MessageSid="SM7", Body="STOP")
            return Result("sent", {"sid": "SM1"})

        made.desk = Desk(made.line.library, made.line.store, world=World({Reminder: stops}))
        asyncio.run(made.look())
        assert made.session.pending == ()
        assert made.text("hi") == "<Message>Reply C or R.</Message>"

    def test_one_whose_turn_another_has_finished_does_not_count_its_text_for_the_next(self, talk):
        """Another one whose clock is ahead has given it up, and led to a question that nobody answers either."""
        made = talk(CIRCLE)
        made.text("hi")
        made.later(hours=1)
        made.line.later(hours=1)
        late = Claim("1st", {"text#1": Result("sent", {"sid": "SM1"})})
        program, session = made.line.library.current, made.session
        assert follow_silence(program, KEY, made.line.at, session, late) == (Followed(Outcome(b"")), session)
        made.later()
        assert made.sent == ["B?", "A?"]


def test_listeners_hear_of_it(talk):
    heard = []
    made = talk()
    made.desk = Desk(made.line.library, made.line.store, world=made.world(), listener=heard.append)
    made.text("hi")
    made.later(hours=2)
    (told,) = heard
    assert (told.request.flow, told.request.step, told.request.session_key) == ("f", "ask", KEY)
    kinds = [type(event).__name__ for event in told.outcome.trail]
    assert kinds == ["Took", "Set", "Said", "Asked"]
    assert (told.outcome.trail[0].compared, told.outcome.trail[-1].answer) == ("no_input", "sent")
