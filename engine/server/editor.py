"""Keeps the JSON Schema beside the flows up to date, so that editors complete the names of steps as they are now."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from engine.grammar.schema import flow_schema
from engine.model.flow import Flow
from engine.program.program import Program

log = logging.getLogger("touchtone")


def steps_of(program: Program) -> list[str]:
    """The names of all steps, as targets may be written."""
    return sorted(
        {step for flow in program.flows.values() for step in flow.steps} | {f"{name}/" for name in program.flows}
    )


def languages_of(program: Program) -> list[str]:
    """The names of all languages that a flow speaks, in the order of the flows."""
    return list(dict.fromkeys(name for flow in program.flows.values() for name in flow.languages))


class SchemaFile:
    """`.touchtone/flow.schema.json` beside the folder of flows."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.resolve().parent / ".touchtone" / "flow.schema.json"
        self._flows: Mapping[str, Flow] = {}  # whose names it has

    def update(self, program: Program) -> None:
        """Writes the file if it changed. That it cannot is no reason to stop."""
        before, self._flows = self._flows, program.flows
        if not (before and self._path.exists() and _same_names(before, program.flows)):
            self._write(json.dumps(flow_schema(steps_of(program), languages_of(program)), indent=1, ensure_ascii=False))

    def _write(self, text: str) -> None:
        path, text = self._path, text + "\n"
        try:
            if path.exists() and path.read_text(encoding="utf-8") == text:
                return
            path.parent.mkdir(exist_ok=True)
            # Editors read the file while it is written: they must find the old one or the new one.
            fresh = path.with_suffix(".tmp")
            fresh.unlink(missing_ok=True)
            with fresh.open("x", encoding="utf-8") as file:  # never where a link leads to
                file.write(text)
            os.replace(fresh, path)
        except OSError as error:
            log.warning("the schema for editors could not be written: %s", error)


def _same_names(before: Mapping[str, Flow], now: Mapping[str, Flow]) -> bool:
    """Whether all flows have the steps and languages that they had; those that were not saved are the same objects."""
    return before.keys() == now.keys() and all(
        one is now[name]
        or (list(one.steps) == list(now[name].steps) and list(one.languages) == list(now[name].languages))
        for name, one in before.items()
    )
