"""What the handlers of the page answer with, and how they refuse."""

import json
import math
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


class Refused(Exception):
    """Cannot be done; the sentence goes to the page as `{"error": …}`."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def encoded(data: object) -> bytes:
    """JSON as bytes, whatever characters callers sent, and whatever numbers flows came to: a browser reads no NaN."""
    try:
        text = _written(data)
    except ValueError:
        text = _written(_finite(data))
    return text.encode("utf-8", "replace")


def _written(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str, allow_nan=False)


def _finite(data: object) -> object:
    """The same with texts in the place of numbers that JSON lacks."""
    if isinstance(data, float):
        return data if math.isfinite(data) else str(data)
    if isinstance(data, Mapping):
        return {name: _finite(one) for name, one in data.items()}
    return [_finite(one) for one in data] if isinstance(data, list | tuple) else data


def json_answer(data: object, status: int = 200) -> Response:
    """A response with JSON."""
    return Response(encoded(data), status, media_type="application/json")


def error_answer(status: int, sentence: str) -> Response:
    """A response that says why not."""
    return json_answer({"error": sentence}, status)


async def read_object(request: Request) -> Mapping[str, Any]:
    """The JSON object of a POST; raises Refused (400) for anything else."""
    try:
        found = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "The request body is not a JSON object.")
    return found


def text_of(asked: Mapping[str, Any], name: str, default: str = "") -> str:
    """A string of a request; raises Refused (400) for any other value."""
    found = asked.get(name, default)
    if not isinstance(found, str):
        raise Refused(400, f"`{name}` must be a string.")
    return found
