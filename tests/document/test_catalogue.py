"""Catalogues of translations: what is read, where it stands, and what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source
from engine.document.catalogue import Catalogue, key_of, language_of, read_catalogue
from engine.grammar.places import place

HEADER = 'msgid ""\nmsgstr ""\n"Language: es\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def read(text: str, path: str = "flows/_es.po") -> Catalogue:
    report = Report()
    found = read_catalogue(Source(path, text), report)
    assert found is not None, [one.title for one in report.diagnostics]
    return found


def refused(text: str) -> list[str]:
    report = Report()
    assert read_catalogue(Source("flows/_es.po", text), report) is None
    return [f"{':'.join(map(str, one.span.source.position(one.span.start)))} {one.title}" for one in report.diagnostics]


def test_a_translation_is_found_by_its_text_and_knows_its_place() -> None:
    found = read(HEADER + '#: clinic.yaml:3\nmsgid "Hello."\nmsgstr "Hola."\n').translations["Hello."]
    assert (found.said.text, found.fuzzy) == ("Hola.", False)
    assert (found.span.text, found.span.location) == ('"Hello."', "flows/_es.po:7:7")
    assert (found.said.span.text, found.said.span.location) == ('"Hola."', "flows/_es.po:8:8")


def test_a_text_over_several_lines_has_the_place_of_each_of_its_words() -> None:
    text = 'msgid ""\n"Hello "\n"you"\nmsgstr ""\n"Hola \\"amigo\\", "\n"hoy {{ naem }}"\n'
    found = read(HEADER + text).translations["Hello you"]
    assert found.said.text == 'Hola "amigo", hoy {{ naem }}'
    assert place(found.said, found.said.text.index("naem"), 4).text == "naem"
    assert place(found.said, found.said.text.index("amigo"), 5).text == "amigo"


def test_white_space_around_a_text_does_not_count() -> None:
    assert key_of("Hello.\n") in read('msgid "Hello.\\n"\nmsgstr "Hola.\\n"\n').translations


def test_what_nobody_looked_at_what_is_out_of_use_and_what_has_a_context_are_told_apart() -> None:
    text = '#, fuzzy\nmsgid "a"\nmsgstr "A"\n\nmsgctxt "x"\nmsgid "b"\nmsgstr "B"\n\n#~ msgid "c"\n#~ msgstr "C"\n'
    assert {key: one.fuzzy for key, one in read(HEADER + text).translations.items()} == {"a": True}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", HEADER, HEADER.replace("\n", "\r\n")])
def test_a_catalogue_may_be_empty(text: str) -> None:
    assert read(text).translations == {}


@pytest.mark.parametrize(
    ("path", "language"), [("flows/_es.po", "es"), ("_pt_BR.po", "pt-br"), ("a/_zh-Hans-CN.po", "zh-hans-cn")]
)
def test_the_name_of_the_file_is_the_language(path: str, language: str) -> None:
    assert language_of(path) == read("", path).language == language


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('msgid "a"\nmsgstr "b\n', ["2:1 this is no line of a catalogue"]),
        ("steps: {}\n", ["1:1 this is no line of a catalogue"]),
        ('msgid "a"\n\n  msgid "b"\nmsgstr "c"\n', ["1:1 this text has no `msgstr`"]),
        ('"a"\n', ["1:1 this belongs to no `msgid` and no `msgstr`"]),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', ["4:7 the same text is translated twice"]),
        ('msgid ""\nmsgstr "PO-Revision-Date: soon\\n"\n', ["1:1 the header of this catalogue cannot be read"]),
    ],
)
def test_what_cannot_be_read_is_told_at_its_line(text: str, told: list[str]) -> None:
    assert refused(text) == told


@given(st.text(st.sampled_from('ms gid"tr\\n#~,|[]0\n:x'), max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    report = Report()
    found = read_catalogue(Source("_es.po", text), report)
    assert (found is None) == report.errors


@given(st.dictionaries(st.text(min_size=1).filter(key_of), st.text(), max_size=4))
def test_what_is_written_is_read_again(texts: dict[str, str]) -> None:
    from engine.commands.merging import merged

    keys = list(dict.fromkeys(key_of(text) for text in texts))
    written = merged(None, "es", {key: [("a.yaml", 1)] for key in keys})
    assert list(read(written).translations) == keys


def test_a_catalogue_of_a_large_project_is_read_to_its_end() -> None:
    size = 5_000
    entries = "".join(f'#: f.yaml:{n}\nmsgid "text {n}"\nmsgstr "texto {n}"\n\n' for n in range(size))
    found = read(HEADER + entries).translations
    assert len(found) == size
    assert found[f"text {size - 1}"].said.span.text == f'"texto {size - 1}"'
