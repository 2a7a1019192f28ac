"""`touchtone translations`: catalogues are written, kept up and checked, and nothing that a translator wrote is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

LANGUAGES = "languages: {en: {language: en-US}, es: {language: es-US}}\n"
FLOW = f"""{LANGUAGES}steps:
  menu:
    - say: Thank you for calling Riverside Clinic.
    - say: {{en: Hello., es: Hola.}}
    - say: {{message: Hasta luego., language: es}}
    - say: "Your code is {{{{ call.sid }}}}."
    - say: 1, 2, 3
  other:
    - gather: {{say: Thank you for calling Riverside Clinic., hints: "yes, no", branch: {{1: menu, else: menu}}}}
"""
WRITTEN = """\
msgid ""
msgstr ""
"Language: es\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

#: clinic.yaml:4 clinic.yaml:10
msgid "Thank you for calling Riverside Clinic."
msgstr ""

#: clinic.yaml:7
msgid "Your code is {{ call.sid }}."
msgstr ""

#: clinic.yaml:10
msgid "yes, no"
msgstr ""
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "clinic.yaml").write_text(FLOW)
    return folder


def run(*words: object) -> Result:
    runner = CliRunner(env={name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))})
    return runner.invoke(main, ["translations", *(str(word) for word in words)])


def test_extract_writes_every_text_that_the_flows_do_not_translate_themselves(flows: Path) -> None:
    result = run("extract", flows)
    assert (result.exit_code, result.output) == (0, f"{flows}/_es.po: 3 texts to translate\n")
    assert (flows / "_es.po").read_text() == WRITTEN


def test_extract_leaves_a_catalogue_that_is_there_alone(flows: Path) -> None:
    (flows / "_es.po").write_text("# mine\n")
    result = run("extract", flows)
    assert result.output == f"{flows}/_es.po: is there already; it is kept up by  touchtone translations update\n"
    assert (flows / "_es.po").read_text() == "# mine\n"


def test_extract_writes_one_for_each_language_that_needs_it(flows: Path) -> None:
    (flows / "bye.yaml").write_text("languages: {de: {language: de-DE}, pt-BR: {}}\nsteps: {a: [{say: Tschüss}]}\n")
    (flows / "own.yaml").write_text(
        "languages: {en: {}, fr: {language: fr-FR}}\nsteps: {a: [{say: {en: Hi, fr: Salut}}]}\n"
    )
    result = run("extract", flows)
    assert result.output.splitlines() == [
        f"{flows}/_pt-BR.po: 1 text to translate",
        f"{flows}/_es.po: 3 texts to translate",
        "fr: the flows say everything themselves",
    ]
    assert '#: bye.yaml:2\nmsgid "Tschüss"' in (flows / "_pt-BR.po").read_text()


TRANSLATED = """\
# Spanish for Riverside.

# Ana, 2026
msgid ""
msgstr ""
"PO-Revision-Date: 2026-01-05 10:00+0000\\n"
"Last-Translator: Ana <ana@example.com>\\n"
"Language: es\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

# A note, which is rather long: much longer than the seventy-six columns that other tools wrap at, and it stays.
#: old.yaml:1
#, no-wrap
msgid "Thank you for calling Riverside."
msgstr "Gracias por llamar a Riverside."

#: old.yaml:2
msgid "Nobody says this any more, whatever happens"
msgstr "Ya nadie lo dice"

# of last year
#~ msgid "yes, no"
#~ msgstr "sí, no"
"""
UPDATED = """\
# Spanish for Riverside.

# Ana, 2026
msgid ""
msgstr ""
"PO-Revision-Date: 2026-01-05 10:00+0000\\n"
"Last-Translator: Ana <ana@example.com>\\n"
"Language: es\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

# A note, which is rather long: much longer than the seventy-six columns that other tools wrap at, and it stays.
#: clinic.yaml:4 clinic.yaml:10
#, fuzzy, no-wrap
#| msgid "Thank you for calling Riverside."
msgid "Thank you for calling Riverside Clinic."
msgstr "Gracias por llamar a Riverside."

#: clinic.yaml:7
msgid "Your code is {{ call.sid }}."
msgstr ""

# of last year
#: clinic.yaml:10
msgid "yes, no"
msgstr "sí, no"

#~ msgid "Nobody says this any more, whatever happens"
#~ msgstr "Ya nadie lo dice"
"""


def test_update_loses_nothing_and_marks_what_was_changed(flows: Path) -> None:
    (flows / "_es.po").write_text(TRANSLATED)
    result = run("update", flows)
    assert (result.exit_code, result.output) == (0, f"{flows}/_es.po: 3 texts, 1 missing, 1 fuzzy\n")
    assert (flows / "_es.po").read_text() == UPDATED


