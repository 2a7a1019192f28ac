"""Does what programs ask: places calls, moves and ends them, and tells how they stand."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.account.calls import CallOrder, CallState, hang_up, look_up, place
from engine.account.entry import NotEntered, callback_url, entry_url, find_entry
from engine.account.moving import move
from engine.account.recipients import Channel, recipient_fault, sender_fault
from engine.api.answers import Answer
from engine.api.asking import AccountClient
from engine.api.bodies import SID, Call, ChangedCall, Nothing, PlaceCall, PlacedCall, RedirectCall, Value
from engine.api.openapi import describe
from engine.api.problems import Problem, invalid, unknown_call
from engine.api.reading import read_body
from engine.api.trails import CallTrail, Trails
from engine.diagnostics.suggest import nearest
from engine.grammar.hosts import inward
from engine.model.flow import Flow
from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.session import Session
from engine.runtime.stores import Store
from engine.server.keys import ApiKey
from engine.server.settings import Settings

log = logging.getLogger("touchtone")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: with which key, the address below which flows are served, the parts of its path, and its body."""

    key: ApiKey
    base: str
    parts: Mapping[str, str]
    body: bytes


class Work:
    """Does it for the flows of a library, through one account. `mask` hides the secrets of the settings."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        store: Store,
        trails: Trails,
        account: AccountClient,
        mask: Callable[[str], str],
    ) -> None:
        self._settings, self._library, self._store = settings, library, store
        self._trails, self._account, self._mask = trails, account, mask
        self.operations: Mapping[str, Callable[[Asked], Awaitable[Answer]]] = {
            "placeCall": self.place_call,
            "redirectCall": self.redirect_call,
            "hangUpCall": self.hang_up_call,
            "getCall": self.get_call,
            "getDescription": self.get_description,
        }

    async def place_call(self, asked: Asked) -> Answer:
        """Places a call that runs a flow."""
        flow = self._flow(asked, "voice")
        wanted = read_body(asked.body, PlaceCall)
        sender = self._sender(wanted.from_, "voice")
        _check_fault("/to", recipient_fault(wanted.to, "voice"))
        given = _texts(wanted.variables)
        _check_variables(flow, given)
        order = CallOrder(
            wanted.to,
            sender,
            url=entry_url(self._base(asked), flow.name, "", given),
            machine_detection=wanted.machine_detection or "",
            answered_by_url=self._callback(asked, "/answered_by", wanted.answered_by),
            ring_seconds=wanted.timeout,
            limit_seconds=wanted.time_limit,
            record=wanted.record,
            send_digits=wanted.send_digits or "",
            status_url=self._callback(asked, "/status_callback", wanted.status_callback),
        )
        if order.fault:
            raise invalid("", order.fault)
        state = await self._account.ask(lambda client: place(client, order), "the call is placed")
        await self._trails.begin(state.sid, flow.name)
        log.info("API key %s: call %s of %s", asked.key.name, state.sid, flow.name)
        placed = PlacedCall(state.sid, state.status, flow.name, wanted.to, sender)
        return Answer.of(201, placed, location=f"{asked.base}/api/calls/{state.sid}")

    async def redirect_call(self, asked: Asked) -> Answer:
        """Moves a live call to a flow or a step of one."""
        wanted = read_body(asked.body, RedirectCall)
        sid, _ = await self._own_call(asked)
        program, name = self._library.current, wanted.to.partition("/")[0]
        _check_allowed(asked.key, program, name, "/to")
        try:
            flow, step = find_entry(program, wanted.to.removesuffix("/"), "voice")
        except NotEntered as error:
            raise invalid("/to", error.sentence, error.fix) from None
        given = _texts(wanted.variables)
        if not step or given:
            _check_variables(flow, given)
        url = entry_url(self._base(asked), flow.name, step, given)
        state = await self._account.ask(lambda client: move(client, sid, url), "the call is moved")
        log.info("API key %s: call %s moved to %s", asked.key.name, sid, wanted.to)
        return Answer.of(200, ChangedCall(sid, state.status, flow.name, step or flow.start))

    async def hang_up_call(self, asked: Asked) -> Answer:
        """Ends a call."""
        read_body(asked.body, Nothing)
        sid, _ = await self._own_call(asked)
        state = await self._account.ask(lambda client: hang_up(client, sid), "the call is ended")
        log.info("API key %s: call %s ended", asked.key.name, sid)
        return Answer.of(200, ChangedCall(sid, state.status))

    async def get_call(self, asked: Asked) -> Answer:
        """How a call stands: by the account, by its session, and by its trail."""
        sid, trail = await self._own_call(asked)
        state: CallState = await self._found(sid, lambda: self._account.ask(lambda client: look_up(client, sid)))
        session: Session | None = await self._store.turn(sid, lambda session: (session, session))
        variables = self._masked(dict(session.variables)) if session else {}
        events = list(trail.events)
        call = Call(
            sid,
            state.status,
            state.answered_by,
            state.seconds,
            trail.flow,
            trail.step,
            variables,
            events,
            trail.left_out,
        )
        return Answer.of(200, call)

    async def get_description(self, asked: Asked) -> Answer:
        """The OpenAPI document."""
        return Answer.of(200, describe(asked.base))

    async def _own_call(self, asked: Asked) -> tuple[str, CallTrail]:
        """The SID of a call that the key may touch, and its trail; raises Problem (404)."""
        sid = asked.parts["sid"]
        if not SID.fullmatch(sid):
            raise unknown_call(sid[:40])
        trail = await self._trails.read(sid)
        if asked.key.flows and (trail is None or trail.flow not in asked.key.flows):
            raise unknown_call(sid)
        return sid, trail or CallTrail()

    async def _found(self, sid: str, ask: Callable[[], Awaitable[CallState]]) -> CallState:
        try:
            return await ask()
        except Problem as problem:
            if problem.status == 404:
                raise unknown_call(sid) from None
            raise

    def _flow(self, asked: Asked, channel: Channel) -> Flow:
        """The flow that the path names, if the key may run it; raises Problem (404, 422)."""
        program, name = self._library.current, asked.parts["flow"]
        _check_allowed(asked.key, program, name)
        try:
            flow, _ = find_entry(program, name, channel)
        except NotEntered as error:
            raise Problem(422, "invalid-body", error.sentence, error.fix) from None
        return flow

    def _sender(self, given: str | None, channel: Channel) -> str:
        sender = given or self._settings.from_
        if not sender:
            raise invalid(
                "/from", "no number to call from is known", "give `from`, or set TOUCHTONE_FROM at the server"
            )
        _check_fault("/from" if given else "", sender_fault(sender, channel))
        return sender

    def _callback(self, asked: Asked, pointer: str, place: str | None) -> str:
        """The address of a step for reports, "" for None; raises Problem."""
        if place is None:
            return ""
        program = self._library.current
        _check_allowed(asked.key, program, place.partition("/")[0], pointer)
        try:
            return callback_url(program, self._base(asked), place)
        except NotEntered as error:
            raise invalid(pointer, error.sentence, error.fix) from None

    def _base(self, asked: Asked) -> str:
        """The address below which Twilio reaches the flows; raises Problem (503)."""
        if not self._settings.twilio_api and (what := inward(urlsplit(asked.base).hostname or "")):
            raise Problem(
                503,
                "not-set-up",
                f"Twilio cannot reach {asked.base}, {what}",
                "set TOUCHTONE_PUBLIC_URL at the server to the address that leads to it",
            )
        return asked.base

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._mask(value).encode("utf-8", "replace").decode("utf-8")
        if isinstance(value, dict):
            return {self._masked(name): self._masked(one) for name, one in value.items()}
        return [self._masked(one) for one in value] if isinstance(value, list) else value


def _check_allowed(key: ApiKey, program: Program, name: str, pointer: str | None = None) -> None:
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


def _check_fault(pointer: str, fault: str) -> None:
    if fault:
        sentence, _, fix = fault.partition(": ")
        raise invalid(pointer, sentence, fix)


def _check_variables(flow: Flow, given: Mapping[str, str]) -> None:
    """Raises Problem (422) for a variable that the flow does not take, and for one that it must be given.

    A name that begins with a capital letter is a parameter of the request, which the flow may read as `params.Name`.
    """
    takes = {**dict.fromkeys(flow.required), **flow.takes}
    for name in given:
        close = nearest(name, takes)
        if name not in takes and (close or not name[:1].isupper()):
            known = f"it takes {', '.join(takes)}" if takes else "it takes none"
            raise invalid(
                f"/variables/{name.replace('~', '~0').replace('/', '~1')}",
                f"the flow `{flow.name}` takes no variable `{name[:100]}`",
                f"did you mean `{close}`?" if close else known,
            )
    for name in sorted(flow.required - given.keys()):
        raise invalid(
            f"/variables/{name}", f"the flow `{flow.name}` must be given `{name}`", f'give "variables": {{"{name}": …}}'
        )


def _texts(variables: Mapping[str, Value]) -> dict[str, str]:
    """Variables as the query of an address holds them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in variables.items()}
