"""From a folder of flow files to a project, with every mistake in the report."""

from collections.abc import Iterable
from pathlib import PurePath

from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.document.folder import Folder
from engine.model.flows import Common, Draft, read_flow, read_project
from engine.model.link import link
from engine.model.lint import lint
from engine.model.parts import Project
from engine.model.reader import NAME


def build(folder: Folder, report: Report, env: Iterable[str] = ()) -> Project:
    """The project in `folder`: every flow that could be read. It may be served only if the report holds no errors."""
    common = read_project(folder.project, report) if folder.project else Common()
    drafts: dict[str, Draft] = {}
    for source in folder.flows:
        name = PurePath(source.path).stem
        if not NAME.fullmatch(name):
            helps = ("names of flows are small letters, digits, `_` and `-`, and begin with a letter",)
            report.error(
                "F111",
                f"`{name}` cannot be the name of a flow",
                Span(source, 0, 0),
                label="the file's name",
                helps=helps,
            )
            continue
        draft = read_flow(name, source, report, common)
        if draft is not None:
            drafts[name] = draft
    project = link(drafts, common, report, env)
    if not report.errors:
        lint(project, report, common.ignored)
    return project
