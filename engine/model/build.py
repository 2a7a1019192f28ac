"""From a folder of flow files to a project, with every mistake in the report."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from types import MappingProxyType

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document.folder import AUDIO, FUNCTIONS, Folder
from engine.grammar.hosts import Allows, never
from engine.model.files.flows import Common, Draft
from engine.model.files.remembered import Reads
from engine.model.flow import Project
from engine.model.functions.functions import Functions, read_functions
from engine.model.gathers import after_silence
from engine.model.linking.catalogues import check_catalogues, read_catalogues
from engine.model.linking.facts import KnownFacts
from engine.model.linking.link import link
from engine.model.lint import Doubts, silenced
from engine.model.lint.recorded import outdated
from engine.model.parts import Instruction, PerformEffect, Verb, is_gather
from engine.model.reading.reader import NAME, first_line, folded, mended_name, shortened

NO_FUNCTIONS = Functions(found=False)  # the same each time: what was read without functions still holds


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a folder: the project may be served if there are `errors` neither in `found` nor in `read`.

    `read` is what was found when the folder was read, `found` what was found since, in `wrong` errors of files by themselves, told by name;
    `broken` are the flows that could not be read.
    """

    folder: Folder
    read: Report
    found: Report
    common: Common
    wrong: frozenset[str]
    drafts: Mapping[str, Draft]
    broken: Mapping[str, Source]
    project: Project

    @property
    def errors(self) -> bool:
        """Whether something keeps the project from being served."""
        return self.found.errors or self.read.errors


class Builder:
    """Builds the projects of a folder as its files change; what came of a file holds until it, or what it depends on, changes.

    `env` and `allowed` are what the settings say: the environment variables that templates may read, and the hosts of
    one's own that a `request` may ask; `signs` that there is an auth token, which `auth: twilio` needs;
    `unsent` how severe it is that there is no account for `send` (L414), None if there is one.

    Files are told apart by their sources: one that did not change must come as the same source again.
    """

    def __init__(
        self, env: Iterable[str] = (), allowed: Allows = never, signs: bool = True, unsent: Severity | None = None
    ) -> None:
        self._env, self._allowed, self._signs, self._unsent = tuple(env), allowed, signs, unsent
        self._reads = Reads(signs=signs)
        self._facts = KnownFacts()
        self._doubts = Doubts()

    def forget(self) -> None:
        """Lets go of what was read and linked, and not asked for since this was called last. Doubts are kept until others are found."""
        self._reads.forget()
        self._facts.forget()

    def build(self, folder: Folder, read: Report, absent: Mapping[str, Source] = MappingProxyType({})) -> Built:
        """The project in `folder`: every flow that could be read. `read` may hold what was found when the folder was read.

        `absent` are files by name that are in the folder, but not in the project: nobody knows what they hold, and a flow that names
        one may be right.
        """
        found = Report()
        common = self._common(folder, read, found, unknown=FUNCTIONS in absent)
        drafts: dict[str, Draft] = {}
        broken: dict[str, Source] = {}
        for source in folder.flows:
            name = source.path.rpartition(os.sep)[2].removesuffix(".yaml")
            if name == AUDIO or not NAME.fullmatch(name):
                _misnamed(name, source, found)
            draft = self._reads.flow(name, source, found, common, folder.project)
            if draft is None:
                broken[name] = source
            else:
                drafts[name] = draft
        wrong = frozenset(os.path.basename(path) for path in found.wrong())
        unread = (diagnostic.span.source for diagnostic in read.all)  # files that could not even be decoded
        for source in (*unread, *absent.values()):
            name = PurePath(source.path).stem
            if name not in drafts:
                broken.setdefault(name, source)
        if not broken:  # which may speak more languages
            check_catalogues(common.catalogues.values(), drafts.values(), found)
        project = link(drafts, common, found, self._env, broken, self._facts)
        return Built(folder, read, found, common, wrong, drafts, broken, project)

    def _common(self, folder: Folder, read: Report, found: Report, *, unknown: bool) -> Common:
        common = self._reads.project(folder.project, found) if folder.project else Common()
        functions = None if unknown else _functions(folder, read, found)
        if functions is not None and folder.functions is not None:
            functions = self._reads.functions(folder.functions, functions)
        catalogues = read_catalogues(folder.catalogues, found, self._reads.catalogue)
        return replace(common, functions=functions, allowed=self._allowed, signs=self._signs, catalogues=catalogues)

    def findings(self, built: Built) -> Report:
        """All that is to be told of a project: without errors its doubts too, and nothing that its author does not want to hear."""
        found = Report()
        found.extend(built.found.all)
        if not built.errors:
            names = {name: draft.places for name, draft in built.drafts.items()}
            self._doubts.find(built.project, names, built.folder.audio, found)
            for hint in outdated(built.project.flows, built.folder.audio):
                found.add(hint)
            if self._unsent is not None:
                _check_sends(built.drafts, self._unsent, found)
            for file in built.folder.deeper:
                _not_read(built.folder.path, file, found)
        return _told(built.read, found, built.common.ignored)

    @staticmethod
    def errors(built: Built) -> Report:
        """What is to be told of a project before its doubts are known."""
        return _told(built.read, built.found, built.common.ignored)


