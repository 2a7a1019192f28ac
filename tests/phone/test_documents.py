"""Documents: how they are fetched, read, and carried out from top to bottom."""

import pytest
from starlette.responses import RedirectResponse, Response

from engine.phone.events import Heard, HungUp, Limit, Lost, Paused, Played, Requested, Warned
from engine.phone.leg import APOLOGY


def codes(call):
    return [(warning.code, warning.error) for warning in call.warnings]


def test_verbs_run_from_top_to_bottom_and_the_end_of_the_document_hangs_up(site):
    """Twilio, TwiML for Programmable Voice, "How TwiML works"."""
    call = site("<Say voice='alice' language='de-DE'>Eins</Say><Pause length='3'/><Play>/a.mp3</Play>").ring()
    sounds = [event for event in call.events if isinstance(event, Heard | Paused | Played)]
    assert sounds == [Heard("Eins", "alice", "de-DE"), Paused(3), Played("https://example.com/a.mp3")]
    assert call.over
    assert call.ended_by == "end"
    assert call.events[-1] == HungUp("end")


def test_the_first_request_says_who_calls_whom(site):
    """Twilio, TwiML for Programmable Voice, "Twilio's request to your application"."""
    call = site("<Hangup/>").ring(from_="+15551230000", to="+15559870000", params={"CallerName": "Ada"})
    request = call.requests[0]
    assert request.method == "POST"
    assert dict(request.params) == {
        "CallSid": call.sid,
        "AccountSid": "AC00000000000000000000000000000001",
        "From": "+15551230000",
        "To": "+15559870000",
        "Caller": "+15551230000",
        "Called": "+15559870000",
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "CallerName": "Ada",
    }
    assert len(call.sid) == 34
    assert call.sid.startswith("CA")


def test_the_same_calls_have_the_same_sids_on_each_run(site):
    first, second = site("<Hangup/>"), site("<Hangup/>")
    assert first.ring().sid == second.ring().sid
    assert first.ring().sid != first.ring().sid


def test_a_call_made_through_the_api_is_answered_already(site):
    """Twilio, "Make calls": the document is fetched when the call is answered."""
    params = dict(site("<Hangup/>").ring(direction="outbound-api").requests[0].params)
    assert (params["CallStatus"], params["Direction"]) == ("in-progress", "outbound-api")


@pytest.mark.parametrize(
    ("verbs", "status"),
    [
        ("<Say>Hi</Say><Redirect>/b</Redirect>", "in-progress"),
        ("<Pause/><Redirect>/b</Redirect>", "ringing"),
        ("<Redirect>/b</Redirect>", "ringing"),
        ("<Pause/><Say>Hi</Say><Redirect>/b</Redirect>", "in-progress"),
    ],
)
def test_what_is_heard_answers_the_call_and_a_pause_before_it_does_not(site, verbs, status):
    """Twilio, TwiML <Pause>: as the first verb it delays the answer."""
    call = site({"/": verbs, "/b": "<Hangup/>"}).ring()
    assert dict(call.requests[1].params)["CallStatus"] == status


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject_as_the_first_verb_turns_the_call_away_unanswered(site, reason, status):
    """Twilio, TwiML <Reject>."""
    call = site(f"<Reject reason='{reason}'/><Say>never</Say>").ring()
    assert call.heard == ()
    assert call.status == status
    assert call.over


def test_reject_after_the_call_is_answered_hangs_up(site):
    """Twilio, TwiML <Reject>; what it does there is not documented."""
    call = site("<Say>Hi</Say><Reject reason='busy'/>").ring()
    assert call.status == "completed"


def test_nothing_after_hangup_is_reached(site):
    """Twilio, TwiML <Hangup>."""
    call = site("<Say>a</Say><Hangup/><Say>b</Say>").ring()
    assert call.heard == ("a",)
    assert call.ended_by == "flow"


@pytest.mark.parametrize(
    ("here", "written", "there"),
    [
        ("/a/b", "c", "https://example.com/a/c"),
        ("/a/b", "/c", "https://example.com/c"),
        ("/a/b", "../c?x=1", "https://example.com/c?x=1"),
        ("/a/b", "https://example.com/z", "https://example.com/z"),
    ],
)
def test_relative_addresses_start_from_the_current_document(site, here, written, there):
    """Twilio, TwiML for Programmable Voice, "Absolute and relative URLs"."""
    call = site({here: f"<Redirect>{written}</Redirect>"}).ring(here)
    assert call.requests[1].url == there


def test_redirect_takes_its_method_and_post_is_the_default_even_after_a_get(site):
    """Twilio, TwiML <Redirect>."""
    pages = {"/": "<Redirect method='GET'>/b?x=1</Redirect>", "/b": "<Redirect>/c</Redirect>"}
    call = site(pages).ring()
    assert [request.method for request in call.requests] == ["POST", "GET", "POST"]
    assert dict(call.requests[1].params)["CallSid"] == call.sid


