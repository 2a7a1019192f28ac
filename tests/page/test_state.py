"""What the page is told of the flows: what callers hear, what is saved and not live, and what a save changed."""

from tests.page.conftest import MENU

BROKEN = MENU.replace("1: billing", "1: biling")


def flow(state, name="menu"):
    return next(one for one in state["flows"] if one["name"] == name)


def test_a_folder_that_is_fine(opened):
    state = opened().get("/api/state")
    assert state["all"]
    assert not state["empty"]
    assert state["problems"] == []
    menu = flow(state)
    assert {name: menu[name] for name in ("title", "file", "channels", "steps", "live", "not_live", "waits_for")} == {
        "title": "A menu",
        "file": "menu.yaml",
        "channels": ["voice"],
        "steps": 2,
        "live": True,
        "not_live": "",
        "waits_for": [],
    }
    assert menu["saved"] == menu["live_since"] == state["saved"]


def test_a_mistake_is_shown_at_its_place_with_what_to_write_and_callers_hear_the_version_from_before(opened):
    page = opened()
    before = page.get("/api/state")
    state = page.save("menu.yaml", BROKEN)
    (problem,) = state["problems"]
    assert (problem["severity"], problem["code"], problem["file"]) == ("error", "F201", "menu.yaml")
    assert (problem["line"], problem["flow"], problem["step"]) == (8, "menu", "welcome")
    assert problem["title"] == "There is no step named `biling`."
    assert "Did you mean `billing`, line 10?" in problem["help"]
    assert problem["fix"] == "billing"
    marked = next(one for one in problem["frame"] if one["line"] == problem["line"])
    assert marked["text"][marked["from"] : marked["to"]] == "biling"
    menu = flow(state)
    assert (menu["live"], menu["errors"]) == (False, 1)
    assert menu["not_live"] == "menu.yaml has errors: callers still hear its last good version."
    assert menu["live_since"] == flow(before)["live_since"]
    assert (state["version"], state["saved"]) == (before["version"], before["saved"])


def test_the_correction_is_live_with_a_new_time(opened):
    page = opened()
    before = page.save("menu.yaml", BROKEN)
    state = page.save("menu.yaml", MENU.replace("Hello", "Good day"))
    menu = flow(state)
    assert menu["live"]
    assert state["problems"] == []
    assert menu["hash"] != flow(before)["hash"]
    assert menu["live_since"] == state["saved"] > before["saved"]


def test_a_file_that_waits_for_another_says_for_which(opened):
    other = "steps:\n  start:\n    - redirect: menu/billing\n"
    page = opened({"menu.yaml": MENU, "other.yaml": other})
    page.save("menu.yaml", BROKEN.replace("  billing:", "  invoices:"))
    state = page.save("other.yaml", other.replace("menu/billing", "menu/invoices"))
    assert flow(state, "other")["waits_for"] == ["menu.yaml"]
    assert "other.yaml is saved but not live: menu.yaml does not fit it yet." in flow(state, "other")["not_live"]


def test_an_event_has_only_the_flows_that_changed(opened):
    page = opened({f"{name}.yaml": MENU for name in ("a", "b", "c")})
    told = []
    page.desk.hub._streams.add(None)  # somebody listens
    page.desk.hub.publish = lambda kind, data: told.append((kind, data))
    page.save("b.yaml", MENU.replace("Hello", "Good day"))
    (kind, first), *more = told
    assert kind == "state"
    assert [one["name"] for one in first["flows"]] == ["b"]
    assert not first["all"]
    assert more == []  # its doubts are no news
    (page.folder / "c.yaml").unlink()
    page.reload()
    assert told[-1][1]["gone"] == ["c"]
    assert told[-1][1]["flows"] == []


def test_errors_are_told_before_doubts_are_looked_for(opened):
    page = opened()
    lonely = MENU + "  lonely:\n    - say: Never heard.\n"
    (page.folder / "menu.yaml").write_text(lonely)
    assert page.reload(whole=False)["problems"] == []
    state = page.reload()
    assert [one["severity"] for one in state["problems"]] == ["hint"]
    assert flow(state)["hints"] == 1
    # An error in another file keeps nobody from seeing it: doubts are not looked for then.
    state = page.save("other.yaml", "steps:\n  start:\n    - redirect: nowhere\n")
    assert [one["severity"] for one in state["problems"]] == ["error", "hint"]


def test_a_deleted_flow_is_gone_or_still_live_where_another_needs_it(opened):
    page = opened({"menu.yaml": MENU, "other.yaml": "steps:\n  start:\n    - redirect: menu/billing\n"})
    (page.folder / "menu.yaml").unlink()
    state = page.reload()
    menu = flow(state)
    assert menu["deleted"]
    assert menu["served"]
    assert menu["not_live"] == "menu.yaml is deleted but still live: other.yaml needs it."
    (page.folder / "other.yaml").unlink()
    page.save("new.yaml", MENU)
    assert [one["name"] for one in page.get("/api/state")["flows"]] == ["new"]


