"""What an author plays and watches: the phone, texts, what the flow asks of the world, calls and their timelines, scripts."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

import pytest
from twilio.request_validator import RequestValidator

from tests.browser.conftest import ROOT, Look, Project, Seen, Start

TOKEN = "0123456789abcdef0123456789abcdef"
MENU = "For appointments, press 1."


def key(seen: Seen, keys: str) -> None:
    """Presses keys of the keypad by the mouse."""
    for one in keys:
        seen.tab.click(f'.pad button:has(b:text-is("{one}"))')


def call(seen: Seen) -> None:
    """Calls the flow that is shown."""
    seen.tab.click('.panel-phone .callbar button:has-text("Call")')
    seen.says(".caps", MENU)


def caption(seen: Seen, key_: str) -> str:
    """Where a key leads, as the keypad says."""
    return str(seen.tab.text_content(f'.pad button:has(b:text-is("{key_}")) small'))


def now(seen: Seen, step: str) -> None:
    """Waits until the tree says that the call is at a step."""
    seen.wait(f'.v-tree .card.now[data-step="{step}"]')


# The phone


def test_the_tree_follows_a_call_to_steps_out_of_sight(look: Look) -> None:
    seen = look(at="#clinic", height=700)
    call(seen)
    now(seen, "clinic/menu")
    assert seen.tab.evaluate("document.querySelector('.v-tree').scrollTop") == 0
    key(seen, "3")
    seen.says("body", "Recording, up to 2 min. It ends with 5 s of silence, #, or a hang-up.")
    now(seen, "clinic/voicemail")
    seen.tab.wait_for_function("document.querySelector('.v-tree').scrollTop > 0")


def test_the_clinic_by_mouse_on_the_keypad(look: Look) -> None:
    seen = look(at="#clinic")
    call(seen)
    now(seen, "clinic/menu")
    assert (caption(seen, "2"), caption(seen, "*"), caption(seen, "0")) == ("billing", "repeat", "operator")
    assert seen.tab.get_attribute('.pad button:has(b:text-is("5"))', "class") == "off"
    key(seen, "2")
    seen.says(".caps", "Enter the 6 digits")
    now(seen, "clinic/billing")
    seen.says('.v-tree [data-edge="clinic/menu:0 1"] .turn', "2")
    key(seen, "482")
    seen.says(".slots", "482")
    seen.says(".waits", "3 of 6 digits")
    key(seen, "913")
    seen.says(".caps", "Your account is 4 8 2 9 1 3.")
    key(seen, "1")
    seen.says(".waits", "Ringing +15550101")
    assert seen.tab.is_disabled('.pad button:has(b:text-is("1"))')
    seen.tab.click('.outs button:has-text("No answer")')
    seen.says(".caps", "Leave your name and number")
    seen.tab.click('.outs button:has-text("Speak 12 s")')
    seen.says(".callbar", "Call ended")
    seen.says(".turns", "no-answer")
    steps = seen.tab.eval_on_selector_all(".turns td.s b", "(all) => all.map((one) => one.textContent)")
    assert steps[:4] == ["welcome", "menu", "billing", "confirm"]


def test_the_clinic_by_keyboard_alone(look: Look) -> None:
    seen = look(at="#clinic")
    press = seen.tab.keyboard.press
    seen.card("clinic/menu")
    press("c")
    seen.says(".caps", MENU)
    press("2")
    seen.says(".caps", "Enter the 6 digits")
    press("b")
    seen.tab.wait_for_function("() => !document.querySelector('.caps').textContent.includes('Enter the 6 digits')")
    now(seen, "clinic/menu")
    press("t")
    seen.tab.keyboard.type("billing 2")
    press("Enter")
    seen.says(".caps", "You said “billing 2”")
    seen.says(".caps", "Enter the 6 digits")
    press("Escape")
    seen.tab.keyboard.type("482913")
    seen.says(".caps", "Your account is 4 8 2 9 1 3.")
    press(".")
    seen.says(".caps", "Sorry, I did not hear anything.")
    press("1")
    seen.says(".waits", "Ringing +15550101")
    press("2")
    seen.says(".caps", "The line is busy.")
    press("h")
    seen.says(".callbar", "Call ended")
    assert seen.tab.text_content(".callbar .small") == "The caller hung up."


def test_the_person_who_is_dialed_is_played_too(look: Look) -> None:
    seen = look(at="#clinic")
    call(seen)
    key(seen, "0")
    seen.says(".waits", "Ringing +15550100")
    seen.tab.click('.outs button:has-text("Picks up")')
    seen.says(".callbar", "you are the other side")
    seen.says(".cap.other", "A call for Riverside Clinic")
    key(seen, "1")
    seen.says(".waits", "The caller talks with +15550100.")
    seen.tab.click('.outs button:has-text("They hang up")')
    seen.says(".callbar", "Call ended")


def test_a_call_begins_where_when_and_with_what_is_chosen(look: Look) -> None:
    seen = look(at="#clinic")
    seen.card("clinic/menu")
    seen.tab.select_option('[aria-label="Start at step"]', "confirm")
    seen.tab.click("#side-phone .vars summary")
    seen.tab.fill('[aria-label="Variable 1, name"]', "typed")
    seen.tab.fill('[aria-label="Variable 1, value"]', "482913")
    seen.tab.keyboard.press("Tab")
    seen.tab.keyboard.press("Escape")
    seen.tab.click('.panel-phone .callbar button:has-text("Call")')
    seen.says(".caps", "Your account is 4 8 2 9 1 3.")
    seen.says("#side-phone .varbody", "482913")
    seen.tab.focus('.v-tree [tabindex="0"][data-step]')
    seen.tab.keyboard.press("End")
    seen.tab.keyboard.press("Shift+Enter")
    seen.says(".caps", "Sorry, something went wrong")


def test_a_reload_of_the_page_in_the_middle_of_a_call_loses_nothing(look: Look) -> None:
    seen = look(at="#clinic")
    call(seen)
    key(seen, "2")
    seen.says(".caps", "Enter the 6 digits")
    key(seen, "48")
    seen.says(".slots", "48")
    seen.tab.reload()
    seen.says(".slots", "48")
    seen.says(".caps", MENU)
    now(seen, "clinic/billing")
    key(seen, "2913")
    seen.says(".caps", "Your account is 4 8 2 9 1 3.")
    seen.says(".turns", "confirm")


def test_a_save_replays_the_keys_to_the_same_place_or_says_where_they_end(look: Look) -> None:
    seen = look(at="#clinic")
    call(seen)
    key(seen, "2")
    seen.says(".caps", "Enter the 6 digits")
    seen.project.replace("clinic.yaml", "Enter the 6 digits of your account number.", "Now your account, please.")
    seen.says(".caps", "Now your account, please.")
    seen.says(".news", "Replayed 1 key.")
    now(seen, "clinic/billing")
    seen.project.replace("clinic.yaml", "          2 | billing: billing\n", "")
    seen.says(".news", "Replayed 0 of 1 key: at menu, 2 no longer leads anywhere.")
    now(seen, "clinic/menu")
    seen.tab.click('[role="switch"][aria-label="Replay keys after a save"]')
    seen.wait('[aria-label="Replay keys after a save"][aria-checked="false"]')
    seen.project.replace("clinic.yaml", "Thank you for calling Riverside Clinic.", "Good morning.")
    seen.says(".news", "This call goes on with the version of")
    assert "Good morning." not in seen.tab.text_content(".caps")
    seen.tab.click('.news button:has-text("Replay on live")')
    seen.says(".caps", "Good morning.")


def test_captions_are_announced_once_and_only_the_newest(look: Look) -> None:
    seen = look(at="#clinic")
    call(seen)
    assert seen.tab.text_content("[data-news]") == ""
    key(seen, "2")
    seen.says("[data-news]", "Enter the 6 digits")
    assert MENU not in seen.tab.text_content("[data-news]")
    seen.tab.click('[role="switch"][aria-label="Speak captions aloud"]')
    seen.says(".voice", "This browser has no voices, so captions stay silent.")


# What a flow asks of the world

ACCOUNT = """vars: {name: ""}
steps:
  start:
    - request:
        url: URL/accounts
        params: {phone: "{{ call.from }}"}
        save: account
        branch:
          404: unknown
          ok: known
          else: broken
  known:
    - say: Hello {{ account.name }}.
  unknown:
    - say: We do not know you.
  broken:
    - say: Our system is down.
