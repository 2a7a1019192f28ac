"""A session is read as it was written, whatever it holds; one of a later version is told apart from one that nobody can read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.program.place import Place
from engine.runtime.formats import LaterFormat
from engine.runtime.session import FORMAT, Pending, Question, Session, StoredFrame

# Also halves of characters, alone and in pairs, which are not the character that they would be together.
texts = some.text(
    some.one_of(some.characters(), some.characters(categories=["Cs"]), some.sampled_from('"\\\n\0é\U0001f600'))
)
numbers = some.integers() | some.integers(-(2**200), 2**200) | some.floats(allow_nan=False, allow_infinity=False)
values = some.recursive(
    some.none() | some.booleans() | numbers | texts,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
counts = some.integers(0, 2**40)
times = some.floats(1, 1e12)
variables = some.dictionaries(texts, values, max_size=4)
names = some.lists(texts, max_size=3).map(tuple)
places = some.builds(Place, texts, texts, texts)
asked = some.lists(places, max_size=3).map(tuple)
frames = some.builds(
    StoredFrame,
    number=counts,
    flow=texts,
    variables=variables,
    entered=names,
    questions=asked,
    back=places,
    caller=texts,
)
pendings = some.builds(
    Pending,
    request=texts,
    owner=texts,
    until=times,
    doing=texts,
    results=some.dictionaries(texts, some.tuples(texts, variables, texts), max_size=2),
)
questions = some.builds(
    Question,
    place=places,
    again=counts,
    frame=texts,
    version=texts,
    until=times,
    wait=some.just(0.0) | times,
    followed=asked,
    folder=texts,
)
sessions = some.builds(
    Session,
    turn=counts,
    variables=variables,
    entered=names,
    questions=asked,
    facts=some.dictionaries(texts, texts, max_size=3),
    replies=some.lists(some.tuples(texts, counts, texts), max_size=3).map(tuple),
    expires=times,
    frames=some.lists(frames, max_size=2).map(tuple),
    calls=counts,
    pending=some.lists(pendings, max_size=2).map(tuple),
    question=some.none() | questions,
    due=some.just(0.0) | times,
)


@given(sessions)
def test_a_session_is_read_as_it_was_written(session):
    assert Session.from_json(session.to_json()) == session


def test_halves_of_a_character_stay_halves():
    both = "\ud83d" + "\ude00"
    assert Session.from_json(Session(variables={both: [both]}, expires=1.0).to_json()).variables == {both: [both]}


def test_a_session_says_its_format_first():
    kept = Session(turn=3, expires=1.0).to_json()
    assert kept == b'{"format":1,"turn":3,"expires":1.0}'


@pytest.mark.parametrize("never", [0.0, 0, float("0.0"), -0.0])
def test_what_nothing_is_due_in_is_as_it_was_before_there_were_timers(never):
    kept = Session(turn=3, expires=1.0, due=never).to_json()
    assert kept == b'{"format":1,"turn":3,"expires":1.0}'


def test_only_what_something_is_due_in_is_of_a_format_that_earlier_versions_leave_alone():
    kept = Session(turn=3, expires=1.0, due=0.5).to_json()
    assert kept == b'{"format":%d,"turn":3,"expires":1.0,"due":0.5}' % FORMAT
    assert Session.from_json(kept) == Session(turn=3, expires=1.0, due=0.5)


@pytest.mark.parametrize("said", ["Ann", "half \ud83d"])
def test_one_of_a_later_format_is_known_by_its_number(said):
    held = {"format": FORMAT + 1, "expires": 7.5, "variables": {"said": said}, "what_comes_later": [1]}
    with pytest.raises(LaterFormat, match=f"format {FORMAT + 1}, here {FORMAT}") as raised:
        Session.from_json(json.dumps(held, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    assert raised.value.held["expires"] == 7.5


@pytest.mark.parametrize(
    "kept",
    [b"", b"null", b"{}", b"[1]", b"\xff{}", b"[" * 100_000, b'{"turn":1}', b'{"expires":1,"x":1}', b'{"expires":1}}'],
    ids=lambda kept: repr(kept[:20]),
)
def test_anything_else_is_no_session(kept):
    with pytest.raises(ValueError):  # noqa: PT011 – msgspec's and json's own words
        Session.from_json(kept)
