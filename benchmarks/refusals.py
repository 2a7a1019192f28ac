"""`python -m benchmarks.refusals`: what it costs to refuse a request, against answering the same one; exits 1 above the goal.

Both go through the whole application, in this process, and are counted in processor time: 1 and 999 fields, 1 and 3 tokens.
"""

import asyncio
import hmac
import logging
import os
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any
from urllib.parse import quote_plus

from benchmarks.callers import PUBLIC_URL, TOKEN
from benchmarks.servers import HERE
from benchmarks.table import Row, table
from engine.program.library import Library, load_folder
from engine.runtime.stores import open_store
from engine.server.service import Service
from engine.server.settings import Settings

GOAL = 3.0  # so many acceptances is a refusal worth at most
ROUNDS = 9
TARGET = "/flows/menu"

Ask = Callable[[], Any]


def main() -> None:
    """Measures the four corners, for signatures of both lengths, and prints a table."""
    with open(os.devnull, "w") as nowhere:
        # Written as a server writes it, but to nobody: formatting a line is part of what a refusal costs.
        logging.basicConfig(stream=nowhere, level="INFO", format="%(asctime)s %(levelname)s %(message)s", force=True)
        rows = asyncio.run(_measured())
    print(table(rows))
    sys.exit(0 if all(row.met for row in rows) else 1)


async def _measured() -> list[Row]:
    rows = []
    for tokens in ((TOKEN,), (TOKEN, "1" * 32, "2" * 32)):
        app = application(tokens)
        for fields in (1, 999):
            sent = {f"Field{number}": f"value {number}" for number in range(fields)}
            right = signature(sent)
            accepted = asking(app, sent, right, 200)
            for what, wrong in (("wrong", right.swapcase()), ("short", b"x"), ("missing", b"")):
                ratio = await _ratio(asking(app, sent, wrong, 403), accepted)
                name = f"a {what} signature: {fields} fields, {len(tokens)} tokens"
                rows.append(Row(name, f"{ratio:.2f} ×", f"≤ {GOAL:g} ×", ratio <= GOAL))
    return rows


def application(tokens: tuple[str, ...]) -> Any:
    program = load_folder(HERE / "flows", {"SLOW_URL": "https://example.com/"}).program
    assert program is not None, "the flows of the benchmarks are clean"
    settings = Settings(public_url=PUBLIC_URL, tokens=tokens)
    return Service(
        HERE / "flows", Library(program), open_store("memory:", time.time), settings, clock=lambda: datetime.now(UTC)
    ).app()


def signature(sent: dict[str, str]) -> bytes:
    """Twilio's signature of a form (Twilio, Security: validating requests)."""
    signed = PUBLIC_URL + TARGET + "".join([name + sent[name] for name in sorted(sent)])
    return b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha1"))


def asking(app: Any, sent: dict[str, str], signed: bytes, expected: int) -> Ask:
    """What sends one request and sees to it that its answer has the status that is expected."""
    body = "&".join([f"{name}={quote_plus(value)}" for name, value in sent.items()]).encode()
    headers = [(b"host", b"bench.example.com"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http", "method": "POST", "scheme": "https", "path": TARGET, "raw_path": TARGET.encode(), "query_string": b"",
        "root_path": "", "headers": [*headers, *([(b"x-twilio-signature", signed)] if signed else [])],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", expected) == expected, message

    return lambda: app(scope, receive, send)


async def _ratio(one: Ask, other: Ask) -> float:
    """How many times the processor time of the other one takes: the median of rounds, each beside its neighbor."""
    number = 200
    ratios = []
    for _ in range(ROUNDS):
        costs = []
        for ask in (one, other):
            began = time.process_time()
            for _ in range(number):
                await ask()
            costs.append(time.process_time() - began)
        ratios.append(costs[0] / costs[1])
    return median(ratios)


if __name__ == "__main__":
    main()
