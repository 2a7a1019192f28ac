"""What an author sees: a saved file is there at once, a mistake says what to do, and nothing ever loses its place."""

import pytest

from tests.browser.conftest import Look

GREETING = "Thank you for calling Riverside Clinic."


def test_a_saved_file_is_drawn_at_once_and_what_did_not_change_stays(look: Look) -> None:
    seen = look(at="#clinic/billing")
    seen.card("clinic/billing")
    seen.tab.evaluate("() => (window.before = [...document.querySelectorAll('.v-tree .card')])")
    top = seen.top("clinic/welcome")
    seen.project.replace("clinic.yaml", GREETING, "Good morning.")
    seen.says(".v-tree .said", "Good morning.")
    kept = seen.tab.evaluate("() => before.filter((card) => card.isConnected).map((card) => card.dataset.step)")
    assert len(kept) == 11
    assert "clinic/welcome" not in kept
    assert seen.top("clinic/welcome") == top
    assert seen.tab.text_content(".status .st") == "Live"


def test_the_selected_card_stays_where_it_is_while_what_stands_above_it_grows(look: Look) -> None:
    seen = look(at="#clinic/voicemail", height=600)
    seen.wait(".v-tree .card.picked")
    seen.tab.wait_for_function("document.querySelector('.v-tree').scrollTop > 0")
    top = seen.top("clinic/voicemail")
    seen.project.replace(
        "clinic.yaml",
        "          1 | 2: operator\n",
        "          1 | 2: operator\n          4: operator\n          5: operator\n",
    )
    seen.wait('.v-tree .card[data-step="clinic/appointments"] .row:nth-of-type(9)', state="attached")
    assert abs(seen.top("clinic/voicemail") - top) < 1


def test_a_mistake_says_where_it_is_what_to_write_and_what_callers_hear(look: Look) -> None:
    seen = look()
    live = seen.wait(".status .dim2").text_content().removeprefix("saved ")
    seen.project.replace("clinic.yaml", "2 | billing: billing", "2 | billing: biling")
    problem = seen.wait(".problems .problem.error")
    assert "There is no step named biling" in problem.text_content()
    assert "clinic.yaml:38:24" in problem.text_content()
    assert "^^^^^^ no such step" in problem.text_content()
    assert "did you mean billing, line 61?" in problem.text_content().replace("Did", "did")
    assert f"Callers still hear the version of {live}." in seen.wait(".problems .livebar").text_content()
    seen.says(".status .st", "Not live")
    seen.says(".status", "1 error")
    seen.says("#tell", "line 38")
    assert seen.tab.title().startswith("⊗ clinic")
    seen.project.replace("clinic.yaml", "biling", "billing")
    seen.wait(".problems .problem", state="detached")
    seen.says(".status .st", "Live")
    seen.says("#tell", "clinic.yaml is live.")


def test_a_hint_is_counted_where_it_is(look: Look) -> None:
    seen = look(width=1440)
    seen.says(".rail", "No problems found in 1 flow.")
    seen.project.replace("clinic.yaml", "  busy:", "  nowhere: [{say: Unheard.}, hangup]\n  busy:")
    seen.says(".rail", "Problems 1")
    found = seen.wait(".rail [data-key='bad clinic']").text_content()
    assert "clinic.yaml" in found
    assert "No problems found" not in seen.tab.text_content(".rail")


def test_the_words_of_a_changed_step_can_be_read_in_compare(look: Look) -> None:
    seen = look(at="#clinic/menu")
    seen.project.replace("clinic.yaml", "2 | billing: billing", "2 | billing: biling")
    seen.wait(".problems .problem.error")
    seen.tab.keyboard.press("d")
    seen.wait(".v-compare .card.chg", state="attached")
    strokes = "[...document.querySelectorAll('.v-compare .card.chg text')].map((text) => getComputedStyle(text).stroke)"
    assert set(seen.tab.evaluate(strokes)) == {"none"}


def test_the_page_tells_times_by_the_clock_of_the_browser(look: Look) -> None:
    seen = look(timezone_id="Asia/Kolkata", width=1600)
    file = seen.project.folder / "clinic.yaml"
    there = "(at) => new Date(at * 1000).toTimeString().slice(0, 8)"
    saved = seen.tab.evaluate(there, file.stat().st_mtime)
    seen.says(".status .dim2", f"saved {saved}")
    seen.project.replace("clinic.yaml", "2 | billing: billing", "2 | billing: biling")
    seen.says(".problems .livebar", f"Callers still hear the version of {saved}.")
    seen.says("#side", f"the version of {saved}")


