"""What is checked of every request that runs a flow, and the addresses that Twilio is given for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.account.entry import NotEntered, callback_url, find_entry, find_place
from engine.account.recipients import Channel, recipient_fault, sender_fault
from engine.api.bodies import Value
from engine.api.problems import Problem, invalid
from engine.diagnostics.suggest import nearest
from engine.grammar.hosts import inward
from engine.model.flow import Flow
from engine.program.library import Library
from engine.program.program import Program
from engine.server.keys import ApiKey
from engine.server.places import is_reserved
from engine.server.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: with which key, the address below which flows are served, the parts of its path, and its body."""

    key: ApiKey
    base: str
    parts: Mapping[str, str]
    body: bytes


class Entries:
    """The flows of a library as programs may enter them."""

    def __init__(self, settings: Settings, library: Library) -> None:
        self._settings, self._library = settings, library

    @property
    def program(self) -> Program:
        """The version that is served now."""
        return self._library.current

    def flow(self, asked: Asked, channel: Channel) -> Flow:
        """The flow that the path names, if the key may run it; raises Problem (404, 422)."""
        program, name = self.program, asked.parts["flow"]
        check_allowed(asked.key, program, name)
        try:
            flow, _ = find_entry(program, name, channel)
        except NotEntered as error:
            raise Problem(422, "invalid-body", error.sentence, error.fix) from None
        return flow

    def step(self, flow: Flow, step: str | None) -> str:
        """The name of the step where a call or a conversation begins, "" for that of the flow; raises Problem (422)."""
        if step is None:
            return ""
        try:
            return find_place(self.program, f"{flow.name}/{step}")[1]
        except NotEntered as error:
            raise invalid("/step", error.sentence, error.fix) from None

    def sender(self, given: str | None, channel: Channel) -> str:
        sender = given or self._settings.from_
        if not sender:
            raise invalid(
                "/from", "no number to come from is known", "give `from`, or set TOUCHTONE_FROM at the server"
            )
        check_fault("/from" if given else "", sender_fault(sender, channel))
        return sender

    def callback(self, asked: Asked, pointer: str, place: str | None, given: Mapping[str, str] | None = None) -> str:
        """The address of a step for reports, with the variables that are given, "" for None; raises Problem."""
        if place is None:
            return ""
        program = self.program
        check_allowed(asked.key, program, place.partition("/")[0], pointer)
        try:
            return callback_url(program, self.base(asked), place, given)
        except NotEntered as error:
            raise invalid(pointer, error.sentence, error.fix) from None

    def base(self, asked: Asked) -> str:
        """The address below which Twilio reaches the flows; raises Problem (503)."""
        inside = inward(urlsplit(asked.base).hostname or "")
        if self._settings.twilio_api and (self._settings.public_url or inside):
            return asked.base
        fix = "set TOUCHTONE_PUBLIC_URL at the server to the address that leads to it"
        if not self._settings.public_url:
            # The Host header of a program's request is no such address: it could lead a call to anybody's server.
            raise Problem(503, "not-set-up", "Twilio does not know where the flows are", fix)
        if inside:
            raise Problem(503, "not-set-up", f"Twilio cannot reach {asked.base}, {inside}", fix)
        return asked.base


def check_allowed(key: ApiKey, program: Program, name: str, pointer: str | None = None) -> None:
    """Raises Problem for a flow that is not there, or is none of the key's, which nobody can tell apart: 422 with a pointer, else 404."""
    known = [one for one in program.flows if not key.flows or one in key.flows]
    if name in known:
        return
    close = nearest(name, known)
    sentence = f"there is no flow named `{name[:100]}`"
    fix = f"did you mean `{close}`?" if close else f"there are: {', '.join(known[:20])}" if known else ""
    if pointer is not None:
        raise invalid(pointer, sentence, fix)
    raise Problem(404, "unknown-flow", sentence, fix)


def check_recipient(to: str, channel: Channel) -> None:
    """Raises Problem (422) for somebody who cannot be called, or texted."""
    check_fault("/to", recipient_fault(to, channel))


def check_fault(pointer: str, fault: str) -> None:
    if fault:
        sentence, _, fix = fault.partition(": ")
        raise invalid(pointer, sentence, fix)


def check_variables(flow: Flow, given: Mapping[str, str], *, begins: bool = True) -> None:
    """Raises Problem (422) for a variable that the flow does not take, and, where it `begins`, for one that it must be given.

    A name that begins with a capital letter is a parameter of the request, which the flow may read as `params.Name`; those that Twilio
    sends are nobody else's to give.
    """
    takes = {**dict.fromkeys(flow.required), **flow.takes}
    for name in given:
        pointer = f"/variables/{name.replace('~', '~0').replace('/', '~1')}"
        if is_reserved(name):
            raise invalid(pointer, f"`{name[:100]}` is sent by Twilio, or by this server, only", "choose another name")
        close = nearest(name, takes)
        if name not in takes and (close or not name[:1].isupper()):
            known = f"it takes {', '.join(takes)}" if takes else "it takes none"
            raise invalid(
                pointer,
                f"the flow `{flow.name}` takes no variable `{name[:100]}`",
                f"did you mean `{close}`?" if close else known,
            )
    for name in sorted(flow.required - given.keys() if begins else ()):
        raise invalid(
            f"/variables/{name}", f"the flow `{flow.name}` must be given `{name}`", f'give "variables": {{"{name}": …}}'
        )


def texts(variables: Mapping[str, Value]) -> dict[str, str]:
    """Variables as the query of an address holds them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in variables.items()}
