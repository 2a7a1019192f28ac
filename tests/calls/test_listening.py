"""Whoever listens to the turns of a call changes nothing in it: the scripts of this folder get the same answers, byte by byte."""

from pathlib import Path

import pytest

from engine.runtime import desk, respond, silence
from engine.runtime.trail import Entered, Took
from engine.testing.course import Course


def test_answers_and_sessions_are_the_same_whether_anybody_listens_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def deafened(outcome):
        """An outcome without what is only told to listeners."""
        return outcome._replace(trail=(), played="", until=0.0)

    def alone(program, turn, *args, listening):
        told = respond.respond(program, turn, *args, listening=listening)
        deaf = respond.respond(program, turn, *args)
        assert deaf == deafened(told)
        compared.extend(event.id for event in told.trail if isinstance(event, Entered | Took))
        return told

    def in_session(program, turn, session, *, listening, **given):
        told, kept = respond.respond_in_session(program, turn, session, listening=listening, **given)
        for _ in range(2):  # played, and as it was made then
            deaf, kept_too = respond.respond_in_session(program, turn, session, **given)
            assert (deaf, kept_too) == (deafened(told), kept)
        compared.extend(event.id for event in told.trail if isinstance(event, Entered | Took))
        return told, kept

    def after_silence(program, *args, listening, **given):
        told, kept = silence.follow_silence(program, *args, listening=listening, **given)
        deaf, kept_too = silence.follow_silence(program, *args, **given)
        assert (deaf.outcome, kept_too) == (deafened(told.outcome), kept)
        compared.extend(event.id for event in told.outcome.trail if isinstance(event, Entered | Took))
        return told, kept

    monkeypatch.setattr(desk, "respond", alone)
    monkeypatch.setattr(desk, "follow_silence", after_silence)
    monkeypatch.setattr(desk, "respond_in_session", in_session)
    course = Course([Path(__file__).parent], quiet=True, say=print, warn=print)
    assert course.play()
    assert course.fine
    places = {place.id for coverage in course.taken.values() for place in coverage.ground.places}
    assert places == set(compared), "what there is to take is what a trail may tell"
