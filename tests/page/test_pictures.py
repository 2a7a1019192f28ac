"""The picture of a flow, as the page asks for it."""

from tests.page.conftest import MENU


def steps(picture):
    return {card["step"]: card for card in picture["cards"]}


def test_the_picture_of_a_flow_as_it_is_saved(opened):
    picture = opened().get("/api/flows/menu/picture?view=tree")
    assert (picture["flow"], picture["view"]) == ("menu", "tree")
    assert list(steps(picture)) == ["menu/welcome", "menu/billing"]
    welcome = steps(picture)["menu/welcome"]
    assert (welcome["line"], welcome["marks"], welcome["column"]) == (3, ["start"], 0)
    assert welcome["rows"][0]["shown"] == "line"
    assert picture["svg"].startswith("<svg ")


def test_a_mistake_is_drawn_on_its_card_and_nothing_moves(opened):
    page = opened()
    before = page.get("/api/flows/menu/picture")
    page.save("menu.yaml", MENU.replace("1: billing", "1: biling"))
    after = page.get("/api/flows/menu/picture")
    assert steps(after)["menu/welcome"]["rows"][0]["bad"] == "billing"
    assert "no step named biling" in steps(after)["menu/welcome"]["problem"]
    for name, card in steps(before).items():
        assert (steps(after)[name]["column"], steps(after)[name]["parent"]) == (card["column"], card["parent"])


def test_a_step_that_a_mistake_cuts_off_stays_where_it_stood_in_what_callers_hear(opened):
    page = opened()
    page.save("menu.yaml", MENU.replace("1: billing", "1: qqqqqq"))
    billing = steps(page.get("/api/flows/menu/picture"))["menu/billing"]
    assert (billing["column"], billing["parent"]) == (1, "menu/welcome")


def test_a_file_that_cannot_be_read_keeps_its_last_picture(opened):
    page = opened()
    before = page.get("/api/flows/menu/picture")
    page.save("menu.yaml", "steps: {[")
    assert page.get("/api/flows/menu/picture")["svg"] == before["svg"]


def test_a_step_that_another_flow_leads_to_is_no_lonely_one(opened):
    lonely = MENU + "  extra:\n    - say: Hello.\n"
    page = opened({"menu.yaml": lonely})
    assert "unreached" in steps(page.get("/api/flows/menu/picture"))["menu/extra"]["marks"]
    page.save("other.yaml", "steps:\n  start:\n    - redirect: menu/extra\n")
    assert "unreached" not in steps(page.get("/api/flows/menu/picture"))["menu/extra"]["marks"]


def test_what_there_is_no_picture_of(opened):
    page = opened({"menu.yaml": MENU, "broken.yaml": "steps: {["})
    assert page.ask("GET", "/api/flows/nothing/picture").json() == {"error": "There is no flow `nothing`."}
    assert "cannot be read yet" in page.ask("GET", "/api/flows/broken/picture").json()["error"]
    assert page.ask("GET", "/api/flows/menu/picture?view=map").status_code == 400


def test_what_is_saved_is_compared_with_what_callers_hear(opened):
    page = opened()
    same = page.get("/api/flows/menu/compare?from=&to=")
    assert same["changes"] == []
    live = page.get("/api/state")["version"]
    page.save("menu.yaml", MENU.replace("1: billing", "1: biling\n          2: billing"))
    found = page.get("/api/flows/menu/compare?from=&to=")
    assert found["from"]["version"] == live
    assert [change["what"] for change in found["changes"]] == [
        [
            "In welcome, 1 goes to biling, which does not exist; it went to billing.",
            "In welcome, 2 now goes to billing.",
        ]
    ]
    assert 'class="card chg"' in found["svg"]

    async def not_kept(work):
        work.close()

    page.desk.on_main = not_kept  # the store of the main server
    assert page.ask("GET", "/api/flows/menu/compare?from=00000000").json() == {
        "error": "That version is no longer available."
    }
    assert page.ask("GET", "/api/flows/other/compare").status_code == 404


def test_two_versions_that_were_live_are_compared(opened):
    page = opened()
    before = page.get("/api/state")["version"]
    page.save("menu.yaml", MENU.replace("Hello", "Good day"))
    found = page.get(f"/api/flows/menu/compare?from={before}&to=live")
    assert [change["what"] for change in found["changes"]] == [["New words in welcome: 1 prompt to record again."]]
