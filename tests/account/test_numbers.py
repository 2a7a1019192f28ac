"""Where a number goes is said in plain words, and what somebody else has set is seen before it is replaced."""

import pytest

from engine.account.destinations import FlowPlace, has_login, old_place_of, place_of, shown_url, without_login
from engine.account.numbers import (
    Number,
    NumberError,
    described,
    differing,
    find_number,
    list_numbers,
    objections,
    pointed,
    update_number,
)
from tests.account.fake import Fake, number

OURS = "https://example.com"
APP, TRUNK = "AP" + "1" * 32, "TK" + "1" * 32


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.com/flows/clinic", FlowPlace("clinic")),
        ("https://EXAMPLE.com:443/flows/clinic/", FlowPlace("clinic")),
        ("https://example.com/flows/clinic/menu?a=1#rc=2", FlowPlace("clinic", "menu")),
        ("https://user:word@example.com/flows/clinic", FlowPlace("clinic")),
        ("http://example.com/flows/clinic", None),
        ("https://example.com:8443/flows/clinic", None),
        ("https://example.com/other/flows/clinic", None),
        ("https://example.org/flows/clinic", None),
        ("https://example.com/flows/", None),
        ("https://[bad", None),
        ("", None),
    ],
)
def test_an_address_below_the_public_one_is_a_flow(url, place):
    assert place_of(url, OURS) == place


def test_the_path_of_the_public_address_belongs_to_it():
    assert place_of("https://example.com/phone/flows/clinic", "https://example.com/phone") == FlowPlace("clinic")
    assert place_of("https://example.com/flows/clinic", "https://example.com/phone") is None
    assert place_of("https://example.com/flows/clinic", "") is None


def test_a_flow_at_another_address_is_known_by_its_form():
    assert old_place_of("https://old.example.com/flows/clinic/menu") == FlowPlace("clinic", "menu")
    assert old_place_of("https://old.example.com/twiml") is None


def test_a_login_is_never_shown():
    url = "https://me:secret@old.example.com/twiml?token=abc"
    assert has_login(url)
    assert not has_login("https://old.example.com/@me")
    assert shown_url(url) == "https://old.example.com/twiml?…"
    assert without_login(url) == "https://old.example.com/twiml?token=abc"


@pytest.mark.parametrize(
    ("settings", "calls", "messages"),
    [
        ({}, "–", "–"),
        ({"voice_url": f"{OURS}/flows/clinic", "sms_url": f"{OURS}/flows/survey/ask"}, "flow clinic", "flow survey/ask"),
        ({"voice_url": "https://demo.twilio.com/welcome/voice/"}, "Twilio's demo", "–"),
        ({"voice_url": f"{OURS}/flows/clinic", "voice_application_sid": APP}, f"app {APP}", "–"),
        ({"voice_url": f"{OURS}/flows/clinic", "sms_url": f"{OURS}/a", "trunk_sid": TRUNK}, f"trunk {TRUNK}", f"{OURS}/a"),
        ({"sms_application_sid": APP}, "–", f"app {APP}"),
    ],
)  # fmt: skip
def test_a_destination_is_said_in_a_few_words(settings, calls, messages):
    one = Number("PN1", "+15550100", settings=settings)
    assert (one.destination("voice", OURS), one.destination("messaging", OURS)) == (calls, messages)


def test_an_app_is_called_by_its_name():
    one = Number("PN1", "+15550100", settings={"voice_application_sid": APP})
    assert one.destination("voice", OURS, {APP: "clinic"}) == "app clinic"


def test_only_the_channels_of_the_flow_are_set():
    url = f"{OURS}/flows/clinic"
    voice = {"voice_url": url, "voice_method": "POST", "voice_fallback_url": url, "voice_fallback_method": "POST"}
    assert pointed(OURS, "clinic", ("voice",)) == voice | {"voice_application_sid": "", "trunk_sid": ""}
    assert "voice_url" not in pointed(OURS, "clinic", ("messaging",))
    assert "status_callback" not in pointed(OURS, "clinic", ("voice", "messaging"))
    told = pointed(OURS, "clinic", ("voice",), f"{OURS}/flows/clinic/ended")
    assert told["status_callback"] == f"{OURS}/flows/clinic/ended"


