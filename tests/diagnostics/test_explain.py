"""Every page of a code: its bad YAML gives exactly its message, its good YAML gives nothing.

With TOUCHTONE_UPDATE=1 in the environment the messages in the pages are written anew before they are compared.
"""

import os
import re
from pathlib import Path

import pytest

import engine.diagnostics
from engine.diagnostics import Diagnostic, Report, Source, codes, page, render_text, shown
from engine.document import parse
from engine.document.folder import Folder
from engine.grammar import limits
from engine.model.build import build
from engine.phone.scripts import check_names, play, read_script
from engine.program.library import load_sources
from engine.testing.idle import idle
from engine.testing.project import Project
from engine.testing.told import diagnostic

FOLDER = Path(engine.diagnostics.__file__).parent / "explain"
PATH = "flows/example.yaml"
SCRIPT = "tests/clinic.calls.yaml"
# The flow that the call scripts in the pages ring.
CLINIC = """\
vars: {account: ""}
steps:
  menu:
    - gather:
        say: For billing, press 1. For the front desk, press 2.
        branch: {1: billing, 2: operator, 3: balance, else: hangup}
  billing:
    - gather: {say: Enter your account number., save: account}
    - say: Thank you. Goodbye.
  operator:
    - dial: {number: "+15550100", branch: {completed: hangup, else: closed}}
  closed:
    - say: Nobody is here. Goodbye.
  balance:
    - request: {url: https://bank.example.com/accounts, save: found, branch: {404: closed}}
    - run: {function: lookup, args: {number: 1}}
    - say: Your balance is {{ found.balance }}.
"""
# The project's own functions, as the pages speak of them.
FUNCTIONS = """\
async def lookup(number):
    return {"name": "Ada"}
"""
# What these speak of is a folder, not a text (the tests of `read_folder` show their messages), or what is not installed.
WITHOUT_EXAMPLE = {
    "F016",
    "F017",
    "F022",
    "F116",
    "F132",
    "F211",
    "F212",
    "F213",
    "L104",
    "L311",
    "L313",
    "L408",
    "L413",
    "L414",
}
EXAMPLE = re.compile(
    r"```yaml bad\n(?P<bad>.*?)```\n\s*```text message\n(?P<message>.*?)```\n.*?```yaml good\n(?P<good>.*?)```",
    re.DOTALL,
)


def check(code: str, text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text; the pages about YAML (F0, F101) speak of the text alone, F4 and L5 of call scripts, the others of a flow."""
    if code.startswith(("F4", "L5")):
        return check_script(text)
    report = Report()
    text, *others = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)  # a catalogue may stand below the flow
    source = Source(PATH, text)
    if code.startswith("F0") or code == "F101":
        parse(source, report)
    else:
        functions = Source("flows/functions.py", FUNCTIONS)
        catalogues = tuple(Source(f"flows/{name}", each) for name, each in zip(others[::2], others[1::2], strict=True))
        build(Folder(Path(), (source,), None, functions=functions, catalogues=catalogues), report, env=("API_TOKEN",))
    return report.diagnostics


def check_script(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a call script; if nothing is, where its calls go otherwise than it says."""
    report = Report()
    program = load_sources({"flows/clinic.yaml": CLINIC}).program
    assert program is not None
    project = Project(program)
    script, steps = read_script(Source(SCRIPT, text), report), {"clinic": program.flows["clinic"].steps}
    if script is None or not check_names(script, steps, report, functions=project.functions) or report.errors:
        return report.diagnostics
    results = play(script, project)
    failures = (diagnostic(result.failure, program) for result in results if result.failure)
    return (*failures, *idle(script, results, project))


def renewed(code: str, text: str) -> str:
    """The page with the messages that its bad examples give now."""
    pieces, done = [], 0
    for found in EXAMPLE.finditer(text):
        start, end = found.span("message")
        pieces += [text[done:start], render_text(check(code, found.group("bad"))), "\n"]
        done = end
    return "".join([*pieces, text[done:]])


if "TOUCHTONE_UPDATE" in os.environ:
    for file in FOLDER.glob("*.md"):
        file.write_text(renewed(file.stem, file.read_text(encoding="utf-8")), encoding="utf-8")

EXAMPLES = [
    pytest.param(code, found, id=f"{code}-{number}")
    for code in codes()
    for number, found in enumerate(EXAMPLE.finditer(page(code) or ""), 1)
]


@pytest.mark.parametrize(("code", "found"), EXAMPLES)
def test_bad_example_gives_exactly_the_message(code: str, found: re.Match[str]) -> None:
    diagnostics = check(code, found.group("bad"))
    assert render_text(diagnostics) + "\n" == found.group("message")
    assert {diagnostic.code for diagnostic in diagnostics} == {code}


@pytest.mark.parametrize(("code", "found"), EXAMPLES)
def test_good_example_gives_nothing(code: str, found: re.Match[str]) -> None:
    assert render_text(check(code, found.group("good"))) == ""


@pytest.mark.parametrize(("code", "found"), EXAMPLES)
def test_a_message_fits_a_terminal_of_80_columns(code: str, found: re.Match[str]) -> None:
    assert [line for line in render_text(check(code, found.group("bad"))).split("\n") if len(line) > 80] == []


@pytest.mark.parametrize("code", codes())
def test_page_begins_with_its_code_and_a_title(code: str) -> None:
    first, blank, prose = (page(code) or "").split("\n")[:3]
    assert re.fullmatch(rf"# {code}: [^A-Z].*[^.]", first)
    assert blank == ""
    assert prose.strip()


def test_the_pages_of_templates_tell_their_limits() -> None:
    told = {code: set(re.findall(r"\d[\d,]*", (page(code) or "").partition("```")[0])) for code in ("F303", "F304")}
    known = (limits.LENGTH, limits.ROUNDS, limits.WORK, limits.SIZE, limits.BITS, limits.FORMAT, limits.LOOPS)
    assert {f"{limit:,}" for limit in (*known, limits.NESTED, limits.PARTS)} <= told["F303"]
    assert {str(limits.NESTED), str(limits.PARTS)} <= told["F304"]


def test_every_page_about_a_text_has_an_example() -> None:
    assert {code for code in codes() if "```yaml bad" not in (page(code) or "")} == WITHOUT_EXAMPLE & set(codes())


def test_every_example_is_complete() -> None:
    for code in codes():
        text = page(code) or ""
        assert text.count("```yaml bad") == len(EXAMPLE.findall(text)) == text.count("```yaml good"), code


def test_every_code_of_the_source_has_a_page_and_every_page_a_code() -> None:
    used = {
        code
        for file in Path(engine.__file__).parent.rglob("*.py")
        for code in re.findall(r"\"([FL]\d{3})\"", file.read_text(encoding="utf-8"))
    }
    assert used == set(codes())


@pytest.mark.parametrize("code", codes())
def test_a_page_is_shown_without_marks_within_80_columns(code: str) -> None:
    text = shown(page(code) or "")
    assert text.startswith(f"{code}: ")
    assert "```" not in text
    assert max(map(len, text.splitlines())) <= 80
