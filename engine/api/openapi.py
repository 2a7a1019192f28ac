"""Describes the API by the OpenAPI Specification 3.1, from the types that requests are checked by and answers are made of."""

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from engine.api.operations import OPERATIONS, PARAMETERS, Operation
from engine.api.problems import MEDIA_TYPE, ProblemDetails

_REFERENCE = "#/components/schemas/{name}"
_RATE = {
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"},
}


def describe(server: str) -> dict[str, Any]:
    """The document as JSON values; `server` is the address below which `/api` is served."""
    return {**_document(), "servers": [{"url": server}]}


@cache
def _document() -> dict[str, Any]:
    """All of it but where it is served."""
    kinds = [kind for one in OPERATIONS for kind in (one.body, one.answer) if kind is not None]
    _, schemas = msgspec.json.schema_components([*kinds, ProblemDetails], ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Touchtone", "version": version("touchtone"), "summary": "Calls and messages that run flows"},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "headers": {
                "RateLimit": _header("What is left for the key, and the seconds until there is more"),
                "RateLimit-Policy": _header("How many requests the key has in how many seconds"),
                "Retry-After": _header("Seconds to wait"),
                "WWW-Authenticate": _header("That a bearer key is needed (RFC 6750)"),
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": one.name, "summary": one.summary}
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PARAMETERS[name][1],
            "schema": {"type": "string", "pattern": f"^{PARAMETERS[name][0]}$"},
        }
        for name in re.findall(r"\{(\w+)\}", one.path)
    ]
    if one.body is not None and one.once:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key with the same body is carried out once and gets the same answer, for a day",
                "schema": {"type": "string", "minLength": 1, "maxLength": 257},
            }
        )
    if one.body is not None:
        required = any(field.required for field in msgspec.structs.fields(one.body))
        found["requestBody"] = {"required": required, "content": {"application/json": {"schema": _named(one.body)}}}
    if parameters:
        found["parameters"] = parameters
    schema = {"type": "object"} if one.answer is None else _named(one.answer)
    answer: dict[str, Any] = {
        "description": HTTPStatus(one.status).phrase,
        "headers": dict(_RATE),
        "content": {"application/json": {"schema": schema}},
    }
    if one.name == "placeCall":
        answer["headers"]["Location"] = _header("Where to look at it")
    problems = {str(status): _problem(status) for status in sorted(one.statuses)}
    found["responses"] = {str(one.status): answer, **problems}
    return found


def _problem(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WWW-Authenticate"}
    return {
        "description": HTTPStatus(status).phrase,
        **({"headers": headers} if headers else {}),
        "content": {MEDIA_TYPE: {"schema": _named(ProblemDetails)}},
    }


def _named(kind: type) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}


def _header(description: str) -> Mapping[str, Any]:
    return {"description": description, "schema": {"type": "string"}}
