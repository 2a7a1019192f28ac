"""From a folder of flow files to a project, with every mistake in the report."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document.folder import AUDIO, FUNCTIONS, Folder
from engine.grammar.hosts import Allows, never
from engine.model.languages.catalogues import check_catalogues, read_catalogues
from engine.model.linking.link import link
from engine.model.lint import lint, silenced
from engine.model.parts import Project, Send
from engine.model.reading.flows import Common, Draft, read_flow, read_project
from engine.model.reading.reader import NAME, first_line, folded, mended_name, shortened
from engine.model.verbs.functions import Functions, read_functions
from engine.model.walk import flow_instructions


def build(
    folder: Folder,
    report: Report,
    env: Iterable[str] = (),
    allowed: Allows = never,
    signs: bool = True,
    unsent: Severity | None = None,
) -> Project:
    """The project in `folder`: every flow that could be read. It may be served only if the report holds no errors.

    `env` and `allowed` are what the settings say: the environment variables that templates may read, and the hosts of
    one's own that a `request` may ask; `signs` that there is an auth token, which `auth: twilio` needs;
    `unsent` how severe it is that there is no account for `send` (L414), None if there is one.
    """
    found = Report()
    common = read_project(folder.project, found, signs=signs) if folder.project else Common()
    common = replace(common, functions=_functions(folder, report, found), allowed=allowed, signs=signs)
    common = replace(common, catalogues=read_catalogues(folder.catalogues, found))
    drafts: dict[str, Draft] = {}
    broken: dict[str, Source] = {}
    for source in folder.flows:
        name = PurePath(source.path).stem
        if name == AUDIO or not NAME.fullmatch(name):
            _misnamed(name, source, found)
        draft = read_flow(name, source, found, common)
        if draft is None:
            broken[name] = source
        else:
            drafts[name] = draft
    for diagnostic in report.diagnostics:  # a file that could not even be decoded
        name = PurePath(diagnostic.span.source.path).stem
        if name not in drafts:
            broken.setdefault(name, diagnostic.span.source)
    if not broken:  # which may speak more languages
        check_catalogues(common.catalogues.values(), drafts.values(), found)
    project = link(drafts, common, found, env, broken)
    if not found.errors and not report.errors:
        lint(project, drafts, found, folder.audio)
        if unsent is not None:
            _check_sends(project, unsent, found)
        for file in folder.deeper:
            _not_read(folder.path, file, found)
    misread: dict[Source, list[Span]] = {}
    for diagnostic in found.diagnostics:
        if diagnostic.code.startswith("F0") and diagnostic.severity is Severity.ERROR:
            misread.setdefault(diagnostic.span.source, []).append(diagnostic.span)
    for diagnostic in found.diagnostics:
        if not (silenced(diagnostic, common.ignored) or _follows(diagnostic, misread)):
            report.add(diagnostic)
    return project


def _check_sends(project: Project, severity: Severity, report: Report) -> None:
    """Reports the first `send` of each flow: the settings have no account to send with."""
    for flow in project.flows.values():
        first = next((one for one in flow_instructions(flow) if isinstance(one, Send)), None)
        if first is not None:
            title = "`send` needs a Twilio account, and the settings have none"
            helps = ("set  TWILIO_ACCOUNT_SID=AC…  and  TWILIO_AUTH_TOKEN=…",)
            report.add(Diagnostic(severity, "L414", title, first_line(first.span), "cannot be sent", helps=helps))


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
    return None if unread or folder.audio is None else Functions(found=False)


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
