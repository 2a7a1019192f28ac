"""Takes text messages: what Twilio refuses, what it takes, and what can be changed afterwards."""

from datetime import UTC, timedelta

from engine.phone.segments import segments
from engine.standin import magic
from engine.standin.driving import Driver, Order
from engine.standin.parameters import moment, one, several
from engine.standin.phone_numbers import address, sender_name, short_code
from engine.standin.records import Records
from engine.standin.refusal import Refused
from engine.standin.resources import MessageResource

LONGEST_BODY = 1600
MOST_MEDIA = 10
SOONEST, LATEST = timedelta(minutes=15), timedelta(days=35)
TRIAL_NOTICE = "Sent from your Twilio trial account - "


def create_message(records: Records, driver: Driver, order: Order) -> MessageResource:
    """A new message, which the driver delivers; raises Refused for what Twilio does not take."""
    to, from_ = _parties(records, order)
    body, media = one(order, "Body"), tuple(several(order, "MediaUrl"))
    if len(media) > MOST_MEDIA:
        raise Refused(21623)
    if len(body) > LONGEST_BODY:
        raise Refused(21617)
    if not (body or media or one(order, "ContentSid")):
        raise Refused(21602 if "Body" in order else 21619)
    application = one(order, "ApplicationSid")
    if application and application not in records.applications:
        raise Refused(21218, application)
    scheduled = _scheduled(records, order)
    body = body or _template(order)
    if records.account.type == "Trial" and body:
        body = TRIAL_NOTICE + body
    service = one(order, "MessagingServiceSid") or None
    message = records.add_message(
        to=to,
        from_=from_ or None,
        body=body,
        media=media,
        num_segments=segments(body) if body else 1,
        messaging_service_sid=service,
        status="scheduled" if scheduled else "accepted" if service else "queued",
    )
    if magic.is_magic(from_):  # it is answered as taken, and is over
        records.note(f"{message.sid[:8]}  {from_} is a test number: nobody is texted", message.sid)
        records.update_message(message.sid, status="delivered")
        return message
    if not scheduled:
        driver.send(message, order)
    return records.messages.get(message.sid, message)


def _template(order: Order) -> str:
    """What stands for the text of a content template, which the stand-in does not have: its SID and variables; "" without one."""
    return " ".join(part for part in (one(order, "ContentSid"), one(order, "ContentVariables")) if part)


def _parties(records: Records, order: Order) -> tuple[str, str]:
    """Whom a message is to and from, as Twilio writes them; from nobody yet if a messaging service chooses."""
    said_to, said_from = one(order, "To").strip(), one(order, "From").strip()
    service = one(order, "MessagingServiceSid")
    if not said_to:
        raise Refused(21604)
    if not (said_from or service):
        raise Refused(21603)
    channel, to = address(said_to)
    from_ = _sender(records, said_from, channel) if said_from else ""
    if not to:
        raise Refused(21211, said_to)
    if not channel:
        if to in magic.MESSAGES_TO:
            raise Refused(magic.MESSAGES_TO[to], said_to)
        if to == from_:
            raise Refused(21266)
        if (
            records.account.type == "Trial"
            and from_ != magic.VALID
            and not (records.verified(to) or records.number(to))
        ):
            raise Refused(21608, to)
        senders = [from_] if from_ else [number.phone_number for number in records.numbers.all()]
        if senders and all(records.opted_out(to, sender) for sender in senders):
            raise Refused(21610)
        return to, from_
    return f"{channel}:{to}", f"{channel}:{from_}" if from_ else ""


def _sender(records: Records, said: str, channel: str) -> str:
    """The number or name that a message comes from, without its channel."""
    own_channel, from_ = address(said)
    if not own_channel and from_ in magic.MESSAGES_FROM:
        raise Refused(magic.MESSAGES_FROM[from_], said)
    if own_channel != channel:
        raise Refused(21910)
    if channel:  # senders of channels are registered elsewhere
        if not from_:
            raise Refused(21212, said)
        return from_
    if from_ == magic.VALID or (from_ and records.number(from_)):
        return from_
    if from_ or short_code(said):
        raise Refused(21606, said)
    if sender_name(said) and records.account.type != "Trial":
        return said
    raise Refused(21212, said)


def _scheduled(records: Records, order: Order) -> bool:
    """Whether a message is sent later, at `SendAt`: 15 minutes to 35 days from now (Twilio, "Message Scheduling")."""
    if not one(order, "ScheduleType"):
        return False
    if not one(order, "MessagingServiceSid"):
        raise Refused(35118)
    at = moment(one(order, "SendAt"))
    if at is None:
        raise Refused(35114, "SendAt is required with ScheduleType")
    if not SOONEST <= (at if at.tzinfo else at.replace(tzinfo=UTC)) - records.clock() <= LATEST:
        raise Refused(35114, one(order, "SendAt"))
    return True


def update_message(records: Records, message: MessageResource, order: Order) -> MessageResource:
    """Takes the text out of a message (`Body` empty), or cancels one that is scheduled; raises Refused for anything else."""
    if one(order, "Status") == "canceled":
        if message.status != "scheduled":
            raise Refused(20009)
        return records.update_message(message.sid, status="canceled")
    if "Body" not in order:
        return message
    if one(order, "Body"):
        raise Refused(20422, "Body can only be made empty")
    if not message.over and message.status != "sent":
        raise Refused(20009)
    return records.update_message(message.sid, body="", media=())
