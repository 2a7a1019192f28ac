"""Who can be called and texted, and how to write a number that is written otherwise."""

import pytest

from engine.account.recipients import recipient_fault, sender_fault


@pytest.mark.parametrize(
    "to", ["+15550101", "+4915112345678", "client:ann", "sip:desk@example.com", "sips:a@b.example"]
)
def test_who_can_be_called(to):
    assert recipient_fault(to, "voice") == ""


@pytest.mark.parametrize("to", ["+15550101", "whatsapp:+15550101", "messenger:1234"])
def test_who_can_be_texted(to):
    assert recipient_fault(to, "messaging") == ""


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("(555) 010-0100", "+15550100100 (in the US and Canada)"),
        ("1-555-010-0100", "+15550100100"),
        ("+1 555 010 0100", "+15550100100"),
        ("0044 20 7946 0000", "+442079460000"),
        ("555.010.0100", "+15550100100 (in the US and Canada)"),
    ],
)
def test_a_number_as_people_write_it_is_told_as_twilio_wants_it(to, written):
    assert f"cannot call `{to}`: write it as {written}:" in recipient_fault(to, "voice")


@pytest.mark.parametrize(
    "to", ["", "ann", "client:", "sip:ann", "+0123456789", "+1555012345678901", "020 7946", "+१५५५०१०१"]
)
def test_what_is_nobody_is_refused_with_an_example(to):
    assert "+15550100" in recipient_fault(to, "voice")


def test_each_channel_has_its_own_addresses():
    assert "or whatsapp:+15550100" in recipient_fault("client:ann", "messaging")
    assert "client:NAME" in recipient_fault("whatsapp:+15550101", "voice")


@pytest.mark.parametrize(
    ("from_", "channel"),
    [("12345", "messaging"), ("Riverside", "messaging"), ("+15550100", "voice"), ("MG" + "0" * 32, "messaging")],
)
def test_what_calls_and_texts_can_come_from(from_, channel):
    assert sender_fault(from_, channel) == ""


@pytest.mark.parametrize(("from_", "channel"), [("555-0100", "messaging"), ("12345", "voice"), ("Riverside", "voice")])
def test_what_they_cannot_come_from(from_, channel):
    assert sender_fault(from_, channel).startswith(
        f"cannot {'call' if channel == 'voice' else 'text'} from `{from_}`: "
    )
