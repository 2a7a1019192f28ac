"""Plays the turns of one call on the telephone: does what is done, and looks at what is expected."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from engine.diagnostics import Span
from engine.grammar.fields.duration import shown
from engine.grammar.optout import opts_out
from engine.phone.call import PhoneCall
from engine.phone.conversation import Conversation
from engine.phone.course import KINDS, PATIENCE, NotNow, elsewhere
from engine.phone.events import (
    Bridged,
    Dialled,
    Did,
    Event,
    Heard,
    HungUp,
    Limit,
    Lost,
    Played,
    Requested,
    Waiting,
    Warned,
)
from engine.phone.phone import CALLER, NUMBER, Phone
from engine.phone.scripts import script
from engine.phone.scripts.ahead import LATER, begun_by_flow, told_next, verb_told
from engine.phone.scripts.later import IN_ALL
from engine.phone.scripts.outcomes import WORKS
from engine.phone.scripts.reader import shortened
from engine.phone.scripts.script import CallKind, CallScript, Turn
from engine.phone.scripts.stubs import Ask, Stub, ends_written_as_paths, hint
from engine.phone.scripts.words import fold
from engine.phone.story import Story
from engine.phone.tape import Side
from engine.phone.transport import encode, origin

_NOUNS = {"dial": "conference"}
ASKED = 200  # letters of what a flow asks that a message repeats


class Project(Protocol):
    """What scripts are played against: telephones that ring its flows, and what it knows of their calls."""

    def phone(self, at: datetime | None = None, *, stubs: Sequence[Stub] = ()) -> Phone: ...
    def entry(self, flow: str) -> str: ...
    def channels(self, flow: str) -> Collection[str]: ...
    def steps(self, story: Story, side: Side | None = None) -> tuple[str, ...]: ...
    def variables(self, story: Story) -> Mapping[str, object]: ...
    def asked(self, story: Story) -> Sequence[Ask]: ...
    def unanswered(self, story: Story) -> Sequence[tuple[Ask, str]]: ...
    def idle(self, story: Story) -> Sequence[Stub]: ...
    @property
    def faults(self) -> Sequence[object]: ...


class Amiss(Exception):
    """The call goes otherwise than its script says: in a title, a few words beside the place, and facts.

    `span` is the place if it is only a part of what the turn says.
    """

    def __init__(self, title: str, *notes: str, label: str = "", span: Span | None = None) -> None:
        super().__init__(title)
        self.title, self.notes, self.label, self.span = title, notes, label, span


class Player:
    """One call under way.

    `story` is the call or the conversation, `last` the turn that did something last ("" for the ring itself), `since`
    what has happened since then, `behind` how far of what is heard has been expected, `left` the foreign address the
    call has gone to.
    """

    def __init__(self, project: Project, flow: str, call: CallScript, kind: CallKind | None = None) -> None:
        self.project, self.flow, self.call = project, flow, call
        self.last, self.behind, self.left = "", 0, ""
        self._mark, self._checked, self._asked = 0, 0, 0
        self._told = dict.fromkeys(call.given.outcomes, 0)
        _ = project.faults  # those of other calls
        given = call.given
        address = project.entry(flow) + (f"/{given.step}" if given.step else "")
        if given.entry:
            address += f"?{encode(tuple(given.entry.items()))}"
        from_, to = given.from_ or CALLER, given.to or NUMBER
        phone = project.phone(given.at, stubs=given.stubs)
        self.story: PhoneCall | Conversation
        if (kind or call.kind(project.channels(flow))) == "conversation":
            if begun_by_flow(call.turns):
                # What somebody writes comes in at the number's own address, wherever the flow began.
                self.story = phone.write(project.entry(flow), from_, to, params=given.params).begin(address)
            else:
                self.story = phone.write(address, from_, to, params=given.params)
        else:
            self.story = phone.ring(address, from_, to, params=given.params)

    # What is known

    @property
    def since(self) -> tuple[Event, ...]:
        return tuple(moment.event for moment in self.story.after(self._mark))

    @property
    def asked(self) -> Sequence[Ask]:
        """What the flow has asked of the world since the last act."""
        return self.project.asked(self.story)[self._asked :]

    @property
    def asked_before(self) -> Sequence[Ask]:
        """What it has asked before that."""
        return self.project.asked(self.story)[: self._asked]

    def heard(self, side: Side) -> tuple[Event, ...]:
        """What one side heard, or was sent, since the last act."""
        return tuple(one.event for one in self.story.after(self._mark) if one.side == side)

    @property
    def waiting(self) -> Waiting | None:
        return self.story.waiting_for if isinstance(self.story, PhoneCall) else None

    @property
    def over(self) -> bool:
        return isinstance(self.story, PhoneCall) and self.story.over

    @property
    def kept_by_twilio(self) -> str:
        """The message that was written last, if Twilio answers it by itself (STOP, HELP, and other words for them); else ""."""
        story = self.story
        if not isinstance(story, Conversation) or ":" in (self.call.given.from_ or ""):  # of no other channel
            return ""
        did = next((event for event in reversed(story.events) if isinstance(event, Did)), None)
        return did.words.strip() if did is not None and did.act == "text" and opts_out(did.words) else ""

    # What is done

    def act(self, turn: Turn, side: Side, ahead: Sequence[Turn]) -> None:
        """Does what a turn does. Raises Amiss where it cannot be done, or something goes wrong on the way."""
        sounds = self.heard(side)
        self._begin(turn.key, turn)
        try:
            self._do(turn, side, sounds)
        except NotNow as now:
            raise Amiss(f"`{turn.key}` cannot happen here: {now}", *self._advice(turn)) from None
        # What is interrupted takes back what was never heard: the call is then shorter than it was.
        self._mark, self._checked = min(self._mark, self.story.acted), min(self._checked, self.story.acted)
        self.settle(ahead)

    def settle(self, ahead: Sequence[Turn]) -> None:
        """Lets happen what was given in advance, unless the script itself goes on to tell it; then looks for trouble."""
        call = self.story
        told = told_next(ahead)
        for _ in range(PATIENCE):
            if not isinstance(call, PhoneCall) or call.over or call.side != "caller" or call.waiting_for is None:
                break
            verb = KINDS[type(call.waiting_for)]
            outcomes = self.call.given.outcomes.get(verb, ())
            if not outcomes or told in (verb, LATER) or isinstance(call.waiting_for, Bridged):
                break
            count = self._told[verb]
            self._told[verb] += 1
            try:
                call.settle(outcomes[min(count, len(outcomes) - 1)])
            except NotNow as now:
                raise Amiss(f"what is given for `{verb}` cannot happen: {now}") from None
        self.check()

    def finish_talk(self) -> None:
        """Lets two who talk come to an end, as the script goes on to something else."""
        if isinstance(self.story, PhoneCall) and isinstance(self.waiting, Bridged):
            self._begin("picks_up")
            self.story.dial("completed")
            self.check()

    def check(self) -> None:
        """Raises Amiss for what goes wrong without any turn speaking of it."""
        faults = self.project.faults
        for ask, why in self.project.unanswered(self.story)[:1]:
            others = [stub.words for stub in self.project.idle(self.story) if stub.kind == ask.kind]
            notes = [f"it asks: {asked_line(ask)}", *([why] if why else [])]
            notes += [f"given, and not asked so far: {', '.join(map(shortened, others))}"] if others else []
            notes += ends_written_as_paths(ask, others)
            raise Amiss(f"the script has no answer to a `{ask.kind}` of the flow", *notes, hint(ask))
        if faults:
            raise Amiss(f"a step has a fault: {faults[0]}")
        new, self._checked = self.story.after(self._checked), self.story.length
        foreign = ""
        for event in (moment.event for moment in new):
            if isinstance(event, Requested):
                foreign = event.url if not event.status and self._foreign(event.url) else ""
            elif isinstance(event, Warned) and event.error:
                if not foreign:
                    raise Amiss(f"Twilio would report error {event.code}: {event.text}")
                self.left = foreign if self._ended("error") else self.left
            elif isinstance(event, Lost):
                raise Amiss(f"`{shortened(event.words)}` is lost: {event.why}")
            elif isinstance(event, Limit):
                raise Amiss(f"the telephone gives up: {event.reason}")

    def _begin(self, key: str, turn: Turn | None = None) -> None:
        """What is heard is heard since now."""
        said = shortened(turn.span.text) if turn else ""
        self.last = key if said in ("", key) else f"{key}: {said}"
        self._mark, self.behind = self.story.length, 0
        self._asked = len(self.project.asked(self.story))

    def _do(self, turn: Turn, side: Side, sounds: Sequence[Event] = ()) -> None:
        """Does what a turn does; `sounds` are those that can be interrupted."""
        story = self.story
        if isinstance(turn, script.Later) and story.now + turn.seconds > IN_ALL:
            raise NotNow(f"all turns of a call pass at most {shown(IN_ALL)}")
        if isinstance(story, Conversation):
            if isinstance(turn, script.Later):
                story.later(turn.seconds)
                return
            if not isinstance(turn, script.Write):  # tests in Python meet this; the reader lets none into a script
                raise NotNow("this flow answers messages: write one with `text`")
            story.text(turn.body)
            return
        where = story.callee if side == "callee" else story
        match turn:
            case script.Press(keys=keys, during=during):
                where.press(keys, during=_interrupted(during, sounds))
            case script.Say(words=words, during=during):
                where.say(words, during=_interrupted(during, sounds))
            case script.Silence(times=times):
                for _ in range(times):
                    where.silence()
            case script.HangUp():
                where.hang_up()
            case script.PickUp(who=who):
                story.pick_up(self._index(who))
            case script.Talk(seconds=seconds):
                if not isinstance(story.waiting_for, Bridged):
                    raise NotNow("nobody talks with the caller")
                story.dial("completed", seconds=seconds)
            case script.Later(seconds=seconds):
                story.later(seconds)
            case script.Record(seconds=seconds, ending=ending):
                key = "" if ending in ("hangup", "silence") else ending
                story.record(seconds, key=key, hangup=ending == "hangup")
            case script.Outcome(verb="enqueue", outcome=outcome) if outcome not in ("silence", "hangup"):
                story.queue(outcome, extra=dict(turn.params))  # also while a document of the queue asks something
            case script.Write():
                raise NotNow("this flow answers calls: what a caller says is `say`")
            case script.Outcome(verb=verb, outcome=outcome):
                waiting = story.waiting_for
                # A conference is dialled: Twilio tells of it as DialCallStatus.
                if waiting is not None and KINDS[type(waiting)] not in (verb, _NOUNS.get(verb)):
                    raise NotNow(elsewhere(waiting, verb))
                story.settle(outcome, dict(turn.params))
            case _:
                raise AssertionError(f"`{turn.key}` does something, and nobody says what")

    def _index(self, who: str) -> int:
        """Which of those who are dialled it is."""
        if not who or not isinstance(self.waiting, Dialled):
            return 0
        for index, target in enumerate(self.waiting.targets):
            if target.address.partition(":")[2] == who or target.address == who:
                return index
        raise NotNow(f"it rings at {self.waiting.to}")

    def _advice(self, turn: Turn) -> tuple[str, ...]:
        waiting, meant = self.waiting, verb_told(turn)
        if waiting is not None and meant and (here := KINDS[type(waiting)]) in WORKS and here != meant:
            return (f"write  {WORKS[here]}",)
        if isinstance(self.story, PhoneCall) and self.story.side == "callee" and not self.over:
            return ("somebody who was dialled is being asked something: what they do stands in `picks_up`",)
        return ()

    def _foreign(self, url: str) -> bool:
        """Whether an address is none of the server's that the call began with."""
        return origin(urlsplit(url)) != origin(urlsplit(self.story.requests[0].url))

    def _ended(self, by: str) -> bool:
        return self.over and any(isinstance(event, HungUp) and event.by == by for event in self.story.events)


def asked_line(ask: Ask) -> str:
    """What is asked, on a line of a note."""
    line = " ".join(ask.shown.split())
    return line if len(line) <= ASKED else line[: ASKED - 1] + "…"


def _interrupted(words: str, sounds: Sequence[Event]) -> str:
    """The sound that is heard when somebody presses or says something in the middle of it; "" for none."""
    if not words:
        return ""
    for sound in sounds:
        said = sound.text if isinstance(sound, Heard) else sound.named if isinstance(sound, Played) else ""
        if said and fold(words) in fold(said):
            return said
    raise NotNow(f"`{shortened(words)}` is not heard before it")
