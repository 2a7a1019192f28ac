"""Silence in a conversation: `no_input` is followed at its time, once, and what it says is sent as texts."""

import asyncio
from datetime import timedelta

import pytest

from engine.runtime.desk import Desk
from engine.runtime.effects.effect import HttpCall, Reminder, Result, TextMessage
from engine.runtime.effects.world import World

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