def test_a_folder_without_flows_is_empty_and_the_first_flow_appears(opened):
    page = opened({})
    state = page.get("/api/state")
    assert state["empty"]
    assert state["flows"] == []
    assert [one["code"] for one in state["problems"]] == ["F017"]
    state = page.save("menu.yaml", MENU)
    assert not state["empty"]
    assert state["problems"] == []
    assert flow(state)["live"]


def test_a_folder_that_vanishes_leaves_what_callers_hear(opened):
    page = opened()
    (page.folder / "menu.yaml").unlink()
    page.folder.rmdir()
    state = page.reload()
    assert [one["code"] for one in state["problems"]] == ["F016"]
    assert flow(state)["served"]
    page.folder.mkdir()
    assert flow(page.save("menu.yaml", MENU))["live"]


def test_an_error_of_the_project_file_is_shown_there(opened):
    page = opened()
    state = page.save("_project.yaml", "variables: 5\n")
    (problem,) = state["problems"]
    assert (problem["file"], problem["flow"], problem["step"]) == ("_project.yaml", "", "")
    assert flow(state)["served"]
    (other,) = state["others"]
    assert (other["file"], other["waits_for"]) == ("_project.yaml", [])
    assert other["not_live"] == "_project.yaml has errors: it is not live until they are fixed."


def test_functions_that_cannot_be_imported_are_a_problem_at_their_line(opened):
    page = opened()
    (page.folder / "functions.py").write_text("def fine():\n    return 1\n\nnot_there()\n")
    page.desk.outside.reload()
    (problem,) = page.reload()["problems"]
    assert (problem["file"], problem["line"], problem["severity"]) == ("functions.py", 4, "error")
    assert "not_there" in problem["title"]
    marked = next(one for one in problem["frame"] if one["line"] == 4)
    assert marked["text"][marked["from"] : marked["to"]] == "not_there()"
    (page.folder / "functions.py").write_text("def fine():\n    return 1\n")
    page.desk.outside.reload()
    assert page.reload()["problems"] == []


def test_a_module_that_is_not_installed_is_told_once(opened):
    page = opened()
    (page.folder / "functions.py").write_text("import nothing_at_all\n")
    page.desk.outside.reload()
    (problem,) = page.reload()["problems"]
    assert (problem["severity"], problem["code"], problem["line"]) == ("error", "L413", 1)
    assert "pip install" in problem["help"]


def test_a_flow_that_was_never_good_is_listed_and_not_served(opened):
    page = opened({"menu.yaml": MENU, "bad.yaml": BROKEN})
    bad = flow(page.get("/api/state"), "bad")
    assert (bad["live"], bad["served"], bad["live_since"]) == (False, False, "")
    assert bad["not_live"] == "bad.yaml has errors: it is not live until they are fixed."


def test_of_many_problems_the_first_are_shown_and_the_rest_counted(opened):
    lines = "".join(f"    - redirect: nowhere{number}\n" for number in range(300))
    page = opened({"menu.yaml": f"steps:\n  start:\n{lines}"})
    state = page.get("/api/state")
    assert len(state["problems"]) == 200
    assert flow(state)["errors"] == 300
    assert state["more_problems"] == 100


def test_the_text_is_shown_as_it_is_saved_and_as_callers_hear_it(opened):
    page = opened()
    version = page.get("/api/state")["version"]
    page.save("menu.yaml", BROKEN)
    assert page.get("/api/flows/menu/source")["text"] == BROKEN
    live = page.get("/api/flows/menu/source?version=live")
    assert live["text"] == MENU
    assert live["steps"] == [{"step": "welcome", "line": 3, "last": 9}, {"step": "billing", "line": 10, "last": 12}]
    page.save("menu.yaml", MENU.replace("Hello", "Good day"))
    assert page.get(f"/api/flows/menu/source?version={version}")["text"] == MENU
    assert page.ask("GET", "/api/flows/nothing/source").status_code == 404
    assert page.ask("GET", "/api/flows/..%2f..%2fetc/source").status_code == 404


def test_a_part_that_fails_keeps_no_other_from_hearing_of_a_save(opened, caplog):
    page, heard = opened(), []
    page.desk.on_save.insert(0, lambda saved: 1 / 0)
    page.desk.on_save.append(lambda saved: heard.append(saved.whole))
    assert flow(page.save("menu.yaml", MENU.replace("Hello", "Good day")))["live"]
    assert heard == [False, True]
    assert "a part of the page could not follow a save" in caplog.text
