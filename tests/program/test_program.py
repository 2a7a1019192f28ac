"""A program is one version of all flows, compiled step by step."""

from engine.program.library import load_sources
from engine.program.program import version_of


class TestVersion:
    def test_it_is_made_of_the_text_of_all_files(self):
        one = version_of({"f.yaml": "a", "g.yaml": "b"})
        assert one == version_of({"g.yaml": "b", "f.yaml": "a"})
        assert len(one) == 8
        others = [
            {"f.yaml": "a", "g.yaml": "c"},
            {"f.yaml": "a", "h.yaml": "b"},
            {"f.yaml": "ab", "g.yaml": ""},
            {"f.yaml": "a"},
            {"f.yaml": "ag.yaml\x001\x00b"},
        ]
        assert one not in [version_of(sources) for sources in others]


class TestTracks:
    def test_a_step_is_compiled_once(self):
        program = load_sources({"f.yaml": "steps: {a: [{say: x}], b: [{say: y}]}"}).program
        assert program.tracks("f", "b") is program.tracks("f", "b")
        assert program.tracks("f", "") is program.tracks("f", "a")

    def test_the_start_may_be_any_step(self):
        program = load_sources({"f.yaml": "start: b\nsteps: {a: [{say: x}], b: [{say: y}]}"}).program
        assert program.tracks("f", "").first.step == "b"

    def test_what_is_not_there_is_none(self):
        program = load_sources({"f.yaml": "steps: {a: [{say: x}]}"}).program
        assert program.tracks("f", "z") is None
        assert program.tracks("z", "") is None
