"""What a step does, as sentences: an instruction in a line or two, an exit as what a caller does to take it."""

from collections.abc import Iterable, Iterator

from engine.model.flow import Flow
from engine.model.gathers import takes_every
from engine.model.graph import Edge
from engine.model.parts import (
    Assign,
    Branch,
    Branching,
    Exit,
    Instruction,
    Log,
    Markup,
    PerformEffect,
    Piece,
    Retry,
    Return,
    Subflow,
    Verb,
    is_gather,
)
from engine.model.spoken import default_of
from engine.picture.phrases import attribute, condition, keys_of, listed, pattern, seconds, spoken, value, words

_LONGEST_PATH = 4  # keys that are told before the one that takes an exit
_LONG = 120  # characters of verbatim TwiML that are shown

# What a dial, a queue, or the world comes back with, as the caller's side would say it.
_OUTCOMES = {
    "dial": {
        "completed": "After the call",
        "answered": "After the conference",
        "busy": "If the line is busy",
        "no-answer": "If nobody answers",
        "failed": "If the number cannot be reached",
        "canceled": "If the call is canceled",
        "declined": "If the call is not accepted",
    },
    "record": {
        "recorded": "When something was recorded",
        "hangup": "If the caller hangs up",
        "no_input": "If nothing was recorded",
    },
    "enqueue": {
        "bridged": "After the conversation",
        "leave": "If the flow takes the caller out of the queue",
        "hangup": "If the caller hangs up",
        "queue-full": "If the queue is full",
    },
    "request": {"ok": "If that works", "error": "If that fails", "timeout": "If no answer comes in time"},
    "run": {"error": "If that fails"},
    "send": {"sent": "If it was sent", "error": "If it cannot be sent"},
}

_PAGES = {
    "whisper": "Before the two are connected, the person who answers hears",
    "queue_whisper": "Before the two are connected, the caller who waited hears",
    "queue_wait": "While waiting, the caller hears",
    "conference_wait": "Until the conference begins, the caller hears",
    "callback": "A report goes to",
    "page": "The page is",
    "action": "Afterwards",
}

_NESTED = {
    "client": 'the browser phone "{}"',
    "queue": 'the next caller in the queue "{}"',
    "conference": 'the conference "{}"',
    "application": "the application {}",
    "stream": "a stream to {}",
    "conversation_relay": "a conversation relay at {}",
    "sip": "{}",
}