def test_an_error_opens_the_editor_at_its_line(look: Look) -> None:
    seen = look()
    seen.tab.evaluate(
        "() => { HTMLAnchorElement.prototype.click = function () { window.opened = this.getAttribute('href') } }"
    )
    seen.project.replace("clinic.yaml", "2 | billing: billing", "2 | billing: biling")
    seen.wait(".problems .problem.error .btn.pri").click()
    seen.tab.wait_for_function("window.opened")
    by_button = seen.tab.evaluate("() => { const opened = window.opened; window.opened = ''; return opened }")
    seen.tab.keyboard.press("o")
    seen.tab.wait_for_function("window.opened")
    assert seen.tab.evaluate("window.opened") == by_button
    assert seen.tab.evaluate("window.opened") == f"vscode://file{seen.project.folder / 'clinic.yaml'}:38:24"


def test_selecting_a_step_selects_it_everywhere(look: Look) -> None:
    seen = look(width=2200, height=1200)
    seen.card("clinic/confirm").click()
    seen.tab.wait_for_function("location.hash === '#clinic/confirm'")
    seen.wait('.v-tree .card.picked[data-step="clinic/confirm"]')
    seen.says("#source .where", "confirm, lines 75 to 82")
    assert seen.tab.text_content("#source .line.mark").strip().endswith("confirm:")
    seen.tab.click("#source .line[data-line='66']")
    seen.wait('.v-tree .card.picked[data-step="clinic/billing"]')
    seen.tab.click(".tabs .t-list")
    seen.wait('.v-list tr.sel[data-step="clinic/billing"]')
    seen.tab.click('.v-list tr[data-step="clinic/menu"] .fr a')
    seen.tab.wait_for_function("location.hash === '#clinic/welcome'")
    seen.tab.go_back()
    seen.wait('.v-list tr.sel[data-step="clinic/billing"]')


def test_the_tree_with_the_keyboard_alone(look: Look) -> None:
    seen = look(at="#clinic")
    seen.card("clinic/welcome")
    press = seen.tab.keyboard.press
    seen.tab.focus('.v-tree [tabindex="0"][data-step]')
    for key, where in (
        ("Home", "clinic/welcome"),
        ("ArrowDown", "clinic/menu"),
        ("ArrowRight", "clinic/menu:0 0"),
        ("ArrowDown", "clinic/menu:0 1"),
        ("ArrowRight", "clinic/billing"),
        ("ArrowLeft", "clinic/menu"),
        ("End", "clinic/sorry"),
        ("ArrowUp", "clinic/nothing_recorded"),
        ("Enter", "clinic/nothing_recorded"),
    ):
        press(key)
        assert seen.focused() == where, key
    assert seen.tab.evaluate("location.hash") == "#clinic/nothing_recorded"
    assert len(seen.tab.query_selector_all('.v-tree [tabindex="0"]')) == 1


def test_a_jump_along_an_exit_can_be_taken_back(look: Look) -> None:
    seen = look(at="#clinic/menu")
    seen.wait(".v-tree .card.picked")
    seen.tab.focus('.v-tree [tabindex="0"][data-step]')
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        seen.tab.keyboard.press(key)
    assert seen.tab.evaluate("location.hash") == "#clinic/billing"
    seen.tab.go_back()
    seen.wait('.v-tree .card.picked[data-step="clinic/menu"]')
    assert seen.focused() == "clinic/menu"


def test_views_and_panels_have_keys_and_letters_can_be_turned_off(look: Look) -> None:
    seen = look(at="#clinic/menu")
    press = seen.tab.keyboard.press
    for key, view in (("l", "list"), ("y", "yaml"), ("x", "twiml"), ("g", "tree")):
        press(key)
        seen.wait(f'.tabs .t-{view}[aria-selected="true"]')
        seen.wait(f".v-{view}", state="visible")
    press("/")
    seen.tab.keyboard.type("account number")
    seen.says("#found [aria-selected=true]", "billing")
    press("Enter")
    seen.tab.wait_for_function("location.hash === '#clinic/billing'")
    press("?")
    seen.says(".panel.keys dd", "Find step, flow, prompt words")
    seen.tab.click('.panel.keys [role="switch"]')
    press("Escape")
    seen.wait(".panel", state="detached")
    press("l")
    press("?")
    seen.wait(".panel.keys")
    assert seen.tab.get_attribute(".tabs .t-tree", "aria-selected") == "true"


