"""A form is read as urllib reads it, and its repeated names reach both the signature and the flow."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.server.form import FIELDS_LIMIT, read_form
from engine.server.pages import Rejected

pieces = st.sampled_from(
    ["a", "B", "=", "&", "+", "%", "%2B", "%2b", "%25", "%C3%A9", "%ED%A0%80", "%00", "é", "[]", "41", ";", "\n"]
)


@given(st.lists(pieces, max_size=40).map(lambda parts: "".join(parts).encode()) | st.binary(max_size=60))
@example(b"a=1&b")
@example(b"&&a=1&")
@example(b"a=b=c&d=")
@example(b"a=%%2B41&b=%252B&c=%2%42")
@example(b"=x&=")
@example("a=\u00e9&b=+".encode("latin-1"))
def test_every_text_is_read_as_urllib_reads_it(raw: bytes) -> None:
    expected = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    form = read_form(raw)
    assert [tuple(pair) for pair in form.pairs] == expected
    assert form.last == dict(expected)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_what_was_encoded_is_what_is_read(fields: dict[str, str]) -> None:
    whole = {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for name, value in fields.items()
    }
    assert read_form(urlencode(whole).encode()).last == whole


def test_a_repeated_name_gives_its_last_value_and_keeps_them_all_for_the_signature() -> None:
    form = read_form(b"Digits=1&Digits=2")
    assert form.params() == {"Digits": "2"}
    assert [list(pair) for pair in form.pairs] == [["Digits", "1"], ["Digits", "2"]]


@pytest.mark.parametrize("raw", [b"Name[]=x&Other=o&Name[]=y", b"Name%5B%5D=x&Other=o&Name%5B%5D=y"])
def test_names_that_end_in_brackets_are_numbered_for_the_flow_only(raw: bytes) -> None:
    form = read_form(raw)
    assert form.params() == {"Name[0]": "x", "Other": "o", "Name[1]": "y"}
    assert list(form.last) == ["Name[]", "Other"]


def test_brackets_elsewhere_are_part_of_the_name() -> None:
    assert read_form(b"a[]b=1&c[1]=2").params() == {"a[]b": "1", "c[1]": "2"}


def test_a_form_of_absurd_length_is_rejected() -> None:
    assert len(read_form(b"&".join([b"a=1"] * FIELDS_LIMIT)).pairs) == FIELDS_LIMIT
    with pytest.raises(Rejected) as caught:
        read_form(b"&".join([b"a=1"] * (FIELDS_LIMIT + 1)))
    assert caught.value.status == 413