class Sentences:
    """Writes about one flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._default = default_of(flow.languages)
        self.texts = "voice" not in flow.channels

    def lines(self, instruction: Instruction, edges: Iterable[Edge] = ()) -> Iterator[str]:
        """What the instruction does, but for its exits; `edges` are those that leave it."""
        yield from self._does(instruction)
        for edge in edges:
            if edge.role in _PAGES and edge.goes is not None:
                yield f"{_PAGES[edge.role]}: {'see ' if edge.aim else ''}{value(edge.goes)}"
        save = instruction.save if isinstance(instruction, Branching) else None
        if save is not None and save.answer:
            yield f"The answer is kept as ‹{save.answer}›."

    def _does(self, instruction: Instruction) -> Iterator[str]:
        match instruction:
            case Verb():
                yield from self._verb(instruction)
            case Assign():
                for name, written in instruction.values:
                    if name == "language":
                        yield f"The call goes on in the language {value(written)}."
                    else:
                        yield f"Sets ‹{name}› to {value(written) or 'nothing'}."
            case Log():
                yield f'Notes in the log: "{value(instruction.text)}"'
            case Markup():
                text = value(instruction.text)
                yield f"TwiML: {text if len(text) <= _LONG else text[: _LONG - 1] + '…'}"
            case Return():
                if instruction.value is not None:
                    yield f"Returns {value(instruction.value)}."
            case Subflow():
                yield f"Goes through the flow {instruction.flow} and comes back."
            case PerformEffect():
                yield self._asks(instruction)

    def _asks(self, asking: PerformEffect) -> str:
        match asking.spec.name:
            case "request":
                body = asking["json"] is not None or asking["form"] is not None
                return f"Asks {value(asking['method'] or ('POST' if body else 'GET'))} {value(asking['url'])}"
            case "run":
                return f"Runs the function {value(asking['function'])}."
            case "send":
                text = value(asking["body"])
                return f'Texts {value(asking["to"])}: "{text}"' if text else f"Texts {value(asking['to'])}."
        return f"{asking.spec.name}: {', '.join(f'{key} {value(one)}' for key, one in asking.values.items())}"

    def _verb(self, verb: Verb) -> Iterator[str]:
        piece = verb.piece
        name = piece.element.name
        if name in ("say", "gather"):
            yield from self.heard(piece.content if name == "gather" else (piece,))
            return
        yield self._sentence(name, piece)

    def heard(self, pieces: Iterable[object]) -> Iterator[str]:
        """What is heard or read, in each language of the flow that has words of its own for it."""
        said = [piece for piece in pieces if isinstance(piece, Piece)]
        for piece in said:
            first = list(spoken((piece,), self._default))
            yield from (_started(line) for line in first)
            for language in self._flow.languages:
                if (other := list(spoken((piece,), language))) != first:
                    yield from (f"{language}: {line}" for line in other)

    def _sentence(self, name: str, piece: Piece) -> str:
        text = words(piece, self._default)
        match name:
            case "play" | "pause":
                return "".join(_started(line) for line in spoken((piece,), self._default))
            case "message" | "sms":
                to = attribute(piece, "to")
                media = [
                    words(item) for item in piece.content if isinstance(item, Piece) and item.element.tag == "Media"
                ]
                bodies = [
                    item for item in piece.content if not (isinstance(item, Piece) and item.element.tag == "Media")
                ]
                body = " ".join(filter(None, (value(item, self._default) for item in bodies)))
                sent = f'Texts{f" {to}" if to else ""}: "{body}"' if body else f"Texts{f' {to}' if to else ''}"
                return f"{sent} with {listed(media, 'and')}" if media else sent
            case "dial":
                return self._dial(piece)
            case "record":
                most, key = attribute(piece, "maxLength"), attribute(piece, "finishOnKey")
                limits = [f"of up to {seconds(most)}"] if most else []
                limits += [f"ended by {key}"] if key else []
                return f"Records a message{' ' if limits else ''}{', '.join(limits)}."
            case "enqueue":
                return f'Waits in the queue "{text}".' if text else "Waits in a queue."
            case "reject":
                return f"Rejects the call{f' as {reason}' if (reason := attribute(piece, 'reason')) else ''}."
            case "hangup":
                return "The call ends."
            case "leave":
                return "Leaves the queue."
            case "connect" | "refer":
                return f"{'Connects' if name == 'connect' else 'Refers the call'} to {self._nested(piece) or text}."
            case "pay":
                amount = attribute(piece, "chargeAmount")
                return f"Takes a payment{f' of {amount}' if amount else ''}."
        if name in ("start", "stop"):
            what = [item.element.name.replace("_", " ") for item in piece.content if isinstance(item, Piece)]
            return f"{'Starts' if name == 'start' else 'Stops'} {listed(what, 'and') if what else 'nothing'}."
        inside = self._nested(piece)
        return f"{name.capitalize()}{f': {inside or text}' if inside or text else ''}"

    def _dial(self, piece: Piece) -> str:
        inside = [item for item in piece.content if isinstance(item, Piece)]
        names = {item.element.name for item in inside}
        called = self._nested(piece) or words(piece, self._default)
        if names == {"conference"}:
            return f"Joins {called}."
        timeout, shown = attribute(piece, "timeout"), attribute(piece, "callerId")
        text = f"{'Connects to' if names == {'queue'} else 'Calls'} {called}"
        text += " at the same time" if len(inside) > 1 else ""
        text += f", for up to {seconds(timeout)}" if timeout else ""
        text += f", showing {shown}" if shown else ""
        return f"{text}{', recorded' if attribute(piece, 'record').startswith('record') else ''}."

    def _nested(self, piece: Piece) -> str:
        """What stands in an element: each with its words, or its first attribute."""
        inside = [item for item in piece.content if isinstance(item, Piece) and item.element.name != "parameter"]
        found = []
        for item in inside:
            own = [part for part in item.content if not isinstance(part, Piece)]
            identity = next((words(part) for part in item.content if isinstance(part, Piece)), "")
            first = next((value(written) for _, written in item.attributes), "")
            text = " ".join(value(part, self._default) for part in own) or identity or attribute(item, "url") or first
            name = item.element.name
            found.append(_NESTED[name].format(text) if name in _NESTED else text or name.replace("_", " "))
        return listed(found, "and") if found else ""

    def retry(self, retry: Retry) -> tuple[str, ...]:
        """How often a gather asks, and what it says before it asks again."""
        if retry.attempts < 2:
            return ("Asked once.",)
        silent, other = self._times(retry.no_input), self._times(retry.no_match)
        if silent == other:
            return (f"Asked up to {retry.attempts} times.", *_each("Before it is asked again", silent))
        return (
            f"Asked up to {retry.attempts} times.",
            *_each("After silence", silent),
            *_each("After any other answer", other),
        )

    def again(self, retry: Retry) -> tuple[str, ...]:
        """The words with which a gather asks again."""
        said = self._times(retry.prompt)
        if len(said) < 2:
            return tuple(f"Asked again: {text}" for text in said)
        return tuple(f"The {_ordinal(number)} time: {text}" for number, text in enumerate(said, 2))

    def _times(self, times: Iterable[Iterable[Piece]]) -> tuple[str, ...]:
        return tuple(" ".join(self.heard(pieces)) for pieces in times)

    def head(self, instruction: Branching, exit_: Exit, path: tuple[str, ...] = ()) -> str:
        """What takes an exit: `Press 1 then 3, or say "billing"`; `path` is what was pressed before."""
        if exit_.when is not None:
            return condition(exit_.when)
        if isinstance(instruction, Verb) and is_gather(instruction):
            return self._answers(instruction, exit_, path)
        keys = [text for kind in keys_of(exit_) for text in kind]
        if isinstance(instruction, Branch):
            on = value(instruction.on.text) if instruction.on else ""
            if not keys:
                return "Otherwise"
            pressed, said, patterns = keys_of(exit_)
            matched = [f"matches {text}" for text in patterns]
            equal = [f"is {listed([*pressed, *said])}"] if pressed or said else []
            return f"If ‹{on}› {listed([*equal, *matched])}"
        name = _verb_name(instruction)
        if instruction.exits == (exit_,) and exit_.names == ("else",) and not keys:
            return "In any case"
        known = _OUTCOMES.get(name, {})
        named = [text.strip('"') for text in (*keys, *exit_.names)]
        others = [text for text in named if text not in known and text != "else"]
        found = [known.get(text, "Otherwise") for text in named if text not in others]
        found += [_came(name, listed(others))] if others else []
        return listed(found[:1] + [text[:1].lower() + text[1:] for text in found[1:]])

    def _answers(self, gather: Verb, exit_: Exit, path: tuple[str, ...]) -> str:
        pressed, said, patterns = keys_of(exit_)
        found: list[str] = []
        if self.texts:
            if pressed or said:
                found.append(f"text {listed([*pressed, *said])}")
        else:
            if pressed:
                before = path if len(path) <= _LONGEST_PATH else ()
                found.append(f"press {''.join(f'{key} then ' for key in before)}{listed(pressed)}")
            if said:
                found.append(f"say {listed(said)}")
        found += [f"{'text' if self.texts else 'enter'} {pattern(text)}" for text in patterns]
        names = exit_.names
        own = {name for each in gather.exits for name in each.names}
        if takes_every(gather) and "else" in names:
            found.append("any answer" if "no_input" in own else "any answer, or none")
        else:
            found += ["silence"] if "no_input" in names or ("else" in names and "no_input" not in own) else []
            found += ["any other answer"] if "no_match" in names or ("else" in names and "no_match" not in own) else []
        tries = gather.retry.attempts
        after = f", {tries} times" if names and tries > 1 else ""
        return _capital(f"{listed(found) if found else 'never'}{after}")

    def passed(self, instruction: Branching) -> str:
        """What happens when no exit is taken, as the beginning of a sentence."""
        if isinstance(instruction, Verb) and is_gather(instruction):
            own = {name for each in (*instruction.exits, *self._flow.always) for name in each.names}
            if takes_every(instruction):
                return "Any answer" if "no_input" in own else "Any answer, or none"
            left = [
                text for name, text in (("no_input", "silence"), ("no_match", "any other answer")) if name not in own
            ]
            return _capital(listed(left or ["otherwise"]))
        return "Otherwise"


def _came(verb: str, text: str) -> str:
    return f"If the {'answer' if verb == 'request' else 'result'} is {text}"


def _verb_name(instruction: Instruction) -> str:
    if isinstance(instruction, Verb):
        return instruction.piece.element.name
    return instruction.spec.name if isinstance(instruction, PerformEffect) else "subflow"


def _started(line: str) -> str:
    """A piece of what is heard as a line of its own."""
    if line.startswith(('"', "nothing")):
        return line
    return f"Plays {line}." if not line.startswith("a pause") else f"{_capital(line)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _each(what: str, said: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(said)) < 2:
        return tuple(f"{what}: {text}" for text in said[:1])
    return tuple(f"{what}, the {_ordinal(number)} time: {text}" for number, text in enumerate(said, 1))


def _ordinal(number: int) -> str:
    names = ("first", "second", "third", "fourth", "fifth")
    return names[number - 1] if number <= len(names) else f"{number}th"
