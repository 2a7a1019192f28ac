"""The addresses by which a call or a conversation enters a flow, and what is checked before Twilio is given one."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from engine.account.destinations import CARRIED
from engine.account.recipients import Channel
from engine.diagnostics.suggest import nearest
from engine.grammar.hosts import inward
from engine.model.flow import Flow
from engine.program.program import Program
from engine.server.places import is_reserved
from engine.server.presence import Running
from engine.server.settings import Settings

_TUNNEL = (
    "start a tunnel to your server, such as `cloudflared tunnel --url http://127.0.0.1:8000`, and set TOUCHTONE_PUBLIC_URL, "
    "or --public-url, to the https:// address that it prints"
)


class NotEntered(Exception):
    """The flow cannot be entered so: `sentence` says why, `fix` what to do ("" where the sentence says it)."""

    def __init__(self, sentence: str, fix: str = "") -> None:
        super().__init__(f"{sentence}; {fix}" if fix else sentence)
        self.sentence, self.fix = sentence, fix


def entry_url(base: str, flow: str, step: str = "", given: Mapping[str, str] | None = None) -> str:
    """The address of a flow, or of a step of it, below the public address `base`, with the variables it is `given` as its query."""
    path = "/".join(quote(part, safe="") for part in (flow, step) if part)
    query = f"?{urlencode(given, errors='replace')}" if given else ""
    return f"{base.rstrip('/')}/flows/{path}{query}"


def find_place(program: Program, address: str) -> tuple[Flow, str]:
    """The flow, and the name of the step or "", that `FLOW` or `FLOW/STEP` names, whatever it answers; raises NotEntered."""
    name, _, step = address.partition("/")
    flow = program.flows.get(name)
    if flow is None:
        if reason := program.lacks(name):
            raise NotEntered(reason)
        raise NotEntered(f"there is no flow named `{name}`", _meant(name, program.flows))
    if step and step not in flow.steps:
        raise NotEntered(f"`{name}` has no step named `{step}`", _meant(step, flow.steps))
    return flow, step


def find_entry(program: Program, address: str, channel: Channel) -> tuple[Flow, str]:
    """The flow, and the name of the step or "", that `FLOW` or `FLOW/STEP` names; raises NotEntered."""
    flow, step = find_place(program, address)
    name = flow.name
    if channel not in flow.channels:
        raise NotEntered(
            f"`{name}` answers {CARRIED[flow.channel]}, not {CARRIED[channel]}",
            "write `channel: [voice, messaging]` into it if it is for both",
        )
    return flow, step


def check_given(flow: Flow, given: Mapping[str, str]) -> None:
    """Raises NotEntered for a variable that the flow does not take, and for one that it must be given and is not.

    A name that begins with a capital letter is a parameter of the request, which the flow may read as `params.Name`; those that Twilio
    sends are nobody else's to give.
    """
    takes = {**flow.takes, **dict.fromkeys(flow.required)}
    for name in given:
        if is_reserved(name):
            raise NotEntered(f"`{name}` is sent by Twilio, or by the server, only", "choose another name")
        close = nearest(name, takes)
        if name not in takes and (close or not name[:1].isupper()):
            known = f"did you mean `{close}`?" if close else f"it takes {_listed(takes)}" if takes else "it takes none"
            raise NotEntered(f"`{flow.name}` takes no variable `{name}`", known)
    missing = [name for name in sorted(flow.required) if name not in given]
    if missing:
        raise NotEntered(f"`{flow.name}` must be given {_listed(missing)}")


def callback_url(program: Program, base: str, address: str, given: Mapping[str, str] | None = None) -> str:
    """The address of a step, written `FLOW/STEP` or `FLOW`, that Twilio reports to; raises NotEntered.

    A step that says or asks something is no such step: a report that came to it would be ignored. Of the variables that the call
    or conversation is `given` the address has those that the flow of the step takes: nobody who does not answer has run the flow.
    """
    flow, step = find_place(program, address)
    if not program.for_reports(flow.name, step):
        raise NotEntered(
            f"`{address}` says or asks something, which a report cannot",
            "a step for reports holds set, log, branch, request, run and send only",
        )
    takes = {*flow.takes, *flow.required}
    return entry_url(base, flow.name, step, {name: value for name, value in (given or {}).items() if name in takes})


def public_base(settings: Settings, running: Running | None, folder: Path) -> str:
    """The address below which Twilio, or its stand-in, reaches the flows of a folder; raises NotEntered if it reaches none.

    That is the public address of the settings, else that of the server that runs here (`touchtone dev`). A stand-in on this machine
    reaches loopback addresses too; `running` is that server, None if none runs.
    """
    near = _is_near(settings.twilio_api)
    public = settings.public_url or (running.public_url if running else "")
    if near and running is not None and not settings.public_url:
        public = running.public_url or running.url
    if not public:
        if near:
            raise NotEntered(f"no server runs for {folder}/", f"start `touchtone dev {folder}` in another terminal")
        raise NotEntered("Twilio does not know where your flows are", _TUNNEL)
    if not near and (what := inward(urlsplit(public).hostname or "")):
        raise NotEntered(f"Twilio cannot reach {public}, {what}", _TUNNEL)
    return public


def foreign_url(url: str, api: str) -> str:
    """An address of somebody else's TwiML as it is; raises NotEntered if Twilio, or the stand-in at `api`, cannot ask it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if (
        not host
        or parts.scheme not in ("http", "https")
        or url.split() != [url]
        or not url.isprintable()
        or "_" in host
    ):
        raise NotEntered(
            f"`{url}` is not a URL that Twilio can request", "write one such as https://twimlets.com/message"
        )
    if (what := inward(host)) and not _is_near(api):
        raise NotEntered(
            f"Twilio cannot reach {parts.scheme}://{host}, {what}", "use an address on the public internet"
        )
    return url


def _is_near(api: str) -> bool:
    """Whether a stand-in at `api` runs on this machine or in its network, and reaches what is there."""
    return bool(api and inward(urlsplit(api).hostname or ""))


def _meant(word: str, known: Mapping[str, object]) -> str:
    close = nearest(word, known) or nearest(Path(word).stem, known)
    return f"did you mean `{close}`?" if close else f"there are: {', '.join(known)}" if known else "there is none"


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
