"""What is live while some files have errors: each file as it was good last, and all of them together without one."""

from pathlib import Path
from typing import Any

import pytest

from engine.diagnostics.report import Report
from engine.document.folder import read_folder
from engine.model.build import Builder, Built
from engine.program.library import Versions, load_sources, load_version
from engine.program.workspace import Loaded, Workspace

A = "steps: {a: [{say: One.}, {redirect: b/old}]}\n"
A_NEW = "steps: {a: [{say: One.}, {redirect: b/new}]}\n"
B = "steps: {first: [{say: Hello.}], old: [{say: Old.}]}\n"
B_NEW = B.replace("old", "new")
C = "steps: {c: [{say: Other.}]}\n"
BROKEN = "steps: {c: [{sya: Other.}]}\n"


class Saved:
    """A folder and its workspace; after each save what is live links clean, and loads from its texts."""

    def __init__(self, folder: Path, good: dict[str, str] | None = None) -> None:
        self.folder, self.workspace = folder, Workspace(good=good)
        self.last: Loaded | None = None

    def __call__(self, **files: str | None) -> Loaded:
        for stem, text in files.items():
            path = self.folder / {"project": "_project.yaml", "functions": "functions.py"}.get(stem, f"{stem}.yaml")
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        report = Report()
        self.last = loaded = self.workspace.update(read_folder(self.folder, report), report)
        if loaded.program is not None:
            again = load_version(loaded.program.sources)
            assert again is not None
            assert again.version == loaded.program.version
            if not loaded.program.absent:
                assert not load_sources(loaded.program.sources).report.errors
        return loaded

    def live(self, *names: str) -> list[str]:
        """The texts that are live."""
        assert self.last is not None
        assert self.last.program is not None
        return [self.last.program.sources[f"{name}.yaml"] for name in names]


@pytest.fixture
def save(tmp_path: Path) -> Saved:
    made = Saved(tmp_path)
    made(a=A, b=B, c=C)
    return made


def held(loaded: Loaded) -> dict[str, tuple[str, ...]]:
    return {one.file: one.because for one in loaded.held}


def test_a_file_with_an_error_keeps_its_last_good_text_and_the_others_go_on(save: Saved) -> None:
    loaded = save(c=BROKEN)
    assert held(loaded) == {"c.yaml": ()}
    assert loaded.held[0].served
    assert save.live("c") == [C]
    assert held(save(a=A.replace("One", "Two"))) == {"c.yaml": ()}
    assert "Two" in save.live("a")[0]
    assert held(save(c=C.replace("Other", "New"))) == {}
    assert "New" in save.live("c")[0]


def test_a_file_that_was_never_good_has_a_name_and_is_not_served(save: Saved) -> None:
    loaded = save(d=BROKEN)
    assert [(one.file, one.because, one.served) for one in loaded.held] == [("d.yaml", (), False)]
    assert loaded.program is not None
    assert "d" not in loaded.program.flows
    assert loaded.program.lacks("d").endswith("d.yaml has errors")
    assert held(save(a="steps: {a: [{redirect: d/anything}]}\n")) == {"d.yaml": ()}
    assert "d/anything" in save.live("a")[0]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_step_that_is_renamed_goes_live_when_both_files_are_saved(save: Saved, order: str) -> None:
    texts = {"a": A_NEW, "b": B_NEW}
    loaded = save(**{order[0]: texts[order[0]]})
    assert held(loaded) == {f"{order[0]}.yaml": (f"{order[1]}.yaml",)}
    assert save.live("a", "b") == [A, B]
    assert held(save(**{order[1]: texts[order[1]]})) == {}
    assert save.live("a", "b") == [A_NEW, B_NEW]


def test_who_names_a_step_that_is_renamed_may_be_saved_meanwhile(save: Saved) -> None:
    save(b=B_NEW)
    loaded = save(a=A.replace("One", "Two"))
    assert held(loaded) == {"b.yaml": ("a.yaml",)}
    assert "Two" in save.live("a")[0]


