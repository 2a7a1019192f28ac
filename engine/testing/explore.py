"""Random callers, the same for the same seed, and what goes wrong for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from engine.model.parts import Subflow
from engine.phone import Conversation, NotNow, PhoneCall, transcript
from engine.phone.events import Asked, Dialled
from engine.phone.phone import CALLER
from engine.phone.scripts.stubs import Answer
from engine.phone.scripts.write_stubs import stubs_of
from engine.runtime.effects.effect import Effect
from engine.testing.answers import Answers
from engine.testing.choices import Choices
from engine.testing.moves import Move, Start, Told, begin, make, script
from engine.testing.project import Project
from engine.testing.trouble import LOST, Trouble, Watch

MOVES = 30  # of one caller, who hangs up then
REPLAYS = 200  # to make the call of one failure shorter
NAME = 120  # letters of the name of a failing call
KEYS = "0123456789*#"
RANDOM = 0.25  # of the moves are anybody's, the others those that a branch speaks of

# Callers who withhold their number, call over SIP or from a browser, or have an odd one.
CALLERS = (CALLER, CALLER, CALLER, "anonymous", "+266696687", "sip:ann@example.com", "client:Ann", "+4930123456")

HOSTILE = (
    "<Say>hello</Say>",
    "]]> & \" ' <!-- -->",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "' or '1' = '1",
    "999999999999999999999999",
    "-1",
    "0",
    "null",
    "two\nlines",
    "\u202eright to left",
    "naïve café",
    "\U0001f600",
    "\x0b\x1b[2J",
    "٣",
    "yes no maybe",
    "a" * 1600,  # Twilio takes no longer message
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong for a random caller: the shortest call found that shows it, and how many callers met it."""

    trouble: Trouble
    told: Told
    transcript: str
    callers: int = 1

    @property
    def script(self) -> str:
        """A call script that replays it."""
        return script(self.told.start.flow, [self.told])


@dataclass(frozen=True, slots=True)
class Exploration:
    """What came of exploring: how many calls and moves were made, the different failures in the order they were found, and what
    was taken (steps and exits by their ids)."""

    calls: int
    moves: int
    failures: tuple[Failure, ...]
    taken: frozenset[str]


def explore(
    project: Project,
    calls: int,
    seed: int = 0,
    flows: Iterable[str] = (),
    given: Mapping[str, Iterable[Mapping[str, str]]] | None = None,
) -> Exploration:
    """Lets random callers call the flows in turn: `calls` in all, the same for the same seed.

    By default these are all but those that others call as subflows: who fails there, or what they are given, is the others' care.
    `given` is what scripts give the flows that they call (see `Choices`): no caller changes that.
    """
    names = tuple(flows) or _rung(project)
    kept = {flow: frozenset(name for takes in all_ for name in takes) for flow, all_ in (given or {}).items()}
    choices, world = Choices(project, given), Answers(project.program.flows.values())
    failures: dict[tuple[str, str], Failure] = {}
    taken: set[str] = set()
    moves = 0
    for number in range(calls if names else 0):
        flow = names[number % len(names)]
        caller = _Caller(project, choices, world, flow, Random(f"{seed} {number}"), kept.get(flow, frozenset()))
        caller.call()
        moves += len(caller.moves)
        taken.update(project.steps(caller.story), project.exits(caller.story))
        for trouble in caller.troubles:
            if trouble.kind == LOST:
                continue  # the caller's doing
            known = failures.get(trouble.sign)
            if known is not None:
                failures[trouble.sign] = replace(known, callers=known.callers + 1)
            else:
                failures[trouble.sign] = _shown(project, trouble, caller.answered_start, caller.moves)
    return Exploration(calls if names else 0, moves, tuple(failures.values()), frozenset(taken))


def _rung(project: Project) -> tuple[str, ...]:
    """The flows that no other calls as a subflow; all of them if there is none."""
    flows = project.program.flows
    called = {
        one.flow
        for flow in flows.values()
        for one in flow.graph.instructions
        if isinstance(one, Subflow) and one.flow != flow.name
    }
    return tuple(name for name in flows if name not in called) or tuple(flows)


