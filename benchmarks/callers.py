"""Callers: the requests that Twilio would send, signed in advance, and what must be heard in answer."""

import hmac
import re
from base64 import b64encode
from html import unescape
from itertools import count
from typing import NamedTuple
from urllib.parse import quote_plus, urljoin

from benchmarks.lanes import Lane, Turn

PUBLIC_URL = "https://bench.example.com"
TOKEN = "0123456789abcdef0123456789abcdef"

_numbers = count(1)
_PARAMS = {
    "AccountSid": "AC" + "0" * 32,
    "ApiVersion": "2010-04-01",
    "CallStatus": "in-progress",
    "Called": "+15550100",
    "CalledCity": "SPRINGFIELD",
    "CalledCountry": "US",
    "CalledState": "IL",
    "CalledZip": "62701",
    "Caller": "+15550199",
    "CallerCity": "OAKLAND",
    "CallerCountry": "US",
    "CallerState": "CA",
    "CallerZip": "94612",
    "Direction": "inbound",
    "From": "+15550199",
    "FromCity": "OAKLAND",
    "FromCountry": "US",
    "FromState": "CA",
    "FromZip": "94612",
    "To": "+15550100",
    "ToCity": "SPRINGFIELD",
    "ToCountry": "US",
    "ToState": "IL",
    "ToZip": "62701",
}


class Question(NamedTuple):
    """One turn that every caller makes: where, what is sent beside the usual, and the answer."""

    address: str
    digits: str
    answer: bytes


def rehearse(port: int, address: str, turns: int) -> list[Question]:
    """What a call gets that enters at `address` and then presses 1, following the addresses it is told."""
    lane = Lane(port)
    call, digits, questions = new_call(), "", []
    for _ in range(turns):
        body = lane.exchange(request(call, address, digits))
        questions.append(Question(address, digits, body))
        action = re.search(rb'<Gather[^>]* action="([^"]*)"', body)
        if action is not None:
            address, digits = urljoin(address, unescape(action[1].decode())), "1"
    lane.close()
    return questions


def calls(questions: list[Question], number: int) -> list[list[Turn]]:
    """So many calls, each with all the questions and a CallSid of its own; every request with its own token."""
    return [
        [Turn(request(call, question.address, question.digits), question.answer) for question in questions]
        for call in [new_call() for _ in range(number)]
    ]


def new_call() -> str:
    return f"CA{next(_numbers):032x}"


def request(call: str, address: str, digits: str) -> bytes:
    """One signed request (Twilio, Security: validating requests)."""
    sent = {**_PARAMS, "CallSid": call}
    if digits:
        sent |= {"Digits": digits, "msg": "Gather"}
    signed = PUBLIC_URL + address + "".join([name + sent[name] for name in sorted(sent)])
    signature = b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha1")).decode()
    body = "&".join([f"{name}={quote_plus(value)}" for name, value in sent.items()])
    return (
        f"POST {address} HTTP/1.1\r\n"
        "Host: bench.example.com\r\n"
        "User-Agent: TwilioProxy/1.1\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signature}\r\n"
        f"I-Twilio-Idempotency-Token: {next(_numbers):08x}-0000-4000-8000-000000000000\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"\r\n{body}"
    ).encode()