def test_a_reload_of_the_page_loses_nothing(look: Look) -> None:
    seen = look(at="#clinic/voicemail", height=600)
    seen.wait(".v-tree .card.picked")
    seen.tab.click('[aria-label="Zoom in"]')
    seen.tab.wait_for_function("document.querySelector('.v-tree').scrollTop > 0")
    place = "() => [document.querySelector('.v-tree').scrollTop, document.querySelector('.zoom .num').textContent, location.hash]"
    before = seen.tab.evaluate(place)
    seen.tab.reload()
    seen.wait(".v-tree .card.picked")
    seen.tab.wait_for_function(
        "(top) => Math.abs(document.querySelector('.v-tree').scrollTop - top) < 2", arg=before[0]
    )
    assert seen.tab.evaluate(place)[1:] == before[1:] == ["110%", "#clinic/voicemail"]
    seen.tab.keyboard.press("y")
    seen.tab.reload()
    seen.wait(".v-yaml .line.mark", state="visible")


def test_a_save_moves_no_focus(look: Look) -> None:
    seen = look(at="#clinic/menu")
    seen.card("clinic/menu")
    seen.tab.focus('.v-tree [data-edge="clinic/menu:0 1"]')
    seen.project.replace("clinic.yaml", "For billing, press 2.", "For bills, press 2.")
    seen.says(".v-tree .card", "bills,")
    assert seen.focused() == "clinic/menu:0 1"
    seen.project.replace("clinic.yaml", GREETING, "Good morning.")
    seen.says(".v-tree .said", "Good morning.")
    assert seen.focused() == "clinic/menu:0 1"


def test_an_empty_folder_says_how_to_begin_and_the_first_flow_appears(look: Look) -> None:
    seen = look(source=None)
    seen.says(".v-start", "No flows yet")
    seen.says(".v-start", str(seen.project.folder))
    seen.accessible("empty")
    seen.project.write("hello.yaml", "steps:\n  welcome:\n    - say: Hello.\n")
    seen.says(".v-tree .said", "Hello.")
    assert seen.tab.text_content(".flowsel").strip() == "hello"


def test_a_server_that_is_gone_is_said_once_it_stays_away(look: Look) -> None:
    seen = look()
    seen.card("clinic/menu")
    seen.says(".status .st", "Live")
    seen.project.stop()
    seen.says(".status .st", "Reconnecting…")
    assert seen.card("clinic/menu").is_visible()


def test_outside_text_is_never_markup(look: Look) -> None:
    seen = look()
    evil = "<img src=x onerror=alert(1)><script>window.hit=1</script>"
    seen.project.replace("clinic.yaml", GREETING, evil)
    seen.says(".v-tree", "<img")
    for key in "lyx":
        seen.tab.keyboard.press(key)
        seen.wait(f'.tabs .t-{ {"l": "list", "y": "yaml", "x": "twiml"}[key] }[aria-selected="true"]')
    seen.tab.click(".tabs .t-list")
    seen.says(".v-list .ins", evil)
    assert seen.tab.evaluate("[document.querySelectorAll('main img, main script').length, window.hit]") == [0, None]


@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_no_state_has_a_serious_finding_of_axe(look: Look, width: int) -> None:
    seen = look(width=width, height=1000, at="#clinic/billing")
    seen.wait("body[data-ready]")
    if width == 400:
        for name, shown in (
            ("Phone", "#side"),
            ("Tree", ".v-list tbody tr"),
            ("Timeline", "#dock"),
            ("YAML", ".v-yaml .line"),
            ("Problems", ".v-problems .hint"),
        ):
            seen.tab.click(f".tabbar button:has-text('{name}')")
            seen.wait(shown, state="visible")
            seen.accessible(f"{name} at {width}")
        return
    seen.card("clinic/billing")
    views = ("tree", "list", "compare") if width >= 2000 else ("tree", "list", "yaml", "twiml", "compare")
    for view in views:
        seen.tab.click(f".tabs .t-{view}")
        seen.wait(f".v-{view}", state="visible")
        seen.accessible(f"{view} at {width}")
    seen.tab.click(".tabs .t-tree")
    seen.tab.keyboard.press("c")
    seen.wait('.v-tree .card.now[data-step="clinic/menu"]')
    seen.accessible(f"a call at {width}")
    seen.project.replace("clinic.yaml", "2 | billing: billing", "2 | billing: biling")
    seen.wait(".problems .problem.error")
    seen.wait(".v-tree .card.changed")
    seen.accessible(f"a problem at {width}")
    seen.tab.keyboard.press("?")
    seen.wait(".panel.keys")
    seen.accessible(f"keys at {width}")
    seen.tab.keyboard.press("Escape")
    seen.tab.keyboard.press("/")
    seen.wait(".panel.finder")
    seen.accessible(f"find at {width}")
