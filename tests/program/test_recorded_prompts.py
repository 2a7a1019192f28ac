"""A text whose recording lies in `audio` is played, not spoken; without one nothing is different."""

import asyncio
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.model.prompts import named, prompts_of, recordings_of
from engine.phone.document import read_twiml
from engine.program.library import Library, Versions, load_folder, load_sources
from tests.conftest import Call, bare
from tests.server.test_service import serve

SHOP = """\
vars: {name: Ann}
steps:
  menu:
    - gather:
        say: For parts -- and "wheels" -- press 1. R&D is < 2.
        retry: {attempts: 2, no_input: I did not hear anything.}
        branch: {1: parts, else: hangup}
  parts:
    - say: {message: One moment., loop: 2, voice: Polly.Joanna}
    - say: Hello {{ name }}.
    - say: [Your code is, {say_as: {words: "12", interpret_as: digits}}]
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    (folder / "audio").mkdir(parents=True)
    (folder / "shop.yaml").write_text(SHOP)
    return folder


def record(folder: Path, words: str, *, before: str = "", ending: str = ".wav") -> str:
    """Puts a recording of a text beside the flows, and gives its name."""
    flows = load_folder(folder).program.flows.values()
    prompt = next(one for flow in flows for one in prompts_of(flow) if one.text.startswith(words))
    name = f"{before or prompt.name}{f'-p{prompt.mark}' if before else ''}{ending}"
    (folder / "audio" / name).write_bytes(b"RIFF")
    return name


def test_a_recorded_text_is_played_and_its_words_stand_in_a_comment(flows):
    name = record(flows, "For parts")
    said = Call(load_folder(flows).program).ask("shop")
    assert (
        f'<!--For parts -\u2010 and "wheels" -\u2010 press 1. R&D is < 2.--><Play>audio/{name}</Play></Gather>' in said
    )
    gather = read_twiml(f"<Response>{said}</Response>".encode(), "voice").verbs[0]
    assert gather.children[0].words == 'For parts -\u2010 and "wheels" -\u2010 press 1. R&D is < 2.'


def test_what_is_not_recorded_is_spoken_as_ever(flows):
    plain = [bare(Call(load_folder(flows).program).ask(step)) for step in ("shop", "shop/parts")]
    (flows / "audio" / "holiday-20261224.wav").write_bytes(b"RIFF")
    assert [bare(Call(load_folder(flows).program).ask(step)) for step in ("shop", "shop/parts")] == plain


def test_how_often_it_is_said_stays_and_a_text_that_varies_cannot_be_recorded(flows):
    name = record(flows, "One moment.", ending=".mp3")
    said = Call(load_folder(flows).program).ask("shop/parts")
    assert f'<!--One moment.--><Play loop="2">../audio/{name}</Play><Say>Hello Ann.</Say>' in said
    hello = next(one for one in prompts_of(load_folder(flows).program.flows["shop"]) if one.varies)
    assert (hello.mark, hello.name, hello.varies) == ("", "", ("Hello {{ name }}.",))


def test_markup_belongs_to_the_words(flows):
    record(flows, "Your code is 12")
    assert "<!--Your code is 12--><Play>" in Call(load_folder(flows).program).ask("shop/parts")
    (flows / "shop.yaml").write_text(SHOP.replace("interpret_as: digits", "interpret_as: cardinal"))
    assert "<Play>" not in Call(load_folder(flows).program).ask("shop/parts")


def test_other_edits_keep_a_recording_in_use_and_other_words_do_not(flows):
    record(flows, "One moment.")
    moved = "steps:\n  first: [{say: New.}, {redirect: desk}]\n  desk: [{pause: 1}, {say: {message: One  moment., voice: man}}]\n"
    (flows / "shop.yaml").write_text(moved)
    assert "<Play>" in Call(load_folder(flows).program).ask("shop/desk")
    (flows / "shop.yaml").write_text(moved.replace("One  moment.", "Two moments."))
    assert "<Play>" not in Call(load_folder(flows).program).ask("shop/desk")


def test_only_the_mark_at_the_end_of_a_name_counts(flows):
    name = record(flows, "One moment.", before="take 3 by Ann")
    assert f'<Play loop="2">../audio/{name.replace(" ", "%20")}</Play>' in Call(load_folder(flows).program).ask(
        "shop/parts"
    )
    assert named("audio/es/hello-p0123abcd.MP3") == ("hello", "0123abcd")
    assert not recordings_of({"audio/holiday-20261224.wav", "audio/x-p0123abcd.txt", "audio/p0123abcd.wav"})


def test_the_same_words_in_another_language_are_another_recording(flows):
    (flows / "shop.yaml").write_text(
        "languages: {en: {language: en-US}, es: {language: es-MX}}\n"
        "steps: {menu: [{set: {language: es}}, {say: {en: No., es: No.}}]}\n"
    )
    english, spanish = prompts_of(load_folder(flows).program.flows["shop"])
    assert [one.name.rpartition("-")[0] for one in (english, spanish)] == ["shop-menu-en-no", "shop-menu-es-no"]
    (flows / "audio" / f"{english.name}.wav").write_bytes(b"RIFF")
    assert "<Play>" not in Call(load_folder(flows).program).ask("shop")
    (flows / "audio" / f"{spanish.name}.wav").write_bytes(b"RIFF")
    assert f"<Play>audio/{spanish.name}.wav</Play>" in Call(load_folder(flows).program).ask("shop")


def test_a_second_language_leaves_the_recordings_of_the_first(flows):
    text = "{}steps: {{menu: [{{say: No.}}]}}\n"
    marks = {
        next(iter(prompts_of(load_sources({"shop.yaml": text.format(before)}).program.flows["shop"]))).mark
        for before in ("", "languages: {en: {}}\n", "languages: {en: {language: en-GB}, es: {}}\n")
    }
    assert len(marks) == 1


def test_a_recording_of_earlier_words_is_told(flows):
    name = record(flows, "One moment.")
    (flows / "shop.yaml").write_text(SHOP.replace("One moment.", "Just a moment."))
    (hint,) = load_folder(flows).report.diagnostics
    new = next(one for one in prompts_of(load_folder(flows).program.flows["shop"]) if one.text == "Just a moment.")
    assert (hint.code, hint.notes) == ("L408", (f"recorded: audio/{name}",))
    assert hint.helps == (f"record it again as\n{new.name}.wav",)
    (flows / "audio" / f"{new.name}.wav").write_bytes(b"RIFF")
    assert not load_folder(flows).report.diagnostics


def test_a_recording_that_comes_or_goes_is_heard_without_a_save(flows):
    sids = count()

    async def asked(made):
        return (await made.ask("/flows/shop", CallSid=f"CA{next(sids)}"))[1]

    async def play():
        async with serve(flows) as made:
            assert "<Say>For parts" in await asked(made)
            name = record(flows, "For parts")
            while "<Play>" not in await asked(made):
                await asyncio.sleep(0.05)
            (flows / "audio" / name).unlink()
            while "<Play>" in await asked(made):
                await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(play(), 20))


def test_the_name_begins_with_the_place_and_the_first_words():
    flows = load_sources(
        {"shop.yaml": "steps: {menu: [{say: It's ¡Sí! Año 2 of many words.}, {say: 電話です。}]}"}
    ).program.flows
    latin, other = prompts_of(flows["shop"])
    assert latin.name == f"shop-menu-its-si-ano-2-p{latin.mark}"
    assert other.name == f"shop-menu-p{other.mark}"


def test_versions_of_before_play_what_there_is_now(flows):
    old = load_folder(flows).program
    library = Library(old)
    name = record(flows, "For parts")
    (flows / "shop.yaml").write_text(SHOP.replace("Ann", "Bob"))
    library.publish(load_folder(flows).program)
    assert f"<Play>audio/{name}</Play>" in Call(library.find(old.version)).ask("shop")
    again = Versions().load(old.sources, recordings=recordings_of({f"audio/{name}"}))
    assert f"<Play>audio/{name}</Play>" in Call(again).ask("shop")


SCRIPT = """\
calls:
  Parts:
    - hear: For parts
    - press: 1
    - hear: One moment.
    - hear: Hello Ann.
"""


def test_a_script_hears_the_words_of_a_recording(flows):
    for words in ("For parts", "One moment."):
        record(flows, words)
    script = flows.parent / "shop.calls.yaml"
    script.write_text(SCRIPT)
    assert CliRunner().invoke(main, ["test", str(script)]).exit_code == 0
    script.write_text(SCRIPT.replace("One moment.", "Nobody says this."))
    failed = CliRunner().invoke(main, ["test", str(script)]).output
    assert '"One moment." [recorded] (2 times)' in failed


def test_a_comment_elsewhere_means_nothing():
    (first, second) = read_twiml(
        b"<Response><!--one-->x<Play>a.wav</Play><!--two--><Gather><Play>b.wav</Play></Gather></Response>", "voice"
    ).verbs
    assert (first.words, second.children[0].words) == ("", "")
