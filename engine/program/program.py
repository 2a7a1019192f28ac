"""A project ready to be served: one version of all flows, its steps compiled when they are first asked for."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.model.flow import Flow, Project
from engine.model.quiet import is_quiet
from engine.program.place import Place
from engine.program.ready import Ready

if TYPE_CHECKING:
    from engine.program.tracks import Spot, Tracks


class Program:
    """One version of a project.

    `version` is made of the text of its files; `sources` are those texts by file name; `ready` keeps the documents that depend on
    nobody, under a key of the machine's choosing; `env` are the variables of the environment that templates may read;
    `absent` are the paths of flows that have errors and were never good, by name.
    """

    __slots__ = ("_quiet", "_starts", "_tracks", "absent", "env", "flows", "ready", "sources", "version")

    def __init__(
        self,
        project: Project,
        sources: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        *,
        absent: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.absent = absent
        self.flows: Mapping[str, Flow] = project.flows
        self.sources = sources
        self.version = version_of(sources)
        self.env: Mapping[str, str] = env or {}
        self.ready = Ready()
        self._starts = {name: flow.start for name, flow in project.flows.items()}
        self._quiet: dict[tuple[str, str], bool] = {}
        self._tracks: dict[tuple[str, str, str], Tracks] = {}

    def tracks(self, flow: str, step: str, channel: str = "voice") -> "Tracks | None":
        """The tracks of a step on a channel, of the flow's start for ""; None if there is no such step."""
        found = self._tracks.get((flow, step, channel))
        if found is None:
            known = self.flows.get(flow)
            if known is None or (step or known.start) not in known.steps:
                return None
            # Loaded with the first call: those who only check flows start a tenth sooner.
            from engine.program.compile import compile_step

            found = compile_step(known, step or known.start, self._starts, channel)
            found = self._tracks.setdefault((flow, step or known.start, channel), found)
            self._tracks[flow, step, channel] = found
        return found

    def spot(self, place: Place, channel: str = "voice") -> "Spot | None":
        """The instruction at a place, as the track that it stands in and its number there; None if there is none any more."""
        tracks = self.tracks(place.flow, place.step, channel)
        return tracks.places.get(place.at) if tracks else None

    def pieces(self) -> list[object]:
        """All that is large in it."""
        return [*self.flows.values(), *self._tracks.values()]

    def lacks(self, flow: str) -> str:
        """Why there is no flow of that name: it has errors and was never good; "" if there is just none."""
        return f"the flow `{flow}` is not served: {self.absent[flow]} has errors" if flow in self.absent else ""

    def for_reports(self, flow: str, step: str) -> bool:
        """Whether a step, of the flow's start for "", says and asks nothing, with all that it leads to."""
        found = self._quiet.get((flow, step))
        if found is None:
            found = is_quiet(self.flows, flow, step)
            if flow in self.flows and step in ("", *self.flows[flow].steps):  # anybody may ask for other names
                self._quiet[flow, step] = found
        return found


def version_of(sources: Mapping[str, str]) -> str:
    """Eight characters that stand for the text of all files."""
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(f"{name}\0{len(sources[name])}\0".encode())
        digest.update(sources[name].encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:8]
