"""What there is to say of a verb of the engine, once: how it is read, what comes of it, and the words for all of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from engine.grammar.fields import Field
from engine.grammar.overlay.facts import Rule

Stubs = Literal["", "word", "named", "address"]


class Most(NamedTuple):
    """How many entries a list may have, what they are, and what takes no more: `10`, `addresses`, `a message`."""

    number: int
    entries: str
    whole: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a verb's mapping: what it is for in a line, and how its value is read.

    `kind` judges a text, where that is what the value is. `form` is how it is written:
    - "value": a text or a template; "words": one for each language, which catalogs translate; "localized": one for each
      language, which they do not; "list": one, or up to `most` of them;
    - "target": a step, a flow or a URL; "json": a mapping of names and texts, sent as JSON;
    - "plain": JSON with templates at its leaves; "named": a mapping of names and such values;
    - "save" and "branch";
    - any other is of the verb itself, and known to who reads it.

    `wanted` and `example` are for the message about a value of another shape. `called` is what other tools call the key.
    """

    help: str
    kind: Field | None = None
    form: str = "value"
    wanted: str = ""
    example: str = ""
    most: Most | None = None
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """A verb of the engine: what it does in a line, its keys, and an example to paste.

    How it is written:
    - `bare` is the key that a value is which is no mapping; "" where it must be a mapping. `wanted`, `written` and `instead`
      (with `{}` for a text that stands alone) are for the message about anything else.
    - `needs` are the keys that must be there, or one of several; without the first there is no instruction. `rules` are for keys
      that do not go together, or need one another.
    - `called` is what other tools call the verb; `defaults` are the keys that `defaults` may give.

    What comes of it:
    - `answers` are those that its `branch` knows by name, "went well" first where there is one word for it; "error" is one
      of them where the verb asks something of the world. `open`: any value may also be a key.
      `statuses`: so may `404` and `4xx`.
    - `gives` is what its `save` may keep, first what `save: name` keeps.

    Of a verb that asks something of the world (`asks`):
    - `account`: that needs a Twilio account.
    - `done` says it in a transcript: "texts".
    - `stubs` is how a call script tells what came of it: by a "word", one of the answers; "named", a value for each name;
      "address", a response for each address. `shown` names what was asked in a message about it, `undone` that it came to nothing.
    - `reports` are what may be told of it later, at its callback: a script may say one of them in place of the first answer.
    - `sample` is what it gives where a script says that it went well; `given` shows how a script says so, `trial` the command line.
    """

    name: str
    help: str
    fields: Mapping[str, Key] = field(default_factory=dict)
    example: str = ""
    answers: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    bare: str = ""
    wanted: str = ""
    written: str = ""
    instead: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    called: tuple[str, ...] = ()
    open: bool = False
    statuses: bool = False
    asks: bool = False
    account: bool = False
    done: str = ""
    stubs: Stubs = ""
    shown: str = ""
    undone: str = ""
    reports: tuple[str, ...] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)
    given: str = ""
    trial: str = ""

    @property
    def keys(self) -> Mapping[str, str]:
        """What each key is for."""
        return {name: key.help for name, key in self.fields.items()}

    def key_called(self, name: str) -> str | None:
        """The key that other tools call so."""
        return next((own for own, key in self.fields.items() if name in key.called), None)
