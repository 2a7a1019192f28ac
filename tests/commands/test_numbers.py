"""`touchtone numbers` says where numbers go, and changes one only as far as it was told to."""

import json

import pytest
from click.testing import CliRunner

from engine.cli import main
from tests.account.fake import ACCOUNT, TOKEN, Fake, number

URL = "https://example.com"
CLINIC = "steps:\n  welcome:\n    - say: Hello.\n  ended:\n    - log: over\n"
BOTH = "channel: [voice, messaging]\nsteps:\n  ask:\n    - say: Hello.\n"


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An account with one number, and a folder with flows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/clinic.yaml").write_text(CLINIC)
    (tmp_path / "flows/both.yaml").write_text(BOTH)
    for name, value in (("TWILIO_ACCOUNT_SID", ACCOUNT), ("TWILIO_AUTH_TOKEN", TOKEN), ("TOUCHTONE_PUBLIC_URL", URL)):
        monkeypatch.setenv(name, value)
    made = Fake({"incoming_phone_numbers": [number("+15550100")]})
    monkeypatch.setattr("engine.account.client.open_client", lambda *_, **__: made.client())
    return made


def run(*words, status=0):
    result = CliRunner().invoke(main, ["numbers", *words])
    assert result.exit_code == status, result.output
    assert TOKEN not in result.output
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if "{" not in line)
    return result


def refused(*words):
    """What it says where it does nothing, in one line."""
    return run(*words, status=2).stderr.replace("\n  ", " ")


def only(fake):
    return fake.kept["incoming_phone_numbers"][0]


def test_the_bare_command_lists(fake):
    only(fake)["voice_url"] = f"{URL}/flows/clinic"
    only(fake)["sms_url"] = "https://me:word@a-long-name.example.org/a/long/path"
    assert run().stdout.splitlines() == [
        "number            name              calls go to             messages go to",
        "+15550100         Front desk        flow clinic             https://a-long-name…",
    ]
    assert run("list").stdout == run().stdout
    (line,) = run("--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["voice"], told["messaging"]) == ("flow clinic", "https://a-long-name.example.org/a/long/path")


def test_apps_are_listed_by_name(fake):
    fake.kept["applications"] = [{"sid": "AP" + "1" * 32, "friendly_name": "desk"}]
    only(fake)["voice_application_sid"] = "AP" + "1" * 32
    assert "app desk" in run().stdout


def test_an_account_without_numbers(fake):
    fake.kept.clear()
    assert run().stdout == "the account has no phone numbers; buy one in the Twilio Console\n"
    assert "it has none: buy one" in refused("point", "+15550100", "clinic")


def test_point_shows_before_and_after_and_restore_puts_it_back(fake):
    only(fake)["voice_url"] = "https://demo.twilio.com/welcome/voice/"
    before = dict(only(fake))
    assert run("point", "+15550100", "clinic").stdout.splitlines() == [
        "before  calls: Twilio's demo, messages: –",
        "after   calls: flow clinic, messages: –",
        "changed; undo it with  touchtone numbers restore +15550100",
    ]
    assert only(fake)["voice_url"] == only(fake)["voice_fallback_url"] == f"{URL}/flows/clinic"
    assert only(fake)["voice_method"] == "POST"
    assert "goes to clinic already" in run("point", "+15550100", "clinic").stdout
    assert len(fake.changes()) == 1
    run("point", "+15550100", "both")
    assert "calls: Twilio's demo, messages: –" in run("restore", "+15550100").stdout
    assert {name: only(fake).get(name) or None for name in only(fake)} == {
        name: before.get(name) for name in only(fake)
    }
    assert "is not known" in refused("restore", "+15550100")


def test_a_number_may_go_to_a_flow_under_a_query(fake):
    assert "after   calls: flow clinic" in run("point", "+15550100", "clinic?Message[0]=Hello+World", "--yes").stdout
    assert only(fake)["voice_url"] == f"{URL}/flows/clinic?Message%5B0%5D=Hello+World"
    assert "goes to clinic already" in run("point", "+15550100", "clinic?Message[0]=Hello+World").stdout
    assert "changed" in run("point", "+15550100", "clinic?Message[0]=Goodbye").stdout


def test_a_flow_for_both_channels_takes_both(fake):
    assert "after   calls: flow both, messages: flow both" in run("point", "+15550100", "both").stdout


def test_what_the_number_cannot_receive_is_left_alone(fake):
    only(fake)["capabilities"] = {"voice": True, "sms": False, "mms": False}
    assert "cannot receive messages: these are left" in run("point", "+15550100", "both").stderr
    assert "sms_url" not in only(fake)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"voice_url": "https://a.example.org/x"}, "calls go to https://a.example.org/x"),
        ({"voice_application_sid": "AP" + "1" * 32}, f"calls go to the app AP{'1' * 32}"),
        ({"trunk_sid": "TK" + "1" * 32}, f"calls go to the trunk TK{'1' * 32}"),
    ],
)
def test_what_somebody_else_has_set_is_replaced_only_when_told(fake, settings, why):
    only(fake).update(settings)
    assert f"is in use: {why} replace that with --yes" in refused("point", "+15550100", "clinic")
    assert "it also needs --yes" in run("point", "+15550100", "clinic", "--dry-run").stdout
    assert fake.changes() == []
    assert "after   calls: flow clinic" in run("point", "+15550100", "clinic", "--yes").stdout
    run("restore", "+15550100")
    assert {name: only(fake)[name] for name in settings} == settings


