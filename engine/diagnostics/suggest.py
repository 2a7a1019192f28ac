"""The name somebody probably meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_\s]+")
_LONGEST = 200  # characters of a word that may be a name


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one known name nearest to `word`; None is better than a silly one.

    Names that differ only in case, `-`, `_` or camelCase are the same name (`numDigits` is `num_digits`); only then is
    spelling compared, which must be alike to the degree of `cutoff`, from 0 to 1.
    """
    if len(word) > _LONGEST:
        return None
    names = list(dict.fromkeys(known))
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(_fold(name), name)
    wanted = _fold(word)
    if wanted in folded:
        return folded[wanted]
    close = get_close_matches(wanted, folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def _fold(name: str) -> str:
    return _HUMP.sub("", name).casefold()
