"""The telephone in a terminal: single keys are pressed at once, words are typed."""

import codecs
import math
import os
import re
import signal
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from engine.phone.call import PhoneCall
from engine.phone.course import NotNow
from engine.phone.events import Did, HungUp, Waiting
from engine.phone.handset import Handset, choices
from engine.phone.story import Story
from engine.phone.transcript import ENDS, KEYS, transcript, visible

ENTER, ERASE, DROP, GONE = "\r\n", "\x7f\b", "\x1b\x15", "\x03\x04"  # Esc or ^U drops what is typed; ^C or ^D hangs up
HABIT = 0.3  # seconds
HELP = "keys are pressed at once; words: type them, then Enter; Enter alone: silence; Ctrl-D: hang up"
# What a terminal sends for an arrow, Home, Delete and the like (ECMA-48, "5.4 Control sequences").
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])")

Show = Callable[[str], None]


class Screen:
    """Shows a call as it goes on: each moment once. `show` writes without a line end of its own."""

    def __init__(self, show: Show, *, width: int = 80, hints: bool = False) -> None:
        self._show, self._width, self._hints = show, min(width, 80), hints
        self._shown = 0
        self._hinted: Waiting | None = None  # what the hints shown last are about

    def catch_up(self, story: Story) -> None:
        """Shows what has happened since it was last asked."""
        # A key can cut what was shown already: the tape is then shorter than it was.
        new = story.after(min(self._shown, story.length))
        # How the call ended stands in its last line (see `summary`).
        text = transcript(
            [one for one in new if one.side == "callee" or not isinstance(one.event, HungUp)], width=self._width
        )
        self._shown = story.length
        if text:
            self._show(text + "\n")
        waiting = story.waiting_for if isinstance(story, PhoneCall) else None
        # The second key of six finds the call where the first one did.
        if self._hints and waiting is not None and waiting is not self._hinted:
            self._show(f"  ({choices(waiting)})\n")
        self._hinted = waiting

    def begin(self, name: str, what: str) -> None:
        """The line before a call: what can be typed."""
        self._show(textwrap.fill(f"{name}: {what}", self._width, break_on_hyphens=False) + "\n")

    def tell(self, text: str) -> None:
        """A line that is not the call's."""
        self._show(f"! {visible(text)}\n")


def play_keys(keys: Iterable[str], call: PhoneCall, screen: Screen, show: Show, clock: Callable[[], float]) -> None:
    """Does what single keys say until the call is over; when there are no more, the caller hangs up.

    `clock` gives seconds. Enter right behind a key that was the whole answer is a habit, and no silence.
    """
    handset, typed, pressed = Handset(call), "", iter(keys)
    answered = -math.inf  # when a key was the whole answer
    waiting = keys.waiting if isinstance(keys, Keys) else nullcontext
    while not call.over:
        try:
            key = next(pressed, GONE)
        except KeyboardInterrupt:  # from somewhere else than the keyboard
            key = GONE
        if key in GONE:
            break
        if key in ENTER and not typed and clock() - answered < HABIT:
            answered = -math.inf
            continue
        if key in ENTER:
            show("\r\n" if typed else "")
            with waiting():
                _take(handset, typed, screen, held=False)
            typed = ""
        elif typed or key not in KEYS:
            typed = _typed(typed, key, show)
        else:
            before = call.waiting_for
            with waiting():
                _take(handset, key, screen, held=True)
            answered = clock() if call.waiting_for is not before else -math.inf
        screen.catch_up(call)
    if not call.over:
        with waiting():
            call.hang_up()
        screen.catch_up(call)


def summary(story: Story) -> str:
    """The last line: who hung up, after how many seconds, and what it cost."""
    trips = "1 round trip" if story.round_trips == 1 else f"{story.round_trips} round trips"
    if not isinstance(story, PhoneCall):
        texts = sum(isinstance(event, Did) and event.act == "text" for event in story.events)
        return f"{texts} text{'' if texts == 1 else 's'}; {trips}"
    return f"{ENDS.get(story.ended_by, story.ended_by)} after {story.now:.0f} s; {trips}"


@contextmanager
def single_keys() -> Iterator["Keys"]:
    """The keys of the terminal, one by one as they are pressed; the terminal is as before when it is left."""
    import termios  # only Unix has them; from a pipe the telephone works anywhere
    import tty

    def end(sign: int, _: object) -> None:
        raise SystemExit(128 + sign)  # as a shell says of a program that a signal ended

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    handlers = {sign: signal.signal(sign, end) for sign in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setcbreak(number)
        settings = termios.tcgetattr(number)
        for control in (termios.VSUSP, termios.VQUIT):
            settings[6][control] = b"\0"  # ^Z and ^\ would leave the terminal as it is now
        yield Keys(number, settings)
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(number, termios.TCSADRAIN, before)
        for sign, handler in handlers.items():
            signal.signal(sign, handler)


class Keys:
    """What comes from a terminal, letter by letter; keys that are no letters, such as arrows, are nothing.

    `settings` are those of the terminal as `termios` gives them. ^C is a key as others, except while the call waits for
    its server.
    """

    def __init__(self, number: int, settings: list[Any]) -> None:
        self._number, self._settings = number, settings
        self._interrupts(False)

    def __iter__(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(sys.stdin.encoding)(errors="ignore")
        while True:
            try:
                # A sequence comes in one piece: after its first letter nobody could tell it from Esc.
                data = os.read(self._number, 1024)
            except OSError:  # Linux: the terminal is gone
                return
            if not data:
                return
            yield from _SEQUENCE.sub("", decoder.decode(data))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """As long as the call may wait for its server: ^C breaks off."""
        self._interrupts(True)
        try:
            yield
        finally:
            self._interrupts(False)

    def _interrupts(self, on: bool) -> None:
        import termios

        self._settings[3] = self._settings[3] | termios.ISIG if on else self._settings[3] & ~termios.ISIG
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(self._number, termios.TCSANOW, self._settings)


def _take(handset: Handset, typed: str, screen: Screen, *, held: bool) -> None:
    try:
        handset.take(typed, held=held)
    except NotNow as now:
        screen.tell(str(now))


def _typed(typed: str, key: str, show: Show) -> str:
    """What is typed so far, after one more key; what it looks like is shown."""
    if key in DROP:
        show("\b \b" * len(typed))
        return ""
    if key in ERASE:
        show("\b \b" if typed else "")
        return typed[:-1]
    if not key.isprintable():
        return typed
    show(key)
    return typed + key
