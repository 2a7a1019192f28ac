"""Queues and conferences, and what is heard in them."""

import pytest
from starlette.responses import Response

from engine.phone.events import Asked, Enqueued, InConference, Limit

WAIT = {"/wait": "<Say>Please hold</Say>"}


def last(call, *names):
    params = dict(call.requests[-1].params)
    return tuple(params.get(name) for name in names)


def test_the_wait_document_is_asked_for_and_asked_again_when_it_runs_out(site):
    """Twilio, TwiML <Enqueue>, waitUrl."""
    call = site({"/": "<Enqueue waitUrl='/wait'>support</Enqueue>", **WAIT}).ring()
    assert call.waiting_for == Enqueued("support")
    assert call.heard == ("Please hold",)
    assert call.requests[-1].method == "POST"
    for name in ("QueueSid", "QueuePosition", "QueueTime", "AvgQueueTime", "CurrentQueueSize", "MaxQueueSize"):
        assert last(call, name) != (None,)
    assert call.silence().heard == ("Please hold",)
    assert [request.url for request in call.requests[1:]] == ["https://example.com/wait"] * 2


def test_the_method_of_the_wait_document(site):
    """Twilio, TwiML <Enqueue>, waitUrlMethod."""
    call = site({"/": "<Enqueue waitUrl='/wait' waitUrlMethod='GET'>q</Enqueue>", **WAIT}).ring()
    assert call.requests[-1].method == "GET"


@pytest.mark.parametrize("attributes", ["", "waitUrl=''"])
def test_without_a_wait_document_nothing_is_requested(site, attributes):
    """Twilio, TwiML <Enqueue>, waitUrl: music, or silence."""
    call = site(f"<Enqueue {attributes}>q</Enqueue>").ring().silence()
    assert call.round_trips == 1
    assert call.waiting_for == Enqueued("q")


@pytest.mark.parametrize("result", ["bridged", "queue-full", "redirected", "system-error"])
def test_the_action_is_told_how_the_queue_was_left(site, result):
    """Twilio, TwiML <Enqueue>, action: QueueResult, QueueSid, QueueTime."""
    call = site({"/": "<Enqueue action='/a' waitUrl='/wait'>q</Enqueue>", **WAIT}).ring().queue(result, seconds=90)
    assert last(call, "QueueResult") == (result,)
    assert int(last(call, "QueueTime")[0]) >= 90


def test_without_an_action_the_next_verb_follows(site):
    """Twilio, TwiML <Enqueue>, action."""
    assert site("<Enqueue>q</Enqueue><Say>Next</Say>").ring().queue().heard == ("Next",)


def test_leave_goes_on_after_the_enqueue(site):
    """Twilio, TwiML <Leave>."""
    pages = {"/": "<Enqueue waitUrl='/wait'>q</Enqueue><Say>Left</Say>", "/wait": "<Leave/>"}
    assert site(pages).ring().heard == ("Left",)
    pages["/"] = "<Enqueue action='/a' waitUrl='/wait'>q</Enqueue>"
    assert last(site(pages).ring(), "QueueResult") == ("leave",)


def test_leave_outside_a_queue_does_nothing(site):
    """Twilio, TwiML <Leave>; not documented elsewhere."""
    assert site("<Leave/><Say>On</Say>").ring().heard == ("On",)


def test_a_gather_in_the_queue_answers_and_the_queue_can_still_be_left(site):
    """Twilio, TwiML <Enqueue>, waitUrl: Gather is allowed."""
    pages = {
        "/": "<Enqueue waitUrl='/wait' action='/a'>q</Enqueue>",
        "/wait": "<Gather numDigits='1' action='/key'><Say>Press 1 to leave</Say></Gather>",
        "/key": "<Leave/>",
    }
    call = site(pages).ring()
    assert isinstance(call.waiting_for, Asked)
    assert last(call.press("1"), "QueueResult") == ("leave",)
    assert last(site(pages).ring().queue("bridged"), "QueueResult") == ("bridged",)
    quiet = site(pages).ring().silence()
    assert quiet.waiting_for == Enqueued("q")
    assert isinstance(quiet.silence().waiting_for, Asked)


def test_hanging_up_in_the_queue_is_told_to_the_action(site):
    """Twilio, TwiML <Enqueue>, action: QueueResult hangup."""
    call = site({"/": "<Enqueue action='/a' waitUrl='/wait'>q</Enqueue>", **WAIT}).ring().hang_up()
    assert last(call, "QueueResult", "CallStatus") == ("hangup", "completed")


def test_the_wait_document_can_hang_up(site):
    """Twilio, TwiML <Enqueue>, waitUrl: Hangup is allowed."""
    call = site({"/": "<Enqueue waitUrl='/wait'>q</Enqueue>", "/wait": "<Hangup/>"}).ring()
    assert call.ended_by == "flow"


