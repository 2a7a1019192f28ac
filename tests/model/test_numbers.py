"""A phone number is judged the same wherever one is written: its form decides, and the numbering plans only give hints."""

import pytest

from engine.diagnostics import Diagnostic, Report, Source
from engine.document.folder import Folder
from engine.grammar.fields import Phone, Wrong
from engine.grammar.fields.phone import international
from engine.model.build import build

PLACES = {
    "dial": "    - dial: {number}\n",
    "number": "    - dial: {{number: {number}}}\n",
    "phone_number": "    - dial: {{number: {{phone_number: {number}, method: GET}}}}\n",
    "caller_id": "    - dial: {{number: '+15550100', caller_id: {number}}}\n",
    "to": "    - send: {{to: {number}, body: Hello}}\n",
    "from": "    - send: {{to: '+15550100', body: Hello, from: {number}}}\n",
    "message to": "    - message: {{to: {number}, body: Hello}}\n",
    "message from": "    - message: {{from: {number}, body: Hello}}\n",
}
TEXTED = ("to", "from", "message to", "message from")


def check(instruction: str, project: str = "") -> tuple[Diagnostic, ...]:
    """What is found in a flow of one step with that instruction."""
    channel = "channel: messaging\n" if "- message" in instruction else ""
    source = Source("example.yaml", f"{channel}steps:\n  menu:\n{instruction}")
    report = Report()
    build(Folder(__file__, (source,), Source("_project.yaml", project) if project else None), report)  # type: ignore[arg-type]
    return report.diagnostics


def codes(place: str, number: str) -> list[str]:
    return [found.code for found in check(PLACES[place].format(number=f"'{number}'"))]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("+15550100", []),
        ("+14155550123", []),
        ("+442079460018", []),
        ("+4930123456789", []),
        ("{{ call.from }}", []),
        ("+44 20 7946 0018", ["L310"]),
        ("+1 (415) 555-0123", ["L310"]),
        ("(415) 555-0123", ["L310"]),
        ("415.555.0123", ["L310"]),
        ("0049 30 23125000", ["L310"]),
        ("030/23125000", ["L310"]),
        ("+1\N{NO-BREAK SPACE}415\N{NON-BREAKING HYPHEN}555\N{EN DASH}0123", ["L310"]),
        ("\N{LEFT-TO-RIGHT EMBEDDING}+14155550123\N{POP DIRECTIONAL FORMATTING}", ["L310"]),
        ("+1234567890123456", ["F133"]),
        ("+0442079460018", ["F133"]),
        ("...", ["F133"]),
        ("1-800-CALL-FLOWERS", ["F133"]),
        ("bob smith, jr", ["F103"]),
        ("+15550100, +15550101", ["F103"]),
        ("whatsapp:15550100", ["F133"]),
        ("whatsapp:", ["F133"]),
    ],
)
def test_a_number_is_judged_the_same_everywhere(place: str, number: str, found: list[str]) -> None:
    assert codes(place, number) == found


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("sip:bob@example.com", {"dial", "number", "phone_number", "caller_id"}),
        ("client:alice", {"dial", "number", "phone_number", "caller_id"}),
        ("whatsapp:+15550100", set(PLACES)),
        ("messenger:4711", set(TEXTED)),
        ("rcs:agent_4711", set(TEXTED)),
        ("*67", {"dial", "number", "phone_number"}),
        ("911", {"dial", "number", "phone_number", *TEXTED}),
        ("12345", set(TEXTED)),
        ("Spokes", {"from", "message from"}),
        ("Riverside Shop", set()),
        (f"MG{'0' * 32}", {"from", "message from"}),
        ("bob", {"from", "message from"}),
    ],
)
def test_an_address_may_stand_where_twilio_takes_it(value: str, taken: set[str]) -> None:
    found = {place: codes(place, value) for place in PLACES}
    assert {place for place, each in found.items() if not each} == taken
    assert {code for each in found.values() for code in each} <= {"F133", "L310"}