@pytest.mark.parametrize("first", ["verify", "shop"])
def test_a_subflow_that_must_be_given_more_goes_live_with_those_that_call_it(tmp_path: Path, first: str) -> None:
    save = Saved(tmp_path)
    texts = {
        "verify": ["steps: {v: [{return: 1}]}\n", "takes: {pin: required}\nsteps: {v: [{return: 1}]}\n"],
        "shop": ["steps: {s: [{subflow: verify}]}\n", "steps: {s: [{subflow: {flow: verify, with: {pin: 1}}}]}\n"],
    }
    second = next(name for name in texts if name != first)
    save(**{name: text for name, (text, _) in texts.items()})
    loaded = save(**{first: texts[first][1]})
    assert held(loaded) == {f"{first}.yaml": (f"{second}.yaml",)}
    assert held(save(**{second: texts[second][1]})) == {}
    assert save.live("verify", "shop") == [texts["verify"][1], texts["shop"][1]]


@pytest.mark.parametrize("first", ["functions", "shop"])
def test_a_function_that_takes_something_else_goes_live_with_those_that_call_it(tmp_path: Path, first: str) -> None:
    save = Saved(tmp_path)
    texts = {
        "functions": ["def look(number): return 1\n", "def look(number, pin): return 1\n"],
        "shop": [
            "steps: {s: [{run: {function: look, args: {number: 1}}}]}\n",
            "steps: {s: [{run: {function: look, args: {number: 1, pin: 2}}}]}\n",
        ],
    }
    second = next(name for name in texts if name != first)
    files = {"functions": "functions.py", "shop": "shop.yaml"}
    save(**{name: text for name, (text, _) in texts.items()})
    loaded = save(**{first: texts[first][1]})
    assert held(loaded) == {files[first]: (files[second],)}
    assert loaded.live is not None
    assert loaded.live.functions is not None
    assert loaded.live.functions.text == texts["functions"][0]
    assert held(save(**{second: texts[second][1]})) == {}