def build(
    folder: Folder,
    report: Report,
    env: Iterable[str] = (),
    allowed: Allows = never,
    signs: bool = True,
    unsent: Severity | None = None,
) -> Project:
    """The project in `folder`, which may be served only if the report holds no errors; the others as in `Builder`."""
    builder = Builder(env, allowed, signs, unsent)
    built = builder.build(folder, report)
    report.extend(builder.findings(built).all)
    return built.project


def _told(read: Report, found: Report, ignored: Collection[str]) -> Report:
    """What was found when the folder was read and since, but for what is silenced and what follows from a mistake of the text."""
    told = Report()
    told.extend(read.all)
    misread: dict[Source, list[Span]] = {}
    for diagnostic in found.all:
        if diagnostic.code.startswith("F0") and diagnostic.severity is Severity.ERROR:
            misread.setdefault(diagnostic.span.source, []).append(diagnostic.span)
    for diagnostic in found.diagnostics:
        if not (silenced(diagnostic, ignored) or _follows(diagnostic, misread)):
            told.add(diagnostic)
    return told


def _check_sends(drafts: Mapping[str, Draft], severity: Severity, report: Report) -> None:
    """Reports the first verb of each flow that needs an account: the settings have none."""
    for draft in drafts.values():
        flow = draft.flow
        asks = any(map(_needs_account, draft.asked)) or flow.channels == ("messaging",)
        first = next(filter(_needs_account, flow.graph.instructions), None) if asks else None
        if first is not None:
            name = f"`{first.spec.name}`" if isinstance(first, PerformEffect) else "`no_input` in messages"
            title = f"{name} needs a Twilio account, and the settings have none"
            helps = ("set  TWILIO_ACCOUNT_SID=AC…  and  TWILIO_AUTH_TOKEN=…",)
            report.add(Diagnostic(severity, "L414", title, first_line(first.span), "cannot be sent", helps=helps))


def _needs_account(instruction: Instruction) -> bool:
    """Whether it sends a text: a `send`, or a question by message that follows silence."""
    if isinstance(instruction, Verb):
        return is_gather(instruction) and any(after_silence(instruction))
    return isinstance(instruction, PerformEffect) and instruction.spec.account


def _not_read(path: Path, file: Path, report: Report) -> None:
    """Tells of flows in a folder within the folder of flows."""
    title = f"`{shortened(str(file.relative_to(path)), 40)}` is not read"
    notes = (folded("a flow is named by its file, so flows lie side by side in one folder"),)
    helps = (f"move it to  {path / file.name}", "or write in `_project.yaml`  check: {ignore: [L104]}")
    report.hint("L104", title, Span(Source(str(file), ""), 0, 0), notes=notes, helps=helps)


def _functions(folder: Folder, read: Report, report: Report) -> Functions | None:
    """The project's own functions; None where the flows come from no folder, or the file cannot be read, as `read` may say."""
    if folder.functions is not None:
        return read_functions(folder.functions, report, folder.path if folder.audio is not None else None)
    unread = any(PurePath(found.span.source.path).name == FUNCTIONS for found in read.diagnostics)
    return None if unread or folder.audio is None else NO_FUNCTIONS


def _follows(diagnostic: Diagnostic, misread: Mapping[Source, Iterable[Span]]) -> bool:
    """Whether a mistake of the text (F0) is told of the same place: what YAML misread cannot make sense as a flow."""
    span = diagnostic.span
    return not diagnostic.code.startswith("F0") and any(
        other.start <= max(span.end - 1, span.start) and span.start <= max(other.end - 1, other.start)
        for other in misread.get(span.source, ())
    )


def _misnamed(name: str, source: Source, report: Report) -> None:
    title = f"`{shortened(name)}` cannot be the name of a flow"
    notes = ("names of flows are small letters, digits, `_` and `-`,\nand begin with a letter",)
    helps = (f"call it  {mended_name(name, 'flow')}.yaml",)
    if name == AUDIO:
        notes = ("recordings have their addresses below /flows/audio/",)
        helps = ("give it another name, such as `audio_menu`",)
    report.error(
        "F111",
        title,
        Span(source, 0, 0),
        label="the file's name",
        notes=notes,
        helps=helps,
    )
