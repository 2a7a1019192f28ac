"""A project ready to be served: one version of all flows, its steps compiled when they are first asked for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.model.flow import Flow, Project
from engine.model.prompts import NO_RECORDINGS, Recordings
from engine.model.quiet import is_quiet
from engine.program.manifest import manifest_of, version_of
from engine.program.place import Place
from engine.program.ready import Ready

if TYPE_CHECKING:
    from engine.program.tracks import Spot, Tracks


class Program:
    """One version of a project.

    `version` is made of its `manifest`, the hashes of the texts of its files; `sources` are those texts by file name; `ready` keeps the documents that depend on
    nobody, under a key of the machine's choosing; `env` are the variables of the environment that templates may read;
    `absent` are the paths of flows that have errors and were never good, by name; `recordings` are played in the place of texts.
    """

    __slots__ = ("_quiet", "_tracks", "absent", "env", "flows", "manifest", "ready", "recordings", "sources", "version")

    def __init__(
        self,
        project: Project,
        sources: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        *,
        absent: Mapping[str, str] = MappingProxyType({}),
        before: "Program | None" = None,
        version: str = "",
        recordings: Recordings = NO_RECORDINGS,
    ) -> None:
        """`before` is a program of the same project with which it shares what is the same; `version` how it was called when it was kept."""
        self.absent = absent
        self.flows: Mapping[str, Flow] = project.flows
        self.sources = sources
        self.recordings = recordings
        self.manifest: Mapping[str, str] = (
            manifest_of(sources, before.sources, before.manifest) if before else manifest_of(sources)
        )
        self.version = version or version_of(self.manifest)
        self.env: Mapping[str, str] = env or {}
        self.ready = Ready()
        self._quiet: dict[tuple[str, str], bool] = {}
        # A flow that is the same object makes the same steps with the same recordings: what else they depend on is part of it.
        if before is not None and before.recordings != recordings:
            before = None
        self._tracks: dict[str, dict[tuple[str, str], Tracks]] = {
            name: before._tracks[name] if before is not None and before.flows.get(name) is flow else {}
            for name, flow in self.flows.items()
        }

    def tracks(self, flow: str, step: str, channel: str = "voice") -> "Tracks | None":
        """The tracks of a step on a channel, of the flow's start for ""; None if there is no such step."""
        compiled = self._tracks.get(flow)
        if compiled is None:
            return None
        found = compiled.get((step, channel))
        if found is None:
            known = self.flows[flow]
            if (step or known.start) not in known.steps:
                return None
            # Loaded with the first call: those who only check flows start a tenth sooner.
            from engine.program.compile import compile_step

            found = compile_step(known, step or known.start, channel, self.recordings)
            found = compiled.setdefault((step or known.start, channel), found)
            compiled[step, channel] = found
        return found

    def play(self, recordings: Recordings) -> list[object]:
        """Plays these recordings from now on; gives what was made with those of before, for `let_go`."""
        if recordings == self.recordings:
            return []
        self.recordings = recordings
        made: list[object] = [*self._tracks.values(), *self.ready.empty(self.ready.most)]
        self._tracks = {name: {} for name in self.flows}
        return made

    def spot(self, place: Place, channel: str = "voice") -> "Spot | None":
        """The instruction at a place, as the track that it stands in and its number there; None if there is none any more."""
        tracks = self.tracks(place.flow, place.step, channel)
        return tracks.places.get(place.at) if tracks else None

    def pieces(self) -> list[object]:
        """All that is large in it."""
        return [*self.flows.values(), *(tracks for steps in self._tracks.values() for tracks in steps.values())]

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
