"""`touchtone new`: writes a project, or one more flow of a project, with calls that pass."""

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
@click.option("--template", type=click.Choice(TEMPLATES), default="menu", help="What to begin with; menu by default.")
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows of your project.")
def new(name: str, template: str, flows: Path) -> None:
    """Writes a project, or one more flow of a project.

    NAME is that of the new folder, or inside a project that of the flow.

    A project has a flow, calls to it, and settings for git and VS Code. No file is overwritten.

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
            f"the name of a flow has small letters, digits, `-` and `_`, and begins with a letter: touchtone new {flow}"
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
        raise Failure(f"{root} is there already: choose another name, or run  touchtone new .  in it")
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
        ("touchtone test", "plays its calls"),
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
            f"no flow can be named after `{text}`: a name has a letter from a to z, such as  touchtone new clinic"
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
            raise Failure(f"{root / path} is there already, and nothing was written")
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
    """What editors complete by, which `touchtone dev` keeps up to date from then on."""
    from engine.program.library import load_folder
    from engine.server.editor import SchemaFile

    if program := load_folder(flows).program:
        SchemaFile(flows).update(program)