def test_the_parameters_of_a_get_stand_behind_what_the_query_holds(site):
    """Twilio, "Twilio's request to your application": with GET they are appended to the query."""
    seen = []
    site({"/": lambda params: seen.append(params) or "<Hangup/>"}).ring("/?x=1", method="GET")
    assert list(seen[0])[:2] == ["x", "CallSid"]


def test_an_empty_redirect_asks_for_the_same_document_and_the_phone_ends_the_circle(site):
    """Twilio, TwiML <Redirect>, <Conference> waitUrl: a blank one is the current URL; Twilio knows no limit."""
    call = site("<Say>round</Say><Redirect/>").ring()
    assert call.ended_by == "limit"
    assert call.round_trips == 50
    assert isinstance(call.events[-2], Limit)


def test_a_say_without_end_is_heard_a_thousand_times_and_four_hours_end_the_call(site):
    """Twilio, TwiML <Say>, loop: 0 is up to 1000 times."""
    call = site(f"<Say loop='0'>{'long ' * 60}</Say><Say>after</Say>").ring()
    assert call.events[1] == Heard(("long " * 60).strip(), times=1000)
    assert call.ended_by == "limit"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", 11770),
        ("\n<?xml version='1.0'?><Response/>", 12100),
        ("\ufeff<Response/>", 12100),
        ("<Response><Say>a & b</Say></Response>", 12100),
        ("<Response><Say>\x08</Say></Response>", 12100),
        ("<response/>", 12102),
        (f"<Response><Say>{'x' * 65536}</Say></Response>", 11750),
    ],
)
def test_a_document_that_cannot_be_read_is_an_error_and_the_caller_hears_so(site, body, code):
    """Twilio, Error and Warning Dictionary; "an application error has occurred"."""
    call = site({"/": Response(body, media_type="text/xml")}).ring()
    assert codes(call) == [(code, True)]
    assert call.heard == (APOLOGY,)
    assert call.ended_by == "error"


@pytest.mark.parametrize("media", ["application/json", "application/octet-stream"])
def test_another_content_type_is_an_error(site, media):
    """Twilio, error 12300."""
    assert codes(site({"/": Response("<Response/>", media_type=media)}).ring()) == [(12300, True)]


@pytest.mark.parametrize("media", ["text/xml", "application/xml", "text/html"])
def test_these_content_types_are_twiml(site, media):
    """Twilio, "How Twilio interacts with your app", "Response formats"."""
    call = site({"/": Response("<Response><Say>a</Say></Response>", media_type=media)}).ring()
    assert call.heard == ("a",)


def test_a_sound_is_played_and_plain_text_is_read_aloud(site):
    """Twilio, "How Twilio interacts with your app", "Response formats"."""
    call = site({"/": Response(b"RIFF", media_type="audio/wav")}).ring()
    assert Played("https://example.com/") in call.events
    assert call.ended_by == "end"
    assert site({"/": Response("Good day", media_type="text/plain")}).ring().heard == ("Good day",)
    twiml = Response("<Response><Say>a</Say></Response>", media_type="text/plain")
    assert site({"/": twiml}).ring().heard == ("a",)


@pytest.mark.parametrize("status", [404, 500])
def test_a_status_that_is_no_success_is_an_error(site, status):
    """Twilio, error 11200."""
    assert codes(site({"/": Response("no", status)}).ring()) == [(11200, True)]


