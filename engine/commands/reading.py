"""Reads flows to show them, including those that have errors."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from engine.commands.common import Failure, settings, show


def read_flows(flows: Path, names: Collection[str] = ()) -> tuple[Any, Any, Any]:
    """The project in a folder, the folder as it was read, and what was found in it.

    The errors of the flows of these `names` are counted on stderr; one that does not exist, or cannot be read at all, ends the command.
    """
    from engine.diagnostics import Report, Severity, nearest
    from engine.document.folder import read_folder
    from engine.model.build import build
    from engine.model.reading.reader import shortened

    if not flows.is_dir():
        raise Failure(f"there is no folder {flows}")
    report = Report()
    folder = read_folder(flows, report)
    project = build(folder, report, settings().env)
    for name in names:
        file = flows / f"{name}.yaml"
        errors = [one for one in report.all if one.severity is Severity.ERROR and Path(one.span.source.path) == file]
        if name not in project.flows:
            if errors:
                show(errors, err=True)
                raise Failure(f"{file} cannot be read until this is fixed")
            close = nearest(name, project.flows)
            meant = f"; did you mean `{close}`?" if close else ""
            raise Failure(f"there is no flow `{shortened(name, 40)}` in {flows}{meant}")
        if errors:
            many = f"{len(errors)} error{'s' * (len(errors) != 1)}"
            click.echo(f"touchtone: {file} has {many}, listed by  touchtone check {file}", err=True)
    if not project.flows:
        raise Failure(f"no flow in {flows} can be read;  touchtone check {flows}  says why")
    return project, folder, report