def test_a_tunnel_has_another_address_each_time(fake):
    only(fake)["voice_url"] = "https://a.example.org/x"
    run("point", "+15550100", "clinic", "--yes", "--public-url", "https://one.example.net")
    after = run("point", "+15550100", "clinic", "--public-url", "https://two.example.net").stdout
    assert after.startswith("before  calls: https://one.example.net/flows/clinic")
    run("restore", "+15550100")
    assert only(fake)["voice_url"] == "https://a.example.org/x"
    run("app", "clinic", "--public-url", "https://one.example.net")
    assert run("app", "clinic").stdout.strip() == fake.kept["applications"][0]["sid"]


def test_a_status_callback_only_when_asked_for(fake):
    run("point", "+15550100", "clinic")
    assert "status_callback" not in only(fake)
    assert "status: flow clinic/ended" in run("point", "+15550100", "clinic", "--status", "clinic/ended").stdout
    assert only(fake)["status_callback"] == f"{URL}/flows/clinic/ended"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("+15550100", "clinik"), "there is no flow named `clinik` did you mean `clinic`?"),
        (("+15550100", "clinic", "--status", "clinic"), "--status: `clinic` says or asks something, which a report cannot"),
        (("+15550100", "clinic", "--status", "clinic/endet"), "--status: `clinic` has no step named `endet` did you mean `ended`?"),
        (("+15550199", "clinic"), "+15550199 is not a number of this account it has +15550100"),
        (("desk", "clinic"), "`desk` is not a phone number write it with + and its country code"),
        (("+15550100", "clinic", "--public-url", "http://127.0.0.1:8000"), "Twilio cannot reach http://127.0.0.1:8000"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(fake, words, why):
    assert why in refused("point", *words)
    assert fake.changes() == []


def test_a_flow_with_errors_is_never_pointed_at(fake, tmp_path):
    (tmp_path / "flows/clinic.yaml").write_text("steps:\n  welcome:\n    - redirect: nowhere\n")
    assert "`clinic` has errors: fix them first" in refused("point", "+15550100", "clinic")


def test_a_flow_that_must_be_given_something_is_on_no_number(fake, tmp_path):
    (tmp_path / "flows/account.yaml").write_text(f"takes: {{account: required}}\n{CLINIC}")
    why = refused("point", "+15550100", "account")
    assert "`account` must be given `account`, which a call to a number does not do give it a default" in why
    assert run("app", "account").stdout.startswith("AP")  # a browser client may give it


def test_without_a_public_address_nothing_is_pointed(fake, monkeypatch):
    monkeypatch.delenv("TOUCHTONE_PUBLIC_URL")
    assert "Twilio does not know where your flows are start a tunnel" in refused("point", "+15550100", "clinic")
    assert "set TOUCHTONE_PUBLIC_URL" in run().stdout


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_without_an_account_it_says_what_to_set(fake, monkeypatch, name):
    monkeypatch.delenv(name)
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set" in refused()


def test_an_error_of_twilio_is_said_with_what_to_do(fake):
    fake.refuse = (401, {"code": 20003, "message": "Authenticate", "status": 401})
    assert "Twilio error 20003" in refused()


def test_an_app_is_made_once_and_then_updated(fake):
    first = run("app", "both")
    assert first.stdout.strip() == fake.kept["applications"][0]["sid"]
    assert fake.kept["applications"][0]["sms_url"] == f"{URL}/flows/both"
    assert run("app", "both").stdout == first.stdout
    fake.kept["applications"][0]["voice_url"] = "https://a.example.org/x"
    assert "goes to https://a.example.org/x replace that with --yes" in refused("app", "both")
    assert "would update" in run("app", "both", "--yes", "--dry-run").stdout
    run("app", "both", "--yes")
    assert [one["voice_url"] for one in fake.kept["applications"]] == [f"{URL}/flows/both"]


def test_of_several_apps_of_a_name_nobody_can_tell(fake):
    fake.kept["applications"] = [
        {"sid": "AP" + digit * 32, "friendly_name": "both", "voice_url": "https://a.example.org"} for digit in "12"
    ]
    assert "there are 2 apps named `both`" in refused("app", "both")


def test_a_number_is_verified_with_the_code_that_is_printed(fake):
    assert "no number is verified" in run("verified").stdout
    told = run("verify", "+1 (555) 0177", "--name", "Mine").stdout
    assert "Type this code on that phone: 123456" in told
    assert told.endswith("+15550177 is verified\n")
    assert fake.changes()[0][2] == {"PhoneNumber": "+15550177", "FriendlyName": "Mine"}
    assert "+15550177" in run("verified").stdout
    assert run("verify", "+15550177").stdout == "+15550177 is verified already\n"


def test_a_verification_that_does_not_come_is_said(fake, monkeypatch):
    fake.verifies = False
    monkeypatch.setattr("engine.commands.caller_ids.POLL_SECONDS", 0.01)
    assert "is not verified after 1 s" in refused("verify", "+15550177", "--wait", "1")
    assert "is verified" not in run("verify", "+15550177", "--wait", "0").stdout


@pytest.mark.parametrize("words", [(), ("list",), ("point",), ("restore",), ("app",), ("verified",), ("verify",)])
def test_help_fits_one_screen_and_shows_an_example(words):
    lines = CliRunner().invoke(main, ["numbers", *words, "--help"]).output.splitlines()
    assert len(lines) <= 30
    assert all(len(line) <= 80 for line in lines)
    assert any(line.strip().startswith("touchtone numbers") for line in lines)