@pytest.mark.parametrize("text", [UPDATED, WRITTEN])
def test_update_changes_nothing_where_nothing_is_new(flows: Path, text: str) -> None:
    (flows / "_es.po").write_text(text)
    before = (flows / "_es.po").stat().st_mtime_ns
    assert run("update", flows).output == f"{flows}/_es.po: nothing is new\n"
    assert (flows / "_es.po").stat().st_mtime_ns == before


def test_what_somebody_has_looked_at_is_spoken_and_the_old_text_is_forgotten(flows: Path) -> None:
    (flows / "_es.po").write_text(UPDATED.replace("#, fuzzy, no-wrap", "#, no-wrap"))
    run("update", flows)
    text = (flows / "_es.po").read_text()
    assert "#|" not in text
    assert "Gracias por llamar a Riverside." in text


def test_check_lists_what_is_missing_fuzzy_or_unused_where_it_stands(flows: Path) -> None:
    (flows / "_es.po").write_text(UPDATED + '\nmsgid "Unheard"\nmsgstr "Nunca"\n')
    result = run("check", flows)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{flows}/_es.po:15:7: fuzzy, nobody has looked at it: Thank you for calling Riverside Clinic.",
        f"{flows}/clinic.yaml:7:12: not in `es`: Your code is {{{{ call.sid }}}}.",
        f"{flows}/_es.po:30:7: no flow says this: Unheard",
        "es: 3 texts, 1 missing, 1 fuzzy, 1 unused",
    ]


def test_check_has_nothing_to_say_of_what_is_translated(flows: Path) -> None:
    (flows / "_es.po").write_text(
        WRITTEN.replace('msgstr ""\n\n', 'msgstr "x {{ call.sid }}"\n\n').replace('no"\nmsgstr ""', 'no"\nmsgstr "sí"')
    )
    result = run("check", flows)
    assert (result.exit_code, result.output) == (0, "es: 3 texts, all translated\n")


def test_without_a_catalogue_everything_is_missing(flows: Path) -> None:
    result = run("check", flows)
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "es: 3 texts, 3 missing"
    assert run("update", flows).output == "es: has no catalogue; one is written by  touchtone translations extract\n"


def test_flows_with_a_mistake_are_mended_first(flows: Path) -> None:
    (flows / "_es.po").write_text('msgid "a\n')
    result = run("update", flows)
    assert result.exit_code == 1
    assert "error[F131]" in result.output
    assert (flows / "_es.po").read_text() == 'msgid "a\n'


@pytest.mark.parametrize("command", ["extract", "update", "check"])
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path / "none")
    assert (result.exit_code, result.output) == (2, f"touchtone: there is no folder {tmp_path}/none\n")
    (tmp_path / "a.yaml").write_text("steps: {a: [{say: Hello}]}\n")
    result = run(command, tmp_path)
    assert result.exit_code == 2
    assert "no flow" in result.output


def without_babel(*words: str) -> subprocess.CompletedProcess[str]:
    """A command on a machine where babel is not installed."""
    code = "import sys; sys.modules['babel'] = None; from engine.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60)


def test_without_babel_a_catalogue_is_told_with_what_to_install(flows: Path) -> None:
    (flows / "_es.po").write_text(WRITTEN)
    found = without_babel("check", str(flows), "--format", "line")
    assert found.returncode == 1
    assert (
        f"{flows}/_es.po:1:1: error[F132]: `_es.po` cannot be read without babel (pip install 'touchtone[babel]')"
        in found.stdout
    )
    found = without_babel("translations", "extract", str(flows))
    assert (found.returncode, found.stderr) == (
        2,
        "touchtone: catalogues are written with babel: pip install 'touchtone[babel]'\n",
    )


def test_without_babel_only_what_needs_it_is_refused(flows: Path) -> None:
    (flows / "clinic.yaml").write_text(
        f"{LANGUAGES}steps:\n  a:\n    - say: {{en: 'On {{{{ now | date }}}}', es: 'El {{{{ now | date }}}}'}}\n    - say: '{{{{ 2 | ordinal }}}}'\n"
    )
    found = without_babel("check", str(flows), "--format", "line")
    assert [line.partition(": ")[2] for line in found.stdout.splitlines()] == [
        "error[F132]: `date` needs babel to be said in `es` (pip install 'touchtone[babel]')"
    ] * 2
    (flows / "clinic.yaml").write_text("steps:\n  a:\n    - say: 'On {{ now | date }}'\n")
    assert without_babel("check", str(flows)).returncode == 0
