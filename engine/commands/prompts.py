"""`touchtone prompts`: the prompt sheet, with everything that flows say, for the voice talent."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from engine.commands.common import FOLDER, Failure
from engine.commands.reading import read_flows

HEADER = ("file", "flow", "step", "language", "text", "line", "status")
ENDING = ".wav"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would run as a formula
_LISTED = 5  # recordings that are named


@click.command()
@click.argument("names", nargs=-1, metavar="[FLOW]...")
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
@click.option("--language", "-l", metavar="L", help="Only texts in this language.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, for Excel.")
def prompts(names: tuple[str, ...], flows: Path, language: str | None, output: Path | None) -> None:
    """The prompt sheet: every text that callers hear, as CSV.

    Each text is listed once, with the name of its recording. Put a recording with that name into the folder audio in the folder
    of flows (.wav, .mp3, .aiff, .gsm, or .ulaw), and callers hear it instead of the synthetic voice. The last part of the name
    is a hash of the words: after a change of the words, record the text again. The part before it can be anything.

    The status is "record" or "recorded"; a text that varies from call to call cannot be recorded, and its values are listed.

    \b
    touchtone prompts > prompts.csv
    touchtone prompts clinic --output clinic.csv
    touchtone prompts --flows examples --language es
    """
    from engine.diagnostics import nearest
    from engine.model.prompts import prompts_of, recordings_of

    project, folder, _ = read_flows(flows, names)
    found = [prompt for name in names or project.flows for prompt in prompts_of(project.flows[name])]
    if language is not None:
        spoken = {each: None for name in names or project.flows for each in project.flows[name].languages}
        if language not in spoken:
            close = nearest(language, spoken)
            known = f"; did you mean `{close}`?" if close else f"; they speak {', '.join(spoken)}" if spoken else ""
            raise Failure(f"no flow has a language `{language[:40]}`{known}")
        found = [prompt for prompt in found if prompt.language == language]
    recordings = recordings_of(folder.audio)
    text = sheet(found, recordings)
    if output is None:
        click.echo(text, nl=False)
    else:
        # Excel recognizes UTF-8 by the byte order mark.
        output.write_bytes(text.encode("utf-8-sig"))
        click.echo(f"written to {output}", err=True)
    if not names and language is None:
        _show_unused(found, recordings)


def sheet(prompts: Iterable[Any], recordings: Any) -> str:
    """The texts as CSV (RFC 4180), each once: those that can be recorded by their marks, the others by their words."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    known: set[tuple[str, str]] = set()
    for prompt in prompts:
        key = (prompt.mark, "" if prompt.mark else f"{prompt.language}\0{prompt.text}")
        if key not in known:
            known.add(key)
            writer.writerow(map(_harmless, _row(prompt, recordings)))
    return out.getvalue()


def _row(prompt: Any, recordings: Any) -> Iterator[str]:
    from engine.picture.phrases import filled, holes

    path = recordings.get(prompt.mark) if prompt.mark else None
    recorded = path.partition("/")[2] if path else ""
    yield recorded or (f"{prompt.name}{ENDING}" if prompt.mark else "")
    yield prompt.flow
    yield prompt.step
    yield prompt.language
    yield filled(prompt.text)
    yield f"{Path(prompt.span.source.path).name}:{prompt.span.source.position(prompt.span.start)[0]}"
    if prompt.mark:
        yield "recorded" if recorded else "record"
    else:
        varies = dict.fromkeys(name for text in prompt.varies for name in holes(text))
        yield f"varies: {', '.join(varies)}" if varies else "not recordable"


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _show_unused(prompts: Iterable[Any], recordings: Any) -> None:
    """Prints the recordings that no text uses."""
    marks = {prompt.mark for prompt in prompts}
    unused = [path for mark, path in recordings.items() if mark not in marks]
    if unused:
        more = f" and {len(unused) - _LISTED} more" if len(unused) > _LISTED else ""
        click.echo(f"touchtone: unused recordings: {', '.join(unused[:_LISTED])}{more}", err=True)
