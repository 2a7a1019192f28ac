"""Reads a `.env` file: a setting in each line, as `NAME=value`."""

import re
from pathlib import Path

from engine.document.folder import read_regular

LARGEST = 1_000_000  # bytes
_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*
    (?: "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>[^']*)' | (?P<plain>[^\s"'#](?:(?!\s\#).)*?)? )
    \s*(?:(?<=\s)\#.*|(?<==)\#.*)?""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class SettingsError(Exception):
    """A setting that cannot be used: one sentence that names it and says what to write; never with a secret in it."""


def read_dotenv(path: Path) -> dict[str, str]:
    """The settings of the file by name, none if there is no such file; the last of two lines wins; raises
    SettingsError.

    Values stand as they are, in single quotes, or in double quotes with `\\n`, `\\"` and `\\\\`; a comment begins with
    `#` after a space; nothing is looked up in them.
    """
    try:
        content = read_regular(path, LARGEST)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read as UTF-8 text ({type(error).__name__}): correct it or remove it"
        ) from None
    if len(content) > LARGEST:
        raise SettingsError(f"{path} is larger than {LARGEST // 1000} kB: correct it or remove it")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            # The line is not shown: it may hold a secret.
            raise SettingsError(
                f"{path}:{number} cannot be read: write NAME=value, with quotes closed where they are used"
            )
        value = match["double"]
        if value is not None:
            value = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), value)
        found[match["name"]] = value if value is not None else (match["single"] or match["plain"] or "")
    return found
