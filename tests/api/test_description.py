"""The OpenAPI document and the pages say what is served, and nothing else."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.api.openapi import describe
from engine.api.operations import OPERATIONS
from engine.api.problems import TITLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
DESCRIPTION = json.loads(json.dumps(describe("https://example.com")))


def every(part):
    yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from every(one)


def test_it_is_served_with_the_address_of_the_server(tell):
    async def story(client):
        found = await client.get("/api/openapi.json")
        assert found.json == {**DESCRIPTION, "servers": [{"url": "https://example.com"}]}

    tell(story)


def test_it_describes_each_operation_once_and_no_other():
    described = {
        (method.upper(), path, one["operationId"])
        for path, methods in DESCRIPTION["paths"].items()
        for method, one in methods.items()
    }
    assert described == {(one.method, one.path, one.name) for one in OPERATIONS}
    assert DESCRIPTION["openapi"] == "3.1.0"


def test_all_that_it_refers_to_is_there():
    for part in every(DESCRIPTION):
        if isinstance(part, dict) and "$ref" in part:
            place = DESCRIPTION
            for name in part["$ref"].removeprefix("#/").split("/"):
                place = place[name]
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


BODIES = [
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "variables": {"account": 1}}, 201),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "variables": {"account": None}}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "from": None, "variables": {"account": 1.5}}, 201),
    ("PlaceCall", "/api/flows/clinic/calls", {"variables": {"account": 1}}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "timeout": 601}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "timeout": 20.5}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "record": "yes"}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "machine_detection": "on"}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "status_callback": "https://x.example"}, 422),
    ("PlaceCall", "/api/flows/clinic/calls", {"to": "+15550101", "url": "https://x.example"}, 422),
    ("SendMessage", "/api/flows/chat/messages", {"to": "+15550101", "text": "Hello"}, 201),
    ("SendMessage", "/api/flows/chat/messages", {"to": "+15550101", "text": ["Hello"]}, 422),
    ("SendMessage", "/api/flows/chat/messages", {"to": "+15550101", "media_url": ["https://x.example/a"] * 11}, 422),
    ("SendMessage", "/api/flows/chat/messages", {"to": "+15550101", "content_sid": "HX1"}, 422),
]


@pytest.mark.parametrize(("name", "path", "body", "status"), BODIES)
def test_what_it_takes_is_taken_and_what_it_does_not_is_refused(tell, name, path, body, status):
    schema = {"$ref": f"#/components/schemas/{name}", "components": DESCRIPTION["components"]}
    assert Draft202012Validator(schema).is_valid(body) == (status == 201)

    async def story(client):
        assert (await client.post(path, body)).status == status

    tell(story)


def test_the_page_lists_each_operation_and_each_problem():
    listed = re.findall(r"^\| `(\w+) (/api/\S+)` \|", PAGE, re.MULTILINE)
    assert listed == [(one.method, one.path) for one in OPERATIONS]
    problems = PAGE.partition("## Problems")[2]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", problems, re.MULTILINE)) == set(TITLES)


def test_the_page_names_each_field():
    named = set(re.findall(r"`(\w+)`", PAGE))
    for name in ("PlaceCall", "SendMessage", "RedirectCall", "PlacedCall", "Call", "MakeToken", "MadeToken"):
        assert DESCRIPTION["components"]["schemas"][name]["properties"].keys() <= named, name
