"""Twilio's REST API as far as numbers, apps, caller IDs and recordings need it, in this process."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

ACCOUNT = "AC" + "a" * 32
TOKEN = "topsecrettoken"
COLLECTIONS = {
    "IncomingPhoneNumbers": ("incoming_phone_numbers", "PN"),
    "Applications": ("applications", "AP"),
    "OutgoingCallerIds": ("outgoing_caller_ids", "PN"),
    "Recordings": ("recordings", "RE"),
}


def sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"


def number(digits: str, place: int = 1, **more: Any) -> dict[str, Any]:
    able = {"voice": True, "sms": True, "mms": True, "fax": False}
    return {"sid": sid("PN", place), "phone_number": digits, "friendly_name": "Front desk", "capabilities": able} | more


@dataclass
class Fake(HttpClient):
    """Keeps resources by collection, and every request; `refuse` answers all of them with an error."""

    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    refuse: tuple[int, dict[str, Any]] | None = None
    verifies: bool = True

    def client(self) -> Client:
        return Client(ACCOUNT, TOKEN, ACCOUNT, http_client=self)

    def changes(self) -> list[tuple[str, str, dict[str, str]]]:
        return [one for one in self.asked if one[0] != "GET"]

    def request(
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None, auth: Any = None,
        timeout: Any = None, allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        path = urlsplit(url).path
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | dict(params or {})
        sent = {name: str(value) for name, value in dict(data or query).items()}
        self.asked.append((method, path, sent))
        if self.refuse:
            return Response(self.refuse[0], json.dumps(self.refuse[1]))
        *_, last = parts = path.removesuffix(".json").split("/")
        if last in COLLECTIONS:
            name, prefix = COLLECTIONS[last]
            kept = self.kept.setdefault(name, [])
            if method == "GET":
                found = [one for one in kept if all(one.get(snake(key), value) == value for key, value in sent.items())]
                return Response(200, json.dumps({name: found, "next_page_uri": None}))
            if name == "outgoing_caller_ids":
                if self.verifies:
                    kept.append({"sid": sid("PN", 99), "phone_number": sent["PhoneNumber"], "friendly_name": ""})
                code = {"validation_code": "123456", "phone_number": sent["PhoneNumber"]}
                return Response(200, json.dumps(code))
            kept.append({"sid": sid(prefix, len(kept) + 1)} | {snake(key): value for key, value in sent.items()})
            return Response(201, json.dumps(kept[-1]))
        kept = self.kept.setdefault(COLLECTIONS[parts[-2]][0], [])
        one = next((each for each in kept if each["sid"] == last), None)
        if one is None:
            return Response(404, json.dumps({"code": 20404, "message": "not found", "status": 404}))
        if method == "DELETE":
            kept.remove(one)
            return Response(204, "")
        one |= {snake(key): value for key, value in sent.items()} if method == "POST" else {}
        return Response(200, json.dumps(one))


def snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("_")
