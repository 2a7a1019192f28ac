"""Reads the JSON that programs send, and says of a wrong one where and what."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from engine.api.problems import Problem, invalid
from engine.diagnostics.suggest import nearest

B = TypeVar("B", bound=msgspec.Struct)

_AT = re.compile(
    r"(.*) - at `(?:key in )?\$(.*)`", re.DOTALL
)  # the last, since a value before it may be written the same
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def read_body(body: bytes, kind: type[B]) -> B:
    """The body as one of `engine.api.bodies`; an empty one counts as `{}`.

    Raises Problem: 400 for what is no JSON, 422 with a JSON Pointer for what is not valid.
    """
    try:
        raw = msgspec.json.decode(body or b"{}")
    except msgspec.ValidationError:  # of a value without a type only a number can be refused
        raise Problem(400, "invalid-json", "a number in the body is too large", "send it as a text") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(
            400, "invalid-json", "the body is not JSON", "send JSON in UTF-8, with Content-Type: application/json"
        ) from None
    if not isinstance(raw, dict):
        raise Problem(
            400, "invalid-json", "the body is not a JSON object", 'send an object, such as {"to": "+15550101"}'
        )
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _located(str(error), raw, kind) from None


def _located(message: str, raw: Mapping[str, Any], kind: type[msgspec.Struct]) -> Problem:
    """What is wrong, with the place of it."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    # Not read from the message: whoever chose the name may have written it like the rest of one.
    if "unknown field" in message and (unknown := next((name for name in raw if name not in names), None)) is not None:
        close = nearest(unknown, names)
        known = f"did you mean `{close}`?" if close else f"known are {', '.join(names)}" if names else "send no body"
        return invalid(f"/{_escaped(unknown)}", f"`{unknown[:100]}` is unknown", known)
    match = _AT.fullmatch(message)
    words, path = match.groups() if match else (message, "")
    pointer = "".join(_pointers(path, raw))
    if missing := re.fullmatch(r"Object missing required field `(.*)`", words):
        return invalid(f"{pointer}/{missing[1]}", f"`{missing[1]}` is missing", f"give `{missing[1]}`")
    where = pointer.removeprefix("/") or "the body"
    if wrong := re.fullmatch(r"Expected `([^`]*)`(?:, got `([^`]*)`)?(.*)", words, re.DOTALL):
        pattern = "matching regex" in wrong[3]
        fits = "a text of another form" if pattern else f"{_kinds(wrong[1])}{_bound(wrong[3])}"
        return invalid(pointer, f"`{where}` must be {fits}{_got(wrong[2])}", _meant(kind, pointer) if pattern else "")
    if re.match(r"Invalid enum value", words):
        field = next((one for one in msgspec.structs.fields(kind) if f"/{one.encode_name}" == pointer), None)
        allowed = _choices(field.type) if field is not None else []
        given = f"{raw.get(where)!s:.60}"
        close = nearest(given, allowed)
        return invalid(
            pointer,
            f"`{where}` cannot be `{given}`",
            f"did you mean `{close}`?" if close else f"write one of {', '.join(allowed)}",
        )
    return invalid(pointer, f"`{where}`: {words}")


def _pointers(path: str, raw: Any) -> Iterator[str]:
    """The parts of a JSON Pointer, of a path as msgspec writes it, which does not name the keys of a mapping."""
    here = raw
    for name, number in re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", path):
        if name:
            yield f"/{_escaped(name)}"
            here = here.get(name) if isinstance(here, dict) else None
        elif number == "...":
            wrong = (
                [key for key, one in here.items() if not isinstance(one, str | int | float)]
                if isinstance(here, dict)
                else []
            )
            if wrong:
                yield f"/{_escaped(wrong[0])}"
        else:
            yield f"/{number}"
            here = here[int(number)] if isinstance(here, list) else None


def _escaped(name: str) -> str:
    return name[:100].replace("~", "~0").replace("/", "~1")


def _kinds(expected: str) -> str:
    kinds = [_KINDS.get(one.strip(), one.strip()) for one in expected.split("|") if one.strip() != "null"]
    return ", ".join(kinds[:-1]) + (" or " if kinds[:-1] else "") + kinds[-1]


def _bound(words: str) -> str:
    words = words.strip()
    if words == "of length >= 1":
        return " that is not empty"
    if match := re.fullmatch(r"of length (<=|>=) (\d+)", words):
        return f" of {'at most' if match[1] == '<=' else 'at least'} {match[2]}" + " characters or entries"
    if match := re.fullmatch(r"(<=|>=) (\S+)", words):
        return f", {'at most' if match[1] == '<=' else 'at least'} {match[2]}"
    return f" {words}" if words else ""


def _meant(kind: type[msgspec.Struct], pointer: str) -> str:
    """What is said of the field at a place, with its pattern."""
    name = pointer.split("/")[1]
    schema = msgspec.json.schema_components([kind])[1][kind.__name__]["properties"][name]
    every = [schema, *schema.get("anyOf", ()), *schema.get("items", {}).get("anyOf", ()), schema.get("items", {})]
    own: dict[str, Any] = next((one for one in every if "pattern" in one), {})
    told = own.get("description") or schema.get("description", "")
    return f"{told}; it matches {own['pattern']}"


def _got(kind: str | None) -> str:
    return f", not {_KINDS.get(kind, kind)}" if kind else ""


def _choices(kind: Any) -> list[str]:
    """The texts of a `Literal` within a type."""
    found: list[str] = []
    for one in getattr(kind, "__args__", ()):
        found += [one] if isinstance(one, str) else _choices(one)
    return found
