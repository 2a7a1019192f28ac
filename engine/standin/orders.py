"""Reads what a REST order says of a call, for the telephone that plays it."""

from engine.phone.line import Go
from engine.phone.placing import Detection, Order, Reports, Tapped
from engine.standin import driving
from engine.standin.records import Records
from engine.standin.resources import CallResource, NumberResource

TIMEOUT = 60  # seconds that a call rings (Twilio, Calls resource, Timeout)


def one(order: driving.Order, name: str, default: str = "") -> str:
    """A parameter's value; of several the first."""
    value = order.get(name) or default
    return value if isinstance(value, str) else value[0]


def several(order: driving.Order, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """The values of a parameter that may be given several times, or in one text with spaces."""
    value = order.get(name) or ()
    return tuple(word for text in ([value] if isinstance(value, str) else value) for word in text.split()) or default


def method(order: driving.Order, name: str) -> str:
    """An HTTP method, POST by default."""
    return one(order, name, "POST").upper()


def read_call(call: CallResource, order: driving.Order, records: Records) -> Order:
    """An outbound call (Twilio, Calls resource, "Create a Call")."""
    application = records.applications.get(one(order, "ApplicationSid"))
    if application is not None:  # Twilio: its addresses come before those of the order
        go = Go(application.voice_url or "", application.voice_method)
        fallback = _go(application.voice_fallback_url, application.voice_fallback_method)
        reports = Reports(application.status_callback or "", application.status_callback_method)
    else:
        url = one(order, "Url")
        go = Go(url, method(order, "Method"), twiml="" if url else one(order, "Twiml"))
        fallback = _go(one(order, "FallbackUrl"), method(order, "FallbackMethod"))
        events = several(order, "StatusCallbackEvent", ("completed",))
        reports = Reports(one(order, "StatusCallback"), method(order, "StatusCallbackMethod"), events)
    detected = Reports(one(order, "AsyncAmdStatusCallback"), method(order, "AsyncAmdStatusCallbackMethod"))
    recorded = Reports(
        one(order, "RecordingStatusCallback"),
        method(order, "RecordingStatusCallbackMethod"),
        several(order, "RecordingStatusCallbackEvent", ("completed",)),
    )
    return Order(
        sid=call.sid,
        account=call.account_sid,
        from_=call.from_,
        to=call.to,
        go=go,
        direction=call.direction,
        fallback=fallback,
        reports=reports,
        send_digits=one(order, "SendDigits"),
        detection=Detection(
            one(order, "MachineDetection"),
            float(one(order, "MachineDetectionTimeout", "30")),
            one(order, "AsyncAmd") == "true",
            detected,
        ),
        recording=Tapped(
            one(order, "Record").lower() == "true",
            2 if one(order, "RecordingChannels") == "dual" else 1,
            one(order, "RecordingTrack", "both"),
            recorded,
        ),
    )


def voice_of(number: NumberResource, records: Records) -> tuple[Go | None, Go | None, Reports]:
    """What a number asks when somebody calls it: the document, its fallback, and where the end is reported.

    Twilio, IncomingPhoneNumber resource: a TwiML App comes before the number's own addresses.
    """
    own = Reports(number.status_callback or "", number.status_callback_method)
    application = records.applications.get(number.voice_application_sid or "")
    if application is None:
        fallback = _go(number.voice_fallback_url, number.voice_fallback_method)
        return _go(number.voice_url, number.voice_method), fallback, own
    fallback = _go(application.voice_fallback_url, application.voice_fallback_method)
    reports = Reports(application.status_callback or "", application.status_callback_method)
    return _go(application.voice_url, application.voice_method), fallback, reports


def texts_of(number: NumberResource, records: Records) -> tuple[Go | None, Go | None]:
    """What a number asks when somebody texts it: the document and its fallback."""
    application = records.applications.get(number.sms_application_sid or "")
    if application is None:
        return _go(number.sms_url, number.sms_method), _go(number.sms_fallback_url, number.sms_fallback_method)
    return (
        _go(application.sms_url, application.sms_method),
        _go(application.sms_fallback_url, application.sms_fallback_method),
    )


def _go(url: str | None, method: str | None) -> Go | None:
    return Go(url, (method or "POST").upper()) if url else None
