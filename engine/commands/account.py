"""What the commands that use a Twilio account share: its client, what it refuses, and the flows it is given."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.commands import common
from engine.commands.common import Failure

if TYPE_CHECKING:
    from engine.model.flow import Flow

T = TypeVar("T")


def account_client(known: Any) -> Any:
    """The client of the account in the settings `known`; fails if they hold none."""
    from engine.account.client import Credentials, open_client

    credentials = Credentials.of(known)
    if not credentials.account_sid:
        raise Failure("TWILIO_ACCOUNT_SID is not set: write the SID of your account there or in .env")
    if not credentials.complete:
        raise Failure("TWILIO_AUTH_TOKEN is not set: write the auth token of your account there or in .env")
    return open_client(credentials, api=known.twilio_api)


def asked(request: Callable[[], T], done: str = "") -> T:
    """What Twilio answers to a request, after waiting out a rate limit; fails with what it says and what to do.

    `done` is what the request does: "the number is changed"; "" if it only reads.
    """
    from engine.account.errors import explain, retried

    try:
        return retried(request, sleep=time.sleep, jitter=random.random)
    except Exception as error:
        problem = explain(error, done)
    raise Failure(problem.text)


def flow_of(flows: Path, name: str, env: Any) -> "Flow":
    """A flow of the folder that can be served; fails for one that does not exist or has errors, which are shown."""
    from engine.program.library import load_for

    if not flows.is_dir():
        raise Failure(f"there is no folder {flows}; --flows names another")
    loaded, wrong = load_for(flows, name, env)
    if loaded.program is None:
        common.show(loaded.report.diagnostics, err=True)
        raise Failure(f"`{name}` cannot be served: fix the errors in {', '.join(wrong)} first")
    if name not in loaded.program.flows:
        raise Failure(f"there is no flow named `{name}`; {_meant(name, loaded.program.flows)}")
    return loaded.program.flows[name]


def step_of(flow: "Flow", name: str) -> str:
    """A step of a flow; fails for one that does not exist."""
    if name not in flow.steps:
        raise Failure(f"there is no step named `{name}` in `{flow.name}`; {_meant(name, flow.steps)}")
    return name


def public_url_of(known: Any, flows: Path) -> str:
    """The address below which Twilio sees the flows: that of the settings, else of the `touchtone dev` that runs here; "" for none.

    A stand-in on this machine can also call the loopback address of `touchtone dev`.
    """
    from engine.server.presence import running

    if known.public_url:
        return str(known.public_url)
    found = running(flows)
    if found is None:
        return ""
    return (found.public_url or (found.url if known.twilio_api else "")).rstrip("/")


def _meant(name: str, known: Any) -> str:
    from engine.diagnostics import nearest

    close = nearest(name, known) or nearest(Path(name).stem, known)
    if close:
        return f"did you mean `{close}`?"
    return f"there are: {', '.join(known)}" if known else "there is none"
