"""`touchtone new`: writes a project, or adds a flow to one, with a call script that passes."""

import os
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from engine.commands.common import FOLDER, Failure, sentence

TEMPLATES = ("menu", "voicemail", "hours", "survey", "text", "queue")
_SCHEMA = "../.touchtone/flow.schema.json"


@click.command()
@click.argument("name")
@click.option(
    "--template", type=click.Choice(TEMPLATES), default="menu", help="The flow to start from; menu by default."
)
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows of your project.")
def new(name: str, template: str, flows: Path) -> None:
    """Creates a project, or adds a flow to a project.

    NAME is the name of the new folder; inside a project, the name of the new flow.

    A project contains a flow, a call script for it, and settings for git and VS Code. Existing files are not overwritten.

    \b
    touchtone new riverside
    touchtone new after-hours --template hours
    touchtone new . --template text
    """
    if flows.is_dir():
        _new_flow(name, template, flows)
    else:
        _new_project(name, template)


def _new_flow(name: str, template: str, flows: Path) -> None:
    """Adds a flow, and its script beside the other tests."""
    flow = _flow_name(name)
    if flow != name.removesuffix(".yaml"):
        raise Failure(
            f"a flow name has lowercase letters, digits, `-`, and `_`, and starts with a letter: touchtone new {flow}"
        )
    root = flows.parent
    tests = root / "tests" / "calls"
    written = {flows / f"{flow}.yaml": "flow.yaml", tests / f"{flow}.calls.yaml": "calls.yaml"}
    _write(Path(), {path: _filled(f"{template}/{source}", flow) for path, source in written.items()})
    click.echo(f"  {flows / flow}.yaml")
    click.echo(f"  {tests / flow}.calls.yaml")
    where = "" if flows == Path("flows") else f" --flows {flows}"
    click.echo(f"\nCall it:  touchtone phone {flow}{where}")
    click.echo(f"Test it:  touchtone test {tests / flow}.calls.yaml")


def _new_project(name: str, template: str) -> None:
    root = Path(name)
    title = root.resolve().name
    flow = _flow_name(title)
    if root.exists() and (not root.is_dir() or (root != Path() and any(root.iterdir()))):
        raise Failure(f"{root} already exists: choose another name, or run  touchtone new .  in it")
    texts = {
        Path("flows", f"{flow}.yaml"): _filled(f"{template}/flow.yaml", flow),
        Path("tests", "calls", f"{flow}.calls.yaml"): _filled(f"{template}/calls.yaml", flow),
        Path("README.md"): _filled("project/README.md", title).replace("{flow}", flow),
        Path(".env.example"): _template("project/env.example"),
        Path(".gitignore"): _template("project/gitignore"),
        Path(".vscode", "settings.json"): _template("project/vscode/settings.json"),
        Path(".vscode", "extensions.json"): _template("project/vscode/extensions.json"),
    }
    _write(root, texts)
    _write_schema(root / "flows")
    for path in texts:
        click.echo(f"  {root / path}")
    click.echo("\nNext:\n")
    if root != Path():
        click.echo(f"  cd {shlex.quote(str(root))}")
    call = f"touchtone phone {flow}"
    for command, does in (
        ("touchtone test", "plays its call script"),
        ("touchtone dev", "serves it while you edit"),
        (call, "calls it, in another terminal"),
    ):
        click.echo(f"  {command:<{max(len(call), 14)}}  {does}")


def _flow_name(text: str) -> str:
    """The name of a flow for a project of this name: `Riverside Clinic` becomes `riverside-clinic`."""
    name = re.sub(r"[^a-z0-9_]+", "-", text.removesuffix(".yaml").lower()).strip("-_")
    name = re.sub(r"^[^a-z]+", "", name)
    if not name:
        raise Failure(
            f"`{text}` cannot become a flow name: a name needs a letter from a to z, such as  touchtone new clinic"
        )
    return name


def _template(path: str) -> str:
    return files("engine.commands").joinpath("templates", *path.split("/")).read_text(encoding="utf-8")


def _filled(path: str, name: str) -> str:
    return _template(path).replace("{name}", name).replace("{schema}", _SCHEMA)


def _write(root: Path, texts: Mapping[Path, str]) -> None:
    """Writes new files, all of them or none. Raises Failure if one is there already or cannot be written."""
    for path in texts:
        if os.path.lexists(root / path):
            raise Failure(f"{root / path} already exists; nothing was written")
    written: list[Path] = []
    try:
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            with (root / path).open("x", encoding="utf-8", newline="\n") as file:
                written.append(root / path)
                file.write(text)
    except OSError as error:
        for one in written:
            with suppress(OSError):
                one.unlink()
        raise Failure(f"{sentence(error)}; nothing was written") from None


def _write_schema(flows: Path) -> None:
    """The schema by which editors complete; `touchtone dev` keeps it up to date."""
    from engine.program.library import load_folder
    from engine.server.editor import SchemaFile

    if program := load_folder(flows).program:
        SchemaFile(flows).update(program)