def test_a_wait_document_that_leads_to_itself_is_no_trap(site):
    """Twilio, TwiML <Enqueue>, waitUrl."""
    call = site({"/": "<Enqueue waitUrl='/wait'>q</Enqueue>", "/wait": "<Play>/m.mp3</Play><Redirect/>"}).ring()
    assert call.waiting_for == Enqueued("q")
    before = call.round_trips
    assert call.silence().round_trips == before + 1


def test_music_may_be_a_sound(site):
    """Twilio, TwiML <Enqueue>, waitUrl: an audio file."""
    call = site({"/": "<Enqueue waitUrl='/m'>q</Enqueue>", "/m": Response(b"x", media_type="audio/mpeg")}).ring()
    assert call.waiting_for == Enqueued("q")


def test_a_wait_document_that_fails_leaves_the_caller_waiting(site):
    """Twilio, TwiML <Enqueue>; not documented."""
    call = site({"/": "<Enqueue waitUrl='/m'>q</Enqueue>", "/m": Response("x", 500)}).ring()
    assert [(warning.code, warning.error) for warning in call.warnings] == [(11200, True)]
    assert call.silence().waiting_for == Enqueued("q")


def test_a_verb_that_may_not_stand_in_a_queue_is_left_out(site):
    """Twilio, TwiML <Enqueue>, waitUrl."""
    call = site({"/": "<Enqueue waitUrl='/w'>q</Enqueue>", "/w": "<Dial>+1</Dial><Say>Wait</Say>"}).ring()
    assert call.heard == ("Wait",)
    assert [warning.code for warning in call.warnings] == [12200]


def test_a_task_goes_to_its_workflow(site):
    """Twilio, TwiML <Enqueue>, workflowSid and <Task>."""
    call = site('<Enqueue workflowSid=\'WW1\'><Task>{"skill": "x"}</Task></Enqueue>').ring()
    assert call.waiting_for == Enqueued("", "WW1", '{"skill": "x"}')


ROOM = "<Dial action='/a'><Conference {}>board</Conference></Dial><Say>Next</Say>"


def test_a_conference_ends_answered_without_sid_and_duration(site):
    """Twilio, TwiML <Conference>: DialCallStatus answered."""
    call = site({"/": ROOM.format("muted='true' startConferenceOnEnter='false'")}).ring()
    assert call.waiting_for == InConference("board", True, False, False)
    call.dial("answered", seconds=600)
    assert last(call, "DialCallStatus", "DialCallSid", "DialCallDuration") == ("answered", None, None)
    assert call.now == 600


def test_without_an_action_the_next_verb_follows_a_conference(site):
    """Twilio, TwiML <Dial>, action."""
    call = site("<Dial><Conference>board</Conference></Dial><Say>Next</Say>").ring().conference()
    assert call.heard == ("Next",)


def test_the_wait_document_of_a_conference_falls_silent(site):
    """Twilio, TwiML <Conference>, waitUrl: unlike a queue's it is not asked for again."""
    call = site({"/": ROOM.format("waitUrl='/wait'"), **WAIT}).ring()
    assert call.heard == ("Please hold",)
    assert call.silence().heard == ()
    assert call.round_trips == 2


def test_a_redirect_makes_it_loop(site):
    """Twilio, TwiML <Conference>, waitUrl: a blank Redirect."""
    call = site({"/": ROOM.format("waitUrl='/wait'"), "/wait": "<Say>Hold</Say><Redirect/>"}).ring()
    assert call.heard == ("Hold",)
    assert call.silence().heard == ("Hold",)


@pytest.mark.parametrize(("page", "code"), [(Response("x", 500), 11200), ("<Gather/>", 13238)])
def test_if_the_wait_document_fails_there_is_no_conference(site, page, code):
    """Twilio, TwiML <Conference>, waitUrl; error 13238."""
    call = site({"/": "<Dial><Conference waitUrl='/w'>b</Conference></Dial><Say>Next</Say>", "/w": page}).ring()
    assert call.heard[-1] == "Next"
    assert [warning.code for warning in call.warnings] == [code]


def test_conference_events_are_posted_only_if_they_are_asked_for(site):
    """Twilio, TwiML <Conference>, statusCallbackEvent: by default none."""
    assert site({"/": ROOM.format("statusCallback='/s'")}).ring().conference().requests[1].kind == "document"
    events = "statusCallback='/s' statusCallbackEvent='start end join leave' endConferenceOnExit='true'"
    call = site({"/": ROOM.format(events)}).ring().conference()
    reports = [dict(request.params) for request in call.requests if request.kind == "callback"]
    assert [report["StatusCallbackEvent"] for report in reports] == [
        "participant-join",
        "conference-start",
        "participant-leave",
        "conference-end",
    ]
    assert reports[0]["FriendlyName"] == "board"
    assert "From" not in reports[0]


# Wait documents that lead back to themselves: each round is played once, then somebody must act.

TURNS = "<Say>Hold</Say><Redirect>/wait?_t={}</Redirect>"


