"""Parts long texts where a reader would pause, and never inside what is one character to the eye."""

import re
from collections.abc import Iterable
from unicodedata import category, combining

# Where a text is parted, the best place first: paragraphs, lines, sentences, clauses, words. Languages that write no spaces have
# marks of their own for the end of a sentence. Rows of marks are bounded: in a long one each would be tried with all behind it.
BREAKS = tuple(
    re.compile(each)
    for each in (
        r"(?=\r?\n[^\S\n]*\n)",
        r"(?=\r?\n)",
        r"[.!?\u2026\u0589\u061f\u06d4\u0964\u0965\u1362]{1,8}[\"'\u201d\u2019\u00bb)\]]{0,8}(?=\s)"
        r"|[\u3002\uff01\uff1f\uff61]+[\"\u201d\u2019\u300d\u300f\uff09\u3011]*",
        r"[;\u061b](?=\s)|\uff1b",
        r"[,\u060c](?=\s)|[\uff0c\u3001\uff64]",
        r"(?=\s)",
    )
)
SENTENCES = BREAKS[:3]
MARKS = 4  # at the end of a sentence, such as  ?!")
CLUSTER = 64  # code points that one character may have; people write up to ten or so


def parted(text: str, most: int) -> list[str]:
    """A text in pieces of at most `most` characters, parted where a reader would pause; no piece for one without words."""
    pieces = []
    while len(text) > most:
        end = find_break(text, most, most // 2) or hard_end(text, most)
        pieces.append(text[:end].strip())
        text = text[end:].strip()
    return [piece for piece in (*pieces, text) if piece.strip()]


def find_break(text: str, most: int, least: int, breaks: Iterable[re.Pattern[str]] = BREAKS) -> int:
    """The last good place to part a text, behind at least `least` and at most `most` characters; 0 if there is none."""
    for pattern in breaks:
        found = 0
        for match in pattern.finditer(text, max(least - MARKS, 0), most + 1):
            if max(least, 1) <= match.end() <= most and is_boundary(text, match.end()):
                found = match.end()
        if found:
            return found
    return 0


def hard_end(text: str, most: int) -> int:
    """The last place that splits no character, behind at most `most`; `most` itself where none is near: no writing has that."""
    for end in range(most, max(most - CLUSTER, 0), -1):
        if is_boundary(text, end):
            return end
    return most


def is_boundary(text: str, end: int) -> bool:
    """Whether a new character, as people count them, begins at `end`.

    Unicode Standard Annex #29, grapheme clusters, as far as the standard library knows: combining marks, variation selectors,
    skin tones, sequences with a zero-width joiner, flags, keycaps, syllables of Hangul and conjuncts of Indic scripts.
    """
    if not 0 < end < len(text):
        return True
    before, after = text[end - 1], text[end]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if _extends(after) or before == "\u200d":
        return False
    if _is_flag(before) and _is_flag(after):
        start = end
        while start and _is_flag(text[start - 1]):
            start -= 1
        return (end - start) % 2 == 0
    if combining(before) == 9 and category(after) == "Lo":
        return False  # a virama joins two consonants
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    return not ("\u1100" <= before <= "\u11ff" and "\u1160" <= after <= "\u11ff")


def _extends(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        category(character)[0] == "M"
        or character in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # the letters of a flag such as Scotland's
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
