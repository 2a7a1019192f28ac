"""`touchtone prompts`: the sheet for the voice talent."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.model.prompts import prompts_of
from engine.program.library import load_folder

SHOP = """\
languages: {en: {voice: Polly.Joanna, language: en-US}, es: {voice: Polly.Lupe, language: es-US}}
steps:
  menu:
    - say: {en: "Say \\"yes\\", or press 1.", es: Diga sí.}
    - say: {en: One moment., es: "{{ call.from_city }}, un momento."}
    - redirect: other
  other:
    - say: {en: One moment., es: "=Uno"}
    - play: audio/chime.wav
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    (folder / "audio").mkdir(parents=True)
    (folder / "audio" / "chime.wav").write_bytes(b"RIFF")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    return folder


def run(*words: object):
    return CliRunner().invoke(main, ["prompts", *map(str, words)])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_text_stands_in_it_once_with_its_place(flows):
    result = run("--flows", flows)
    assert result.exit_code == 0
    found = [(row["step"], row["language"], row["text"], row["line"], row["status"]) for row in rows(result.stdout)]
    assert found == [
        ("menu", "en", 'Say "yes", or press 1.', "shop.yaml:4", "record"),
        ("menu", "es", "Diga sí.", "shop.yaml:4", "record"),
        ("menu", "en", "One moment.", "shop.yaml:5", "record"),
        ("menu", "es", "‹call.from_city›, un momento.", "shop.yaml:5", "varies: ‹call.from_city›"),
        ("other", "es", "'=Uno", "shop.yaml:8", "record"),
    ]
    names = {
        prompt.text: f"{prompt.name}.wav"
        for prompt in prompts_of(load_folder(flows).program.flows["shop"])
        if prompt.mark and prompt.step == "menu"
    }
    assert [row["file"] for row in rows(result.stdout)[:4]] == [
        names['Say "yes", or press 1.'],
        names["Diga sí."],
        names["One moment."],
        "",
    ]


def test_it_is_csv_as_spreadsheets_read_it(flows):
    raw = CliRunner().invoke(main, ["prompts", "--flows", str(flows)]).stdout_bytes
    assert raw.startswith(b"file,flow,step,language,text,line,status\r\n")
    assert b'"Say ""yes"", or press 1."' in raw
    assert raw.count(b"\r\n") == raw.count(b"\n")
    file = flows.parent / "sheet.csv"
    run("--flows", flows, "-o", file)
    assert file.read_bytes() == b"\xef\xbb\xbf" + raw


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1 a", "-1 a", "@SUM(a)"])
def test_no_text_is_taken_for_a_formula(flows, text):
    (flows / "shop.yaml").write_text(f"steps: {{menu: [{{say: '{text}'}}]}}")
    (row,) = rows(run("--flows", flows).stdout)
    assert row["text"] == f"'{text}"


def test_one_language_or_some_flows(flows):
    (flows / "other.yaml").write_text("steps: {menu: [{say: Elsewhere.}]}")
    assert {row["language"] for row in rows(run("--flows", flows, "-l", "es").stdout)} == {"es"}
    assert [row["text"] for row in rows(run("other", "--flows", flows).stdout)] == ["Elsewhere."]
    assert (
        run("othr", "--flows", flows).output
        == f"touchtone: there is no flow `othr` in {flows}; did you mean `other`?\n"
    )
    wrong = run("--flows", flows, "-l", "fr")
    assert (wrong.exit_code, wrong.output) == (
        2,
        "touchtone: no flow has a language `fr`; they speak en, es\n",
    )


def test_what_is_recorded_is_told_and_what_nobody_says_any_more(flows):
    name = next(row["file"] for row in rows(run("--flows", flows).stdout) if row["text"] == "One moment.")
    (flows / "audio" / f"{name.removesuffix('.wav')}.mp3").write_bytes(b"ID3")
    (flows / "audio" / "shop-menu-p00c0ffee.wav").write_bytes(b"RIFF")
    result = run("--flows", flows)
    row = next(row for row in rows(result.stdout) if row["text"] == "One moment.")
    assert (row["file"], row["status"]) == (f"{name.removesuffix('.wav')}.mp3", "recorded")
    assert result.stderr == "touchtone: unused recordings: audio/shop-menu-p00c0ffee.wav\n"