def test_what_somebody_else_has_set_is_named():
    wanted = pointed(OURS, "clinic", ("voice", "messaging"), f"{OURS}/flows/clinic/ended")

    def against(**settings: str) -> tuple[str, ...]:
        return objections(Number("PN1", "+15550100", settings=settings), wanted, OURS)

    assert against() == ()
    assert against(voice_url="https://demo.twilio.com/welcome/voice/", sms_url=f"{OURS}/flows/other") == ()
    assert against(voice_url="https://a.example.org/x?k=1") == ("calls go to https://a.example.org/x?…",)
    assert against(sms_application_sid=APP) == (f"messages go to the app {APP}",)
    assert against(trunk_sid=TRUNK) == (f"calls go to the trunk {TRUNK}",)
    assert against(status_callback="https://a.example.org/s") == ("call status goes to https://a.example.org/s",)
    assert against(voice_url="https://u:p@a.example.org/x") == (
        "calls go to https://a.example.org/x (its login is not remembered)",
    )


def test_what_the_flow_does_not_serve_is_nobodys_business():
    one = Number("PN1", "+15550100", settings={"sms_url": "https://a.example.org/x", "sms_application_sid": APP})
    assert objections(one, pointed(OURS, "clinic", ("voice",)), OURS) == ()


def test_a_number_is_found_as_people_write_it():
    known = (Number("PN1", "+12125550100"), Number("PN2", "+442071838750"))
    assert find_number(known, "(212) 555-0100").sid == "PN1"
    assert find_number(known, " +442071838750 ").sid == "PN2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clinic", "`clinic` is not a phone number\n  write it with + and its country code, such as +15550100"),
        ("5550100", "`5550100` is not a phone number\n  write it with + and its country code, such as +15550100"),
        ("+15550199", "+15550199 is not a number of this account\n  it has +12125550100, +442071838750"),
    ],
)
def test_a_number_that_the_account_does_not_have_is_said(text, sentence):
    known = (Number("PN1", "+12125550100"), Number("PN2", "+442071838750"))
    with pytest.raises(NumberError) as caught:
        find_number(known, text)
    assert str(caught.value) == sentence


def test_of_many_numbers_the_error_names_a_few():
    known = [Number("PN", f"+1555010{place}") for place in range(8)]
    with pytest.raises(NumberError, match=r"\+15550104 and 3 more"):
        find_number(known, "+15550199")


def test_numbers_are_read_in_the_order_of_their_digits():
    voice_only = {"voice": True, "sms": False, "mms": False, "fax": False}
    fake = Fake({"incoming_phone_numbers": [number("+15550101", 2, capabilities=voice_only), number("+15550100")]})
    first, second = list_numbers(fake.client())
    assert (first.number, first.lacks, second.lacks) == ("+15550100", (), ("messaging",))


def test_only_what_differs_is_sent():
    fake = Fake({"incoming_phone_numbers": [number("+15550100", voice_method="POST")]})
    (one,) = list_numbers(fake.client())
    wanted = pointed(OURS, "clinic", ("voice",))
    changed = update_number(fake.client(), one, differing(one, wanted))
    assert changed.destination("voice", OURS) == "flow clinic"
    url = f"{OURS}/flows/clinic"
    assert fake.changes()[0][2] == {"VoiceUrl": url, "VoiceFallbackUrl": url, "VoiceFallbackMethod": "POST"}
    assert differing(changed, wanted) == {}


def test_nothing_is_described_as_nothing():
    assert described("", OURS) == "–"


def test_an_error_in_place_of_a_list_is_read_and_a_rate_limit_waited_out():
    from engine.account.errors import explain, retried

    fake, pauses = Fake(), []
    fake.refuse = (429, {"code": 20429, "message": "Too Many Requests", "status": 429})
    with pytest.raises(Exception, match="Unable to fetch page") as caught:
        retried(lambda: list_numbers(fake.client()), sleep=pauses.append, jitter=lambda: 0.5)
    assert pauses == [0.5, 1.0, 2.0]
    assert explain(caught.value).sentence == "Twilio error 20429: Too Many Requests"