"""


@contextmanager
def server() -> Iterator[tuple[str, list[str]]]:
    """A server of the world, and the paths that were asked of it."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"name": "Really Ann"}')

        def log_message(self, *_: object) -> None:
            pass

    serving = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", asked
    finally:
        serving.shutdown()
        serving.server_close()


def asking(look: Look, start: Start, tmp_path: Path, url: str) -> Seen:
    """The page of a project whose flow asks a server, and a call that waits for the answer."""
    (tmp_path / "riverside").mkdir()
    (tmp_path / "riverside" / ".env").write_text(f"TOUCHTONE_ALLOW_HOSTS={url.removeprefix('http://')}\n")
    project = start(None)
    project.write("account.yaml", ACCOUNT.replace("URL", url))
    seen = look(project=project)
    seen.wait('.v-tree .card[data-step="account/start"]')
    seen.tab.click('.panel-phone .callbar button:has-text("Call")')
    seen.wait(".asks")
    return seen


def test_a_request_is_answered_by_hand_and_really_sent_only_when_one_says_so(
    look: Look, start: Start, tmp_path: Path
) -> None:
    with server() as (url, asked):
        seen = asking(look, start, tmp_path, url)
        seen.says(".asks .code", f"GET {url}/accounts?phone=%2B15550001111")
        seen.tab.fill("#by-hand", '{"name": "Ann"}')
        seen.tab.click('.asks button:has-text("Answer by hand")')
        seen.says(".caps", "Hello Ann.")
        seen.tab.keyboard.press("Escape")
        seen.tab.click(".panel-phone .callbar button")
        seen.wait(".asks")
        seen.tab.fill("#by-hand", "404")
        seen.tab.press("#by-hand", "Control+Enter")
        seen.says(".caps", "We do not know you.")
        seen.says(".dock-call .asked", "404")
        assert asked == []
        seen.tab.click(".panel-phone .callbar button")
        seen.wait(".asks")
        seen.tab.click('.asks button:has-text("Really send")')
        seen.says(".asks [role=alert]", "This leaves your computer")
        assert asked == []
        seen.tab.click('.asks button:has-text("Cancel")')
        seen.tab.click('.asks button:has-text("Really send")')
        seen.tab.click('.asks button:text-is("Send")')
        seen.says(".caps", "Hello Really Ann.")
        assert asked == ["/accounts?phone=%2B15550001111"]


