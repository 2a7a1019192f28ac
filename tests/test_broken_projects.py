"""Broken projects: whatever lies in a folder, it is loaded, checked and answered for without a traceback, and each mistake has a place."""

import os
import random
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.diagnostics import FORMATS, Severity, codes
from engine.program.library import load_folder, load_for

ROOT = Path(__file__).parents[1]
FLOW = "steps:\n  menu:\n    - say: Hello.\n"
SEED = 20261129
MUTATED = 120

# Of LANGUAGE §10, and others like them: text of a flow.
TRAPS = [
    *(
        "",
        " ",
        "\n",
        "\t",
        "\ufeff",
        "\x00",
        "\u2028",
        "---",
        "...",
        "--- a\n--- b\n",
        "%YAML 9.9\n---\na: b\n",
        "a",
        "[]",
        "{}",
        "null",
    ),
    *(
        "- a",
        "steps",
        "steps:",
        "steps: null",
        "steps: []",
        "steps: {}",
        "steps: 5",
        "steps: {a: }",
        "steps: {a: []}",
        "steps: {a: [[]]}",
    ),
    *(
        "steps: {a: [{}]}",
        "steps: {a: [null]}",
        "steps: {'': [hangup]}",
        "steps: {repeat: [hangup]}",
        "steps: {1: [hangup]}",
    ),
    "steps: {a: [{say: a, play: b}]}",
    "steps:\n  a:\n    - gather:\n        branch:\n          1 | #: menu\n",
    "steps:\n  a:\n    - say: Press 1 # now\n",
    "steps:\n  a:\n    - say: &hello there\n",
    "steps:\n  a:\n    - branch: [{when: !vip, to: a}]\n",
    "steps: {a: [{say: {en: Hello, friend., es: Hola.}}]}",
    "steps: {a: [{set: {a: {{ x }}}}]}",
    "steps: {a: [{gather: {branch: {1: a, 01: a}}}]}",
    "steps: {a: [{gather: {branch: {*: a}}}]}",
    "steps:\n  a:\n    - gather:\n        branch:\n          *: a\n",
    "steps:\n  a:\n    - say: *Olá*\n",
    "steps:\n  a:\n    - say: {{ x }}\n",
    "steps:\n  a:\n    - say: text: with: colon\n",
    "steps:\n  a:\n\t- say: x\n",
    "steps:\n  a:\n    - say: 'unclosed\n",
    "steps:\n  a:\n    - branch: [{when: 'yes' in speech, to: a}]\n",
    'steps:\n  a:\n    - gather:\n        branch:\n          "*" | 0: a\n',
    "steps: {a: [{gather: {branch: {/\\d{4}/: a}}}]}",
    "steps:\n  a:\n    - say: @home\n",
    "steps:\n  a:\n    - say: `x`\n",
    "steps:\n  a:\n    - say:\u00a0x\n\u3000 - hangup\n",
    "steps: &a\n  a: *a\n",
    "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    + "".join(f"d{n}: &d{n} [*{'c' if not n else f'd{n - 1}'}, *c]\n" for n in range(40)),
    "<<: {a: b}\nsteps: {a: [hangup]}",
    "[" * 5_000,
    "{a: " * 5_000,
    "- " * 5_000,
    "? " * 500,
    "steps:\n" + "".join(f"{' ' * n}a{n}:\n" for n in range(300)),
    "steps: {a: [{say: '" + "{{ (" * 200 + "'}]}",
    "steps: {a: [{say: '{{ " + "a." * 5_000 + "b }}'}]}",
    "steps: {a: [{say: '{% for a in b %}" * 100 + "'}]}",
    "steps: {a: [{gather: {branch: {'/(a+)+$/': a, '/[/': a, '/(?P<x/': a, '//': a}}}]}",
    "steps: {a: [{redirect: '{{ x }}'}, {redirect: nowhere}]}",
    "steps: {a: [{redirect: ../../etc/passwd}]}",
    "steps: {a: [{twiml: '<Say>'}, {twiml: '<!DOCTYPE a [<!ENTITY b \"c\">]><a/>'}]}",
    "hours: {h: {timezone: Nowhere/None, mon-fri: 25:00-99:00, closed: [2026-13-45, {holidays: XX}]}}\nsteps: {a: [hangup]}",
    "languages: {en: 5, es: {voice: nobody}}\nsteps: {a: [{say: {en: a}}]}",
    "languages: []\nalways: 5\ndefaults: {say: 5, nothing: {}}\ntakes: 5\nvars: []\nchannel: fax\nsteps: {a: [hangup]}",
    "on_error: nowhere\nstart: nowhere\nsteps: {a: [hangup]}",
    "steps: {a: [{subflow: f}]}",
    "steps: {a: [{run: f}, {run: {function: __import__}}, {run: {}}]}",
    "steps: {a: [{request: {url: 'file:///etc/passwd'}}, {request: 5}, {request: {}}]}",
    "steps: {a: [{send: {}}, {send: 5}, {log: {}}, {set: 5}, {branch: 5}, {gather: 5}, {dial: {}}]}",
    "steps: {a: [{gather: {retry: {attempts: -1, no_input: {}}, branch: []}}]}",
    "steps:\r\n  a:\r    - say: x\r\n",
    "a: b: c\n" * 50,
    "steps: {a: [" + "{sya: x}, " * 3_000 + "]}",
    "\U0001f600: \U0001f600\nsteps: {\U0001f600: [{say: \U0001f600}]}",
    "x" * 100_000,
    "steps:\n  a:\n    - say: " + "long " * 20_000,
    "#" * 100_000,
]
BYTES = [
    b"\xff\xfe" + FLOW.encode("utf-16-le"),
    FLOW.encode("utf-16-be"),
    FLOW.encode("utf-32"),
    b"\xff" * 1_000,
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    b"\x1f\x8b" + os.urandom(0) + bytes(1_000),
    b"steps:\n  a:\n    - say: \xe9\n",
    b"steps:\n  a:\n    - say: \xed\xa0\x80\n",
    b"steps: {a: [{say: \xf4\x90\x80\x80}]}",
    b"\xef\xbb\xbf\xef\xbb\xbf" + FLOW.encode(),
    b"\xc3",
    b"\x00" * 4_096,
]
CATALOGS = [
    "msgid",
    'msgid "a"',
    'msgstr "a"\n',
    'msgid "a"\nmsgstr "b\n',
    'msgid "a"\nmsgid_plural "b"\nmsgstr[9] "c"\n',
    'msgid ""\nmsgstr "Content-Type: text/plain; charset=nope\\n"\n',
    'msgid ""\nmsgstr "Plural-Forms: nplurals=99; plural=__import__(\'os\')\\n"\n',
    'msgid "a"\nmsgstr "b"\n' * 3,
    "<html>",
    "\x00",
    '"' * 10_000,
    "\\" * 1_000,
]
PYTHON = [
    "def f(:",
    "\x00",
    "# coding: nope",
    "return 1",
    "import sys; sys.exit()",
    "import os; os._exit(1)",
    "while True: pass",
    "(" * 1_000,
    "x = " + "-" * 50_000 + "1",
    "raise KeyboardInterrupt",
    "\tx\n  y",
    "\ufeff\ufeff",
    "def f(): pass\n" * 3 + "é = ",
]


