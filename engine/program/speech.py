"""Writes what is spoken: words that are too long for one `<Say>` become several, each with its markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.grammar.overlay.speech import LONGEST_SAY
from engine.program.parting import BREAKS, SENTENCES, find_break, hard_end

MOST_BYTES = (
    32_000  # that are written for a `loop` over several <Say>; Twilio takes 64 kB in one document (error 11750)
)
LARGEST = 64 * 1024  # characters that are looked at: a document with more is refused anyway

_TOKEN = re.compile(r"<[^>]+>|[^<]+")
_LOOP = re.compile(r' loop="(\d*)"')
_WHOLE = frozenset(("say-as", "sub", "phoneme", "w"))  # an element of SSML whose words are one
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&#13;", "\r"), ("&amp;", "&"))


def spoken(opening: str, words: str, closing: str) -> str:
    """A `<Say>` with these words, as TwiML: several with the same attributes where they are longer than one can be.

    Twilio, TwiML <Say>: at most 4,096 characters (error 13521). Markup counts as well, since nobody says that it does not.
    """
    if len(words) <= LONGEST_SAY or len(words) > LARGEST or _size(words) <= LONGEST_SAY:
        return f"{opening}{words}{closing}"
    once = _LOOP.sub("", opening)
    text = "".join(f"{once}{piece}{closing}" for piece in pieces_of(words))
    loop = _LOOP.search(opening)
    if loop is None:
        return text
    # Each piece would be said over and over before the next one: the row of them is written as often, within bounds.
    times = int(loop[1] or 1) if len(loop[1]) < 5 else 1000
    return text * max(1, min(times or 1000, MOST_BYTES // len(text.encode("utf-8", "replace"))))


def pieces_of(words: str, most: int = LONGEST_SAY) -> list[str]:
    """What stands in a `<Say>` in pieces of at most `most` characters, parted where a listener expects a pause.

    An element that goes on in the next piece is closed and opened again.
    """
    row = _Row(most)
    for around, text, whole in _units(words, most):
        row.add(around, text, whole)
    return row.end()


Around = tuple[tuple[int, str], ...]  # the elements around words: the tag of each, with a number of its own


@dataclass(slots=True)
class _Row:
    """The pieces so far, and the one under way: `open` are the elements that are open in it, `size` its characters."""

    most: int
    done: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    open: Around = ()
    size: int = 0
    said: bool = False

    def add(self, around: Around, text: str, whole: bool) -> None:
        """Adds words inside these elements, or an element as a whole."""
        while True:
            tags = sum(len(tag) + len(_end(tag)) for tag in self._missing(around))
            room = self.most - self.size - tags
            if len(text) <= room:
                return self._write(around, text, whole)
            end = 0
            if not whole and room > 0:
                end = find_break(text, room, max(room - self.most // 2, 0), SENTENCES if self.said else BREAKS)
            if not end:
                # What cannot be said without words, such as a pause, stays with the words behind it.
                if self.said or (self.out and (whole or room < self.most // 2)):
                    self._flush()
                    continue
                if whole or room <= 0:  # longer than a piece by itself, and cannot be parted
                    return self._write(around, text, whole)
                end = hard_end(text, room)
            self._write(around, text[:end].rstrip(), whole)
            self._flush()
            text = text[end:].lstrip()

    def end(self) -> list[str]:
        self._flush()
        return self.done

    def _missing(self, around: Around) -> list[str]:
        return [tag for number, tag in around if (number, tag) not in self.open]

    def _write(self, around: Around, text: str, whole: bool) -> None:
        shared = 0
        while shared < min(len(self.open), len(around)) and self.open[shared] == around[shared]:
            shared += 1
        self.out += [_end(tag) for _, tag in reversed(self.open[shared:])]
        for _, tag in around[shared:]:
            self.out.append(tag)
            self.size += len(tag) + len(_end(tag))
        self.open = around
        self.out.append(text if whole else _escaped(text))
        self.size += len(text)
        self.said = self.said or (bool(text.strip()) and not text.endswith("/>"))

    def _flush(self) -> None:
        self.out += [_end(tag) for _, tag in reversed(self.open)]
        if self.said:
            self.done.append("".join(self.out).strip())
        self.out, self.open, self.size, self.said = [], (), 0, False


def _units(words: str, most: int) -> Iterator[tuple[Around, str, bool]]:
    """Words as they are, and elements that stay whole as markup (True), each with the elements around it."""
    around: Around = ()
    kept: list[str] = []  # the element that stays whole
    depth = 0
    for number, token in enumerate(_TOKEN.findall(words)):
        tag = token.startswith("<")
        if depth:
            kept.append(token)
            depth += 0 if not tag or token.endswith("/>") else -1 if token.startswith("</") else 1
            if not depth and sum(map(len, kept)) <= most:
                yield around, "".join(kept), True
            elif not depth:
                text = "".join(each for each in kept if not each.startswith("<"))
                yield (*around, (number, kept[0])), _unescaped(text), False
        elif not tag:
            yield around, _unescaped(token), False
        elif token.endswith("/>"):
            yield around, token, True
        elif token.startswith("</"):
            around = around[:-1]
        elif _name(token) in _WHOLE:
            kept, depth = [token], 1
        else:
            around = (*around, (number, token))


def _size(words: str) -> int:
    return len(_unescaped(words))


def _name(tag: str) -> str:
    return tag[1:].split(">")[0].split()[0]


def _end(tag: str) -> str:
    return f"</{_name(tag)}>"


def _unescaped(text: str) -> str:
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text


def _escaped(text: str) -> str:
    for entity, character in reversed(_ENTITIES):
        text = text.replace(character, entity)
    return text
