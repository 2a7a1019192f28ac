"""Which steps differ between two versions of flows, by their texts."""

from collections.abc import Collection, Mapping

from engine.diagnostics import Report, Source
from engine.document import Mapping as Node
from engine.document import parse


def changed_steps(then: Mapping[str, str], now: Mapping[str, str], flow: str, flows: Collection[str]) -> list[str]:
    """The steps of some flows that are not as they were: those of `flow` by their names, of the others as `billing/menu`.

    None if nothing is known of what was.
    """
    found: list[str] = []
    for name in sorted(flows, key=lambda one: (one != flow, one)):
        file = f"{name}.yaml"
        if file not in then or then[file] == now.get(file):
            continue
        before, after = _steps(then[file]), _steps(now.get(file, ""))
        names = [*before, *(step for step in after if step not in before)]
        changed = [step for step in names if before.get(step) != after.get(step)]
        found += changed if name == flow else [f"{name}/{step}" for step in changed]
    return found


def _steps(text: str) -> dict[str, str]:
    """The text of each step."""
    root = parse(Source("", text), Report())
    steps = root.get("steps") if isinstance(root, Node) else None
    if not isinstance(steps, Node):
        return {}
    return {
        key.text: "\n".join(line.rstrip() for line in value.span.text.rstrip().splitlines())
        for key, value in steps.entries
    }