def test_the_fallback_is_told_what_went_wrong(site):
    """Twilio, "Webhooks: fallback URL": ErrorCode and ErrorUrl."""
    pages = {"/": "<Redirect>/broken</Redirect>", "/broken": Response("x", 500), "/f": "<Say>Sorry</Say>"}
    call = site(pages).ring(fallback_url="/f")
    assert call.heard == ("Sorry",)
    params = dict(call.requests[-1].params)
    assert (params["ErrorCode"], params["ErrorUrl"]) == ("11200", "https://example.com/broken")


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "https://under_score.example/", "https://h/a b", "https://h:port/"]
)
def test_an_address_that_is_none_is_error_11100(site, url):
    """Twilio, error 11100; TwiML, "Absolute and relative URLs": no underscores in hosts."""
    assert codes(site(f"<Redirect>{url}</Redirect>").ring()) == [(11100, True)]


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ("<say>x</say>", 12200),
        ("<Say Voice='man'>x</Say>", 12200),
        ("<Gather numdigits='1'/>", 12200),
        ("<Gather><Dial>1</Dial></Gather>", 13320),
        ("<Gather timeout='soon'/>", 13313),
        ("<Gather numDigits='0'/>", 13314),
        ("<Gather input='voice'/>", 13326),
        ("<Gather finishOnKey='x'/>", 13310),
        ("<Gather finishOnKey='12'/>", 13311),
        ("<Gather method='PUT'/>", 13312),
        ("<Pause length='-1'/>", 13910),
        ("<Say></Say>", 13520),
        (f"<Say>{'x' * 4097}</Say>", 13521),
        ("<Say loop='x'>x</Say>", 13510),
        ("<Play digits='x'/>", 13430),
        ("<Reject reason='sleep'/>", 13810),
        ("<Redirect method='PATCH'>/b</Redirect>", 13710),
        ("<Dial timeout='1'>+1555</Dial>", 13212),
        ("<Dial><Say>x</Say></Dial>", 13215),
        ("<Dial><Conference>a</Conference><Number>+1</Number></Dial>", 13000),
        ("<Record maxLength='x'/>", 13612),
        ("<Record finishOnKey='x'/>", 13613),
        ("<Record transcribe='x'/>", 13614),
        ("<Record playBeep='x'/>", 13616),
        ("<Record trim='x'/>", 13699),
    ],
)
def test_a_part_that_twilio_does_not_take_is_a_warning(site, verbs, code):
    """Twilio, Error and Warning Dictionary: the document is still carried out."""
    call = site(verbs).ring()
    assert code in [warning.code for warning in call.warnings if not warning.error]


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ("<Enqueue method='PUT'>q</Enqueue>", 14201),
        ("<Enqueue/>", 14204),
        (f"<Enqueue>{'q' * 65}</Enqueue>", 14205),
        ("<Enqueue waitUrlMethod='PUT'>q</Enqueue>", 14206),
        ("<Dial><Queue method='PUT'>q</Queue></Dial>", 14210),
        ("<Dial><Queue/></Dial>", 14212),
        (f"<Dial><Queue>{'q' * 65}</Queue></Dial>", 14213),
        ("<Enqueue workflowSid='WW1'><Task>{a:1}</Task></Enqueue>", 14221),
        ("<Start><Say>x</Say></Start>", 14300),
        ("<Gather actionOnEmptyResult='x'/>", 13338),
        ("<Dial><Conference endConferenceOnExit='x'>a</Conference></Dial>", 13231),
        ("<Record recordingStatusCallback='/a' recordingStatusCallbackEvent='x'/>", 13621),
    ],
)
def test_some_parts_are_errors_by_the_dictionary(site, verbs, code):
    """Twilio, Error and Warning Dictionary: its level; unverified: what becomes of the document, which is carried out here."""
    call = site(f"{verbs}<Say>on</Say>").ring()
    assert code in [warning.code for warning in call.warnings if warning.error]


def test_what_stands_around_an_unknown_verb_is_carried_out(site):
    """Twilio, warning 12200."""
    call = site("<Say>a</Say><say>b</say><Say>c</Say>").ring()
    assert call.heard == ("a", "c")
    assert call.warnings == (Warned(12200, "`say` cannot stand in `Response`; did you mean `Say`?"),)


def test_comments_are_ignored_and_ssml_is_heard_as_it_is_spoken(site):
    """Twilio, TwiML <Say>, "Text-to-speech with SSML"."""
    ssml = (
        "<Say><!-- note -->The <sub alias='World Wide Web'>WWW</sub>,<break time='1s'/> <emphasis>now</emphasis>.</Say>"
    )
    assert site(ssml).ring().heard == ("The World Wide Web, now.",)


def test_a_missing_sound_of_the_same_server_is_reported_and_costs_no_round_trip(site):
    """Twilio, TwiML <Play>: sounds are fetched with GET, without the standard parameters."""
    pages = {"/": "<Play>/gone.mp3</Play><Play>/page</Play><Play>https://other.example/x.mp3</Play>"}
    call = site({**pages, "/gone.mp3": Response("no", 404)}).ring()
    assert codes(call) == [(11200, False), (13420, False)]
    assert call.round_trips == 1
    assert Requested("GET", "https://example.com/gone.mp3", (), 404, "media") in call.events


def test_an_http_redirect_is_followed_with_get_and_loses_what_was_pressed(site):
    """Twilio, TwiML <Gather>, "Troubleshooting": a redirected action does not get `Digits`."""
    pages = {
        "/": "<Gather action='/moved'/>",
        "/moved": RedirectResponse("/moved/", 307),
        "/moved/": "<Redirect>next</Redirect>",
    }
    call = site(pages).ring().press("1#")
    assert [event.words for event in call.events if isinstance(event, Lost)] == ["1"]
    hop = call.requests[2]
    assert (hop.method, hop.url, hop.params, hop.kind) == ("GET", "https://example.com/moved/", (), "redirect")
    assert call.requests[3].url == "https://example.com/moved/next"


def test_more_than_ten_redirects_are_an_error(site):
    """Twilio, error 11215."""
    call = site({"/": RedirectResponse("/", 302)}).ring()
    assert codes(call) == [(11215, True)]
    assert len(call.requests) == 11


def test_a_redirect_to_nowhere_is_an_error(site):
    """Twilio, error 11216."""
    assert codes(site({"/": Response("", 302)}).ring()) == [(11216, True)]