@pytest.mark.parametrize(
    ("dial", "found"),
    [
        ("{sip: sip:bob@example.com, caller_id: front-desk}", []),
        ("{client: bob, caller_id: alice}", []),
        ("{content: [{sip: sip:bob@example.com}], caller_id: alice}", []),
        ("{number: '+15550100', caller_id: alice}", ["F133"]),
        ("{conference: lobby, caller_id: alice}", ["F133"]),
        ("{sip: sip:bob@example.com, caller_id: front desk}", ["F133"]),
    ],
)
def test_a_caller_has_a_name_only_beside_a_sip_address_or_a_client(dial: str, found: list[str]) -> None:
    assert [each.code for each in check(f"    - dial: {dial}\n")] == found


@pytest.mark.parametrize(
    ("caller", "found"), [("alice", []), ("'+15550100'", []), ("two words", ["F133"]), ("555-0100", ["L310"])]
)
def test_the_caller_of_the_defaults_is_judged_too(caller: str, found: list[str]) -> None:
    project = f"defaults: {{dial: {{caller_id: {caller}}}}}\n"
    assert [each.code for each in check("    - dial: '+15550100'\n", project)] == found


@pytest.mark.parametrize(
    ("instruction", "fixed"),
    [
        ("dial: (415) 555-0123", 'write  dial: "+14155550123"'),
        ("dial: 1-415-555-0123", 'write  dial: "+14155550123"'),
        ("dial: +44 (0)20 7946 0018", 'write  dial: "+442079460018"'),
        ("dial: {number: 00 49 30 23125000}", 'write  number: "+493023125000"'),
        ("dial: {number: '+15550100', caller_id: 011 44 20 7946 0018}", 'write  caller_id: "+442079460018"'),
        ("send: {to: whatsapp:14155550123, body: a}", 'write  to: "whatsapp:+14155550123"'),
        ("dial: bob", 'write it in E.164, as in  dial: "+15550100"'),
        ("dial: bob@example.com", "a SIP address is dialed with  dial: {sip: sip:bob@example.com}"),
        ("dial: messenger:4711", "the address of a channel for texts cannot be called"),
        (
            "dial: +1 415 555 0123 x12",
            'an extension is pressed for the caller:\nnumber: {phone_number: "+14155550123", send_digits: ww12}',
        ),
    ],
)
def test_the_help_shows_the_number_that_is_meant(instruction: str, fixed: str) -> None:
    (found,) = check(f"    - {instruction}\n")
    assert found.helps[0] == fixed


def test_where_the_country_cannot_be_told_none_is_made_up() -> None:
    (found,) = check("    - dial: 030 23125000\n")
    assert found.label == "no country code"
    assert "23125000" not in found.helps[0]
    assert international("030 23125000") == ""


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("+12125551234", []),  # 555 stands in manuals and films
        ("+15550100", []),
        ("+15005550006", []),
        ("+493023125000", []),
        ("+12125", ["L311"]),
        ("+121266601234", ["L311"]),
        ("+4930", ["L311"]),
        ("+999123456", ["L311"]),
        ("whatsapp:+12125", ["L311"]),
        ("{{ '+12125' }}", []),
    ],
)
def test_with_the_library_an_impossible_number_is_a_hint_and_never_an_error(number: str, found: list[str]) -> None:
    for place in PLACES:
        diagnostics = check(PLACES[place].format(number=f'"{number}"'))
        assert [each.code for each in diagnostics] == found
        assert all(each.severity == "hint" for each in diagnostics)


def test_what_is_read_has_no_spaces_around_it() -> None:
    assert Phone().read(" +15550100 ") == "+15550100"
    assert isinstance(Phone().read(""), Wrong)


def test_each_language_may_have_its_own_number() -> None:
    text = "languages: {en: {language: en-US}, de: {language: de-DE}}\n"
    found = check("    - dial: {number: {en: '+15550100', de: nobody}}\n", text)
    assert [each.code for each in found] == ["F133"]
