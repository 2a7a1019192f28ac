"""The world of a call under test: it answers as the script says, remembers what it was asked, and asks nobody itself."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.verbs.run import RUN
from engine.phone.events import Reached
from engine.phone.scripts.stubs import Answer, Ask, Stub, ends_written_as_paths
from engine.phone.transport import Pairs
from engine.program.holes import text_of
from engine.runtime.effects.effect import Effect, Reminder, Result, TextMessage
from engine.runtime.effects.world import World
from engine.runtime.scope import storable

SAID = "as the script says: "  # so begins what a script itself lets fail
FAILURES = ("timeout", "error")
_KEYS = 3  # of what was given, that a problem names
_LINE = 100  # letters of an address that a problem repeats


# How far a message is reported to be, by what becomes of it; and the errors that Twilio reports with it.
_STATUSES = {
    "delivered": ("sent", "delivered"),
    "read": ("sent", "delivered", "read"),
    "undelivered": ("sent", "undelivered"),
    "failed": ("failed",),
}
_ERRORS = {"undelivered": "30003", "failed": "30008"}  # Twilio, "Unreachable destination handset"; "Unknown error"

Improvise = Callable[[Effect], Answer | None]


class Exchange(NamedTuple):
    """What the world was asked, and what came of it; for a text message also what it was, and what becomes of it later."""

    ask: Ask
    result: Result
    text: TextMessage | None = None
    became: str = ""


class Scripted(World):
    """Answers from `stubs`, the first that takes what is asked; `beyond` performs what no stub speaks of, if it can.

    Where `improvise` is given, it answers instead what no stub speaks of, unless it gives None. `mask` hides secrets; `missing`
    says why the project's functions cannot be run.
    """

    __slots__ = (
        "_beyond",
        "_improvise",
        "_mask",
        "_missing",
        "_stubs",
        "_times",
        "exchanges",
        "reminders",
        "unanswered",
    )

    def __init__(
        self,
        stubs: Iterable[Stub],
        beyond: World,
        improvise: "Improvise | None" = None,
        *,
        mask: Callable[[str], str] = str,
        missing: str = "",
    ) -> None:
        super().__init__()
        self._stubs, self._beyond, self._improvise = tuple(stubs), beyond, improvise
        self._mask, self._missing = mask, missing
        self._times: dict[int, int] = {}
        self.exchanges: list[Exchange] = []
        self.reminders: list[Reminder] = []  # the texts that the server sent by itself, which no script need answer
        self.unanswered: list[tuple[Ask, str]] = []

    @property
    def asked(self) -> tuple[Ask, ...]:
        """What was asked, in order."""
        return tuple(exchange.ask for exchange in self.exchanges)

    @property
    def idle(self) -> tuple[Stub, ...]:
        """The stubs that answered nothing so far."""
        return tuple(stub for number, stub in enumerate(self._stubs) if number not in self._times)

    async def perform(self, effect: Effect) -> Result:
        """The answer of the script; an error where it has none, which `unanswered` remembers, with what else is known of it."""
        if isinstance(effect, Reminder):
            self.reminders.append(effect)
            return Result("sent", {"sid": f"SM{len(self.reminders):032x}"})
        line = effect.line
        ask = Ask(effect.spec.name, line, self._mask(line))
        result = await self._performed(effect, ask)
        if not isinstance(effect, TextMessage):
            self.exchanges.append(Exchange(ask, result))
            return result
        became = result.answer if result.answer in effect.spec.reports else "delivered"
        if not result.problem and result.values == effect.spec.sample:  # it was taken, whatever becomes of it
            sent = sum(exchange.text is not None for exchange in self.exchanges)
            result = Result(effect.spec.answers[0], {"sid": f"SM{sent:032x}"})
        self.exchanges.append(Exchange(ask, result, effect, became))
        return result

    async def _performed(self, effect: Effect, ask: Ask) -> Result:
        for number, stub in enumerate(self._stubs):
            if stub.takes(ask):
                times = self._times[number] = self._times.get(number, 0) + 1
                return result_of(ask, stub.answers[min(times, len(stub.answers)) - 1])
        if self._improvise is not None:
            answer = self._improvise(effect)
            if answer is not None:
                return result_of(ask, answer)
        elif self._beyond.performs(effect):
            return await self._beyond.perform(effect)
        self.unanswered.append((ask, self._missing if ask.kind == RUN.name else ""))
        return Result("error", {}, f"{SAID}no answer is written")


class OnlyGiven(World):
    """`beyond` for a call that only tries a flow: once an answer is given for a kind of thing, nothing of that kind is performed.

    So a key with a typo never sends a caller's PIN to a real server. What no stub answers ends in an error that names what was
    asked, without its query and body, and what was given.
    """

    __slots__ = ("_beyond", "_mask", "_stubs")

    def __init__(self, beyond: World, stubs: Iterable[Stub], mask: Callable[[str], str] = str) -> None:
        super().__init__()
        self._beyond, self._mask = beyond, mask
        self._stubs: dict[str, list[Stub]] = {}
        for stub in stubs:
            self._stubs.setdefault(stub.kind, []).append(stub)

    def performs(self, effect: Effect) -> bool:
        """Whether it has a result for the effect: an error for one that must not be performed."""
        return effect.spec.name in self._stubs or self._beyond.performs(effect)

    async def perform(self, effect: Effect) -> Result:
        """What `beyond` makes of the effect; an error where an answer was given for its kind."""
        stubs = self._stubs.get(effect.spec.name)
        if stubs is None:
            return await self._beyond.perform(effect)
        line = effect.line
        ask = Ask(effect.spec.name, line, self._mask(line))
        return result_of(ask, Answer(failure="error"))._replace(problem=_not_given(ask, stubs))


def _not_given(ask: Ask, stubs: Sequence[Stub]) -> str:
    keys = [stub.words for stub in stubs if stub.words]
    more = f" and {len(keys) - _KEYS} more" if len(keys) > _KEYS else ""
    given = ", ".join(f"`{key[:_LINE]}`" for key in keys[:_KEYS]) + more
    notes = "".join(f"; {note}" for note in ends_written_as_paths(ask, keys)[:1])
    return f"nothing given for `{ask.kind}` answers {_named(ask)}, so it was not really asked; given: {given}{notes}"


def result_of(ask: Ask, answer: Answer) -> Result:
    """What comes of an ask that is answered so."""
    line = _named(ask)
    try:
        body = storable(answer.body)
    except OverflowError as error:
        return Result("error", {}, f"{SAID}{line} is answered with more than a call can keep: {error}")
    spec = ENGINE_VERBS[ask.kind]
    if spec.stubs == "word":
        failed = f"{SAID}{line} {spec.undone}" if answer.failure else ""
        return Result(answer.failure or answer.body or spec.answers[0], {} if failed else dict(spec.sample), failed)
    if spec.stubs == "named":
        failed = f"{SAID}{line} fails" if answer.failure else ""
        return Result(answer.failure or text_of(body), {spec.gives[0]: None if failed else body}, failed)
    if answer.failure:
        how = "is not answered in time" if answer.failure == "timeout" else "is not answered"
        return Result(answer.failure, {"body": None, "status": 0, "headers": {}}, f"{SAID}{line} {how}")
    values = {"body": body, "status": answer.status, "headers": dict(answer.headers)}
    good = 200 <= answer.status < 300
    return Result(str(answer.status), values, "" if good else f"{SAID}{line} is answered with {answer.status}")


def _named(ask: Ask) -> str:
    """What is asked in a few words: `GET https://example.com/customers`, `lookup`, `the text`."""
    first, *rest = ask.shown.split(" ", 2)
    spec = ENGINE_VERBS[ask.kind]
    if spec.stubs == "word":
        return spec.shown
    if spec.stubs == "named":
        return f"`{first}`"
    return f"{first} {rest[0].partition('?')[0][:_LINE]}"


def answer_of(exchange: Exchange) -> Answer:
    """The answer of which that result came: what `result_of` is told."""
    ask, result, text, became = exchange
    values, spec = result.values, ENGINE_VERBS[ask.kind]
    if spec.stubs == "named":
        return Answer(failure="error") if result.problem else Answer(values.get(spec.gives[0]))
    if result.answer in FAILURES:
        return Answer(failure=result.answer if result.answer in spec.answers else "error")
    if text is not None and text.status_callback and became != "delivered":
        return Answer(became)
    if spec.stubs == "word":
        return Answer(None if result.answer == spec.answers[0] else result.answer)
    return Answer(values.get("body"), int(values.get("status", 200)), values.get("headers", {}))


def reached(exchange: Exchange) -> Reached:
    """The exchange as a telephone in the same house is told it."""
    ask, result = exchange.ask, exchange.result
    spec = ENGINE_VERBS[ask.kind]
    named = spec.stubs == "named"
    if result.answer in FAILURES or (named and result.problem):
        why = "" if result.problem.startswith(SAID) else result.problem
        return Reached(ask.kind, ask.shown, result.answer, why)
    answer = json.dumps(result.values.get(spec.gives[0]), ensure_ascii=False) if named else result.answer
    return Reached(ask.kind, ask.shown, answer)


def reports(exchange: Exchange) -> tuple[tuple[str, Pairs], ...]:
    """What Twilio posts of a message that a flow sent, each report with its address."""
    text, sid = exchange.text, exchange.result.values.get("sid")
    if text is None or not (sid and text.status_callback):
        return ()
    return tuple((text.status_callback, _report(text, str(sid), status)) for status in _STATUSES[exchange.became])


def _report(text: TextMessage, sid: str, status: str) -> Pairs:
    """What Twilio posts of a message (Twilio, "Track the Message Status of Outbound Messages")."""
    service = (("MessagingServiceSid", text.messaging_service_sid),) if text.messaging_service_sid else ()
    error = (("ErrorCode", _ERRORS[status]),) if status in _ERRORS else ()
    return (
        ("MessageSid", sid),
        ("SmsSid", sid),
        ("MessageStatus", status),
        ("SmsStatus", status),
        ("From", text.from_),
        ("To", text.to),
        *service,
        *error,
    )