def _counted(text):
    """A page whose address is another one each time, as that of a flow with variables is."""
    asked = []

    def page(params):
        asked.append(params)
        return text.format(len(asked))

    return page


@pytest.mark.parametrize(
    ("pages", "round_"),
    [
        ({"/wait": "<Say>Hold</Say><Redirect/>"}, ["Hold"]),
        ({"/wait": _counted(TURNS)}, ["Hold"]),
        (
            {"/wait": "<Say>Hold</Say><Redirect>/b</Redirect>", "/b": "<Say>On</Say><Redirect>/wait</Redirect>"},
            ["Hold", "On"],
        ),
        ({"/wait": "<Redirect>/b</Redirect>", "/b": "<Say>On</Say><Redirect>/wait</Redirect>"}, ["On"]),
        ({"/wait": "<Say>Intro</Say><Redirect>/b</Redirect>", "/b": "<Play>/m.mp3</Play><Redirect/>"}, ["Intro"]),
        ({"/wait": "<Say>One</Say><Redirect>/wait?_i=2&amp;_t=1</Redirect>"}, ["One", "One"]),  # the rest of a step
    ],
)
@pytest.mark.parametrize(
    "verb", ["<Dial><Conference waitUrl='/wait'>b</Conference></Dial>", "<Enqueue waitUrl='/wait'>q</Enqueue>"]
)
def test_a_wait_document_that_leads_back_to_itself_is_played_a_round_at_a_time(site, verb, pages, round_):
    """Twilio, TwiML <Conference>, waitUrl: `<Redirect>` makes it loop."""
    call = site({"/": f"{verb}<Say>Next</Say>", **pages}).ring()
    assert list(call.heard) == round_
    for _ in range(100):  # far more documents than a telephone plays in a row
        call.silence()
    assert call.waiting_for is not None
    assert not [one for one in call.events if isinstance(one, Limit)]
    end = call.conference if "Conference" in verb else call.queue
    assert end().heard == ("Next",)


def test_a_wait_document_that_counts_its_rounds_is_played_a_round_at_a_time(site):
    page = _counted("<Say>Round {0}</Say><Redirect>/wait?_t={0}</Redirect>")
    call = site({"/": "<Enqueue waitUrl='/wait'>q</Enqueue>", "/wait": page}).ring()
    assert call.heard == ("Round 1",)
    assert call.silence().heard == ("Round 2",)


def test_a_wait_document_with_another_address_each_time_is_bounded_too(site):
    """A server of somebody else, which counts under a name of its own."""
    page = _counted("<Say>Hold</Say><Redirect>/wait?round={}</Redirect>")
    call = site({"/": "<Enqueue waitUrl='/wait'>q</Enqueue>", "/wait": page}).ring()
    assert call.heard == ("Hold",) * 10
    assert call.silence().heard == ("Hold",) * 10
    assert call.waiting_for == Enqueued("q")


@pytest.mark.parametrize(
    "pages",
    [
        {"/wait": "<Redirect/>"},
        {"/wait": _counted("<Redirect>/wait?_t={}</Redirect>")},
        {"/wait": "<Redirect>/b</Redirect>", "/b": "<Redirect>/wait</Redirect>"},
        {"/wait": "<Say>Hold</Say><Redirect>/b</Redirect>", "/b": "<Redirect/>"},
    ],
)
@pytest.mark.parametrize(
    "verb", ["<Dial><Conference waitUrl='/wait'>b</Conference></Dial>", "<Enqueue waitUrl='/wait'>q</Enqueue>"]
)
def test_a_circle_with_nothing_to_hear_is_given_up(site, verb, pages):
    call = site({"/": verb, **pages}).ring()
    assert [one for one in call.events if isinstance(one, Limit)]
    assert call.ended_by == "limit"


def test_endless_music_takes_no_four_hours_where_somebody_waits(site):
    """Twilio, TwiML <Play>, loop: 0 is until the caller hangs up, or 1000 times; in a queue until somebody takes them out of it."""
    call = site({"/": "<Enqueue waitUrl='/wait'>q</Enqueue>", "/wait": "<Play loop='0'>/m.mp3</Play>"}).ring()
    for _ in range(20):
        call.silence()
    assert call.now < 200
    assert call.queue().ended_by == "end"


def test_who_waits_in_a_circle_can_leave_press_and_hang_up(site):
    menu = "<Gather numDigits='1' action='/key' timeout='1'><Say>Press 1 to leave</Say></Gather><Redirect>/wait?_t=1</Redirect>"
    pages = {"/": "<Enqueue waitUrl='/wait' action='/a'>q</Enqueue>", "/wait": menu, "/key": "<Leave/>"}
    call = site(pages).ring()
    for _ in range(60):
        call.silence()
    assert last(call.press("1"), "QueueResult") == ("leave",)
    assert last(site(pages).ring().queue("bridged"), "QueueResult") == ("bridged",)
    assert last(site(pages).ring().silence().silence().hang_up(), "QueueResult") == ("hangup",)
