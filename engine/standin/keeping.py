"""Keeps the records of a call while it lasts: its status, those it dials, what is recorded of it."""

from datetime import datetime, timedelta

from engine.phone.line import Kept
from engine.phone.party import Party
from engine.phone.placing import PlacedCall
from engine.standin.records import Records
from engine.standin.resources import CallResource, RecordingResource

TRIAL_NOTICE = "You have a trial account. …"
"""What people hear first who are called from a trial account, until they press a key; the stand-in takes the key for pressed."""


class CallKeeper:
    """Writes what becomes of a call into the records; `started` is the time on the clock at which the call begins."""

    def __init__(self, placed: PlacedCall, records: Records, started: datetime) -> None:
        self._placed, self._records, self._started = placed, records, started
        self._sid = placed.order.sid
        self._dialled: set[str] = set()
        self._answered = self._over = False
        self.quiet = False  # the stand-in stops: what goes wrong from here on means nothing
        placed.line.watchers.append(self._watch)
        placed.line.keepers.append(self._keep)
        placed.leg.closing.insert(0, self.over)  # who is told of the end, and looks, sees it

    @property
    def _at(self) -> datetime:
        """The time in the call."""
        return self._started + timedelta(seconds=int(self._placed.tape.now))

    def note(self, text: str) -> None:
        """Adds a line about this call."""
        if not self.quiet:
            self._records.note(f"{self._sid[:8]}  {text}", self._sid)

    def answered(self) -> None:
        """Somebody answered, once."""
        if not self._answered:
            self._answered = True
            self.change(status="in-progress", start_time=self._at)
            if self._records.account.type == "Trial" and self._placed.order.direction == "outbound-api":
                self.note(f'hears "{TRIAL_NOTICE}" before your TwiML')

    def over(self) -> None:
        """The call ended."""
        if self._over:
            return
        self._over = True
        for sid in self._dialled:
            one = self._records.calls.get(sid)
            if one is not None and not one.over:
                self._update(sid, status="canceled" if one.status == "ringing" else "completed", end_time=self._at)
        placed = self._placed
        status = placed.status if placed.status not in ("queued", "ringing", "in-progress") else "failed"
        seconds = placed.seconds if status == "completed" else 0
        self.change(status=status, end_time=self._at, duration=seconds)

    def _watch(self, party: Party, event: str, seconds: int) -> None:
        """Those who are dialled are calls of their own (Twilio, Call resource, `parent_call_sid`)."""
        now = self._records.clock()
        if party.sid not in self._records.calls:
            self._dialled.add(party.sid)
            self._records.calls.add(
                CallResource(
                    sid=party.sid,
                    account_sid=party.account,
                    date_created=now,
                    date_updated=now,
                    to=party.to,
                    from_=party.from_,
                    status="ringing",
                    direction="outbound-dial",
                    parent_call_sid=self._sid,
                )
            )
            text = f"{party.sid[:8]}  outbound-dial call from {party.from_} to {party.to}: ringing"
            self._records.note(text, party.sid)
        if event in ("initiated", "ringing"):
            return
        if event == "answered":
            self._update(party.sid, status="in-progress", start_time=self._at)
        else:
            self._update(party.sid, status=event, end_time=self._at, duration=seconds)

    def _keep(self, kept: Kept) -> None:
        now = self._records.clock()
        self._records.recordings.add(
            RecordingResource(
                sid=kept.sid,
                account_sid=self._placed.order.account,
                date_created=now,
                date_updated=now,
                call_sid=kept.call,
                duration=kept.seconds,
                source=kept.source,
                channels=kept.channels,
                start_time=self._at - timedelta(seconds=kept.seconds),
            )
        )
        self.note(f"is recorded for {kept.seconds} s: {kept.sid[:8]}")

    def change(self, **changes: object) -> None:
        """Changes fields of the call."""
        self._update(self._sid, **changes)

    def _update(self, sid: str, **changes: object) -> None:
        try:
            self._records.update_call(sid, **changes)
        except KeyError:  # so many calls came since that this one is kept no more, or somebody deleted it
            return
