"""Text becomes nodes: as written, in order, each with its place."""

import pytest
import yaml

from engine.diagnostics import Report, Source, render_text
from engine.document import Mapping, Node, Scalar, Sequence, parse


def read(text: str, loader: object = yaml.CSafeLoader) -> Node:
    report = Report()
    root = parse(Source("f", text), report, loader=loader)
    assert not len(report), render_text(report.diagnostics)
    assert root is not None
    return root


def plain(node: Node) -> object:
    """The texts alone."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "0177",
        "1:30",
        "09:30",
        "+15550100",
        "1e3",
        "0x1F",
        "~",
        "null",
        "2026-12-24",
        "=",
        "1_000",
        ".5",
    ],
)
def test_no_scalar_gets_a_type(text: str) -> None:
    root = read(f"a: {text}\n{text}: b\n")
    assert plain(root) == {"a": text, text: "b"}
    assert isinstance(root, Mapping)
    assert isinstance(root.entries[0][1], Scalar)
    assert not root.entries[0][1].quoted


def test_a_scalar_knows_whether_it_was_quoted() -> None:
    root = read("- a\n- 'a'\n- \"a\"\n- |\n  a\n- >\n  a\n-\n- ''\n")
    assert isinstance(root, Sequence)
    assert [item.quoted for item in root.items if isinstance(item, Scalar)] == [
        False,
        True,
        True,
        True,
        True,
        False,
        True,
    ]
    assert [item.empty for item in root.items if isinstance(item, Scalar)] == [False] * 5 + [True, False]


def test_a_mapping_gives_values_and_keys_by_name() -> None:
    root = read("a: 1\nb: 2\n")
    assert isinstance(root, Mapping)
    value, key = root.get("b"), root.key("b")
    assert isinstance(value, Scalar)
    assert value.text == "2"
    assert key is not None
    assert str(key.span) == "f:2:1"
    assert root.get("c") is None
    assert root.key("c") is None


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places_count_characters(loader: object, line_end: str, mark: str) -> None:
    text = mark + line_end.join(["a: 😀é𝄞", 'b: ["x", 日本]', "c:", "  - d  # 😀", "  - {e: f}", ""])
    places: list[tuple[str, str]] = []

    def walk(node: Node) -> None:
        if isinstance(node, Scalar):
            places.append((node.span.text, node.span.location))
        elif isinstance(node, Sequence):
            for item in node.items:
                walk(item)
        else:
            for key, value in node.entries:
                walk(key)
                walk(value)

    walk(read(text, loader))
    assert places == [
        ("a", "f:1:1"),
        ("😀é𝄞", "f:1:4"),
        ("b", "f:2:1"),
        ('"x"', "f:2:5"),
        ("日本", "f:2:10"),
        ("c", "f:3:1"),
        ("d", "f:4:5"),
        ("e", "f:5:6"),
        ("f", "f:5:9"),
    ]


def test_a_list_and_a_mapping_end_where_their_last_entry_ends() -> None:
    root = read("a:\n  - b\n  - c: d\n\n# end\ne: [f, g]\n")
    assert isinstance(root, Mapping)
    assert [value.span.text for _, value in root.entries] == ["- b\n  - c: d", "[f, g]"]
    assert root.span.text == "a:\n  - b\n  - c: d\n\n# end\ne: [f, g]"


def test_an_alias_repeats_what_its_anchor_names() -> None:
    root = read("a: &again\n  b: c\nd: *again\ne: [*again, &list [1], *list]\n")
    assert plain(root) == {"a": {"b": "c"}, "d": {"b": "c"}, "e": [{"b": "c"}, ["1"], ["1"]]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("say: &hello there\n", {"say": "&hello there"}),
        ("when: !vip\n", {"when": "!vip"}),
        ("say: Press 1 # now\n", {"say": "Press 1 # now"}),
        ("say: {en: Hello, friend., es: Hola.}\n", {"say": {"en": "Hello, friend.", "es": "Hola."}}),
        ("set: {a: {{ x }}, b: c}\n", {"set": {"a": "{{ x }}", "b": "c"}}),
        ("a: *star\n", {"a": "*star"}),
        ("a: 1\na: 2\n", {"a": "1"}),
        ("a: 1\n[b]: 2\n", {"a": "1"}),
    ],
)
def test_what_was_misread_silently_is_given_as_it_was_meant(text: str, meant: object) -> None:
    report = Report()
    root = parse(Source("f", text), report)
    assert report.errors
    assert root is not None
    assert plain(root) == meant


def test_what_cannot_be_read_gives_no_nodes() -> None:
    for text in ("a: b: c\n", "", "a: \x00"):
        report = Report()
        assert parse(Source("f", text), report) is None
        assert report.errors


def test_the_message_about_a_second_key_uses_the_word_for_it() -> None:
    report = Report()
    parse(Source("f", "steps:\n  a: 1\n  a: 2\nb: {c: 1, c: 2}\n"), report, nouns={"steps": "step"})
    assert [found.title for found in report.diagnostics] == [
        "the step `a` is written twice",
        "the key `c` is written twice",
    ]


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("[" * 5_000 + "]" * 5_000, 100),
        ("[" * 101 + "]" * 101, 100),
        ("[" * 5_000, 100),
        ("a: b\nc: " + "[" * 1_200, 8 + 99),
        ("{a: " * 1_500 + "x" + "}" * 1_500, 400),
        ("{" * 1_500, None),
        ("- " * 1_500 + "x", 200),
        ("? " * 1_500 + "x", None),
        ("\n".join(" " * level + "a:" for level in range(1_100)), None),
        ("[\n" * 1_100, 200),
    ],
    ids=[
        "brackets",
        "one too many",
        "unclosed",
        "below a key",
        "braces",
        "bare braces",
        "dashes",
        "keys",
        "indented",
        "lines",
    ],
)
def test_a_file_that_nests_too_deep_is_told_where(loader: object, text: str, at: int | None) -> None:
    """Since libyaml 0.2.6 its parser has a limit of its own, and meets it before the composer sees a level."""
    report = Report()
    assert parse(Source("f", text), report, loader=loader) is None
    assert [(found.code, found.title) for found in report.diagnostics] == [
        ("F007", "this is nested more than 100 levels deep")
    ]
    if at is not None:
        assert report.diagnostics[0].span.start == at


def test_a_mistake_before_the_deep_place_is_told_first() -> None:
    report = Report()
    parse(Source("f", "say: a: b\nc: " + "[" * 1_200), report)
    assert [found.code for found in report.diagnostics] == ["F003", "F007"]


class NewerParser(yaml.SafeLoader):
    """A parser whose errors have words that nobody has seen yet."""

    error: yaml.YAMLError

    def get_event(self) -> object:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said", "at"),
    [
        (
            yaml.scanner.ScannerError("while parsing a block mapping", None, "met a colon too many", mark := yaml.Mark("f", 9, 0, 9, None, 0)),
            "while parsing a block mapping met a colon too many",
            9,
        ),
        (yaml.parser.ParserError(None, None, "exceeded maximum number of anchors", mark), "exceeded maximum number of anchors", 9),
        (yaml.scanner.ScannerError("while scanning a quoted scalar", mark, "surprise", None), "while scanning a quoted scalar surprise", 0),
        (yaml.reader.ReaderError("f", 12, 0x1F, "unicode", "is a sign of the future"), "is a sign of the future", 12),
        (yaml.YAMLError("no more\nsheep"), "no more sheep", 0),
    ],
    ids=["in a mapping", "a limit", "no place", "of the reader", "without marks"],
)  # fmt: skip
def test_an_error_of_the_parser_that_nobody_knows_is_told_in_its_own_words(error, said, at) -> None:
    class Loader(NewerParser):
        pass

    Loader.error = error
    report = Report()
    assert parse(Source("f", "steps:\n  - say: 1: x\n   - y\n"), report, loader=Loader) is None
    assert [(found.code, found.title, found.span.start) for found in report.diagnostics] == [
        ("F007", "this cannot be read as YAML", at)
    ]
    assert report.diagnostics[0].notes == (f"the parser says: {said}",)


def test_a_file_full_of_mistakes_ends() -> None:
    report = Report()
    assert parse(Source("f", "- say: a: b\n" * 200), report) is None
    assert 20 <= len(report) <= 21
