"""`touchtone graph`: a flow as a call tree in text, as Mermaid, or as a picture."""

from pathlib import Path
from typing import Any

import click

from engine.commands.common import FOLDER
from engine.commands.reading import read_flows

_ENDINGS = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid"}


@click.command()
@click.argument("flow", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "mermaid", "text"]),
    help="text, unless FILE ends in .svg or .mmd.",
)
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def graph(flow: str | None, form: str | None, flows: Path, output: Path | None) -> None:
    """Shows FLOW as a call tree.

    text is the call tree in sentences, to print or send to a client. svg is the picture from the page of `touchtone dev`.
    mermaid is text that GitHub and many wikis render. A flow with errors is shown too. Without FLOW, the flows are listed.

    \b
    touchtone graph clinic
    touchtone graph clinic -o clinic.svg
    touchtone graph clinic --format mermaid
    touchtone graph survey --flows examples
    """
    if flow is not None and flow.endswith(".yaml"):
        path = Path(flow)
        flow, flows = path.stem, path.parent if path.parent.name else flows
    project, _, report = read_flows(flows, () if flow is None else (flow,))
    if flow is None:
        return _list(project)
    form = form or (_ENDINGS.get(output.suffix.lower(), "text") if output else "text")
    drawn = _drawn(project.flows, project.flows[flow], report.all, form)
    if output is None:
        return click.echo(drawn, nl=False)
    output.write_text(drawn, encoding="utf-8", newline="\n")
    click.echo(f"written to {output}", err=True)


def _drawn(flows: Any, flow: Any, found: Any, form: str) -> str:
    if form == "svg":
        from engine.picture.picture import draw, problems_of, standalone
        from engine.picture.reading import cards_of, entered_from

        steps = {name: tuple(one.steps) for name, one in flows.items()}
        entered = entered_from(flows).get(flow.name, set())
        return standalone(draw(cards_of(flow, steps, entered), problems_of(flow, found)))
    if form == "mermaid":
        from engine.picture.mermaid import mermaid

        return mermaid(flow, flows)
    from engine.picture.text import print_out

    return print_out(flow, flows)


def _list(project: Any) -> None:
    """The flows, a line for each."""
    wide = max(map(len, project.flows))
    for name, flow in project.flows.items():
        steps = f"{len(flow.steps)} step{'s' * (len(flow.steps) != 1)}"
        line = f"{name:<{wide}}  {steps:>9}  {' '.join(flow.description.split())}".rstrip()
        click.echo(line if len(line) <= 80 else line[:79] + "…")
