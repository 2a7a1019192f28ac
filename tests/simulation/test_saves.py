"""A call and the saves that come while it is under way: it goes on, or is played again to the same place."""

MENU = """
steps:
  menu:
    - gather:
        say: For billing, press 2.
        branch:
          1: other
          2: billing
          else: hangup
  billing:
    - gather:
        say: Billing. To pay, press 1.
        branch: {1: pay}
  pay:
    - gather:
        say: Paid. Anything else?
        branch: {1: menu}
  other:
    - say: Something else.
"""


def test_after_a_save_the_keys_are_replayed_to_the_same_place(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.press("2", "1")
    bench.save(menu=MENU.replace("Paid.", "Thank you."))
    assert bench.simulator.get(bench.state["id"])["newer"]
    bench.reload()
    assert bench.told()[-1] == "Thank you. Anything else?"
    assert bench.state["now"] == "menu/pay"
    assert bench.state["replayed"] == {"of": 2, "done": 2, "sentence": "Replayed 2 keys."}
    assert not bench.state["newer"]
    bench.press("1")
    assert bench.state["replayed"] is None
    assert bench.state["now"] == "menu/menu"


def test_a_key_that_leads_nowhere_any_more_ends_the_path(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.press("2", "1", "1")
    bench.save(menu=MENU.replace("branch: {1: pay}", "branch: {3: pay}"))
    bench.reload()
    assert bench.state["replayed"] == {
        "of": 3,
        "done": 1,
        "sentence": "Replayed 1 of 3 keys: at billing, 1 no longer leads anywhere.",
    }
    assert bench.state["now"] == "menu/billing"
    assert bench.waits["keys"] == {"3": "pay"}
    bench.save(menu=MENU)  # put right again: the whole path is there again
    bench.reload()
    assert bench.state["replayed"]["sentence"] == "Replayed 3 keys."
    assert bench.state["now"] == "menu/menu"


def test_after_the_path_has_ended_one_goes_on_from_there(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.press("2", "1")
    bench.save(menu=MENU.replace("branch: {1: pay}", "branch: {3: pay}"))
    bench.reload()
    bench.press("3")
    assert bench.state["now"] == "menu/pay"
    assert [one["press"] for one in bench.state["acts"]] == ["2", "3"]


def test_a_call_that_is_over_earlier_says_where(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.press("2", "1")
    bench.save(menu=MENU.replace("2: billing", "2: other"))
    bench.reload()
    assert bench.state["replayed"]["sentence"] == "Replayed 1 of 2 keys: then the call ended, at other."
    assert bench.state["over"]


def test_a_step_that_is_gone_leaves_the_call_as_it_was(bench):
    bench.save(menu=MENU)
    bench.call("menu", step="billing")
    bench.press("1")
    before = bench.told()
    renamed = MENU.replace("billing:", "bills:").replace("2: billing", "2: bills")
    bench.save(menu=renamed)
    bench.reload()
    assert bench.state["replayed"]["sentence"] == "menu/billing no longer exists."
    assert bench.told() == before


def test_without_replay_the_call_simply_goes_on(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.do({"set_replay": False})
    bench.press("2")
    version = bench.state["version"]
    # The question was asked by the version before, and its answer is judged by that; the step it leads to is the new one.
    bench.save(menu=MENU.replace("branch: {1: pay}", "branch: {3: pay}").replace("Paid.", "Thank you."))
    bench.reload()
    assert bench.state["newer"]
    assert bench.told()[-1] == "Billing. To pay, press 1."
    bench.press("1")
    assert bench.told()[-1] == "Thank you. Anything else?"
    assert bench.state["version"] != version
    bench.do({"back": True})  # what was done is done again in the version that it was done in
    assert bench.told()[-1] == "Billing. To pay, press 1."
    bench.press("1")
    assert bench.told()[-1] == "Thank you. Anything else?"


def test_replay_can_be_asked_for(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    bench.do({"set_replay": False})
    bench.press("2")
    bench.save(menu=MENU.replace("Billing.", "Bills."))
    bench.reload()
    bench.do({"replay": True})
    assert bench.told()[-1] == "Bills. To pay, press 1."
    assert not bench.state["newer"]


def test_a_save_with_an_error_changes_nothing(bench):
    bench.save(menu=MENU)
    bench.call("menu")
    before = bench.press("2")
    bench.save(menu=MENU.replace("2: billing", "2: biling"))
    assert bench.reload() == before
    bench.press("1")
    assert bench.state["now"] == "menu/pay"


def test_a_save_of_another_flow_is_none_of_the_call(bench):
    bench.save(menu=MENU, other="steps: {a: [{say: One.}]}")
    bench.call("menu")
    before = bench.press("2")
    bench.save(other="steps: {a: [{say: Two.}]}")
    assert bench.reload() == before
    assert not bench.state["newer"]


def test_what_was_asked_by_hand_is_answered_again(bench):
    asks = """
    vars: {name: ""}
    steps:
      menu:
        - request: {url: 'https://crm.example.com/a', save: {name: body}}
        - gather: {say: "Hello {{ name }}. Press 1.", branch: {1: next}}
      next:
        - request: {url: 'https://crm.example.com/b', save: {name: body}}
        - say: "Then {{ name }}."
    """
    bench.save(asks=asks)
    bench.call("asks")
    bench.do({"answer": "Ann"}, {"press": "1"}, {"answer": "Bob"})
    bench.save(asks=asks.replace("Then", "And then"))
    bench.reload()
    assert bench.told() == ["Hello Ann. Press 1.", "And then Bob."]
    bench.save(asks=asks.replace("/b", "/c"))
    bench.reload()
    assert bench.waits["kind"] == "world"
    assert bench.state["replayed"]["sentence"] == ("Replayed 1 of 1 key: then the flow makes a new external call.")


def test_variables_of_the_start_are_there_after_a_save(bench):
    flow = """
    vars: {tries: 1}
    steps:
      menu:
        - gather: {say: "Try {{ tries }}.", branch: {1: menu}}
    """
    bench.save(menu=flow)
    bench.call("menu", vars={"tries": 7})
    bench.press("1")
    bench.save(menu=flow.replace("Try", "Round"))
    bench.reload()
    assert bench.told() == ["Round 7.", "Round 7."]


def test_what_a_flow_requires_is_given(bench):
    bench.save(
        acc="takes: {account: required}\nsteps: {menu: [{gather: {say: 'Account {{ account }}.', branch: {1: menu}}}]}"
    )
    bench.call("acc", vars={"account": "4711"})
    assert bench.told() == ["Account 4711."]
    assert 'takes: {"account": "4711"}' in bench.script()
    assert bench.failures() == [None]
