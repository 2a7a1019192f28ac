"""Reads a `.env` file: a setting in each line, as `NAME=value`."""

import re
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from engine.document.folder import read_regular

LARGEST = 1_000_000  # bytes
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SettingsError(Exception):
    """A setting that cannot be used: one sentence that names it and says what to write; never with a secret in it."""


def read_dotenv(path: Path) -> dict[str, str]:
    """The settings of the file by name, none if there is no such file; the last of two lines wins. Raises SettingsError.

    The format is that of python-dotenv, without its variables: nothing is looked up in a value.
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
    for line in parse_stream(StringIO(text)):
        if line.key is None and not line.error:  # a comment, or nothing
            continue
        if line.error or line.value is None or not _NAME.fullmatch(line.key or ""):
            written = line.original.string
            number = line.original.line + written[: len(written) - len(written.lstrip())].count("\n")
            # The line is not shown: it may hold a secret.
            raise SettingsError(
                f"{path}:{number} cannot be read: write NAME=value, with quotes closed where they are used"
            )
        found[line.key or ""] = line.value
    return found
