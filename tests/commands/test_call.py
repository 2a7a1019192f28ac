"""`touchtone call`: what is checked before anything is placed, what is sent, and how the end is told."""

import json

import pytest

ACCOUNT = "AC" + "1" * 32
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
SID = "CA" + "2" * 32


def told(status: str, **more: object) -> tuple[int, dict[str, object]]:
    return 200, {"sid": SID, "status": status, **more}


def said(result) -> str:
    """What a command wrote for people, unfolded; no line is longer than a page is wide."""
    assert all(len(line) <= 80 for line in result.stderr.splitlines() if " http" not in line)
    return " ".join(result.stderr.split())


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def test_a_call_is_placed_and_followed_to_its_end(account, twilio, flows):
    twilio.says(
        (201, {"sid": SID, "status": "queued"}),
        told("ringing"),
        told("in-progress", answered_by="human"),
        told("completed", answered_by="human", duration="12"),
    )
    result = account("call", "+15550101", "shop", "-v", "name=Ann", "--machine-detection", "Enable")
    assert result.exit_code == 0, result.output
    assert [line.split("s  ")[1] for line in result.stdout.splitlines()] == [
        f"queued  {SID}",
        "ringing",
        "in-progress, answered by human",
        "completed, answered by human after 12 s",
    ]
    assert twilio.asked[0] == (
        "POST",
        CALLS,
        [
            ("To", "+15550101"),
            ("From", "+15550100"),
            ("Method", "POST"),
            ("MachineDetection", "Enable"),
            ("Url", "https://example.com/flows/shop?name=Ann"),
        ],
    )
    assert [path for _, path, _ in twilio.asked[1:]] == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{SID}.json"] * 3


def test_a_flow_may_be_called_under_a_query(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}), told("completed", duration="3"))
    result = account("call", "+15550101", "shop?Message[0]=Hello+World&n[]=1&n[]=2", "-v", "name=Ann")
    assert result.exit_code == 0, result.output
    url = dict(twilio.asked[0][2])["Url"]
    assert url == "https://example.com/flows/shop?Message%5B0%5D=Hello+World&n%5B0%5D=1&n%5B1%5D=2&name=Ann"


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_answers_is_status_1(account, twilio, flows, status):
    twilio.says((201, {"sid": SID, "status": "queued"}), told(status, duration="0"))
    result = account("call", "+15550101", "shop", "-v", "name=Ann")
    assert result.exit_code == 1
    assert f"s  {status}" in result.stdout.splitlines()[-1]


def test_for_programs_each_line_is_an_object(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}), told("completed", duration="3"))
    result = account("call", "+15550101", "--twiml", "<Response/>", "--json")
    lines = [json.loads(line) for line in result.output.splitlines()]
    for line in lines:
        assert line.pop("after") >= 0
    assert lines == [{"sid": SID, "status": "queued"}, {"sid": SID, "status": "completed", "seconds": 3}]


def test_nobody_need_wait_for_the_end(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}))
    result = account("call", "+15550101", "shop", "-v", "name=Ann", "--no-wait")
    assert (result.exit_code, len(twilio.asked)) == (0, 1)
    assert result.stdout.endswith(f"queued  {SID}\n")


def test_a_dry_run_shows_the_request_and_sends_nothing(account, twilio, flows):
    words = ["call", "+15550101", "shop/welcome", "-v", "name=Ann", "-v", "day=Monday", "--timeout", "20", "--record"]
    words += ["--send-digits", "1w2", "--time-limit", "60", "--status", "shop/ended", "--dry-run"]
    words += ["--machine-detection", "DetectMessageEnd", "--answered-by", "shop/ended"]
    result = account(*words, TOUCHTONE_TWILIO_API="")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"POST https://api.twilio.com{CALLS}",
        "  To=+15550101",
        "  From=+15550100",
        "  Method=POST",
        "  StatusCallback=https://example.com/flows/shop/ended?name=Ann&day=Monday",
        "  SendDigits=1w2",
        "  Timeout=20",
        "  Record=true",
        "  MachineDetection=DetectMessageEnd",
        "  AsyncAmd=true",
        "  AsyncAmdStatusCallback=https://example.com/flows/shop/ended?name=Ann&day=Monday",
        "  TimeLimit=60",
        "  Url=https://example.com/flows/shop/welcome?name=Ann&day=Monday",
    ]
    assert twilio.asked == []
    shown = json.loads(account(*words, "--json").stdout)
    assert shown["url"] == f"{twilio.url}{CALLS}", "where the request would go"
    assert shown["params"][0] == ["To", "+15550101"]


