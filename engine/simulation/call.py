"""One simulated call: where it began, what was done in it, and the play of that."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from engine.phone import Conversation, NotNow
from engine.phone.discreet import masked
from engine.phone.phone import CALLER, NUMBER
from engine.phone.scripts.stubs import Ask, Stub
from engine.phone.scripts.write import title, written_call
from engine.program.program import Program
from engine.runtime.desk import Heard
from engine.simulation.acts import Act, Refused, Start
from engine.simulation.asking import read_answer
from engine.simulation.outside import Given, Outside
from engine.simulation.play import Done, Play
from engine.simulation.replay import sentence
from engine.testing.answered import answered_lines
from engine.testing.world import Exchange, answer_of

ACTS = 500  # of one call

# The clock in an expression: `now.hour`, `now | time`, `hours.desk.open`; not what a flow says ("Enter it now.").
_CLOCK = re.compile(r"\bhours(\.[a-z_]|\[)|\bnow\s*(\.[a-z_]|[|<>=+)}-])|[{(<>=]\s*now\b")


class Written(NamedTuple):
    """A call to a flow, with a name for it: `entry` writes it under the name that it gets."""

    flow: str
    name: str
    entry: Callable[[str], str]


class Call:
    """A call by its `name`. Any state of it is the play of what was `wanted`: only what is new in it is told to `outside.heard`.

    `replays` tells whether it is played again after a save; `replayed` what came of that last.
    """

    def __init__(
        self, name: str, start: Start, program: Program, outside: Outside, seed: int, given: tuple[Stub, ...] = ()
    ) -> None:
        self.name, self.start, self.seed = name, start, seed
        self._outside = outside
        self.replays = True
        self.replayed: dict[str, Any] | None = None
        self._given = given
        self._wanted: Sequence[Done] = ()  # what a replay is to do, as long as nothing else was done since
        self._heard = 0  # turns that were told
        self._over = False  # which was told, too
        self.play = self._new(program)

    @property
    def key(self) -> str:
        """What its session is kept under: its SID; of a conversation its two numbers."""
        if isinstance(self.play.story, Conversation):
            return f"{self.start.from_}>{self.start.to}"
        return self.play.story.sid

    @property
    def saved(self) -> str:
        """When the version that the call is in went live."""
        return self._outside.saved(self.play.house.program.version)

    @property
    def may_send(self) -> bool:
        """Whether the world can really be asked what it is asked now."""
        pending = self.play.pending
        return self._outside.ask is not None and pending is not None and self._outside.may_ask(pending)

    def given_by_scripts(self) -> Iterable[Given]:
        """What scripts of calls to its flow give in place of the world."""
        return self._outside.given(self.start.flow) if self.play.pending is not None else ()

    def begin(self) -> None:
        """The call comes in."""
        self.play.begin()
        self._tell_end()

    def act(self, act: Act, program: Program) -> None:
        """Does something. Raises Refused where it cannot be done."""
        match act.kind:
            case "set_replay":
                self.replays = bool(act.value)
            case "replay":
                self.replay(program)
            case "back":
                self._back()
            case "answer":
                self._answer(act)
            case "send":
                self._send()
            case _:
                self._do(act, program)
        self._tell_end()

    def touched(self, program: Program) -> bool:
        """Whether a flow of the call is another one in this version."""
        now = self.play.house.program
        if program.version == now.version:
            return False
        flows = self.play.flows
        first = self.play.begun_in
        return any(
            program.flows.get(name) is not (first if self.replays else _bare(self.play)).flows.get(name)
            for name in flows
        )

    def replay(self, program: Program) -> None:
        """Does all of it again in a version, to the same place or to where the path ends."""
        wanted = tuple(self._wanted or self.play.done)
        flow = program.flows.get(self.start.flow)
        if flow is None or (self.start.step and self.start.step not in flow.steps):
            gone = f"{self.start.flow}/{self.start.step}".rstrip("/")
            self.replayed = {"of": len(wanted), "done": 0, "sentence": f"{gone} no longer exists."}
            return
        play = self._fresh(program)
        ahead = [replace(one, program=program) for one in wanted]
        asked = self.play.pending.line if self.play.pending is not None else ""
        whole = play.begin(ahead, recall=True)
        if play.lost is not None:  # the call is where that key was pressed
            done = play.done[: play.lost]
            play = self._fresh(program)
            play.begin(done)
        elif play.pending is not None and play.pending.line != asked:
            whole = False
        self.play, self._wanted = play, wanted
        acts = [one for one in wanted if not one.is_answer]
        done = [one for one in play.done if not one.is_answer]
        self.replayed = {"of": len(acts), "done": len(done), "sentence": sentence(play, wanted, whole=whole)}
        self._tell_end()

    def written(self) -> "Written":
        """The call as a script has it."""
        start = self.start
        # Recordings and the like get the names that they get where a script is played.
        play = Play(start, self.play.begun_in, self._outside.folder, 0, lambda heard, program, took: None, self._given)
        play.begin(self.play.done)
        story = play.story
        flow = self.play.house.program.flows[start.flow]
        takes = {name: _text(one) for name, one in start.vars.items() if name in {*self._takes(), *flow.takes}}
        known: list[tuple[str, Any]] = [
            ("from", start.from_ if start.from_ != CALLER else ""),
            ("to", start.to if start.to != NUMBER else ""),
            ("at", start.at.isoformat(timespec="minutes") if start.at and (start.timed or self._tells_time()) else ""),
            ("step", start.step),
            ("channel", start.channel if len(flow.channels) > 1 else ""),
            ("params", dict(start.params)),
            ("takes", takes),
        ]
        given = [(name, value) for name, value in known if value]
        world = answered_lines(play.house, story)
        moments = masked(story.moments, play.mask)
        return Written(start.flow, title(moments), lambda name: written_call(name, moments, given, world))

    def _tells_time(self) -> bool:
        """Whether a flow of the call may go otherwise at another time."""
        names = self.play.flows
        flows = self.play.house.program.flows
        return any(_CLOCK.search(flows[name].source.text) for name in names if name in flows)

    def _takes(self) -> frozenset[str]:
        flow = self.play.begun_in.flows.get(self.start.flow)
        return frozenset((*flow.required, *flow.takes)) if flow else frozenset()

    def _do(self, act: Act, program: Program) -> None:
        if self.play.pending is not None and act.kind != "hang_up":
            raise Refused("The flow waits for the world: answer that first, or go back.")
        if self.play.over:
            raise Refused("The call is over. Go back one turn, or call again.")
        if len(self.play.done) >= ACTS:
            raise Refused(f"A simulated call has at most {ACTS} turns.")
        before = self.play.story.length
        try:
            self.play.do(act, program)
        except (NotNow, Refused) as now:
            if self.play.story.length != before:  # a part of it was done
                self._again(self.play.done)
            raise Refused(_sentence(str(now))) from None
        self._wanted, self.replayed = (), None

    def _answer(self, act: Act) -> None:
        if self.play.pending is None:
            raise Refused("The flow asks nothing of the world now.")
        read = read_answer(self.play, act.value)
        effect = self.play.pending
        if isinstance(read, tuple):
            self._given = (*read, *self._given)
            self._again(self.play.done)
        else:
            self._again([*self.play.done, Done(act, self.play.house.program, effect.line, read)])

    def _send(self) -> None:
        effect = self.play.pending
        if effect is None:
            raise Refused("The flow asks nothing of the world now.")
        if self._outside.ask is None or not self._outside.may_ask(effect):
            raise Refused(f"This {effect.spec.name} cannot be sent from here; answer it by hand.")
        result = self._outside.ask(effect)
        answer = answer_of(Exchange(Ask(effect.spec.name, effect.line, ""), result))
        self._again([*self.play.done, Done(Act("send"), self.play.house.program, effect.line, answer)])

    def _back(self) -> None:
        done = list(self.play.done)
        while done and done[-1].is_answer:
            done.pop()
        if not done:
            raise Refused("The call begins here: there is nothing to go back to.")
        last = done.pop()
        if self.play.pending is not None or self._moved_on(last):
            while done and _is_key(done[-1]) and _is_key(last) and done[-1].question == last.question:
                done.pop()  # the keys of one answer, pressed one by one
        self._again(done)
        self._wanted, self.replayed = (), None

    def _moved_on(self, last: Done) -> bool:
        return len(self.play.desktop.heards) > last.question

    def _again(self, done: Sequence[Done]) -> None:
        """Plays what was done once more, in the versions that it was done in."""
        if len(done) > ACTS:
            raise Refused(f"A simulated call has at most {ACTS} turns.")
        same = len(self.play.done)
        told = self._heard if [*done[:same]] == [*self.play.done] else 0
        play = self._fresh(self.play.begun_in, told)
        play.begin(done)
        self.play = play

    def _fresh(self, program: Program, told: int = 0) -> Play:
        """A new play, of which so many turns were told already."""
        if not told:
            assert self.start.at is not None, "a call begins at a time"
            self._outside.forget(self.key, self.start.at)
            self._over = False
        self._heard, self._skip = told, told
        return self._new(program)

    def _new(self, program: Program) -> Play:
        self._skip = self._heard
        return Play(self.start, program, self._outside.folder, self.seed, self._tell, self._given)

    @property
    def known(self) -> str:
        """What it is known by where calls are kept."""
        return self._outside.known(self.key)

    def _tell_end(self) -> None:
        """Tells once that the call is over, and who ended it."""
        if self.play.over and not self._over:
            self._outside.ended(self.key, {"caller": "caller", "callee": ""}.get(self.play.ended_by, "flow"))
        self._over = self.play.over

    def _tell(self, heard: Heard, program: Program, took: float) -> None:
        if self._skip:
            self._skip -= 1
            return
        self._heard += 1
        self._outside.heard(heard, program, took)


def _bare(play: Play) -> Program:
    """The version that the call was in last, without values of its own."""
    return play.done[-1].program if play.done else play.begun_in


def _is_key(one: Done) -> bool:
    return one.act.kind == "press" and len(one.act.text) == 1


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