SCRIPT = """calls:
  A customer is greeted:
    given:
      request:
        /accounts: {name: Scripted Ann}
    turns:
      - hear: Hello Scripted Ann.
"""


def test_a_request_is_answered_from_a_script(look: Look, start: Start, tmp_path: Path) -> None:
    scripts = tmp_path / "riverside" / "tests" / "calls"
    scripts.mkdir(parents=True)
    (scripts / "account.calls.yaml").write_text(SCRIPT)
    project = start(None)
    project.write("account.yaml", ACCOUNT.replace("URL", "https://bank.example.com"))
    seen = look(project=project, width=1440)
    seen.wait('.v-tree .card[data-step="account/start"]')
    seen.tab.click('.panel-phone .callbar button:has-text("Call")')
    seen.tab.click('.asks button:has-text("Answer from script")')
    seen.says(".caps", "Hello Scripted Ann.")
    assert "account.calls.yaml" in seen.wait("#rail-scripts li").text_content()
    seen.tab.click('.dock [role=tab]:has-text("Scripts")')
    seen.says(".scriptfile", "A customer is greeted")
    seen.tab.click('.scriptbar button:has-text("Run all")')
    seen.says(".scriptbar [role=status]", "All 1 passed")
    seen.project.replace("account.yaml", "Hello {{", "Goodbye {{")
    seen.says(".v-tree", "Goodbye")
    seen.tab.click('.scriptbar button:has-text("Run all")')
    seen.says(".scriptbar [role=status]", "1 script failed")
    seen.says(".scriptfile .message", "Goodbye Scripted Ann.")


# Texts


def test_texting_with_time_that_is_moved_on(look: Look, start: Start) -> None:
    project = start(None)
    project.write("reminder.yaml", (ROOT / "examples" / "reminder.yaml").read_text())
    seen = look(project=project)
    seen.wait('.v-tree .card[data-step="reminder/remind"]')
    seen.tab.select_option('#side-texts [aria-label="Start at step"]', "remind")
    seen.tab.click("#side-texts .vars summary")
    seen.tab.fill('#side-texts [aria-label="Variable 1, name"]', "name")
    seen.tab.fill('#side-texts [aria-label="Variable 1, value"]', "Ann")
    seen.tab.keyboard.press("Tab")
    seen.tab.keyboard.press("Escape")
    seen.tab.click('.panel-texts button:has-text("Begin")')
    seen.says(".chat", "Hello Ann, see you tomorrow at 9?")
    seen.tab.keyboard.press("t")
    seen.tab.keyboard.type("what is this about?")
    seen.tab.keyboard.press("Enter")
    seen.says(".chat .me", "what is this about?")
    seen.says(".chat", "Sorry, that was neither C nor R.")
    before = seen.tab.text_content(".timebox .row")
    seen.tab.click('.timebox button:has-text("1 h")')
    seen.says(".chat .timemark", "1h later")
    assert seen.tab.text_content(".timebox .row") != before
    seen.tab.keyboard.press("Escape")
    seen.tab.keyboard.press("m")
    seen.says(".chat", "Ann, are you coming tomorrow at 9?")