class _Caller:
    """One random caller in a random world: `moves` are those that were made, `troubles` what they came to."""

    def __init__(
        self, project: Project, choices: Choices, world: Answers, flow: str, random: Random, kept: frozenset[str]
    ) -> None:
        """`kept` are the names of what the flow takes and nobody changes."""
        self._kept = kept
        self._project, self._choices, self._flow, self._random = project, choices, flow, random
        self._world = world
        self._answers: list[Answer] = []
        self.start = self._comes_in()
        self.moves: tuple[Move, ...] = ()
        self.troubles: tuple[Trouble, ...] = ()

    def call(self) -> None:
        _ = self._project.faults
        self.story = begin(self._project, self.start, self._improvise)
        watch = Watch(self._project, self.story)
        self.troubles = watch.look()
        while not self.troubles and not watch.left and len(self.moves) < MOVES:
            move = self._move()
            if move is None:
                break
            try:
                make(self.story, move)
            except NotNow:
                break
            self.moves += (move,)
            self.troubles = watch.look()

    @property
    def answered_start(self) -> Start:
        """How the call came in, with what the world answered in it."""
        asked = tuple(zip(self._project.asked(self.story), self._answers, strict=True))
        return replace(self.start, stubs=stubs_of(asked)) if asked else self.start

    def _improvise(self, effect: Effect) -> Answer:
        self._answers.append(self._random.choice(self._world.of(effect)))
        return self._answers[-1]

    def _comes_in(self) -> Start:
        random = self._random
        start = random.choice(self._choices.starts(self._flow))
        if start.from_ == CALLER:
            start = replace(start, from_=random.choice(CALLERS))
        if random.random() < RANDOM:
            start = replace(start, params={**start.params, "CallerName": random.choice(HOSTILE)})
        if start.takes and random.random() < RANDOM:
            hostile = {name: random.choice(HOSTILE) for name in start.takes if name not in self._kept}
            start = replace(start, takes={**start.takes, **hostile})
        return start

    def _move(self) -> Move | None:
        random, story = self._random, self.story
        if isinstance(story, Conversation):
            if random.random() < 0.1:
                return None
            return Move("text", random.choice(HOSTILE)) if random.random() < RANDOM else self._known()
        if story.over:
            return None
        if random.random() < 0.03:
            return Move("hangup", "", story.side)
        waiting = story.waiting_for
        if random.random() < RANDOM:
            if isinstance(waiting, Asked):
                return self._anything(waiting)
            if isinstance(waiting, Dialled):
                return Move("answers", random.choice(("busy", "no-answer", "failed", "canceled")))
        return self._known()

    def _known(self) -> Move | None:
        known = self._choices.at(self.story, self._flow)
        return self._random.choice(known) if known else None

    def _anything(self, asked: Asked) -> Move:
        """Keys or words that nobody planned for, as far as the question takes them."""
        random = self._random
        side = self.story.side if isinstance(self.story, PhoneCall) else "caller"
        words = any(kind.startswith("speech") for kind in asked.input)
        if words and ("dtmf" not in asked.input or random.random() < 0.5):
            return Move("say", random.choice((*HOSTILE, *(hint for hint in asked.hints if hint))), side)
        allowed = [key for key in KEYS if key not in asked.finish_on_key]
        length = random.randint(1, asked.num_digits or random.choice((1, 1, 2, 4, 12, 40)))
        return Move("press", "".join(random.choice(allowed) for _ in range(length)), side)


def _shown(project: Project, trouble: Trouble, start: Start, moves: tuple[Move, ...]) -> Failure:
    """The failure, in a call that is as plain and short as a few replays can make it."""
    plain = Start(start.flow, takes=start.takes, texts=start.texts, stubs=start.stubs)
    for plainer in (plain, replace(start, params={})):
        if plainer != start and _meets(project, trouble, plainer, moves):
            start = plainer
            break
    moves = _shortened(project, trouble, start, moves)
    story, _ = _played(project, start, moves)
    idle = project.idle(story)
    start = replace(start, stubs=tuple(stub for stub in start.stubs if stub not in idle))
    told = Told(" ".join(str(trouble).split())[:NAME], start, moves)
    return Failure(trouble, told, transcript(story.moments))


def _shortened(project: Project, trouble: Trouble, start: Start, moves: tuple[Move, ...]) -> tuple[Move, ...]:
    """The moves without any that can be left out, in a row: a long detour first."""
    replays, size = 0, len(moves)
    while size:
        for at in reversed(range(len(moves) - size + 1)):
            shorter = moves[:at] + moves[at + size :]
            replays += 1
            if _meets(project, trouble, start, shorter):
                moves = shorter
                break
            if replays == REPLAYS:
                return moves
        else:
            size -= 1
        size = min(size, len(moves))
    return moves


def _meets(project: Project, trouble: Trouble, start: Start, moves: Sequence[Move]) -> bool:
    return any(other.sign == trouble.sign for other in _played(project, start, moves)[1])


def _played(
    project: Project, start: Start, moves: Sequence[Move]
) -> tuple[PhoneCall | Conversation, tuple[Trouble, ...]]:
    """A call again, up to the first trouble."""
    _ = project.faults
    story = begin(project, start)
    watch = Watch(project, story)
    troubles = watch.look()
    for move in moves:
        if troubles:
            break
        try:
            make(story, move)
        except NotNow:
            break
        troubles = watch.look()
    return story, () if project.unanswered(story) else troubles  # of a world that answers nothing little is known
