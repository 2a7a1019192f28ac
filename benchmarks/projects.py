"""Projects to measure with: as many flows as are asked for, of which no sentence stands twice."""

from pathlib import Path

STEPS = 20


def name_of(number: int) -> str:
    """The name of a flow of the project."""
    return f"flow_{number}"


def flow_text(number: int, flows: int, *, steps: int = STEPS, mark: int = 0, counts: bool = False) -> str:
    """A flow of a project of so many: menus, and between them steps that say something with a name in it.

    Every sentence says `mark` and `number`, so that each answer tells which texts it is of. The last step leads to the flow that comes next
    in the project. With `counts` the flow has a variable, which every step between two menus changes.
    """
    lines = [f"description: Flow number {number}, text {mark}"]
    lines += ["vars: {count: 0}"] if counts else []
    lines += ["steps:"]
    for step in range(0, steps, 2):
        onward = f"menu_{step + 2}" if step + 2 < steps else f"{name_of((number + 1) % flows)}/menu_0"
        lines += [
            f"  menu_{step}:",
            "    - gather:",
            f"        say: For the next menu after {step}, press 1. To begin anew, press 2. Text {mark} of flow {number}.",
            "        branch:",
            f"          1 | next: place_{step}",
            "          2 | again: restart",
            f"          else: place_{step}",
            f"  place_{step}:",
        ]
        lines += ['    - set: {count: "{{ count + 1 }}"}'] if counts else []
        lines += [
            f"    - say: Hello {{{{ call.from }}}}, this is place {step}. Text {mark} of flow {number}.",
            f"    - redirect: {onward}",
        ]
    return "\n".join(lines) + "\n"


def common_text(seconds: int = 5) -> str:
    """The project file: how many seconds every menu waits for a key."""
    return f"defaults: {{gather: {{timeout: {seconds}}}}}\n"


def write_project(folder: Path, flows: int, *, steps: int = STEPS, counts: bool = False) -> None:
    """Writes the project file and all flows into a folder that is there."""
    (folder / "_project.yaml").write_text(common_text())
    for number in range(flows):
        text = flow_text(number, flows, steps=steps, counts=counts)
        (folder / f"{name_of(number)}.yaml").write_text(text)
