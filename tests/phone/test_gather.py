"""Gather: keys, words, silence."""

import pytest

from engine.phone import NotNow
from engine.phone.events import Asked, Heard, Lost

MENU = "<Gather {}><Say>Press one.</Say><Say>Press two.</Say></Gather><Say>Nothing heard</Say>"


def sent(call):
    """What the last request told besides the standard parameters."""
    params = dict(call.requests[-1].params)
    return {name: params[name] for name in ("Digits", "FinishedOnKey", "SpeechResult", "Confidence") if name in params}


@pytest.fixture
def menu(site):
    def ring(attributes="", **pages):
        return site({"/": MENU.format(attributes), "/a": "<Say>Got it</Say>", **pages}).ring()

    return ring


def lost(call):
    return [event.words for event in call.events if isinstance(event, Lost)]


def test_it_says_what_it_waits_for(menu):
    """Twilio, TwiML <Gather>, attributes and their defaults."""
    assert menu().waiting_for == Asked(("dtmf",), 0, "#", 5, (), "")
    call = menu("input='dtmf speech' numDigits='1' finishOnKey='*' timeout='9' hints='yes, no' language='de-DE'")
    assert call.waiting_for == Asked(("dtmf", "speech"), 1, "*", 9, ("yes", "no"), "de-DE")
    assert call.heard == ("Press one.", "Press two.")
    assert call.status == "in-progress"


def test_keys_go_to_the_action_without_the_key_that_ends_them(menu):
    """Twilio, TwiML <Gather>, action: `Digits` without the finish key."""
    call = menu("action='/a'").press("12#")
    assert sent(call) == {"Digits": "12", "FinishedOnKey": "#"}
    assert dict(call.requests[-1].params)["CallStatus"] == "in-progress"
    assert call.heard == ("Got it",), "the rest of the document is not reached"


def test_without_an_action_the_current_document_is_asked_again(menu):
    """Twilio, TwiML <Gather>, action: the default is the current document's URL, by POST."""
    call = menu().press("1#")
    assert call.requests[-1].url == "https://example.com/"
    assert isinstance(call.waiting_for, Asked)


def test_the_method_is_post_even_if_the_document_was_fetched_with_get(site):
    """Twilio, TwiML <Gather>, method."""
    page = site({"/": "<Gather/>", "/a": ""})
    call = page.ring(method="GET").press("1#")
    assert [request.method for request in call.requests] == ["GET", "POST"]
    assert site({"/": "<Gather method='GET' action='/a'/>"}).ring().press("1#").requests[-1].method == "GET"


def test_silence_goes_on_with_the_next_verb(menu):
    """Twilio, TwiML <Gather>, timeout."""
    call = menu("action='/a' timeout='7'")
    before = call.now
    call.silence()
    assert call.heard == ("Nothing heard",)
    assert len(call.requests) == 1
    assert call.now - before >= 7


def test_the_finish_key_before_any_digit_is_no_input(menu):
    """Twilio, TwiML <Gather>, finishOnKey."""
    assert menu("action='/a'").press("#").heard == ("Nothing heard",)


@pytest.mark.parametrize("act", ["silence", "press"])
def test_action_on_empty_result_asks_the_action_all_the_same(menu, act):
    """Twilio, TwiML <Gather>, actionOnEmptyResult; whether `Digits` is then empty or absent is not documented."""
    call = menu("action='/a' actionOnEmptyResult='true'")
    call = call.silence() if act == "silence" else call.press("#")
    assert call.heard == ("Got it",)
    assert sent(call) == {"Digits": ""}


def test_num_digits_ends_it_at_once_and_what_comes_after_is_lost(menu):
    """Twilio, TwiML <Gather>, numDigits."""
    call = menu("action='/a' numDigits='2'")
    before = call.now
    call.press("1234")
    assert sent(call) == {"Digits": "12", "FinishedOnKey": ""}
    assert lost(call) == ["34"]
    assert call.requests[-1].status == 200
    assert call.now - before < 5, "nothing was waited for"


def test_of_num_digits_and_the_finish_key_the_first_counts(menu):
    """Twilio, TwiML <Gather>, numDigits; which comes first is not documented, both known emulators do so."""
    assert sent(menu("action='/a' numDigits='4'").press("12#"))["Digits"] == "12"


def test_keys_without_an_end_are_sent_when_the_timeout_has_passed(menu):
    """Twilio, TwiML <Gather>, timeout: it runs between digits too."""
    call = menu("action='/a'")
    before = call.now
    assert sent(call.press("12"))["Digits"] == "12"
    assert call.now - before >= 5
    held = menu("action='/a'").press("1", held=True).press("2", held=True)
    assert isinstance(held.waiting_for, Asked)
    assert sent(held.silence())["Digits"] == "12"


