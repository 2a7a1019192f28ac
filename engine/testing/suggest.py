"""Finds for each step and exit that no call has taken the shortest way to it, by really playing the flows."""

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.phone import Conversation, NotNow, PhoneCall
from engine.phone.events import Bridged, Requested, Waiting
from engine.phone.leg import APOLOGY
from engine.phone.scripts.stubs import Answer
from engine.phone.scripts.write import quoted
from engine.phone.scripts.write_stubs import stubs_of
from engine.runtime.effects.effect import Effect
from engine.testing.answers import Answers
from engine.testing.choices import Choices
from engine.testing.coverage import Coverage, Place, reached
from engine.testing.moves import Move, Start, Told, begin, make, plain, script
from engine.testing.project import Project
from engine.testing.trouble import Watch

MOVES = 16  # of one call
ANSWERS = 16  # of the world, in one call
TURNS = 8_000  # moves that are played in the search of one flow
WORDS = 60  # letters of what is heard that a suggestion expects
ENDS = {"flow": "hangup", "end": "hangup", "caller": "caller", "reject": "rejected", "busy": "busy"}

_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A call that takes places which no other took; `told` can be written down."""

    places: tuple[Place, ...]
    told: Told


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The calls that take what was missing, and what no call was found for.

    `complete` is false if the search of a flow was given up at a limit: then what is unreached may be reachable.
    """

    found: tuple[Suggestion, ...]
    unreached: tuple[Place, ...]
    complete: bool = True

    @property
    def scripts(self) -> dict[str, str]:
        """The text of a call script for each flow that there is something to suggest for."""
        flows: dict[str, list[Told]] = {}
        for suggestion in self.found:
            flows.setdefault(suggestion.told.start.flow, []).append(suggestion.told)
        return {flow: script(flow, calls) for flow, calls in flows.items()}

    @property
    def regrets(self) -> str:
        """What was not reached, one line each; "" if there is nothing."""
        if not self.unreached:
            return ""
        why = "" if self.complete else ", within the limits of the search"
        lines = [f"no call was found that takes{why}:"]
        return "\n".join([*lines, *(f"  {place.where}  {_name(place)}" for place in self.unreached)])


def suggest(
    project: Project,
    coverage: Coverage,
    flows: Iterable[str] = (),
    given: Mapping[str, Iterable[Mapping[str, str]]] | None = None,
) -> Suggestions:
    """A call for each step and exit that is missing in `coverage`; one call may take several.

    They are calls to `flows`, by default to any; `given` is what scripts give the flows that they call (see `Choices`).
    """
    missing = {place.id: place for place in (*coverage.missing_exits, *coverage.missing_steps)}
    ways: dict[str, _Way] = {}
    complete, choices, world = True, Choices(project, given), Answers(project.program.flows.values())
    led_to = reached(project.program)
    hopeful = {id_ for id_, place in missing.items() if place.in_always or f"{place.flow}/{place.step}" in led_to}
    # The flows with something missing first: what is missing in one may also be reached by way of another.
    lacking = dict.fromkeys(place.flow for place in missing.values())
    called = tuple(flows) or (*lacking, *(flow for flow in project.program.flows if flow not in lacking))
    for flow in called:
        wanted = missing.keys() - ways.keys()
        if not wanted & hopeful:
            break
        search = _Search(project, choices, world, wanted, wanted & hopeful)
        search.run(flow)
        ways.update(search.found)
        complete = complete and not search.given_up
    found: list[Suggestion] = []
    taken: set[str] = set()
    for id_, place in missing.items():
        if id_ in taken or id_ not in ways:
            continue
        way = ways[id_]
        new = tuple(missing[other] for other in missing if other in way.takes and other not in taken)
        taken |= way.takes
        told = Told(f"takes {_name(place)}, line {place.line}", way.start, way.moves, way.expected)
        found.append(Suggestion(new, told))
    unreached = tuple(place for id_, place in missing.items() if id_ not in ways)
    return Suggestions(tuple(found), unreached, complete or not unreached)


