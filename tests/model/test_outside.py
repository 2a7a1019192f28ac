"""`request`, `run` and `send` are read as they are meant; `functions.py` is known by its text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Severity, Source, render_text
from engine.document.folder import Folder, read_folder
from engine.grammar.templates import Template
from engine.grammar.verbs.run import RUN
from engine.model.build import build
from engine.model.functions.functions import Functions, read_functions
from engine.model.graph import node_of
from engine.model.parts import Block, Exit, Instruction, PerformEffect, Save, ToStep


def read(text: str) -> Instruction:
    """The one instruction of a step `menu`, read without a mistake."""
    report = Report()
    flow = "steps:\n  menu:\n" + "".join(f"    {line}\n" for line in text.split("\n"))
    project = build(Folder(Path(), (Source("example.yaml", flow),), None), report)
    assert not report.errors, render_text(report.diagnostics)
    return project.flows["example"].steps["menu"].instructions[0]


def request(fields: str) -> PerformEffect:
    found = read(f"- request: {{url: https://example.com/, {fields}}}")
    assert isinstance(found, PerformEffect)
    return found


class TestRequest:
    def test_its_fields(self) -> None:
        found = request("method: patch, timeout: 2.5, retries: 0, headers: {A: 1, B: [x, y]}, json: {a: 1}")
        assert [found[key] for key in ("method", "url", "timeout", "retries")] == [
            "PATCH",
            "https://example.com/",
            "2.5",
            "0",
        ]
        assert found["headers"] == (("A", "1"), ("B", "x"), ("B", "y"))
        assert (found["json"], found["form"]) == ({"a": 1}, None)

    @pytest.mark.parametrize(
        ("fields", "method"), [("save: a", "GET"), ("json: [1]", "POST"), ("form: {a: 1}", "POST")]
    )
    def test_without_a_method_it_is_a_get_or_a_post(self, fields: str, method: str) -> None:
        assert request(fields)["method"] == method

    def test_null_is_a_body_and_no_body_is_none(self) -> None:
        assert "json" in request("method: POST, json: null").values
        assert "json" not in request("method: POST").values

    def test_texts_are_taken_as_they_are_written(self) -> None:
        assert request("params: {a: 0177, b: true, c: +15550100, d: 09:30}")["params"] == (
            ("a", "0177"),
            ("b", "true"),
            ("c", "+15550100"),
            ("d", "09:30"),
        )

    @pytest.mark.parametrize("field", ["url", "method", "timeout", "retries", "headers", "params", "form", "json"])
    def test_every_value_may_be_a_template(self, field: str) -> None:
        written = f'{field}: "{{{{ answer }}}}"' + ("" if field == "url" else ", url: https://example.com/")
        found = read(f"- request: {{{written}}}")
        assert isinstance(found, PerformEffect)
        assert isinstance(found[field], Template)

    def test_what_it_keeps(self) -> None:
        assert request("save: customer").save == Save("customer")
        assert request("save: {a: body, b: status, c: headers}").save == Save(
            "", (("a", "body"), ("b", "status"), ("c", "headers"))
        )

    def test_its_exits_are_names_the_closest_of_which_is_chosen(self) -> None:
        """`404` comes before `4xx` and that before `ok` and `error`, in whatever order they are written."""
        found = request("branch: {error: menu, 4XX | 5xx: menu, 404: menu, \"'500' | timeout\": [], else: menu}")
        assert [exit_.names for exit_ in found.exits] == [
            ("error",),
            ("4xx", "5xx"),
            ("404",),
            ("500", "timeout"),
            ("else",),
        ]
        assert all(exit_.keys == () for exit_ in found.exits)
        assert found.branches

    def test_conditions_choose_as_well(self) -> None:
        (first, rest) = request("save: {state: status}, branch: [{when: state == 5, to: menu}, {else: menu}]").exits
        assert first.when is not None
        assert rest.names == ("else",)


class TestRun:
    def test_its_short_form_and_its_long_one(self) -> None:
        short = read("- run: lookup")
        assert short == PerformEffect("0", short.span, RUN, {"function": "lookup"})
        found = read("- run: {function: lookup, args: {a: 1, b: [x, null], c: '0'}, save: customer}")
        assert isinstance(found, PerformEffect)
        assert found["args"] == {"a": 1, "b": ("x", None), "c": "0"}
        assert found.save == Save("customer")

    def test_its_values_are_keys_and_error_is_a_name(self) -> None:
        found = read("- run: {function: lookup, branch: {gold | 5: menu, true: menu, on: menu, error: [], else: menu}}")
        assert isinstance(found, PerformEffect)
        assert [tuple(key.text for key in exit_.keys) for exit_ in found.exits] == [
            ("gold", "5"),
            ("true",),
            ("on",),
            (),
            (),
        ]
        assert [exit_.names for exit_ in found.exits] == [(), (), (), ("error",), ("else",)]


class TestSend:
    def test_its_fields(self) -> None:
        found = read(
            '- send: {to: "+15550101", body: Hello, media_url: https://example.com/a.png, from_: MG1, save: sid}'
        )
        assert isinstance(found, PerformEffect)
        assert [found[key] for key in ("to", "body", "media_url", "from")] == [
            "+15550101",
            "Hello",
            ("https://example.com/a.png",),
            "MG1",
        ]
        assert found.save == Save("sid")

    def test_its_exits(self) -> None:
        found = read('- send: {to: "+15550101", body: Hello, branch: {sent: menu, error: menu}}')
        assert isinstance(found, PerformEffect)
        assert [exit_.names for exit_ in found.exits] == [("sent",), ("error",)]


def test_trees_in_their_branches_are_walked() -> None:
    found = request("branch: {404: [{say: Unknown., }, {redirect: menu}], error: menu}")
    tree, other = (exit_.goes for exit_ in found.exits)
    assert isinstance(tree, Block)
    assert isinstance(other, ToStep)
    assert [one.place for one in node_of("flow", "step", Block("", (found,), found.span)).instructions] == [
        "0",
        "0.0.0",
        "0.0.1",
    ]
    assert isinstance(found.exits[0], Exit)


class TestFunctions:
    def known(self, text: str) -> Functions:
        report = Report()
        found = read_functions(Source("functions.py", text), report)
        assert found is not None
        assert len(report) == 0
        return found

    def test_each_signature_is_read_with_its_place(self) -> None:
        found = self.known("def a(x, /, y, z=1, *more, u, v=2, **rest): pass\nif 1:\n    async  def  é(ß): pass")
        a, e = found.signatures["a"], found.signatures["é"]
        assert (a.takes, a.required, a.rest, a.told) == (("x", "y", "z", "u", "v"), ("x", "y", "u"), True, True)
        assert (a.span.text, a.span.location) == ("a", "functions.py:1:5")
        assert (e.takes, e.span.text, e.span.location) == (("ß",), "é", "functions.py:3:17")

    def test_what_is_behind_other_characters_has_its_place_too(self) -> None:
        found = self.known("s = 'äöü'; f = print")
        assert found.signatures["f"].span.location == "functions.py:1:12"

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("from crm import lookup, other as o", {"lookup", "o"}),
            ("import json, os.path as p", set()),
            ("class A: pass", {"A"}),
            ("f = g = partial(print)\nn = 5\ns: str = str()\n(a, b) = c", {"f", "g", "s"}),
            ("try:\n    from a import f\nexcept ImportError:\n    def f(x): pass\n    g = f", {"f", "g"}),
            ("with x:\n    def f(): pass", {"f"}),
            ("def f():\n    def g(): pass", {"f"}),
            ("def _f(): pass\n_g = print", set()),
        ],
    )
    def test_what_flows_may_call(self, text: str, names: set[str]) -> None:
        assert self.known(text).signatures.keys() == names

    @pytest.mark.parametrize(
        "text",
        [
            "@cache\ndef f(x): pass",
            "f = print",
            "from x import f",
            "if a:\n    def f(x): pass\nelse:\n    def f(): pass",
        ],
    )
    def test_where_the_text_does_not_tell_nothing_is_said_of_arguments(self, text: str) -> None:
        assert not self.known(text).signatures["f"].told

    def test_what_stands_below_wins(self) -> None:
        assert self.known("def f(x): pass\ndef f(y): pass").signatures["f"].takes == ("y",)

    def test_a_star_may_bring_anything(self) -> None:
        assert self.known("from crm import *").open

    def test_it_is_never_run(self) -> None:
        assert self.known("raise SystemExit\ndef f(): pass").signatures.keys() == {"f"}

    @pytest.mark.parametrize(
        ("text", "title", "location", "marked"),
        [
            ("def f(:\n", "invalid syntax", "1:7", ":"),
            ("x = 1\n  y = 2\n", "unexpected indent", "2:2", " "),
            ("s = 'ä' +\n", "invalid syntax", "1:10", "\n"),
            ("def f(x):\n    return 'é' 5\n", "invalid syntax", "2:16", "5"),
            ("x = (1,\n", "'(' was never closed", "1:5", "("),
            ("", None, "", ""),
            ("x = 'a\0'", "source code string cannot contain null bytes", "1:7", "\0"),
        ],
    )
    def test_a_slip_is_told_at_its_place(self, text: str, title: str | None, location: str, marked: str) -> None:
        report = Report()
        found = read_functions(Source("functions.py", text), report)
        assert (found is None) is (title is not None)
        for told in report.diagnostics:
            assert (told.code, told.title) == ("F211", f"`functions.py` is no Python: {title}")
            assert (told.span.location, told.span.text) == (f"functions.py:{location}", marked)
        assert len(report) == (title is not None)

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("# coding: nope\ndef f(): pass\n", "F212 1:11 `functions.py` is read as UTF-8, not as `nope`"),
            (
                "#!/usr/bin/python\n# -*- coding: rot-99 -*-\n",
                "F212 2:15 `functions.py` is read as UTF-8, not as `rot-99`",
            ),
            (
                "# vim: set fileencoding=latin-1 :\nx = 'é'\n",
                "F212 1:25 `functions.py` is read as UTF-8, not as `latin-1`",
            ),
            ("# coding: latin-1\nx = 'e'\n", ""),
            ("# coding: utf8\nx = 'é'\n", ""),
            ("\n\n# coding: nope\n", ""),
            ("x = 1\n# coding: nope\n", ""),
            ("return 1\n", "F211 1:1 `functions.py` is no Python: 'return' outside function"),
            (
                "def f(a, a): pass\n",
                "F211 1:10 `functions.py` is no Python: duplicate argument 'a' in function definition",
            ),
            ("x = 1\nbreak\n", "F211 2:1 `functions.py` is no Python: 'break' outside loop"),
            (
                "import sys\nsys.exit(1)\n",
                "F213 2:1 `functions.py` cannot be imported: `sys.exit()` stops every import",
            ),
            ("quit()\n", "F213 1:1 `functions.py` cannot be imported: `quit()` stops every import"),
            (
                "import os; os._exit(0)\n",
                "F213 1:12 `functions.py` cannot be imported: `os._exit()` stops every import",
            ),
            (
                "while True:\n    pass\n",
                "F213 1:1 `functions.py` cannot be imported: this loop has no `break`, so the import never ends",
            ),
            (
                "while 1:\n    for a in b:\n        break\n",
                "F213 1:1 `functions.py` cannot be imported: this loop has no `break`, so the import never ends",
            ),
            ("while True:\n    if a: break\n", ""),
            ("while True:\n    for a in b: pass\n    else: break\n", ""),
            ("while True:\n    try: pass\n    except ValueError: break\n", ""),
            ("while True:\n    match a:\n        case 1: break\n", ""),
            ("try:\n    while True: next(a)\nexcept StopIteration: pass\n", ""),
            ("while a: pass\n", ""),
            ("def f():\n    while True: pass\n", ""),
            ("if __name__ == '__main__':\n    import sys; sys.exit(main())\n", ""),
            ("try:\n    import x\nexcept ImportError:\n    raise\n", ""),
            ("re = 'a\\d'\n", ""),
        ],
    )
    def test_what_can_never_be_imported_is_told_at_its_place(self, text: str, found: str) -> None:
        report = Report()
        read_functions(Source("functions.py", text), report)
        told = [
            f"{one.code} {':'.join(map(str, one.span.source.position(one.span.start)))} {one.title}"
            for one in report.diagnostics
        ]
        assert told == [found] * bool(found)

    @pytest.mark.parametrize(
        ("text", "missing"),
        [
            ("import no_such_one", ["1:1 no_such_one"]),
            ("import os, no_such_one.inner as n\nfrom no_such_one import x", ["1:1 no_such_one"]),
            ("x = 1\nfrom no_such_one.two import *", ["2:1 no_such_one"]),
            ("def f():\n    import no_such_one\n", ["2:5 no_such_one"]),
            ("class A:\n    from no_such_one import x\nimport no_such_two\n", ["2:5 no_such_one", "3:1 no_such_two"]),
            ("é = 1; import no_such_one", ["1:8 no_such_one"]),
            ("import json, collections.abc, sys\nfrom starlette.applications import Starlette", []),
            ("import beside\nfrom package.inner import x", []),
            ("from . import x\nfrom .no_such_one import y", []),
            ("try:\n    import no_such_one\nexcept ImportError:\n    pass", []),
            ("if False:\n    import no_such_one", []),
        ],
    )
    def test_a_module_that_is_not_found_is_told_and_nothing_is_imported(
        self, tmp_path: Path, text: str, missing: list[str]
    ) -> None:
        (tmp_path / "beside.py").write_text("raise SystemExit")
        (tmp_path / "package").mkdir()
        report = Report()
        assert read_functions(Source("functions.py", text), report, tmp_path) is not None
        told = [
            f"{':'.join(map(str, one.span.source.position(one.span.start)))} {one.title.split('`')[3]}"
            for one in report.diagnostics
        ]
        assert told == missing
        assert {one.code for one in report.diagnostics} <= {"L413"}

    @given(st.text(alphabet="def f(x):\n =,*@[]'\"#äé\0\t\\1", max_size=60))
    def test_no_text_makes_the_reader_fail(self, text: str) -> None:
        report = Report()
        read_functions(Source("functions.py", text), report)
        render_text(report.diagnostics)
        for told in report.diagnostics:
            assert 0 <= told.span.start <= told.span.end <= len(text)


@pytest.mark.parametrize(
    "steps",
    [
        "a: [{say: Hi}]",
        "a: [{send: {to: '+15550101', body: Hi}}]",
        "a: [{send: {to: '+15550101', body: Hi}}, {send: {to: '+15550101', body: Ho}}]",
        "a: [{say: Hi}, {redirect: b}], b: [{send: {to: '+15550101', body: Ho}}]",
        "a: [{request: {url: https://a.example/, branch: {error: [{send: {to: '+15550101', body: Ho}}]}}}]",
    ],
)
def test_the_first_send_of_a_flow_is_told_where_there_is_no_account(steps: str) -> None:
    for severity in (None, Severity.WARNING, Severity.HINT):
        report = Report()
        source = Source("f.yaml", f"steps: {{{steps}}}")
        build(Folder(Path(), (source,), None), report, unsent=severity)
        found = [one for one in report.diagnostics if one.code == "L414"]
        assert {one.severity for one in found} <= {severity}
        at = [":".join(map(str, source.position(one.span.start))) for one in found]
        assert at == ([f"1:{source.text.index('{to') + 1}"] if severity and "send" in steps else [])


@pytest.mark.parametrize(
    ("head", "gather", "sends"),
    [
        ("channel: messaging", "{message: C?, branch: {c: a, no_input: a}}", True),
        ("channel: messaging", "{message: C?, retry: {no_input: Still there?}, branch: {c: a}}", True),
        ("channel: messaging", "{message: C?, retry: {attempts: 1, no_input: Still there?}, branch: {c: a}}", False),
        ("channel: messaging", "{message: C?, branch: {c: a, else: a}}", False),
        ("channel: [voice, messaging]", "{say: C?, branch: {1: a, no_input: a}}", False),
        ("channel: voice", "{say: C?, branch: {1: a, no_input: a}}", False),
    ],
)
def test_a_question_by_message_that_follows_silence_sends(head: str, gather: str, sends: bool) -> None:
    report = Report()
    source = Source("f.yaml", f"{head}\nsteps:\n  a:\n    - gather: {gather}\n")
    build(Folder(Path(), (source,), None), report, unsent=Severity.WARNING)
    assert [one.title for one in report.diagnostics if one.code == "L414"] == (
        ["`no_input` in messages needs a Twilio account, and the settings have none"] if sends else []
    )


def test_a_send_without_an_account_can_be_ignored() -> None:
    report = Report()
    text = "steps:\n  a:\n    - send: {to: '+15550101', body: Hi}  # touchtone: ignore[L414]\n"
    build(Folder(Path(), (Source("f.yaml", text),), None), report, unsent=Severity.WARNING)
    assert not report.diagnostics


class TestFolder:
    def findings(self, folder: Path) -> list[str]:
        report = Report()
        build(read_folder(folder, report), report)
        return [f"{found.code} {Path(found.span.source.path).name}" for found in report.diagnostics]

    def test_functions_lie_beside_the_flows(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("steps: {menu: [{run: lookup}, hangup]}")
        assert self.findings(tmp_path) == ["F210 a.yaml"]
        (tmp_path / "functions.py").write_text("def other(): pass")
        assert self.findings(tmp_path) == ["F210 a.yaml"]
        (tmp_path / "functions.py").write_text("def lookup(number): pass")
        assert self.findings(tmp_path) == ["F109 a.yaml"]
        (tmp_path / "functions.py").write_text("def lookup(): pass")
        assert self.findings(tmp_path) == []
        (tmp_path / "functions.py").write_text("def lookup(:")
        assert self.findings(tmp_path) == ["F211 functions.py"]
        (tmp_path / "functions.py").write_bytes(b"# \xff")
        assert self.findings(tmp_path) == ["F002 functions.py"]
        (tmp_path / "functions.py").unlink()
        (tmp_path / "functions.py").mkdir()
        assert self.findings(tmp_path) == ["F016 functions.py"]

    def test_they_are_no_flow(self, tmp_path: Path) -> None:
        (tmp_path / "functions.py").write_text("")
        assert self.findings(tmp_path) == [f"F017 {tmp_path.name}"]