# Calls from outside


@pytest.fixture
def signed(tmp_path: Path, start: Start) -> Project:
    """A project whose requests must be signed."""
    (tmp_path / "riverside").mkdir()
    (tmp_path / "riverside" / ".env").write_text(f"TWILIO_ACCOUNT_SID=AC{'0' * 32}\nTWILIO_AUTH_TOKEN={TOKEN}\n")
    return start()


class Caller:
    """Somebody who calls, as Twilio tells it: each request is signed."""

    def __init__(self, project: Project, **params: str) -> None:
        self.base = project.flows
        self.params = {
            "CallSid": f"CA{'7' * 32}",
            "AccountSid": f"AC{'0' * 32}",
            "From": "+15550142",
            "To": "+15550199",
            "CallStatus": "in-progress",
            "Direction": "inbound",
            **params,
        }
        self.heard = self.ask("/flows/clinic")

    def ask(self, path: str, **params: str) -> str:
        """What one request is answered with."""
        url, sent = urljoin(self.base, path), {**self.params, **params}
        signature = RequestValidator(TOKEN).compute_signature(url, sent)
        request = Request(url, urlencode(sent).encode(), {"X-Twilio-Signature": signature})
        self.path = path
        with urlopen(request) as answer:
            self.heard = answer.read().decode()
        return str(self.heard)

    def answers(self, **params: str) -> str:
        """Answers the question that was heard last."""
        action = re.search(r'<Gather action="([^"]+)"', self.heard)
        assert action, self.heard
        return self.ask(urljoin(self.path, unescape(action[1])), **params)


def test_a_signed_call_from_outside_appears_at_once_in_the_list_and_on_the_tree(look: Look, signed: Project) -> None:
    seen = look(project=signed)
    seen.card("clinic/menu")
    seen.tab.click('.dock [role=tab]:has-text("Calls")')
    seen.says(".dock-calls .hint", "Calls appear here")
    caller = Caller(signed)
    row = ".calls tbody tr"
    seen.says(row, "at menu")
    seen.says(f"{row} .tag", "real")
    seen.says(".top", "1 call now")
    seen.tab.click(row)
    now(seen, "clinic/menu")
    caller.answers(Digits="2")
    now(seen, "clinic/billing")
    seen.says('.v-tree [data-edge="clinic/menu:0 1"] .turn', "2")
    caller.answers(Digits="482913")
    now(seen, "clinic/confirm")
    seen.tab.click('.turns tr[data-turn="3"]')
    seen.says("#side-turn h3", "billing")
    seen.says("#side-turn .decision", "482913")
    seen.says("#side-turn .cmp3", "typed")
    seen.says("#side-turn .code", "<Response>")
    assert seen.tab.evaluate("location.hash") == "#clinic/billing@t3"
    caller.ask("/flows/clinic", CallStatus="completed")
    seen.says(".turns .over", "The caller hangs up.")
    seen.tab.wait_for_function("() => !document.querySelector('.top').textContent.includes('1 call now')")


def test_a_call_from_outside_becomes_a_script_that_passes(look: Look, signed: Project) -> None:
    seen = look(project=signed)
    seen.card("clinic/menu")
    caller = Caller(signed)
    caller.answers(Digits="2")
    caller.answers(Digits="482913")
    caller.ask("/flows/clinic", CallStatus="completed")
    seen.says(".dock [role=tab]", "Calls1")
    seen.tab.keyboard.press("[")
    seen.says(".turns .over", "The caller hangs up.")
    seen.tab.keyboard.press("s")
    seen.says(".panel.save .code", "press: 482913")
    seen.tab.click('.panel.save button:has-text("Write file")')
    seen.says(".panel.save [role=status]", "Written to")
    project = signed.folder.parent
    (script,) = project.rglob("*.calls.yaml")
    played = subprocess.run(
        [sys.executable, "-m", "engine.cli", "test", str(script.relative_to(project))],
        cwd=project,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert "1 call" in played.stdout


INJECTIONS = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit=1'>",
    "<svg/onload=window.hit=1>",
    "'\"><iframe srcdoc='<script>parent.hit=1</script>'>",
    "javascript:window.hit=1",
    "</pre></td><a href=javascript:window.hit=1>x</a>",
    "{{constructor.constructor('window.hit=1')()}}",
    "<style>*{display:none}</style>",
    "&lt;b&gt;<b>",
)


