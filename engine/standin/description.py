"""Twilio's description of its REST API, reduced: which requests there are, what they take, and the fields of their answers.

Source: `twilio_api_v2010.json` of github.com/twilio/twilio-oai, of which `twilio-api.json` keeps the resources below an account that
Touchtone asks for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]
VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Operation:
    """A request that the API knows.

    `kind` is the resource (`Calls`, `Accounts`, …), `method` GET, POST or DELETE; `single` if it is about one resource, whose SID is in
    the path; `query` and `form` are parameters by name; `status` and `answer` those of success.
    """

    kind: str
    method: str
    single: bool
    query: Mapping[str, Schema]
    form: Mapping[str, Schema]
    required: frozenset[str]
    status: int
    answer: Schema

    @property
    def fields(self) -> Mapping[str, Schema]:
        """The fields of the resource it answers with, also of those in a list."""
        properties: Mapping[str, Schema] = self.answer.get("properties", {})
        for schema in properties.values():
            if schema.get("type") == "array" and "properties" in schema["items"]:
                inner: Mapping[str, Schema] = schema["items"]["properties"]
                return inner
        return properties

    @property
    def listed(self) -> str:
        """The field that holds a list of resources, such as `calls`; "" if it answers with one."""
        for name, schema in self.answer.get("properties", {}).items():
            if schema.get("type") == "array" and "properties" in schema["items"]:
                return str(name)
        return ""


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """A path below an account, taken apart: the account's SID, the kind of resource and its SID ("" without)."""

    account: str
    kind: str
    sid: str = ""


_PATH = re.compile(rf"/{VERSION}/Accounts/(\w+)(?:/(\w+)(?:/(\w+))?)?\.json")


def read_path(path: str) -> ResourcePath | None:
    """What a path names, or None if it cannot be one of the API."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    account, kind, sid = found.groups(default="")
    return ResourcePath(account, kind, sid) if kind else ResourcePath(account, "Accounts", account)


def field_name(parameter: str) -> str:
    """The field of a resource that a parameter or a kind of resource means: `VoiceUrl` -> `voice_url`."""
    return re.sub("(?<!^)([A-Z])", r"_\1", parameter).lower()


@cache
def operations() -> Mapping[tuple[str, bool], Mapping[str, Operation]]:
    """All that the API knows: (kind, whether one is named) -> method -> operation."""
    described = json.loads((Path(__file__).parent / "twilio-api.json").read_text(encoding="utf-8"))
    found: dict[tuple[str, bool], dict[str, Operation]] = {}
    for template, methods in described.items():
        parts = template.removesuffix(".json").split("/")[3:]  # after "", the version and Accounts
        kind, single = ("Accounts", True) if len(parts) == 1 else (parts[1], len(parts) == 3)
        for method, known in methods.items():
            [(status, answer)] = known["responses"].items()
            form = known.get("form", {})
            found.setdefault((kind, single), {})[method.upper()] = Operation(
                kind,
                method.upper(),
                single,
                {one["name"]: one["schema"] for one in known["parameters"] if one["in"] == "query"},
                form.get("properties", {}),
                frozenset(form.get("required", ())),
                int(status),
                answer or {},
            )
    return found
