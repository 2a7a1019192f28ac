"""The pytest plugin, in runs of pytest of its own: what it collects, how a failure reads, and the fixture `phone`."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

# What is imported here stays: each run would import it anew.
import engine.testing.caller
import engine.testing.told  # noqa: F401

pytest_plugins = ("pytester",)

FLOW = """\
vars: {count: 1}
takes: {name: friend}
steps:
  menu:
    - gather:
        say: Hello {{ name }}. For sales, press 1. For help, press 2.
        branch: {1: sales, 2 | help: help, 3: box, else: hangup}
  sales:
    - dial: {number: {phone_number: "+15550100", url: screen}, branch: {completed: hangup, else: help}}
  screen:
    - gather: {num_digits: 1, say: A call. Press 1., branch: {1: [], else: hangup}}
  help:
    - say: Nobody can help.
  box:
    - record: {}
    - enqueue: {name: line, branch: {bridged: hangup, else: away}}
  away:
    - redirect: https://elsewhere.example/twiml
"""
TEXTS = """\
channel: messaging
steps:
  incoming:
    - message: "You wrote {{ message.body }}."
"""
BOTH = """\
channel: [voice, messaging]
steps:
  a: [{gather: {say: "Well?", branch: {1: hangup, else: a}}}]
"""
SCRIPT = """\
calls:
  Help is reached:
    - press: 2
    - hear: Nobody can help.
  Sales is reached:
    - press: 1
    - hear: Sales is open.
"""


@pytest.fixture
def house(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with two flows, in which pytest is run."""
    flows = pytester.mkdir("flows")
    (flows / "shop.yaml").write_text(FLOW)
    (flows / "texts.yaml").write_text(TEXTS)
    return pytester


def run(house: pytest.Pytester, *words: str, **files: str) -> pytest.RunResult:
    for name, text in files.items():
        suffix = ".py" if name.startswith("test_") else ".yaml"
        (house.path / f"{name.replace('__', '.')}{suffix}").write_text(text)
    # Each run imports anew what is not imported here, and the plugin of hypothesis would import all of it.
    return house.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *words)


def test_each_call_is_a_test(house: pytest.Pytester) -> None:
    result = run(house, "-v", shop__calls=SCRIPT)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["shop.calls.yaml::Help is reached PASSED*", "shop.calls.yaml::Sales is reached FAILED*"]
    )


def test_nothing_but_call_scripts_is_collected(house: pytest.Pytester) -> None:
    run(house, shop__test="calls: {}", calls="calls: {}").assert_outcomes()


def test_a_failure_reads_as_in_the_command_and_shows_no_stack(house: pytest.Pytester) -> None:
    result = run(house, shop__calls=SCRIPT)
    text = result.stdout.str()
    account = text.partition("_ Sales is reached _")[2].partition("\n")[2].partition("\n===")[0]
    assert account == (
        """\
error[F410]: the caller does not hear `Sales is open.`
 --> shop.calls.yaml:7:13
  |
7 |     - hear: Sales is open.
  |             ^^^^^^^^^^^^^^
 ::: flows/shop.yaml:9:7
  |
9 |     - dial: {number: {phone_number: "+15550100", url: screen}, branch: {com…
  |       ---- the call waits here, in `sales`
  |
  = note: nothing was heard since `press: 1`

so far, in "Sales is reached":
  "Hello friend. For sales, press 1. For help, press 2."
  asks for keys or words (1 key, 5 s)
> press 1
  dials +15550100"""
    )
    assert "Traceback" not in text
    assert ".py" not in account


def test_junit_holds_the_line_of_the_script(house: pytest.Pytester) -> None:
    run(house, "--junit-xml=out.xml", shop__calls=SCRIPT)
    cases = {case.get("name"): case for case in ElementTree.parse(house.path / "out.xml").iter("testcase")}
    failure = cases["Sales is reached"].find("failure")
    assert failure is not None
    assert "shop.calls.yaml:7:13" in (failure.get("message") or "")
    place = cases["Help is reached"].find("properties/property")
    assert place is not None
    assert Path(place.get("value") or "").name == "shop.calls.yaml:2"


def test_a_script_with_mistakes_is_one_test_that_fails(house: pytest.Pytester) -> None:
    result = run(house, shop__calls=SCRIPT.replace("hear", "heer", 1))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["error[[]F401]: there is no turn `heer`", " --> shop.calls.yaml:4:7"])


def test_calls_are_chosen_as_tests_are(house: pytest.Pytester) -> None:
    run(house, "-k", "Help", shop__calls=SCRIPT).assert_outcomes(passed=1, deselected=1)


