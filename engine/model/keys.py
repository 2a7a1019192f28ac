"""What makes two branch keys the same key."""

from engine.grammar.normalize import READINGS
from engine.model.parts import Key

Identity = tuple[str, tuple[str, ...]]


def identity(key: Key) -> Identity:
    """The kind of a key with the readings by which it takes an answer; two keys with one identity take the same answers."""
    return key.kind, READINGS[key.kind](key.text) if key.kind in READINGS else (key.text,)
