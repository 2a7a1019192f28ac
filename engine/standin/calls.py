"""Takes calls: what Twilio refuses, what it takes, and what it changes in a call that is live."""

from engine.standin import magic
from engine.standin.driving import Driver, Order
from engine.standin.parameters import one
from engine.standin.phone_numbers import is_phone, party
from engine.standin.records import Records
from engine.standin.refusal import Refused
from engine.standin.resources import CallResource

LONGEST_TWIML = 4000


def create_call(records: Records, driver: Driver, order: Order) -> CallResource:
    """A new call, which the driver plays; raises Refused for what Twilio does not take."""
    to, from_ = _parties(records, order)
    if not (one(order, "Url") or one(order, "Twiml") or one(order, "ApplicationSid")):
        raise Refused(21205, "Url", "one of Url, Twiml and ApplicationSid is required")
    if len(one(order, "Twiml")) > LONGEST_TWIML:
        raise Refused(20422, f"Twiml is longer than {LONGEST_TWIML} characters")
    application = one(order, "ApplicationSid")
    if application and application not in records.applications:
        raise Refused(21218, application)
    if one(order, "AsyncAmd") == "true" and one(order, "MachineDetection") and not one(order, "AsyncAmdStatusCallback"):
        raise Refused(21262)
    number = records.number(from_)
    call = records.add_call(to=to, from_=from_, phone_number_sid=number.sid if number else None)
    if magic.is_magic(from_):  # it is answered as taken, and is over
        records.note(f"{call.sid[:8]}  {from_} is a test number: nobody is called", call.sid)
        records.update_call(call.sid, status="completed", duration=0)
        return call
    driver.place(call, order)
    return records.calls.get(call.sid, call)


def _parties(records: Records, order: Order) -> tuple[str, str]:
    """Whom a call is to and from."""
    said_to, said_from = one(order, "To").strip(), one(order, "From").strip()
    if not said_to:
        raise Refused(21201)
    if not said_from:
        raise Refused(21213)
    to, from_ = party(said_to), party(said_from)
    if from_ in magic.CALLS_FROM:
        raise Refused(magic.CALLS_FROM[from_], said_from)
    if not from_:
        raise Refused(21212, said_from)
    if not to:
        raise Refused(21211, said_to)
    if is_phone(to) and is_phone(from_) and not _may_call_from(records, from_):
        raise Refused(21210, from_)
    if to in magic.CALLS_TO:
        raise Refused(magic.CALLS_TO[to], said_to)
    if to == from_:
        raise Refused(21266)
    if is_phone(to) and not is_phone(from_):
        raise Refused(21212, said_from)
    trial = records.account.type == "Trial"
    if trial and is_phone(to) and not magic.is_magic(from_) and not (records.verified(to) or records.number(to)):
        raise Refused(21219, to)
    return to, from_


def _may_call_from(records: Records, from_: str) -> bool:
    return from_ == magic.VALID or records.number(from_) is not None or records.verified(from_)


def update_call(records: Records, driver: Driver, call: CallResource, order: Order) -> CallResource:
    """Moves a live call to another document, or ends it; raises Refused where its state does not allow that."""
    status, url, twiml = one(order, "Status"), one(order, "Url"), one(order, "Twiml")
    if url and twiml:
        raise Refused(20422, "Url and Twiml cannot be combined")
    if len(twiml) > LONGEST_TWIML:
        raise Refused(20422, f"Twiml is longer than {LONGEST_TWIML} characters")
    if call.over and (status or url or twiml):
        raise Refused(21220)
    if status == "completed":
        driver.hangup(call.sid)
    elif status == "canceled":
        if call.status != "in-progress":  # it does not affect calls already in progress (Twilio, "Call resource")
            driver.cancel(call.sid)
    elif url or twiml:
        if call.status != "in-progress":
            raise Refused(21220)
        driver.redirect(call.sid, url, one(order, "Method") or "POST", twiml)
    kept = [name for name in order if name not in ("Status", "Url", "Method", "Twiml")]
    if kept:
        records.note(f"{call.sid[:8]} is unchanged: the stand-in cannot change {', '.join(kept)}", call.sid)
    return records.calls.get(call.sid, call)
