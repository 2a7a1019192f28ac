"""How what is kept between turns is written: as JSON with the number of its format."""

import json
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class LaterFormat(Exception):
    """What a later version of this program has written: this one must neither write nor drop it. `held` is all that stands there."""

    def __init__(self, number: int, known: int, held: Mapping[str, Any]) -> None:
        super().__init__(f"it is of a later version of touchtone (format {number}, here {known})")
        self.held = held


class Format(Generic[S]):
    """Reads and writes a struct that is tagged `format` with its number, which goes up with every change of what it holds.

    `kind` is its type; `others` are types of other formats that are read as well, by their numbers. `number` is the latest of all.
    """

    def __init__(self, kind: type[S], number: int, others: Mapping[int, type[S]] = MappingProxyType({})) -> None:
        self._kind, self._number, self._others = kind, number, others
        # What is kept is read and written in every turn: `json` would take a quarter of the turn's time for it.
        self._write = msgspec.json.Encoder(enc_hook=_plain).encode
        self._read = msgspec.json.Decoder(kind).decode
        self._read_others = [msgspec.json.Decoder(other).decode for other in others.values()]

    def write(self, value: S) -> bytes:
        """One JSON object that a person can read, without what is as in a new one.

        It is UTF-8, but for half of a character, as a careless client sends it: that stands there as Python's "surrogatepass" has it.
        Raises TypeError, ValueError or RecursionError for what is no JSON.
        """
        try:
            return self._write(value)
        except UnicodeEncodeError:
            held = msgspec.to_builtins(value, enc_hook=_plain)
            return json.dumps(held, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def read(self, kept: bytes) -> S:
        """What `write` wrote; raises LaterFormat for what is of a later format, ValueError for anything else."""
        try:
            return self._read(kept)
        except RecursionError as fault:
            raise ValueError("this is nested too deeply") from fault
        except ValueError:
            for read in self._read_others:
                with suppress(ValueError):
                    return read(kept)
            return self._read_otherwise(kept)

    def _read_otherwise(self, kept: bytes) -> S:
        """What has half of a character in it, which `json` alone reads."""
        try:
            held = json.loads(str(kept, "utf-8", "surrogatepass"))
        except RecursionError as fault:
            raise ValueError("this is nested too deeply") from fault
        number = held.get("format") if isinstance(held, dict) else None
        if isinstance(number, int) and number > self._number:
            raise LaterFormat(number, self._number, held)
        return msgspec.convert(held, self._others.get(number, self._kind) if isinstance(number, int) else self._kind)


def _plain(value: object) -> object:
    """A mapping that is no `dict` (a read-only view of one) is written like one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a variable holds a {type(value).__name__}, which is no JSON value")
