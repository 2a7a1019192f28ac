"""Writes what the world answered in a call as a script has it: by verb, under `given`."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from engine.diagnostics import Source, Span
from engine.grammar.verbs import ENGINE_VERBS
from engine.phone.scripts.requested import key_without_secrets
from engine.phone.scripts.stubs import PARTS, PLAIN_KEY, Answer, Ask, Stub, key_of, kinds
from engine.phone.scripts.write import quoted

WIDTH = 80  # letters of a value that stands on one line
LONG = 600  # letters of a body that is kept whole
LONGEST_TEXT, MOST_ITEMS = 300, 10  # of a body that is longer than that, whatever flows speak of
_PLAIN = re.compile(r"[A-Za-z](?:[\w .@/+-]*[\w@/+-])?", re.ASCII)
_WORDS = {"true", "false", "null", "NaN", "Infinity"} | {
    word for spec in ENGINE_VERBS.values() if spec.asks for word in spec.answers if word != "ok"
}
_NOWHERE = Span(Source("", ""), 0, 0)

Asked = Sequence[tuple[Ask, Answer]]


class Word(str):
    """A text that is written without quotes: `timeout`."""

    __slots__ = ()


class Text(str):
    """A text that is written in quotes, so that it is taken for no word."""

    __slots__ = ()


def stubs_of(asked: Asked) -> tuple[Stub, ...]:
    """Stubs that answer the same asks in the same way: told by method and path where that is enough, else also by the query, or all of it."""
    for key in (key_of, _address, _all):
        stubs = _grouped(asked, key)
        if _answers_alike(stubs, asked):
            break
    return stubs


def pruned(answer: Answer, spoken_of: Callable[[str], bool], mask: Callable[[str], str] = str) -> Answer:
    """The answer without headers that flows do not speak of, and without what makes a body long: entries they do not speak of, then
    the rest of lists and texts. `mask` hides secrets."""
    headers = {name: mask(text) for name, text in answer.headers.items() if spoken_of(name)}
    body = _masked(answer.body, mask)
    if len(_json(body)) > LONG:
        body = _without(body, spoken_of)
    if len(_json(body)) > LONG:
        body = _cut(body)
    return replace(answer, headers=headers, body=body)


def given_lines(stubs: Iterable[Stub]) -> Iterator[str]:
    """The lines that stand under `given`, not indented."""
    known = tuple(stubs)
    for kind in kinds():
        entries: dict[str, Any] = {}
        for stub in known:
            if stub.kind == kind:
                written = [_written(kind, answer) for answer in stub.answers]
                several = len(written) > 1 or isinstance(written[0], list)  # a list is several answers
                entries.setdefault(stub.words, written if several else written[0])
        if "" in entries:
            yield from _block(Word(kind), entries[""])
        elif entries:
            yield from _block(Word(kind), entries)


def _address(ask: Ask) -> str:
    return key_without_secrets(" ".join(ask.shown.split(" ", 2)[:2]))


def _all(ask: Ask) -> str:
    body = ask.shown.split(" ", 2)[2:]
    return " ".join([_address(ask), *body])


def _grouped(asked: Asked, key: Callable[[Ask], str]) -> tuple[Stub, ...]:
    groups: dict[tuple[str, str], list[Answer]] = {}
    for ask, answer in asked:
        words = key(ask) if ENGINE_VERBS[ask.kind].stubs == "address" else key_of(ask)
        groups.setdefault((ask.kind, words), []).append(answer)
    for answers in groups.values():
        while len(answers) > 1 and answers[-1] == answers[-2]:
            answers.pop()  # the last one holds for ever
    return tuple(Stub(kind, words, tuple(answers), _NOWHERE) for (kind, words), answers in groups.items())


def _answers_alike(stubs: Sequence[Stub], asked: Asked) -> bool:
    times: dict[int, int] = {}
    tried = sorted(stubs, key=lambda stub: stub.exactness)
    for ask, answer in asked:
        number = next((number for number, stub in enumerate(tried) if stub.takes(ask)), None)
        if number is None:
            return False
        time = times[number] = times.get(number, 0) + 1
        if tried[number].answers[min(time, len(tried[number].answers)) - 1] != answer:
            return False
    return True


def _written(kind: str, answer: Answer) -> Any:
    """The answer as the value that stands in a script."""
    if answer.failure:
        return Word(answer.failure)
    spec, body = ENGINE_VERBS[kind], answer.body
    if spec.stubs == "word":
        return Word(body or spec.answers[0])
    if spec.stubs == "named":
        return body
    if not answer.headers and (body is None or body == ""):
        return answer.status
    if not answer.headers and answer.status == 200:
        if isinstance(body, str):
            return Text(body)
        if isinstance(body, dict) and not body.keys() & set(PARTS):
            return body
    status = {"status": answer.status} if answer.status != 200 else {}
    return {**status, "body": body, **({"headers": dict(answer.headers)} if answer.headers else {})}


def _block(key: str, value: Any) -> Iterator[str]:
    """An entry of a mapping: on one line where it is short, else with its own entries below."""
    name = _flow(key, key=True)
    line = f"{name}: {_flow(value)}"
    deep = isinstance(value, dict) and isinstance(key, Word) and bool(value)
    if len(line) <= WIDTH and not deep:
        yield line
    elif isinstance(value, dict) and value:
        yield f"{name}:"
        for inner, entry in value.items():
            yield from (f"  {line}" for line in _block(inner, entry))
    elif isinstance(value, list) and value:
        yield f"{name}:"
        yield from (f"  - {_flow(item)}" for item in value)
    else:
        yield line


def _flow(value: Any, *, key: bool = False) -> str:
    """A value on one line, plain where it can be."""
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, Text):
        return quoted(str(value))
    if isinstance(value, str):
        pattern = PLAIN_KEY if key else _PLAIN
        return value if pattern.fullmatch(value) and (key or value not in _WORDS) else quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(str(name), key=True)}: {_flow(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _json(value)


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _masked(entry, mask) for name, entry in value.items()}
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    return mask(value) if isinstance(value, str) else value


def _without(value: Any, spoken_of: Callable[[str], bool]) -> Any:
    if isinstance(value, dict):
        return {name: _without(entry, spoken_of) for name, entry in value.items() if spoken_of(str(name))}
    if isinstance(value, list):
        return [_without(item, spoken_of) for item in value]
    return value


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cut(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:MOST_ITEMS]]
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