def test_functions_that_are_no_python_stay_as_they_were(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    save(functions="def look(): pass\n", shop="steps: {s: [{run: look}]}\n")
    assert held(save(functions="def look(:\n")) == {"functions.py": ()}
    loaded = save(shop="steps: {s: [{run: look}, {say: Hello.}]}\n")
    assert held(loaded) == {"functions.py": ()}
    assert "Hello" in save.live("shop")[0]


def test_functions_that_were_never_python_are_nobodys_error(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    assert held(save(functions="def look(:\n", shop="steps: {s: [{run: look}]}\n")) == {"functions.py": ()}
    assert save.live("shop")


def test_a_checkout_of_another_branch_that_comes_in_pieces_is_live_when_it_is_whole(save: Saved) -> None:
    # The other branch has another step, another variable of all flows, and a flow more.
    after = {
        "project": "vars: {shop: Spokes}\n",
        "a": A_NEW.replace("One.", '"{{ shop }}"'),
        "b": B_NEW.replace("Hello.", '"{{ shop }}"'),
        "d": "steps: {d: [{redirect: b/new}]}\n",
        "c": None,
    }
    names = list(after)
    for number, name in enumerate(names):
        loaded = save(**{name: after[name]})
        assert loaded.program is not None
        a, b = save.live("a", "b")
        assert (a == A_NEW) <= (b == B_NEW)
        assert bool(loaded.held) == (number == 1)
    assert held(loaded) == {}
    assert loaded.program is not None
    assert set(loaded.program.flows) == {"a", "b", "d"}


def test_a_flow_that_others_name_stays_when_it_is_deleted(save: Saved) -> None:
    loaded = save(b=None)
    assert held(loaded) == {"b.yaml": ("a.yaml",)}
    assert save.live("b") == [B]
    assert held(save(b=B.replace("Hello", "Again"))) == {}
    assert "Again" in save.live("b")[0]
    save(b=None)
    loaded = save(a=C)
    assert held(loaded) == {}
    assert loaded.program is not None
    assert "b" not in loaded.program.flows


def test_a_flow_that_nobody_names_is_gone_when_it_is_deleted(save: Saved) -> None:
    loaded = save(c=None)
    assert held(loaded) == {}
    assert loaded.program is not None
    assert "c" not in loaded.program.flows


def test_a_project_file_with_errors_stays_as_it_was_and_flows_that_need_the_new_one_too(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    save(project="vars: {shop: Spokes}\n", a='steps: {a: [{say: "{{ shop }}"}]}\n', c=C)
    loaded = save(project="vars: {shop: Spokes, town: Ulm}\ndefaults: [\n")
    assert held(loaded) == {"_project.yaml": ()}
    loaded = save(a='steps: {a: [{say: "{{ town }}"}]}\n', c=C.replace("Other", "New"))
    assert held(loaded) == {"_project.yaml": (), "a.yaml": ("_project.yaml",)}
    assert "shop" in save.live("a")[0]
    assert "New" in save.live("c")[0]
    assert held(save(project="vars: {town: Ulm}\n")) == {}


def test_a_project_file_that_flows_do_not_fit_any_more_waits_for_them(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    save(project="vars: {shop: Spokes}\n", a='steps: {a: [{say: "{{ shop }}"}]}\n', c=C)
    loaded = save(project="vars: {town: Ulm}\n", c=C.replace("Other", "New"))
    assert held(loaded) == {"_project.yaml": ("a.yaml",)}
    assert "New" in save.live("c")[0]
    assert held(save(a=C)) == {}


def test_a_step_for_errors_that_the_project_file_names_stays(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    save(project="on_error: c/help\n", a=C, c="steps: {c: [hangup], help: [{say: Sorry.}]}\n")
    loaded = save(c=C)
    assert held(loaded) == {"c.yaml": ("_project.yaml",)}


def test_a_project_file_that_was_never_good_leaves_nothing_to_serve(tmp_path: Path) -> None:
    assert Saved(tmp_path)(project="defaults: [\n", a=C).program is None


def test_the_first_project_file_of_good_flows_stops_none_of_them_with_an_error(save: Saved) -> None:
    loaded = save(project="defaults: [\n", c=C.replace("Other", "New"))
    assert [(one.file, one.because, one.served) for one in loaded.held] == [("_project.yaml", (), False)]
    assert "New" in save.live("c")[0]
    assert held(save(project="vars: {shop: Spokes}\n", a='steps: {a: [{say: "{{ shop }}"}]}\n')) == {}


def test_a_flow_that_was_never_good_and_is_deleted_stops_nobody(save: Saved) -> None:
    save(d=BROKEN)
    naming = "steps: {a: [{redirect: d/}]}\n"
    assert held(save(a=naming)) == {"d.yaml": ()}
    loaded = save(d=None, c=C.replace("Other", "New"))
    assert [(one.file, one.because, one.served) for one in loaded.held] == [("d.yaml", ("a.yaml",), False)]
    assert "New" in save.live("c")[0]
    assert save.live("a") == [naming]
    loaded = save(a=BROKEN)  # its last good text names what is not there
    assert held(loaded) == {"a.yaml": (), "d.yaml": ("a.yaml",)}
    assert save.live("a") == [naming]
    assert held(save(a=A)) == {}


def test_what_was_good_and_is_so_no_more_after_a_restart_is_not_served_and_the_others_are(save: Saved) -> None:
    save(d=BROKEN, a="steps: {a: [{redirect: d/}]}\n")
    assert save.last is not None
    assert save.last.program is not None
    good = dict(save.last.program.sources)
    (save.folder / "d.yaml").unlink()
    again = Saved(save.folder, good)
    loaded = again()
    assert held(loaded) == {"a.yaml": ()}
    assert loaded.program is not None
    assert set(loaded.program.flows) == {"b", "c"}
    assert held(again(d=C.replace("c:", "d:"))) == {}


def test_a_call_of_a_function_that_only_the_saved_file_may_have_waits_for_that(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    save(functions="def look(): pass\n", shop="steps: {s: [{run: look}]}\n")
    loaded = save(functions="def look(:\n", shop="steps: {s: [{run: more}]}\n")
    assert held(loaded) == {"functions.py": (), "shop.yaml": ("functions.py",)}


def test_a_step_that_is_not_there_is_no_fault_of_another_broken_file_that_has_one_of_that_name(save: Saved) -> None:
    loaded = save(c="steps: {menu: [{sya: Other.}]}\n", b="steps: {first: [{redirect: menu}], old: [{say: Old.}]}\n")
    assert held(loaded) == {"b.yaml": (), "c.yaml": ()}


def test_a_flow_that_only_a_project_file_which_is_held_back_makes_wrong_is_live(tmp_path: Path) -> None:
    save = Saved(tmp_path)
    speaking = "steps: {a: [{set: {language: es}}, {say: Hello.}]}\n"
    save(project="languages: {en: {language: en-US}, es: {language: es-US}}\n", a=speaking, b=speaking, c=C)
    loaded = save(project="vars: {shop: Spokes}\n")
    assert held(loaded) == {"_project.yaml": ("a.yaml", "b.yaml")}
    loaded = save(a=speaking.replace("Hello", "Good day"))
    assert set(held(loaded)) == {"_project.yaml"}
    assert "Good day" in save.live("a")[0]


def test_a_checkout_in_which_a_flow_is_broken_holds_back_a_long_chain_of_flows_in_few_attempts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 60

    def texts(step: str) -> dict[str, str | None]:
        return {f"f{n}": f"steps: {{{step}: [{{redirect: f{(n + 1) % many}/{step}}}]}}\n" for n in range(many)}

    save = Saved(tmp_path)
    save(**texts("old"), c=C)
    attempts: list[object] = []
    build = Builder.build

    def counted(builder: Builder, *given: Any) -> Built:
        attempts.append(given)
        return build(builder, *given)

    monkeypatch.setattr(Builder, "build", counted)
    loaded = save(**{**texts("new"), "f7": BROKEN}, c=C.replace("Other", "New"))
    assert set(held(loaded)) == {f"f{n}.yaml" for n in range(many)}
    assert "New" in save.live("c")[0]
    assert len(attempts) < 45
    assert held(save(**texts("new"))) == {}


def test_a_file_that_is_no_text_keeps_the_last_good_one(save: Saved) -> None:
    (save.folder / "c.yaml").write_bytes(b"steps: {c: [{say: \xff}]}")
    (save.folder / "d.yml").write_text(C)
    loaded = save()
    assert {one.file: one.served for one in loaded.held} == {"c.yaml": True, "d.yml": False}
    assert save.live("c") == [C]


def test_a_folder_that_is_gone_says_nothing_of_its_files(save: Saved) -> None:
    for path in save.folder.iterdir():
        path.unlink()
    save.folder.rmdir()
    loaded = save()
    assert loaded.program is None
    assert loaded.report.errors
    save.folder.mkdir()
    assert save(a=A, b=B, c=BROKEN).program is not None
    assert save.live("c") == [C]


def test_after_a_restart_the_last_good_texts_come_from_the_store(save: Saved) -> None:
    kept = save(b=B_NEW).program
    assert kept is not None
    again = Saved(save.folder, dict(kept.sources))
    loaded = again()
    assert held(loaded) == {"b.yaml": ("a.yaml",)}
    assert loaded.program is not None
    assert loaded.program.version == kept.version


def test_with_errors_there_is_no_program_for_whoever_wants_all_files(save: Saved) -> None:
    (save.folder / "c.yaml").write_text(BROKEN)
    report = Report()
    assert save.workspace.update(read_folder(save.folder, report), report, whole=True).program is None


def test_nothing_new_is_the_same_program(save: Saved) -> None:
    before = save().program
    assert save(c=BROKEN).program is before
    assert save(c=C).program is before


def test_a_version_that_was_good_once_is_played_whatever_is_thought_of_it_later() -> None:
    assert load_version({"a.yaml": "steps: {a: [{redirect: gone/}, {say: '{{ nobody }}'}]}"}) is not None
    assert load_version({"a.yaml": "steps: [", "c.yaml": C}) is None


def test_versions_one_after_another_share_what_is_the_same() -> None:
    first = {"a.yaml": "steps: {s: [{say: One}, {redirect: b}]}", "b.yaml": "steps: {s: [{say: Two}]}"}
    second = {**first, "b.yaml": "steps: {s: [{say: Three}]}"}
    versions = Versions()
    one = versions.load(first)
    assert versions.load({**first, "b.yaml": "steps: ["}) is None
    two, again = versions.load(second), versions.load(first)
    assert one is not None
    assert two is not None
    assert again is not None
    assert two.flows["a"] is one.flows["a"]
    assert [each.version for each in (one, two, again)] == [
        program.version for sources in (first, second, first) if (program := load_version(sources)) is not None
    ]
