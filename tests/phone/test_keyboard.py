"""Keys and lines of a keyboard: a habitual Enter, and what is left over after a call."""

from collections.abc import Iterator

import pytest

from engine.phone.events import Did, OptOut, Texted
from engine.phone.handset import play_lines
from engine.phone.terminal import Screen, play_keys
from engine.phone.transcript import transcript

ONE = "<Gather numDigits='1' action='/two'><Say>One?</Say></Gather><Say>Silence.</Say>"
TWO = "<Gather numDigits='1' action='/end'><Say>Two?</Say></Gather><Say>Silence in two.</Say>"
LONG = "<Gather action='/two'><Say>Code?</Say></Gather><Say>Silence.</Say>"


class Typist:
    """Keys with the seconds they come at; `clock` is the time of the last one."""

    def __init__(self, *keys: tuple[float, str]) -> None:
        self._keys, self.now = keys, 0.0

    def __iter__(self) -> Iterator[str]:
        for when, key in self._keys:
            self.now = when
            yield key

    def clock(self) -> float:
        return self.now


def acts(call):
    return [f"{one.act} {one.words}".strip() for one in call.events if isinstance(one, Did)]


@pytest.mark.parametrize(
    ("page", "keys", "done"),
    [
        (ONE, [(1.0, "1"), (1.2, "\n")], ["press 1", "hang up"]),  # a habit
        (ONE, [(1.0, "1"), (1.2, "\r"), (1.3, "\r")], ["press 1", "silence"]),  # only once
        (ONE, [(1.0, "1"), (1.5, "\n")], ["press 1", "silence"]),  # meant
        (ONE, [(1.0, "\n")], ["silence"]),
        (
            LONG,
            [(1.0, "1"), (1.1, "2"), (1.2, "\n")],
            ["press 1", "press 2", "silence", "hang up"],
        ),  # more could follow
        (ONE.replace("two", "code"), [(1.0, "1"), (1.1, "2"), (1.2, "\n")], ["press 1", "press 2", "silence"]),
        (LONG, [(1.0, "1"), (1.1, "#"), (1.2, "\n")], ["press 1", "press #", "hang up"]),
        (ONE, [(1.0, "1"), (1.1, "2"), (1.2, "\n")], ["press 1", "press 2"]),  # the call is over
        ("<Say>Hi</Say><Dial>+1</Dial>", [(1.0, "b"), (1.0, "u"), (1.1, "s"), (1.1, "y"), (1.2, "\n")], ["dial busy"]),
        ("<Record action='/two'/>", [(1.0, "#"), (1.2, "\n")], ["press #", "hang up"]),
    ],
)
def test_enter_right_behind_the_key_that_answers_is_no_silence(site, page, keys, done):
    call = site({"/": page, "/two": TWO, "/code": "<Gather action='/end'/>"}).ring()
    typist = Typist(*keys)
    play_keys(typist, call, Screen(lambda text: None), lambda text: None, typist.clock)
    assert acts(call) == done


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["silence 2 3\n"], "not used, as the call was over: `2`, `3`"),
        (["silence\n", "2\n", "book an appointment\n"], "not used, as the call was over: `2`, `book an appointment`"),
        (["silence\n", "\n"], None),
        (["silence\n"], None),
        (["hangup 1 2 3 4 5\n"], "not used, as the call was over: `1`, `2`, `3` and 2 more"),
        (["silence\n", *(["1 2 3\n"] * 90)], "not used, as the call was over: `1`, `2`, `3` and more"),
    ],
)
def test_what_is_left_over_after_a_call_is_told(site, lines, left):
    call = site({"/": ONE}).ring()
    told = [amiss for amiss in play_lines(lines, call) if amiss]
    assert told == ([left] if left else [])


def test_a_stream_that_never_ends_is_not_read_to_its_end(site):
    def endless():
        while True:
            yield "silence\n"

    call = site({"/": ONE}).ring()
    assert next(amiss for amiss in play_lines(endless(), call) if amiss).endswith("and more")


# Words that Twilio answers itself


def told(talk):
    return [(one.word, one.kind) for one in talk.events if isinstance(one, OptOut)]


@pytest.mark.parametrize(
    ("texts", "expected", "replies"),
    [
        (["STOP"], [("STOP", "STOP")], 0),
        (["unsubscribe "], [("UNSUBSCRIBE", "STOP")], 0),
        (["Help"], [("HELP", "HELP")], 1),
        (["info"], [("INFO", "HELP")], 1),
        (["please stop"], [], 1),
        (["START"], [], 1),  # without a STOP it is a word like others
        (["yes"], [], 1),
        (["stop", "yes"], [("STOP", "STOP"), ("YES", "START")], 1),
        (["quit", "hello", "UNSTOP", "hello"], [("QUIT", "STOP"), ("UNSTOP", "START")], 2),
        (["stop", "help"], [("STOP", "STOP"), ("HELP", "HELP")], 0),
    ],
)
def test_the_telephone_says_what_twilio_answers_itself(site, texts, expected, replies):
    """Twilio, "Support for opt-out keywords (SMS STOP filtering)"; error 21610. The server here replies to anything."""
    talk = site("<Message>A reply</Message>").write()
    for text in texts:
        talk.text(text)
    assert told(talk) == expected
    assert len([one for one in talk.events if isinstance(one, Texted)]) == replies
    assert {warning.code for warning in talk.warnings} <= {21610}
    assert len(talk.requests) == len(texts)  # the webhook gets them all the same


def test_other_channels_have_no_such_words(site):
    talk = site("<Message>A reply</Message>").write(from_="whatsapp:+15550001111")
    talk.text("STOP")
    assert told(talk) == []
    assert talk.heard == ("A reply",)


def test_how_it_reads(site):
    talk = site("<Message>A reply</Message>").write()
    talk.text("stop").text("hello").text("start")
    assert (
        transcript(talk.moments)
        == """\
> text stop
  (Twilio answers STOP itself, and delivers nothing to this number until START)
! Twilio warning 21610: the reply is not delivered: this number wrote STOP
> text hello
! Twilio warning 21610: the reply is not delivered: this number wrote STOP
> text start
  (Twilio answers START itself: texts are delivered again)
  "A reply\""""
    )