def files(**contents: str | bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        for name, content in contents.items():
            path = folder / re.sub(r"__(?=\w+$)", ".", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))

    return make


def disk(act: Callable[[Path], object]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "good.yaml").write_text(FLOW)
        act(folder)

    return make


def link_ring(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")


def denied(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / name).write_text(FLOW)
        (folder / name).chmod(0)

    return act


def too_large(folder: Path) -> None:
    with (folder / "f.yaml").open("wb") as file:
        file.truncate(200_000_000)


DISKS: list[Callable[[Path], None]] = [
    disk(act)
    for act in (
        lambda folder: (folder / "f.yaml").mkdir(),
        lambda folder: (folder / "functions.py").mkdir(),
        lambda folder: (folder / "_project.yaml").mkdir(),
        lambda folder: (folder / "_es.po").mkdir(),
        lambda folder: (folder / "audio").write_text("no folder"),
        lambda folder: (folder / "audio").symlink_to("/"),
        lambda folder: (folder / "audio").symlink_to("."),
        lambda folder: (folder / "audio").symlink_to("audio"),
        lambda folder: (folder / "more").symlink_to("/"),
        lambda folder: (folder / "more").symlink_to("."),
        lambda folder: (folder / "f.yaml").symlink_to("nowhere"),
        lambda folder: (folder / "f.yaml").symlink_to("/dev/zero"),
        lambda folder: (folder / "f.yaml").symlink_to("/dev/tty"),
        lambda folder: (folder / "functions.py").symlink_to("/dev/zero"),
        lambda folder: (folder / "_project.yaml").symlink_to("/etc"),
        lambda folder: (folder / "_es.po").symlink_to("/dev/zero"),
        lambda folder: os.mkfifo(folder / "f.yaml"),
        lambda folder: os.mkfifo(folder / "functions.py"),
        lambda folder: os.mkfifo(folder / "_es.po"),
        lambda folder: (folder / "F.YAML").write_text(FLOW),
        lambda folder: (folder / "f.yml").write_text(FLOW),
        lambda folder: (folder / "_project.yml").write_text(FLOW),
        lambda folder: (folder / "es.po").write_text(""),
        lambda folder: (folder / "1.yaml").write_text(FLOW),
        lambda folder: (folder / "ü b.yaml").write_text(FLOW),
        lambda folder: (folder / "audio.yaml").write_text(FLOW),
        lambda folder: (folder / ".yaml").write_text("{"),
        lambda folder: (folder / "a\nb.yaml").write_text(FLOW),
        lambda folder: (folder / f"{'n' * 240}.yaml").write_text(FLOW),
        lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/\xff.yaml")).write_text(FLOW),
        lambda folder: (folder / "good.yaml").unlink(),
        link_ring,
        too_large,
        denied("f.yaml"),
        denied("functions.py"),
        denied("_project.yaml"),
    )
]


def mutated() -> Iterator[str]:
    """Flows of the examples with slips of the hand."""
    chance = random.Random(SEED)
    texts = [path.read_text() for path in sorted((*ROOT.glob("examples/*.yaml"), *ROOT.glob("flows/*.yaml")))]
    for _ in range(MUTATED):
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 4)):
            at, size = chance.randrange(len(text) + 1), chance.choice((0, 1, 1, 3, 30, 300))
            sign = chance.choice(
                (
                    "",
                    "\t",
                    " ",
                    "\n",
                    ":",
                    "#",
                    "'",
                    '"',
                    "{",
                    "]",
                    "|",
                    "*",
                    "&",
                    "- ",
                    "{{",
                    "}}",
                    "\u00a0",
                    "\u200b",
                    "é",
                    "\x07",
                )
            )
            text = text[:at] + sign + text[at + size :]
        yield text