def test_what_callers_send_is_never_markup(look: Look, signed: Project) -> None:
    seen = look(project=signed)
    seen.card("clinic/menu")
    for number, evil in enumerate(INJECTIONS):
        params = dict.fromkeys(("From", "To", "CallerName", "FromCity", "ForwardedFrom", "X<b>y"), evil)
        caller = Caller(signed, CallSid=f"CA{number:032}", **params)
        caller.answers(SpeechResult=evil, Digits=evil, Confidence=evil)
    seen.tab.click('.dock [role=tab]:has-text("Calls")')
    seen.tab.wait_for_function(
        "(count) => document.querySelectorAll('.calls tbody tr').length === count", arg=len(INJECTIONS)
    )
    for number, evil in enumerate(INJECTIONS):
        seen.tab.click('.dock [role=tab]:has-text("Calls")')
        seen.tab.click(f'.calls tbody tr[data-call$="{number:032}"]')
        seen.tab.click('.turns tr[data-turn="2"]')
        seen.tab.click("#side-turn details.more summary")
        seen.says("#side-turn .cmp2", evil)
        seen.says(".turns td.c", evil)
        elements = (
            "document.querySelectorAll('main :is(img, script, iframe, style, a[href^=javascript]), td b b').length"
        )
        assert seen.tab.evaluate(f"[{elements}, window.hit]") == [0, None], evil


# Accessibility


def test_a_call_has_no_serious_finding_of_axe(look: Look) -> None:
    seen = look(at="#clinic")
    seen.card("clinic/menu")
    seen.accessible("no call")
    call(seen)
    seen.accessible("a menu")
    key(seen, "2482")
    seen.says(".slots", "482")
    seen.accessible("digits")
    key(seen, "9131")
    seen.says(".waits", "Ringing")
    seen.accessible("a dial")
    seen.tab.click('.turns tr[data-turn="2"]')
    seen.tab.click('#side [role=tab]:has-text("Turn 2")')
    seen.says("#side-turn h3", "menu")
    seen.accessible("a turn")
    for tab in ("Requests", "Calls", "Scripts"):
        seen.tab.click(f'.dock [role=tab]:has-text("{tab}")')
        seen.wait(f".dock-{tab.lower()}", state="visible")
        seen.accessible(tab)
    seen.tab.click('.dock [role=tab]:has-text("This call")')
    seen.tab.keyboard.press("s")
    seen.wait(".panel.save .code")
    seen.accessible("a script")
    seen.tab.keyboard.press("Escape")
    seen.tab.keyboard.press("h")
    seen.says(".callbar", "Call ended")
    seen.tab.set_viewport_size({"width": 940, "height": 800})
    seen.accessible("a call that is over, in a narrow window")


def test_texts_and_requests_have_no_serious_finding_of_axe(look: Look, start: Start) -> None:
    project = start(None)
    project.write("account.yaml", ACCOUNT.replace("URL", "https://bank.example.com"))
    project.write("reminder.yaml", (ROOT / "examples" / "reminder.yaml").read_text())
    seen = look(project=project, at="#account")
    seen.wait('.v-tree .card[data-step="account/start"]')
    seen.tab.click('.panel-phone .callbar button:has-text("Call")')
    seen.wait(".asks")
    seen.accessible("a request")
    seen.tab.goto(seen.tab.url.partition("#")[0] + "#reminder/remind")
    seen.wait('.v-tree .card[data-step="reminder/remind"]')
    seen.says(".news", "This call is in account.")
    seen.tab.click('.news button:has-text("Text reminder instead")')
    seen.says(".panel-texts .callbar", "Texting with reminder")
    seen.accessible("a text to write")
    seen.tab.select_option('#side-texts [aria-label="Start at step"]', "remind")
    seen.tab.click('.panel-texts button:has-text("Restart")')
    seen.says(".chat", "Hello there")
    seen.accessible("texts")
