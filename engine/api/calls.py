"""Places calls for programs, moves and ends them, and tells how they stand."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.account.calls import CallOrder, CallState, hang_up, look_up, move, place, url_fault
from engine.account.entry import NotEntered, entry_url, find_entry
from engine.api.answers import Answer
from engine.api.asking import AccountClient
from engine.api.bodies import SID, Call, ChangedCall, Nothing, PlaceCall, PlacedCall, RedirectCall
from engine.api.checks import Asked, Entries, check_allowed, check_fault, check_recipient, check_variables, texts
from engine.api.problems import Problem, invalid, unknown_call
from engine.api.reading import read_body
from engine.api.trails import CallTrail, Trails
from engine.runtime.session import Session
from engine.runtime.shown_session import variables_of
from engine.runtime.stores import Store

log = logging.getLogger("touchtone")


class Calls:
    """Does it through one account. `mask` hides the secrets of the settings."""

    def __init__(
        self,
        entries: Entries,
        store: Store,
        trails: Trails,
        account: AccountClient,
        mask: Callable[[str], str],
    ) -> None:
        self._entries, self._store = entries, store
        self._trails, self._account, self._mask = trails, account, mask
        self.operations: Mapping[str, Callable[[Asked], Awaitable[Answer]]] = {
            "placeCall": self.place_call,
            "redirectCall": self.redirect_call,
            "hangUpCall": self.hang_up_call,
            "getCall": self.get_call,
        }

    async def place_call(self, asked: Asked) -> Answer:
        """Places a call that runs a flow."""
        flow = self._entries.flow(asked, "voice")
        wanted = read_body(asked.body, PlaceCall)
        sender = self._entries.sender(wanted.from_, "voice")
        check_recipient(wanted.to, "voice")
        given = texts(wanted.variables)
        check_variables(flow, given)
        order = CallOrder(
            wanted.to,
            sender,
            url=entry_url(self._entries.base(asked), flow.name, self._entries.step(flow, wanted.step), given),
            machine_detection=wanted.machine_detection or "",
            answered_by_url=self._entries.callback(asked, "/answered_by", wanted.answered_by, given),
            ring_seconds=wanted.timeout,
            limit_seconds=wanted.time_limit,
            record=wanted.record,
            send_digits=wanted.send_digits or "",
            status_url=self._entries.callback(asked, "/status_callback", wanted.status_callback, given),
        )
        check_fault("/variables", url_fault(order.url))
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
        program, name = self._entries.program, wanted.to.partition("/")[0]
        check_allowed(asked.key, program, name, "/to")
        try:
            flow, step = find_entry(program, wanted.to.removesuffix("/"), "voice")
        except NotEntered as error:
            raise invalid("/to", error.sentence, error.fix) from None
        given = texts(wanted.variables)
        session = await self._session(sid)
        been = session is not None and flow.name in session.entered
        if been:
            if any(name in flow.takes or name in flow.required for name in given):
                raise invalid(
                    "/variables",
                    f"the call has been in `{flow.name}`, and keeps its variables",
                    "leave `variables` out",
                )
        check_variables(flow, given, begins=not been)
        url = entry_url(self._entries.base(asked), flow.name, step, given)
        check_fault("/variables", url_fault(url))
        state = await self._ask(sid, lambda client: move(client, sid, url), "the call is moved")
        log.info("API key %s: call %s moved to %s", asked.key.name, sid, wanted.to)
        return Answer.of(200, ChangedCall(sid, state.status, flow.name, step or flow.start))

    async def hang_up_call(self, asked: Asked) -> Answer:
        """Ends a call."""
        read_body(asked.body, Nothing)
        sid, _ = await self._own_call(asked)
        state = await self._ask(sid, lambda client: hang_up(client, sid), "the call is ended")
        log.info("API key %s: call %s ended", asked.key.name, sid)
        return Answer.of(200, ChangedCall(sid, state.status))

    async def get_call(self, asked: Asked) -> Answer:
        """How a call stands: by the account, by its session, and by its trail."""
        sid, trail = await self._own_call(asked)
        state = await self._ask(sid, lambda client: look_up(client, sid))
        session = await self._session(sid)
        variables = self._masked(variables_of(session)) if session else {}
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

    async def _own_call(self, asked: Asked) -> tuple[str, CallTrail]:
        """The SID of a call that the key may touch, and its trail; raises Problem (404)."""
        sid = asked.parts["sid"]
        if not SID.fullmatch(sid):
            raise unknown_call(sid[:40])
        trail = await self._trails.read(sid)
        if asked.key.flows and (trail is None or trail.flow not in asked.key.flows):
            raise unknown_call(sid)
        return sid, trail or CallTrail()

    async def _session(self, sid: str) -> Session | None:
        return await self._store.turn(sid, lambda session: (session, session))

    async def _ask(self, sid: str, what: Callable[[Any], CallState], done: str = "") -> CallState:
        """What the account answers of a call; raises Problem, the same (404) for every call that it has not."""
        try:
            return await self._account.ask(what, done)
        except Problem as problem:
            if problem.status == 404:
                raise unknown_call(sid) from None
            raise

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._mask(value).encode("utf-8", "replace").decode("utf-8")
        if isinstance(value, dict):
            return {self._masked(name): self._masked(one) for name, one in value.items()}
        return [self._masked(one) for one in value] if isinstance(value, list) else value
