"""A flow once it is read, and a project of them, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.diagnostics.source import Source
from engine.model.graph import FlowGraph
from engine.model.parts import Block, Exit, Target
from engine.model.spoken import Language, Said

if TYPE_CHECKING:
    from engine.model.hours.opening import Hours


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow file.

    `shared` are the first values of the project's variables; `always` are the exits that every gather has behind its own,
    the flow's before the project's; `keeps` says that calls need a session, `reaches` that it
    asks something of the world. `languages` begin with the default; `texts` are
    what is to be said in all of them; `switches` tells where a call's language may come to be another: never (""), in its own
    turns ("turn"), or also by another leg or a callback while the call waits ("meanwhile"). `hours` are its opening hours and
    those of the project by name; `starts` are the first steps of the flows that its targets name alone; `graph` is its part of the graph.
    """

    name: str
    source: Source = field(compare=False)
    channels: tuple[str, ...]
    start: str
    steps: Mapping[str, Block]
    description: str = ""
    takes: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    variables: Mapping[str, Any] = field(default_factory=dict)
    on_error: Target | None = None
    shared: Mapping[str, Any] = field(default_factory=dict)
    always: tuple[Exit, ...] = ()
    keeps: bool = False
    reaches: bool = False
    languages: Mapping[str, Language] = field(default_factory=dict)
    texts: tuple[Said, ...] = ()
    switches: Literal["", "turn", "meanwhile"] = ""
    hours: "Mapping[str, Hours]" = field(default_factory=dict, compare=False)
    starts: Mapping[str, str] = field(default_factory=dict)
    graph: FlowGraph = field(kw_only=True, compare=False, repr=False)

    @property
    def channel(self) -> str:
        """The first of the channels that the flow serves: `voice`, unless it answers messages alone."""
        return self.channels[0]


@dataclass(frozen=True, slots=True)
class Project:
    """All flows of a folder, by name in the order of their names."""

    flows: Mapping[str, Flow]