def test_an_empty_finish_key_makes_every_key_a_digit(menu):
    """Twilio, TwiML <Gather>, finishOnKey: ''."""
    assert sent(menu("action='/a' finishOnKey=''").press("1#*"))["Digits"] == "1#*"


def test_another_finish_key(menu):
    """Twilio, TwiML <Gather>, finishOnKey."""
    assert sent(menu("action='/a' finishOnKey='*'").press("1#*")) == {"Digits": "1#", "FinishedOnKey": "*"}


def test_words_go_to_the_action_with_their_confidence(menu):
    """Twilio, TwiML <Gather>, action: SpeechResult, Confidence (which may be absent)."""
    call = menu("action='/a' input='speech'").say("book it", confidence=0.75)
    assert sent(call) == {"SpeechResult": "book it", "Confidence": "0.75"}
    assert sent(menu("action='/a' input='speech'").say("hi", confidence=None)) == {"SpeechResult": "hi"}


def test_the_first_kind_wins(menu):
    """Twilio, TwiML <Gather>, input: `dtmf speech`."""
    call = menu("action='/a' input='dtmf speech'").press("1", held=True).say("two")
    assert lost(call) == ["two"]
    assert sent(call.silence()) == {"Digits": "1", "FinishedOnKey": ""}


def test_the_wrong_kind_is_lost_and_it_goes_on_waiting(menu):
    """Twilio, TwiML <Gather>, input."""
    call = menu("action='/a'").say("hello")
    assert lost(call) == ["hello"]
    assert isinstance(call.waiting_for, Asked)
    call = menu("action='/a' input='speech'").press("1")
    assert lost(call) == ["1"]
    assert isinstance(call.waiting_for, Asked)


def test_partial_results_are_posted_and_their_answer_is_ignored(site):
    """Twilio, TwiML <Gather>, partialResultCallback."""
    pages = {"/": "<Gather input='speech' action='/a' partialResultCallback='/p'/>", "/p": "<Say>x</Say>"}
    call = site(pages).ring().say("good day")
    partial = call.requests[1]
    assert (partial.url, partial.kind) == ("https://example.com/p", "callback")
    assert dict(partial.params)["UnstableSpeechResult"] == "good day"
    assert call.heard == ()


def test_a_key_stops_the_prompt(menu):
    """Twilio, TwiML <Gather>: pressing a key stops the prompt; the rest of it is not heard."""
    call = menu("action='/a' numDigits='1'").press("1", during="one")
    said = [event for event in call.events if isinstance(event, Heard)]
    assert said == [Heard("Press one.", barge_in=True, cut=True), Heard("Got it")]


def test_without_barge_in_the_prompt_is_heard_to_its_end(menu):
    """Twilio, TwiML <Gather>, bargeIn (of older pages); what becomes of the key is not documented: here it counts."""
    call = menu("action='/a' numDigits='1' bargeIn='false'").press("1", during="one")
    assert [event.text for event in call.events if isinstance(event, Heard)] == ["Press one.", "Press two.", "Got it"]


def test_keys_before_the_gather_are_lost(site):
    """Twilio, TwiML <Gather>: nobody listens for keys outside of it."""
    call = site({"/": "<Say>Welcome</Say><Gather action='/a' numDigits='1'><Say>Press</Say></Gather>"}).ring()
    call.press("1", during="Welcome")
    assert lost(call) == ["1"]
    assert isinstance(call.waiting_for, Asked)


def test_tones_are_not_played_in_a_gather(site):
    """Twilio, TwiML <Play>, digits: not inside Gather."""
    call = site("<Gather><Play digits='1w2'/></Gather>").ring()
    assert [warning.code for warning in call.warnings] == [12200]


def test_whoever_hangs_up_requests_nothing(menu):
    """Twilio, TwiML <Gather>; not documented."""
    call = menu("action='/a'").hang_up()
    assert len(call.requests) == 1
    assert (call.status, call.ended_by) == ("completed", "caller")


def test_the_number_is_told_of_the_end(site):
    """Twilio, TwiML for Programmable Voice, "StatusCallback": CallDuration."""
    call = site("<Gather/>").ring(status_callback="/s").hang_up()
    params = dict(call.requests[-1].params)
    assert (params["CallStatus"], params["CallDuration"]) == ("completed", "0")


def test_after_the_end_nothing_can_be_done(menu):
    call = menu().hang_up()
    with pytest.raises(NotNow, match="the call is over"):
        call.press("1")


def test_a_dial_cannot_end_where_none_is(menu):
    with pytest.raises(NotNow, match="at a gather, not at a dial"):
        menu().dial("busy")


def test_hints_are_parted_by_commas_and_kinds_by_blanks(site):
    """Twilio, TwiML <Gather>, hints, input."""
    asked = site("<Gather input='dtmf speech' hints='book a visit, cancel'/>").ring().waiting_for
    assert (asked.input, asked.hints) == (("dtmf", "speech"), ("book a visit", "cancel"))
