"""The telephone in a terminal: single keys are pressed at once, words are typed."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from engine.phone.call import PhoneCall
from engine.phone.course import NotNow
from engine.phone.handset import Handset, choices
from engine.phone.story import Story
from engine.phone.transcript import ENDS, transcript

KEYS = "0123456789*#"
ENTER, ERASE, DROP, GONE = "\r\n", "\x7f\b", "\x1b\x15", "\x03\x04"  # Esc or ^U drops what is typed; ^C or ^D hangs up
HELP = "keys are pressed at once; words: type them, then Enter; Enter alone: silence; Ctrl-D: hang up"

Show = Callable[[str], None]


class Screen:
    """Shows a call as it goes on: each moment once. `show` writes without a line end of its own."""

    def __init__(self, show: Show, *, width: int = 80, hints: bool = False) -> None:
        self._show, self._width, self._hints = show, min(width, 80), hints
        self._shown = 0

    def catch_up(self, story: Story) -> None:
        """Shows what has happened since it was last asked."""
        moments = story.moments
        # A key can cut what was shown already: the tape is then shorter than it was.
        text = transcript(moments[min(self._shown, len(moments)) :], width=self._width)
        self._shown = len(moments)
        if text:
            self._show(text + "\n")
        if self._hints and isinstance(story, PhoneCall) and not story.over:
            self._show(f"  ({choices(story.waiting_for)})\n")

    def tell(self, text: str) -> None:
        """A line that is not the call's."""
        self._show(f"! {text}\n")


def play_keys(keys: Iterable[str], call: PhoneCall, screen: Screen, show: Show) -> None:
    """Does what single keys say until the call is over; when there are no more, the caller hangs up."""
    handset, typed, pressed = Handset(call), "", iter(keys)
    while not call.over:
        key = next(pressed, GONE)
        if key in GONE:
            break
        if key in ENTER:
            show("\r\n" if typed else "")
            _take(handset, typed, screen, held=False)
            typed = ""
        elif typed or key not in KEYS:
            typed = _typed(typed, key, show)
        else:
            _take(handset, key, screen, held=True)
    if not call.over:
        call.hang_up()
        screen.catch_up(call)


def summary(story: Story) -> str:
    """The last line: who hung up, after how many seconds, and what it cost."""
    trips = "1 round trip" if story.round_trips == 1 else f"{story.round_trips} round trips"
    if not isinstance(story, PhoneCall):
        return f"{len(story.requests)} requests, {trips}"
    return f"{ENDS.get(story.ended_by, story.ended_by)} after {story.now:.0f} s; {trips}"


@contextmanager
def single_keys() -> Iterator[Iterator[str]]:
    """The keys of the terminal, one by one as they are pressed; the terminal is as before when it is left."""
    import termios  # only Unix has them; from a pipe the telephone works anywhere
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        settings = termios.tcgetattr(number)
        settings[3] &= ~termios.ISIG  # ^C hangs up; it does not break off
        termios.tcsetattr(number, termios.TCSANOW, settings)
        yield iter(lambda: sys.stdin.read(1), "")
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _take(handset: Handset, typed: str, screen: Screen, *, held: bool) -> None:
    try:
        handset.take(typed, held=held)
    except NotNow as now:
        screen.tell(str(now))
    screen.catch_up(handset.call)


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