PROJECTS: list[Callable[[Path], None]] = [
    *(files(f__yaml=text) for text in TRAPS),
    *(files(f__yaml=content, good__yaml=FLOW) for content in BYTES),
    *(files(f__yaml=FLOW, _project__yaml=text) for text in TRAPS[:30]),
    *(files(f__yaml="languages: {en: {}, es: {}}\n" + FLOW, _es__po=text) for text in CATALOGS),
    *(files(f__yaml="steps: {a: [{run: f}]}", functions__py=text) for text in PYTHON),
    *DISKS,
    *(files(f__yaml=text, good__yaml=FLOW) for text in mutated()),
]


def test_there_are_enough_of_them() -> None:
    assert len(PROJECTS) >= 261


@pytest.mark.parametrize("number", range(0, len(PROJECTS), 20))
def test_a_broken_project_makes_findings_with_places_and_nothing_else(tmp_path: Path, number: int) -> None:
    for make in PROJECTS[number : number + 20]:
        folder = tmp_path / "flows"
        folder.mkdir()
        make(folder)
        try:
            try_all(folder)
        finally:
            clear(folder)


def try_all(folder: Path) -> None:
    """Loads, checks and answers."""
    loaded = load_folder(folder)
    assert (loaded.program is None) is loaded.report.errors
    for found in loaded.report.diagnostics:
        assert found.code in codes()
        source = found.span.source
        assert 0 <= found.span.start <= found.span.end <= len(source.text)
        line, column = source.position(found.span.start)
        assert line >= 1
        assert column >= 1
        assert Path(source.path) == folder or folder in Path(source.path).parents
    for render in FORMATS.values():
        render(loaded.report.diagnostics)
    partly, left_out = load_for(folder, "good")
    assert partly.program is not None or left_out or partly.report.errors
    runner = CliRunner()
    for words in (
        ["check", str(folder)],
        ["twiml", "f", "--flows", str(folder)],
        ["twiml", "good", "--flows", str(folder)],
    ):
        result = runner.invoke(main, words)
        assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exception)
        assert result.exit_code in (0, 1, 2)
        assert "Traceback" not in result.output
    worst = {found.severity for found in loaded.report.diagnostics}
    assert (Severity.ERROR in worst) is loaded.report.errors


def clear(folder: Path) -> None:
    """Deletes a project, links and all."""
    for where, folders, names in os.walk(folder, topdown=False):
        for name in (*names, *folders):
            path = Path(where) / name
            if stat.S_ISDIR(path.lstat().st_mode):
                path.rmdir()
            else:
                path.unlink()
    folder.rmdir()
