"""The options `--given` and `--answer`: how a call comes in, how verbs end, and what comes back from outside."""

from pathlib import Path
from typing import Any

import click

from engine.commands.common import Failure, pairs

answer_option = click.option(
    "--answer", "-a", "answers", multiple=True, metavar="VERB=OUTCOME", help="How a verb ends: dial=busy, request=200."
)
given_option = click.option(
    "--given",
    "given_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What is `given`, as in a call script.",
)
EXAMPLE = "dial=busy"


def given_by(file: Path | None, answers: tuple[str, ...]) -> Any:
    """What a file in the form of a script's `given` and the options `--answer VERB=…` say, the options winning."""
    from engine.phone.scripts.script import Given

    return (_read(file) if file else Given()).merged(_answered(answers))


def check_stubs(given: Any, project: Any) -> None:
    """Fails for an answer to a function that no flow runs."""
    from engine.commands.common import show
    from engine.diagnostics import Report
    from engine.phone.scripts.read import check_functions

    report = Report()
    if not check_functions(given.stubs, project.functions, report):
        if all(found.span.source.path for found in report.diagnostics):
            show(report.diagnostics, err=True)
            raise Failure("fix what is given first")
        raise Failure(f"--answer: {report.diagnostics[0].title}; {report.diagnostics[0].hint}")


def _read(file: Path) -> Any:
    """The `given` in a file: of a call script the one that holds for all of its calls."""
    from engine.commands.common import show
    from engine.diagnostics import Report, Source
    from engine.document import Mapping, parse
    from engine.document.folder import read_regular
    from engine.phone.scripts.given import read_given
    from engine.phone.scripts.reader import Reader

    try:
        text = read_regular(file).decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8") from None
    except OSError as error:
        raise Failure(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if not text.strip():
        raise Failure(f"{file} is empty; write what is given, such as  request: {{/customers: 404}}")
    report = Report()
    node = parse(Source(str(file), text), report)
    if isinstance(node, Mapping) and (node.key("given") or node.key("calls")):
        node = node.get("given")
    given = read_given(Reader(report), node)
    if report.errors:
        show(report.diagnostics, err=True)
        raise click.exceptions.Exit(2)
    return given


def _answered(answers: tuple[str, ...]) -> Any:
    """What `--answer` says: outcomes by verb, and answers from outside, each one that the verb can have."""
    from engine.diagnostics import Report, Source, nearest
    from engine.document import Mapping, parse
    from engine.grammar.verbs import ENGINE_VERBS
    from engine.phone.scripts.given import VERBS, read_given
    from engine.phone.scripts.reader import Reader
    from engine.phone.scripts.script import Given
    from engine.phone.scripts.stubs import kinds

    known, given = (*VERBS, *kinds()), Given()
    for verb, answer in pairs("--answer", answers, EXAMPLE).items():
        if verb not in known:
            close = nearest(verb, known)
            hint = f"did you mean `{close}`?" if close else f"known verbs: {', '.join(known)}"
            raise Failure(f"--answer: the verb `{verb}` has no outcome; {hint}")
        if verb in kinds() and ENGINE_VERBS[verb].stubs == "named" and not answer.lstrip().startswith("{"):
            raise Failure('--answer: a function is given by its name: --answer "run={lookup: error}"')
        report = Report()
        node = parse(Source("", answer), report) if answer.lstrip()[:1] in ("{", "[", '"', "'") else _scalar(answer)
        found = read_given(Reader(report), Mapping(((_scalar(verb), node),), _scalar(verb).span)) if node else Given()
        if report.errors:
            wrong = report.diagnostics[0]
            raise Failure(f"--answer: {wrong.title}" + (f"; {wrong.hint}" if wrong.hint else ""))
        given = given.merged(found)
    return given


def _scalar(text: str) -> Any:
    from engine.diagnostics import Source, Span
    from engine.document import Scalar

    return Scalar(text, Span(Source("", text), 0, len(text)), False)
