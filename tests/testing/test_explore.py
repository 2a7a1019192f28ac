"""Random callers find what breaks, the same for the same seed, and hand over a script that shows it."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source, render_text
from engine.document import Mapping, parse
from engine.phone.phone import CALLER
from engine.phone.scripts import play
from engine.phone.scripts.read import read_script
from engine.program.library import load_sources
from engine.testing.explore import HOSTILE, explore
from engine.testing.moves import Move, Start, Told, begin, make, quoted, script
from engine.testing.project import Project

ROOT = Path(__file__).parents[2]


def project_of(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return Project(loaded.program)


MENU = "menu: [{gather: {say: Press 1 or 2., branch: {1: next, 2: menu, else: menu}}}]"
NEXT = "next: [{gather: {say: 'Press 3.', branch: {3: bad, else: menu}}}]"


class TestFinds:
    def test_a_fault_of_a_step_with_its_place_and_the_shortest_call(self):
        project = project_of(
            f=f"steps: {{{MENU}, {NEXT}, bad: [{{say: '{{{{ 1 // 0 }}}}'}}]}}".replace("], ", "],\n  ")
        )
        exploration = explore(project, 30, seed=3)
        (failure,) = exploration.failures
        assert failure.trouble.kind == "fault"
        assert failure.trouble.place.startswith("f.yaml:3:")
        assert [(move.key, move.words) for move in failure.told.moves] == [("press", "1"), ("press", "3")]
        assert failure.told.start == Start("f")
        assert failure.callers > 1
        assert "Press 3." in failure.transcript

    def test_a_fault_at_the_very_start_needs_no_move(self):
        (failure,) = explore(project_of(f="steps: {a: [{say: '{{ 1 // 0 }}'}]}"), 3).failures
        assert (failure.told.moves, failure.callers) == ((), 3)

    def test_a_circle_in_which_nobody_is_asked_anything(self):
        (failure,) = explore(
            project_of(f="steps: {a: [{say: Hi.}, {redirect: b}], b: [{say: Ho.}, {redirect: a}]}"), 1
        ).failures
        assert failure.trouble.kind == "circle"
        assert "documents in a row" in failure.trouble.text

    def test_a_document_that_twilio_would_not_take(self):
        project = project_of(f="steps: {a: [{twiml: '{{ \"<Say>\" }}'}]}")
        assert explore(project, 1).failures

    def test_a_document_that_is_too_large(self):
        says = ", ".join(["x" * 3500] * 20)
        (failure,) = explore(project_of(f=f"steps: {{a: [{{gather: {{say: [{says}], save: x}}}}]}}"), 1).failures
        assert "64 kB" in str(failure.trouble)

    def test_an_attribute_that_comes_out_wrong(self):
        project = project_of(
            f="vars: {t: ''}\nsteps: {a: [{gather: {num_digits: 2, save: t}}, {pause: {length: '{{ t }}'}}, {say: Hi.}, {redirect: a}]}"
        )
        assert {failure.trouble.kind for failure in explore(project, 20).failures} == {"twilio 13910"}

    def test_what_only_a_hostile_text_brings_about(self):
        project = project_of(
            m="channel: messaging\nsteps: {a: [{message: '{{ 1 / (1600 - message.body | length) }}'}]}"
        )
        (failure,) = explore(project, 40).failures
        assert failure.trouble.kind == "fault"
        assert [move.words for move in failure.told.moves] == ["a" * 1600]

    def test_a_recording_that_is_not_there(self):
        (failure,) = explore(project_of(f="steps: {a: [{play: audio/none.mp3}]}"), 1).failures
        assert "none.mp3" in failure.trouble.text

    def test_one_trouble_is_told_once_and_different_ones_apart(self):
        project = project_of(
            f="steps: {a: [{gather: {branch: {1: b, 2: c, else: a}}}],\n b: [{say: '{{ 1 // 0 }}'}],\n c: [{say: '{{ 1 // 0 }}'}]}"
        )
        assert {failure.trouble.place.split(":")[1] for failure in explore(project, 60).failures} == {"2", "3"}


class TestLeavesInPeace:
    @pytest.mark.parametrize(
        "steps",
        [
            "a: [{say: A step that runs out ends the call.}]",
            "a: [reject]",
            "a: [{redirect: 'https://elsewhere.example.com/twiml'}]",
            "a: [{dial: {number: {phone_number: '+15550100', status_callback: 'https://elsewhere.example.com/done'}}}]",
            "a: [{enqueue: {name: q, wait_url: 'https://elsewhere.example.com/music'}}]",
            "a: [{record: {transcribe: true, transcribe_callback: b}}], b: [{log: '{{ params.TranscriptionText }}'}]",
            "a: [{gather: {input: speech, say: Speak., branch: {else: b}}}], b: [{say: 'You said {{ speech }}.'}, {redirect: a}]",
        ],
        ids=["ends", "reject", "elsewhere", "callback", "music", "transcript", "speech"],
    )
    def test_what_is_no_failure(self, steps):
        assert explore(project_of(f=f"steps: {{{steps}}}"), 15).failures == ()

    @pytest.mark.parametrize("folder", ["flows"])
    def test_our_own_flows(self, folder):
        project = Project.load(ROOT / folder)
        assert isinstance(project, Project)
        exploration = explore(project, 60, seed=1)
        assert [str(failure.trouble) for failure in exploration.failures] == []
        assert "clinic/menu:0 5" in exploration.taken


class TestSeed:
    def test_the_same_seed_gives_the_same_calls(self):
        project = Project.load(ROOT / "flows")
        assert isinstance(project, Project)
        assert explore(project, 20, seed=5) == explore(project, 20, seed=5)
        assert explore(project, 20, seed=5) != explore(project, 20, seed=6)

    def test_more_callers_begin_like_fewer(self):
        project = Project.load(ROOT / "flows")
        assert isinstance(project, Project)
        assert explore(project, 10).taken <= explore(project, 20).taken

    def test_flows_are_called_in_turn_or_only_some(self):
        project = project_of(f="steps: {a: [{say: Hi.}]}", g="steps: {a: [{say: Hi.}]}")
        assert explore(project, 2).taken == {"f/a", "g/a"}
        assert explore(project, 2, flows=["g"]).taken == {"g/a"}

    def test_nobody_calls_an_empty_project(self):
        assert explore(project_of(), 5).calls == 0


class TestScripts:
    def read(self, text):
        report = Report()
        written = read_script(Source("f.calls.yaml", text), report)
        assert not report.diagnostics, render_text(report.diagnostics)
        assert written is not None
        return written

    def test_a_failure_comes_with_a_script_that_replays_it(self):
        project = project_of(f=f"steps: {{{MENU}, {NEXT}, bad: [{{say: '{{{{ 1 // 0 }}}}'}}]}}")
        (failure,) = explore(project, 30).failures
        (result,) = play(self.read(failure.script), project)
        assert result.failure is not None
        assert result.failure.title.startswith("a step has a fault")

    def test_each_move_is_written_as_it_is_made(self):
        """Every kind of move, played and written down; the script is read and plays the same call."""
        project = Project.load(ROOT / "flows")
        assert isinstance(project, Project)
        moves = (
            Move("press", "1"),
            Move("silence"),
            Move("say", "something"),
            Move("press", "2"),
            Move("picks_up"),
            Move("silence", "", "callee"),
            Move("recorded", "12 #"),
        )
        told = Told("all of it", Start("clinic", "+1555", params={"CallerName": 'Ann "A" O\'Hara'}), moves)
        story = begin(project, told.start)
        for move in moves[:2]:
            make(story, move)
        assert project.steps(story)[-1] == "clinic/appointments"
        text = script("clinic", [told, Told("nothing", Start("clinic"), ()), Told("nothing", Start("clinic"), ())])
        written = self.read(text)
        assert [call.name for call in written.calls] == ["all of it", "nothing", "nothing (2)"]
        keys = [turn.key for turn in written.calls[0].turns]
        assert keys == ["press", "silence", "say", "press", "picks_up", "recorded"]
        assert written.calls[0].given.from_ == "+1555"
        assert written.calls[0].given.params == {"CallerName": 'Ann "A" O\'Hara'}
        assert written.calls[1].given.from_ in (None, CALLER)

    @pytest.mark.parametrize(
        ("move", "line"),
        [
            (Move("recorded", "0"), "- recorded: nothing"),
            (Move("recorded", "12"), "- recorded: 12 seconds"),
            (Move("recorded", "12 hangup"), "- recorded: 12 seconds, then hangup"),
            (Move("recorded", "12 *"), "- recorded: 12 seconds, then star"),
            (Move("talks", "30"), "- talks: 30 seconds"),
            (Move("outcome", "pay success"), '- outcome: {pay: "success"}'),
            (Move("answers", "busy"), "- answers: busy"),
            (Move("picks_up"), "- picks_up"),
            (Move("hangup"), "- hangup"),
            (Move("press", "0100"), "- press: 0100"),
            (Move("press", "*"), "- press: star"),
            (Move("press", "12#"), '- press: "12#"'),
            (Move("say", "a person, please"), "- say: a person, please"),
            (Move("say", "yes"), '- say: "yes"'),
        ],
        ids=str,
    )
    def test_the_words_of_each_move(self, move, line):
        text = script("f", [Told("a", Start("f"), (move,))])
        assert line in text
        assert len(self.read(text).calls[0].turns) == 1

    @pytest.mark.parametrize("text", [*HOSTILE, "\x7f\x85\u2028\ufeff", "a: b # c", "/x/", "", " "], ids=repr)
    def test_a_quoted_text_comes_back_as_it_was(self, text):
        report = Report()
        node = parse(Source("f.yaml", f"a: {quoted(text)}\n"), report)
        assert not report.diagnostics
        assert isinstance(node, Mapping)
        (entry,) = node.entries
        assert getattr(entry[1], "text", None) == text


def test_a_conversation_in_which_nobody_has_written_is_one_when_it_is_read_again():
    text = script("f", [Told("A", Start("f", texts=True), ())])
    assert "given: {channel: messaging}" in text
    assert "channel" not in script("f", [Told("A", Start("f", texts=True), (Move("text", "hi"),))])
    read = read_script(Source("f.calls.yaml", text), Report())
    assert read is not None
    assert read.calls[0].kind(("voice", "messaging")) == "conversation"
