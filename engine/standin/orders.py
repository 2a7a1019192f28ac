"""Reads what a REST order says of a call, for the telephone that plays it."""

from engine.phone.line import Go
from engine.phone.placing import Detection, Order, Reports, Tapped
from engine.standin import driving
from engine.standin.parameters import one, several
from engine.standin.records import Records
from engine.standin.resources import CallResource, NumberResource

TIMEOUT = 60  # seconds that a call rings (Twilio, Calls resource, Timeout)


def _events(order: driving.Order, name: str) -> tuple[str, ...]:
    """Events to report, each a parameter of its own, or in one with spaces; `completed` by default."""
    return tuple(word for text in several(order, name) for word in text.split()) or ("completed",)


def _method(order: driving.Order, name: str) -> str:
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
        go = Go(url, _method(order, "Method"), twiml="" if url else one(order, "Twiml"))
        fallback = _go(one(order, "FallbackUrl"), _method(order, "FallbackMethod"))
        events = _events(order, "StatusCallbackEvent")
        reports = Reports(one(order, "StatusCallback"), _method(order, "StatusCallbackMethod"), events)
    detected = Reports(one(order, "AsyncAmdStatusCallback"), _method(order, "AsyncAmdStatusCallbackMethod"))
    recorded = Reports(
        one(order, "RecordingStatusCallback"),
        _method(order, "RecordingStatusCallbackMethod"),
        _events(order, "RecordingStatusCallbackEvent"),
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
