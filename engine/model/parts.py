"""The parts that a flow is made of, frozen once they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.diagnostics.source import Span
from engine.grammar.templates import Expression, Template
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import Element
from engine.model.spoken import default_of


@dataclass(frozen=True, slots=True)
class Joined:
    """Several values that make one attribute, with what stands between them."""

    items: tuple[str | Template, ...]
    separator: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A JSON object or list written in YAML, with templates at its leaves (`task:`)."""

    value: Any


@dataclass(frozen=True, slots=True)
class ByLanguage:
    """One value for each language by name, the first for those that have none.

    As content of an element a value may be a tuple of texts and pieces; as an attribute it may be None, which leaves it out.
    """

    entries: Mapping[str, Any]

    def of(self, language: str) -> Any:
        """The value in a language."""
        return self.entries[language if language in self.entries else default_of(self.entries)]


@dataclass(frozen=True, slots=True)
class ToStep:
    """A step of a flow; an empty `flow` is the flow it is written in, an empty `step` that flow's start."""

    flow: str
    step: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ToUrl:
    """An address as written: absolute, `/path`, or `./path` and `../path` from the step's own address."""

    url: str | Template
    span: Span = field(compare=False)
    method: str = ""


@dataclass(frozen=True, slots=True)
class ToWord:
    """One of the words `repeat`, `back`, `restart`, `hangup`, `leave`."""

    word: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions in a row: a step, or a tree written in a branch. `place` is its path within the step ("" for the step itself)."""

    place: str
    instructions: "tuple[Instruction, ...]"
    span: Span = field(compare=False)


Target = ToStep | ToUrl | ToWord
Value = str | Template | Joined | Nested | ByLanguage
Auth = tuple[str | Template, str | Template] | Literal["twilio"]  # user and password, or signed as Twilio signs
Pairs = tuple[tuple[str, str | Template], ...] | Template  # names with texts; as a template it comes out as a mapping


@dataclass(frozen=True, slots=True)
class Piece:
    """One TwiML element as the flow has it: attributes by XML name in file order, content in document order."""

    element: Element = field(compare=False)
    attributes: tuple[tuple[str, "Value | Target"], ...]
    content: "tuple[Value | Target | Piece, ...]"
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Key:
    """One alternative of a branch key: `kind` is "digits", "words", "pattern" or "whole"; in messages also "emoji" or "signs"."""

    kind: str
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of an instruction: by keys, by a condition, by the name of what else can happen (`no_input`, `else`), and where to."""

    keys: tuple[Key, ...]
    names: tuple[str, ...]
    when: Expression | None
    goes: Target | Block
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Retry:
    """How a gather asks again: `attempts` in all; each list has one entry of pieces for each time, the last repeats."""

    attempts: int = 1
    no_input: tuple[tuple[Piece, ...], ...] = ()
    no_match: tuple[tuple[Piece, ...], ...] = ()
    prompt: tuple[tuple[Piece, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Save:
    """What is kept of an answer: `answer` names the variable for the answer itself, `parameters` are pairs of variable and parameter."""

    answer: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Instruction:
    """One entry of a block. `place` is its path within the step, such as "2" or "2.0.1"."""

    place: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Branching(Instruction):
    """An instruction that has an answer: where each leads, and what is kept of it.

    `branches` tells a branch without exits from no branch.
    """

    exits: tuple[Exit, ...] = field(default=(), kw_only=True)
    branches: bool = field(default=False, kw_only=True)
    save: Save | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Verb(Branching):
    """A TwiML verb with what the flow does when it comes back; the answer of one that is `secret` is shown to no person."""

    piece: Piece
    retry: Retry = Retry()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Markup(Instruction):
    """Verbatim TwiML (`twiml:`)."""

    text: str | Template


@dataclass(frozen=True, slots=True)
class Redirect(Instruction):
    """Goes on elsewhere."""

    target: Target


@dataclass(frozen=True, slots=True)
class Branch(Branching):
    """Chooses by condition, or by the value of `on`."""

    on: Expression | None


@dataclass(frozen=True, slots=True)
class Assign(Instruction):
    """Sets variables, in order."""

    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Log(Instruction):
    """A line in the log."""

    text: str | Template


@dataclass(frozen=True, slots=True)
class Return(Instruction):
    """Ends a subflow with a value, elsewhere the document."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Asking(Branching):
    """A verb of the engine that waits for an answer: of another flow, or of the world, which may fail whatever the flow does."""


@dataclass(frozen=True, slots=True)
class Subflow(Asking):
    """Calls a flow like a function; `given` are the variables it is given, by name, with where each name stands."""

    flow: str
    flow_span: Span = field(compare=False)
    given: tuple[tuple[str, Any, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class PerformEffect(Asking):
    """A verb that asks something of the world; `values` are what is written, read by key, with what it gets by default."""

    spec: VerbSpec
    values: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """What stands at a key of the verb; None for nothing."""
        return self.values.get(key)


def is_gather(instruction: Instruction) -> bool:
    """Whether the instruction asks the caller something, and so understands `always`."""
    return isinstance(instruction, Verb) and instruction.piece.element.name == "gather"
