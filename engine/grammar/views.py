"""What Twilio sent, as templates see it: `call`, `message` and `params`, which cost nothing until they are asked."""

import re
from collections.abc import Collection, Iterator, Mapping, Reversible
from types import MappingProxyType

from engine.grammar.names import CALL, MESSAGE

_BRACKETS = re.compile(r"(?P<name>[^\[\]]+)\[(?P<key>[^\[\]]*)\]\Z")
_NO_FACTS: Mapping[str, str] = MappingProxyType({})


class _Sent(Mapping[str, object]):
    """A mapping over request parameters."""

    __slots__ = ("_params",)

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params

    def __repr__(self) -> str:
        return repr(dict(self))


class Call(_Sent):
    """`call`: the entries of `CALL`, else what is remembered of earlier requests (`facts`), else ""; KeyError for an entry that there isn't."""

    __slots__ = ("_facts",)

    def __init__(self, params: Mapping[str, str], facts: Mapping[str, str] = _NO_FACTS) -> None:
        self._params, self._facts = params, facts

    def __getitem__(self, name: str) -> str:
        sent = self._params.get(CALL[name])
        return self._facts.get(CALL[name], "") if sent is None else sent

    def __iter__(self) -> Iterator[str]:
        return iter(CALL)

    def __len__(self) -> int:
        return len(CALL)


class Message(_Sent):
    """`message`: the entries of `MESSAGE`, "" where nothing was sent; `media` is a list of `url` and `content_type`."""

    __slots__ = ()

    def __getitem__(self, name: str) -> object:
        return self._media() if name == "media" else self._params.get(MESSAGE[name], "")

    def __iter__(self) -> Iterator[str]:
        yield from MESSAGE
        yield "media"

    def __len__(self) -> int:
        return len(MESSAGE) + 1

    def _media(self) -> list[dict[str, str]]:
        # Counted by what is there: channels other than SMS do not always send NumMedia.
        media: list[dict[str, str]] = []
        while url := self._params.get(f"MediaUrl{len(media)}"):
            media.append({"url": url, "content_type": self._params.get(f"MediaContentType{len(media)}", "")})
        return media


class Alone(str):
    """A parameter sent under its bare name: text in all respects, but a loop goes round once."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        if self:
            yield str(self)


class Gathered(Reversible[str], Collection[str]):
    """What was sent as `Name[1]=…&Name[2]=…`: looked up by what the brackets hold, looped over in the order sent.

    Empty brackets count from 0; what was not sent is "".
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, key: object) -> str:
        return self._values.get(str(key), "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values.values())

    def __reversed__(self) -> Iterator[str]:
        return reversed(tuple(self._values.values()))

    def __contains__(self, value: object) -> bool:
        return value in self._values.values()

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(list(self))


def names_of(gathered: Gathered) -> list[str]:
    """What stood in the brackets, in the order sent."""
    return list(gathered._values)


class Params(_Sent):
    """`params`: every parameter under its own name, "" if it was not sent; `Name[1]` is gathered under `Name`.

    Names that begin with `_` are the engine's and do not show.
    """

    __slots__ = ("_known",)

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)
        self._known: Mapping[str, Alone | Gathered] | None = None

    def __getitem__(self, name: str) -> Alone | Gathered:
        if name in self._params and not name.startswith("_"):
            return Alone(self._params[name])
        return self._names.get(name) or Alone()

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def _names(self) -> Mapping[str, "Alone | Gathered"]:
        """Every name with what it holds; found once, when it is first asked for: a loop asks again and again."""
        if self._known is None:
            known: dict[str, Alone | Gathered] = {}
            values: dict[str, dict[str, str]] = {}
            for sent, value in self._params.items():
                brackets = _BRACKETS.match(sent)
                name = brackets["name"] if brackets else sent
                if name.startswith("_"):
                    continue
                if brackets is None:
                    known[name] = Alone(value)
                elif name not in self._params:  # else the bare name is what it is
                    gathered = values.setdefault(name, {})
                    gathered[brackets["key"] or str(len(gathered))] = value
                    known.setdefault(name, Gathered(gathered))
                else:
                    known.setdefault(name, Alone(self._params[name]))
            self._known = known
        return self._known