def test_somebody_elses_twiml_is_run_by_its_address(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}))
    url = "https://twimlets.com/message?Message=Hi"
    account("call", "+15550101", "--url", url, "--method", "GET", "--no-wait")
    assert twilio.asked[0][2][2:] == [("Method", "GET"), ("Url", url)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["(555) 010-0100", "shop"], "cannot call `(555) 010-0100`: write it as +15550100100"),
        (["+15550101", "shop", "--from", "555 0100"], "cannot call from `555 0100`: write"),
        (["+15550101", "shpo"], "there is no flow named `shpo`\n  did you mean `shop`?"),
        (["+15550101", "shop"], "`shop` must be given name\n  add  -v name=…"),
        (["+15550101", "shop", "-v", "name=A", "-v", "dya=x"], "takes no variable `dya`\n  did you mean `day`?"),
        (["+15550101", "shop", "-v", "name"], "--with is a name and a value, such as --with name=Ann; not name"),
        (["+15550101", "texts"], "`texts` answers messages, not calls"),
        (["+15550101", "broken"], "`broken` has errors: fix them first"),
        (["+15550101", "shop/end", "-v", "name=A"], "`shop` has no step named `end`\n  did you mean `ended`?"),
        (["+15550101", "shop", "-v", "name=A", "--status", "shop/welcome"], "--status: `shop/welcome` says or asks"),
        (["+15550101", "shop", "-v", "name=A", "--timeout", "601"], "a call rings from 1 to 600 seconds, not 601"),
        (["+15550101"], "a call runs one thing: name a FLOW, or give --url URL or --twiml TEXT"),
        (["+15550101", "shop", "--twiml", "<Response/>"], "a call runs one thing"),
        (["+15550101", "--url", "twimlets.com/message"], "--url: `twimlets.com/message` is not a URL"),
        (["+15550101", "--twiml", "<Response/>", "-v", "a=b"], "no flow is named"),
        (["+15550101", "shop", "--flows", "elsewhere"], "there is no folder elsewhere"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_placed(account, twilio, flows, words, why):
    result = account("call", *words)
    assert result.exit_code == 2
    assert " ".join(why.split()) in said(result)
    assert "Traceback" not in result.output
    assert twilio.asked == []


def test_twilio_cannot_call_an_address_of_this_machine(account, twilio, flows):
    for url, why in (("", "Twilio does not know where"), ("http://localhost:8000", "Twilio cannot reach http://loc")):
        result = account("call", "+15550101", "shop", "-v", "name=A", TOUCHTONE_TWILIO_API="", TOUCHTONE_PUBLIC_URL=url)
        assert (result.exit_code, why in said(result), "start a tunnel" in said(result)) == (2, True, True)


def test_without_an_account_nothing_is_placed(account, flows):
    result = account("call", "+15550101", "shop", TWILIO_AUTH_TOKEN="")
    assert result.exit_code == 2
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set" in said(result)


def test_what_twilio_refuses_is_told_with_what_to_do(account, twilio, flows):
    twilio.says((400, {"code": 21219, "message": "The number +15550101 is unverified.", "status": 400}))
    result = account("call", "+15550101", "shop", "-v", "name=A")
    assert result.exit_code == 2
    assert "touchtone: Twilio error 21219: The number +15550101 is unverified." in said(result)
    assert "touchtone numbers verify" in said(result)
    assert len(twilio.asked) == 1


def test_a_rate_limit_is_waited_out(account, twilio, flows):
    twilio.says(
        (429, {"code": 20429, "message": "Too Many Requests", "status": 429}), (201, {"sid": SID, "status": "queued"})
    )
    result = account("call", "+15550101", "shop", "-v", "name=A", "--no-wait")
    assert (result.exit_code, len(twilio.asked)) == (0, 2)


def test_a_call_is_never_placed_twice_when_no_answer_comes(account, twilio, flows):
    twilio.says((0, {}))
    result = account("call", "+15550101", "shop", "-v", "name=A")
    assert result.exit_code == 2
    assert "whether the call is placed is not known" in said(result)
    assert f"look at {twilio.url}/ before you try again" in said(result)
    assert len(twilio.asked) == 1


def test_a_look_without_an_answer_is_repeated(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}), (0, {}), (503, {}), told("completed", duration="1"))
    result = account("call", "+15550101", "shop", "-v", "name=A")
    assert result.exit_code == 0, result.output


def test_when_nobody_can_look_the_call_goes_on(account, twilio, flows):
    twilio.says((201, {"sid": SID, "status": "queued"}), (503, {}))
    result = account("call", "+15550101", "shop", "-v", "name=A")
    assert result.exit_code == 2
    assert f"the call {SID} goes on" in said(result)


def test_ctrl_c_says_that_the_call_goes_on_and_a_second_one_hangs_up(account, twilio, flows, monkeypatch):
    twilio.says((201, {"sid": SID, "status": "queued"}), told("ringing"))

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    result = account("call", "+15550101", "shop", "-v", "name=A")
    assert result.exit_code == 130
    assert f"The call {SID} goes on. Ctrl-C again hangs it up." in said(result)
    assert "Hung up." in said(result)
    assert twilio.asked[-1] == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{SID}.json", [("Status", "completed")])
