"""The errors of the two YAML parsers, by their words: which of them the traps understand.

libyaml and PyYAML's own parser give an error as an English sentence and nothing else. A sentence that is not listed here is one
of a newer version: guessing what it means would tell the author something that is not so.
"""

import yaml

# Beginnings of `problem` in libyaml's scanner.c and parser.c, and in PyYAML's scanner.py and parser.py.
_KNOWN = (
    "block sequence entries are not allowed",
    "could not find expected",
    "did not find ",
    "duplicate %TAG directive",
    "duplicate tag handle",
    "expected ",
    "found ",
    "incompatible %YAML directive",
    "invalid indentation or unclosed",
    "mapping keys are not allowed",
    "mapping values are not allowed",
    "sequence entries are not allowed",
)


def is_known(error: yaml.YAMLError) -> bool:
    """Whether the traps know what the parser means by this error."""
    problem = getattr(error, "problem", None) or ""
    return problem.startswith(_KNOWN)


def is_too_deep(error: yaml.YAMLError) -> bool:
    """Whether libyaml met more levels than it takes: 1,000 since 0.2.6, long after a flow has too many."""
    return "nesting depth" in (getattr(error, "problem", None) or "")


def offset_of(error: yaml.YAMLError) -> int:
    """Where the parser stopped, in characters from the start of the text; 0 where it does not say."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.index)
    position = getattr(error, "position", None)  # of `yaml.reader.ReaderError`
    return position if isinstance(position, int) else 0


def words_of(error: yaml.YAMLError) -> str:
    """The parser's own sentence, in one line."""
    parts = [getattr(error, name, None) for name in ("context", "problem", "reason")]
    said = " ".join(part for part in parts if isinstance(part, str) and part)
    return " ".join((said or str(error) or type(error).__name__).split())
