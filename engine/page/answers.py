"""What the handlers of the page answer with, and how they refuse."""

import json
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
    """JSON as bytes, whatever characters callers sent."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace")


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
        raise Refused(400, "The request is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "The request is not a JSON object.")
    return found


def text_of(asked: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text of a request; raises Refused (400) for a value that is none."""
    found = asked.get(name, default)
    if not isinstance(found, str):
        raise Refused(400, f"`{name}` is not a text.")
    return found