def test_the_fixture_rings_a_flow(house: pytest.Pytester) -> None:
    tests = """
def test_help(phone):
    call = phone("shop")
    call.hears("Hello friend").press("2").hears_exactly("Nobody can help.").hears_not("Sales").at("help")
    call.ends("hangup").round_trips(2)
    assert call.variables == {"name": "friend", "count": 1}
    assert "> press 2" in call.transcript

def test_given(phone):
    call = phone("shop", from_="+15550111", at="2026-12-24 18:00", takes={"name": "Ann"}, dial="busy")
    call.hears("Hello Ann.").press(1).dialled("+15550100").hears("Nobody can help").sets(name="Ann", count=1)
    assert call.call.requests[0].params[2] == ("From", "+15550111")

def test_dial(phone):
    phone("shop").press("1").picks_up("1").talks(30).ends()
    phone("shop").press("1").picks_up([{"hear": "A call"}, {"press": "2"}], who="+15550100").at("help")
    phone("shop").press("1").answers("no-answer").at("help")
    phone("shop").say("help").at("help")
    phone("shop").silence().ends("hangup")
    phone("shop").hang_up().ends("caller")

def test_waiting(phone):
    call = phone("shop").press("3").recorded("4 seconds, then pound")
    call.outcome("enqueue", "queue-full").leaves("https://elsewhere.example")

def test_text(phone):
    phone("texts").text("hi").hears("You wrote hi.").text("ho").hears("You wrote ho.")

def test_both(phone):
    phone("both").hears("Well?").press("1").ends()
    phone("both", channel="messaging").text("hi").hears("Well?").text("1").hears_not("Well?")

def test_first(phone):
    phone("both", channel="messaging").is_written_to().hears("Well?").text("1")

def test_time(phone):
    call = phone("both", channel="messaging").text("hi").later("3h").text("1").hears_not("Well?")
    phone("both", channel="messaging").text("hi").later("1 day").text("1").hears("Well?")

def test_no_time(phone):
    phone("both").later("1h")
"""
    (house.path / "flows" / "both.yaml").write_text(BOTH)
    result = run(house, test_phone=tests)
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["E*`later` cannot happen here: a gather waits 5 s for an answer*"])


ASKS = """\
steps:
  a:
    - request: {url: "https://x.example/{{ call.from }}", save: found, branch: {404: nobody, timeout: slow}}
    - run: {function: look, args: {name: "{{ found.name }}"}, save: words}
    - send: {to: "{{ call.from }}", body: "{{ words }}", branch: {error: slow}}
    - say: Hello {{ found.name }}.
  nobody: [{say: Nobody.}]
  slow: [{say: Too slow.}]
"""


def test_the_fixture_takes_answers_of_the_world(house: pytest.Pytester) -> None:
    (house.path / "flows" / "asks.yaml").write_text(ASKS)
    (house.path / "flows" / "functions.py").write_text("def look(name):\n    return f'Dear {name}'\n")
    tests = """
def test_answers(phone):
    call = phone("asks", request={"GET https://x.example": {"name": "Ann"}}, send="sent", from_="+15550111")
    call.asked("GET https://x.example/+15550111", "Dear Ann").hears("Hello Ann.").asked_not("POST")

def test_functions(phone):
    phone("asks", request={"/*": {"name": "404"}}, run={"look": "error"}, send=["error"]).hears("Too slow")

def test_statuses(phone):
    phone("asks", request=404).hears("Nobody")
    phone("asks", request="timeout").hears("slow")
    phone("asks", request={"x.example": [{"status": 200, "body": {"name": "Bob"}}]}, run={"look": {"a": 1}}, send="error")

def test_nothing(phone):
    phone("asks")

def test_unknown(phone):
    phone("asks", run={"lok": 1})
"""
    result = run(house, test_world=tests)
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "E*a step has a fault: flows/asks.yaml:4:12: `look` fails, and neither its branch nor `on_error` takes that",
            "E*the script has no answer to a `request` of the flow",
            "E*  it asks: GET https://x.example/%2B15550001111",
            "E*  write",
            "E*  given:",
            "E*    request: {GET https://x.example/%2B15550001111: …}",
            "E*no flow runs a function named `lok` (did you mean `look`?)",
        ]
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'phone("shop").press("2").hears("Sales")',
            [
                "E*the caller does not hear `Sales`",
                'E*heard since `press: 2`: "Nobody can help."',
                "E*the call is at flows/shop.yaml:12:3",
                "E*so far:",
                "E*> press 2",
            ],
        ),
        ('phone("shop").press("x")', ["E*`press` takes keys: 0 to 9, star and pound (found `x`)"]),
        ('phone("shop", at="noon")', ["E*`noon` is no day and time (write at: 2026-12-24 18:00 (UTC), or at: *)"]),
        ('phone("shpo")', ["E*there is no flow named `shpo`; did you mean `shop`?"]),
        (
            'phone("shop", channel="messaging")',
            ["E*`shop` does not answer on the channel `messaging`, but on voice"],
        ),
        ('phone("shop", form="+1")', ["E*`given` has no key `form` (did you mean `from`?)"]),
    ],
)
def test_a_failure_of_the_fixture_shows_the_line_of_the_test_and_nothing_of_ours(
    line: str, said: list[str], house: pytest.Pytester
) -> None:
    result = run(house, test_phone=f"def test_it(phone):\n    {line}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">*{line}", *said, "test_phone.py:2: AssertionError"])
    assert "caller.py" not in result.stdout.str()


def test_the_fixture_tells_what_is_wrong_with_the_flows(house: pytest.Pytester) -> None:
    (house.path / "flows" / "shop.yaml").write_text(FLOW.replace("2 | help: help", "2 | help: halp"))
    result = run(house, test_phone="def test_it(phone):\n    phone('shop')\n")
    result.stdout.fnmatch_lines(["E*the flows cannot be served:", "E*error[[]F201]: there is no step named `halp`"])


def test_the_folder_of_flows_is_a_setting(house: pytest.Pytester) -> None:
    (house.path / "flows").rename(house.path / "menus")
    test = "def test_it(phone):\n    phone('shop').press('2').ends()\n"
    result = run(house, test_phone=test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no folder of flows is found around */test_phone.py; name it in touchtone_flows"])
    house.makeini("[pytest]\ntouchtone_flows = menus\n")
    run(house).assert_outcomes(passed=1)