def expectations(story: PhoneCall | Conversation, left: str = "") -> tuple[str, ...]:
    """What a script may expect of a call as it stands now: the first words heard since the last move, and how it ended.

    `left` is the foreign address that it has gone to.
    """
    lines: list[str] = []
    talking = isinstance(story, PhoneCall) and isinstance(story.waiting_for, Bridged)
    words = next((" ".join(text.split()) for text in story.heard if text.strip() and text != APOLOGY), "")
    if words and not talking and not words.startswith("/"):
        lines.append(f"hear: {plain(_beginning(words))}")
    if left:
        lines.append(f"leaves: {quoted(left.partition('?')[0])}")
    elif isinstance(story, PhoneCall) and story.over and story.ended_by in ENDS:
        lines.append(f"ends: {ENDS[story.ended_by]}")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a call goes, what it takes, and what can be expected of it."""

    start: Start
    moves: tuple[Move, ...]
    takes: frozenset[str]
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Course:
    """What happens in a call: how it comes in, what is done in it, and what the world answers, one thing after another."""

    start: Start
    moves: tuple[Move, ...] = ()
    answers: tuple[Answer, ...] = ()

    def after(self, move: Move) -> "_Course":
        return replace(self, moves=(*self.moves, move))

    def answered(self, answer: Answer) -> "_Course":
        return replace(self, answers=(*self.answers, answer))


class _Search:
    """Breadth first through the states of the calls that come in at one flow."""

    def __init__(
        self, project: Project, choices: Choices, world: Answers, wanted: Iterable[str], hopeful: Iterable[str]
    ) -> None:
        """`wanted` is what is looked for, `hopeful` that part of it which the search goes on for; `world` knows what can be answered."""
        self._project, self._choices, self._world = project, choices, world
        self._wanted, self._hopeful = set(wanted), set(hopeful)
        self.found: dict[str, _Way] = {}
        self.given_up = False
        self._turns = 0

    def run(self, flow: str) -> None:
        """Looks for calls that come in at a flow: at first as if a state had no past, then from each start by itself, since how a
        call came in (when, from whom) may matter later."""
        starts = self._choices.starts(flow)
        self._run(flow, starts, TURNS)
        for start in starts:
            if self._hopeful and len(starts) > 1:
                self._run(flow, (start,), self._turns + TURNS // len(starts))

    def _run(self, flow: str, starts: Iterable[Start], most: int) -> None:
        seen: set[str] = set()
        ahead: deque[_Course] = deque(map(_Course, starts))
        while ahead and self._hopeful:
            if self._turns > most:
                self.given_up = True
                return
            course = ahead.popleft()
            found = self._play(course)
            if found is None:
                continue
            if len(course.moves) == MOVES or len(course.answers) == ANSWERS:
                self.given_up = True
            elif isinstance(found, PhoneCall | Conversation):
                state = _state(self._project, found)
                if state not in seen:
                    seen.add(state)
                    ahead.extend(course.after(move) for move in self._choices.at(found, flow))
            else:
                ahead.extend(course.answered(answer) for answer in self._world.of(found))

    def _play(self, course: "_Course") -> PhoneCall | Conversation | Effect | None:
        """Plays a call, and keeps the way if it takes something wanted; what it asks of the world and is not answered; None if
        something goes wrong in it, or it ends outside."""
        self._turns += len(course.moves) + 1
        _ = self._project.faults
        answers, unanswered = list(course.answers), list[Effect]()

        def improvise(effect: Effect) -> Answer | None:
            if not answers:
                unanswered.append(effect)
            return answers.pop(0) if answers else None

        story = begin(self._project, course.start, improvise)
        try:
            for move in course.moves:
                if unanswered:
                    break
                make(story, move)
        except NotNow:
            return None
        if unanswered:
            return unanswered[0]
        watch = Watch(self._project, story)
        if watch.look():
            return None
        takes = frozenset((*self._project.steps(story), *self._project.exits(story)))
        asked = tuple(zip(self._project.asked(story), course.answers, strict=True))
        start = replace(course.start, stubs=stubs_of(asked)) if asked else course.start
        for id_ in takes & self._wanted:
            self.found[id_] = _Way(start, course.moves, takes, expectations(story, watch.left))
        self._wanted -= takes
        self._hopeful -= takes
        return None if watch.left else story


def _state(project: Project, story: PhoneCall | Conversation) -> str:
    """All that decides how a call goes on, as far as one can see from outside."""
    session = project.session(story)
    memory: list[object] = [session.variables, session.entered, session.questions[-1:]] if session else []
    # Subflows are numbered as they are called: the third one that is like the first leads to nothing new.
    numbers = {str(frame.number): index for index, frame in enumerate(session.frames, 1)} if session else {}
    if session:
        memory += [[one.flow, one.variables, one.entered, one.questions[-1:], one.back] for one in session.frames]
    if session and session.question:
        memory += [session.question.place, session.question.again, session.question.frame]
    place: list[object] = [isinstance(story, PhoneCall)]
    if isinstance(story, PhoneCall):
        # Which of the questions of its document it stands at: silence leads from one to the next.
        since = next((number for number, event in enumerate(reversed(story.events)) if isinstance(event, Requested)), 0)
        asked = sum(isinstance(event, Waiting) for event in story.events[len(story.events) - since :])
        url = re.sub(r"[?&]_[tv]=\w*", "", story.url)
        url = re.sub(r"(?<=[?&]_f=)\d+", lambda found: f"#{numbers.get(found[0], '')}", url)
        place += [url, story.side, asked, repr(story.waiting_for), project.last(story, story.side)]
    return _SID.sub(r"\1", json.dumps([memory, place], sort_keys=True, default=str))


def _beginning(words: str) -> str:
    """So many of the first words as a script may expect."""
    return words if len(words) <= WORDS else words[:WORDS].rpartition(" ")[0] or words[:WORDS]


def _name(place: Place) -> str:
    text = re.sub(r"^([\"'])([^\"']*)\1$", r"\2", place.text)
    return f"`{text}` of {place.flow}/{place.step}" if place.group else f"the step {place.flow}/{place.step}"
