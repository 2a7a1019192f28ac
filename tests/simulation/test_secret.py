"""A secret answer in a simulated call is shown as dots: in the captions, the keys so far, the variables and the script."""

import json

from tests.phone.test_discreet import BANK


def test_a_secret_answer_is_shown_as_dots(bench):
    bench.save(bank=BANK)
    bench.call("bank")
    bench.do({"press": "4"}, {"press": "7"})
    assert bench.state["waits"]["pressed"] == "••"
    bench.do({"press": "1"}, {"press": "1"}, {"answer": '{"name": "Ann"}'})
    shown = json.dumps(bench.state, ensure_ascii=False)
    assert "4711" not in shown
    assert "4 7 1 1" not in shown
    assert bench.state["vars"]["pin"] == "•••"
    assert set("".join(line["text"] for line in bench.state["captions"] if line["kind"] == "pressed")) == {"•"}
    assert [one.get("press") for one in bench.state["acts"]][:4] == ["•"] * 4


def test_a_secret_text_is_shown_as_dots(bench):
    bench.save(
        pin="""
        channel: messaging
        vars: {pin: ""}
        steps:
          ask:
            - gather: {message: Your PIN?, secret: true, save: pin}
            - message: "It is {{ pin }}."
        """
    )
    bench.call("pin")
    bench.do({"text": "hello"}, {"text": "47110815"})
    assert bench.told("sent") == ["hello", "•••"]
    assert "47110815" not in json.dumps(bench.state)


PAID = """
    vars: {pin: ""}
    steps:
      ask:
        - gather: {say: Your PIN?, num_digits: 4, finish_on_key: "", secret: true, save: pin}
        - request: {url: "https://bank.example/{{ pin }}", headers: {X-Key: "{{ env.KEY }}"}, save: found}
        - say: "Your PIN is {{ pin }}, the key of today is {{ env.KEY }}."
    """


def test_keys_that_were_pressed_one_by_one_are_hidden_while_the_world_is_asked(make):
    bench = make(KEY="zebra-99")
    bench.save(paid=PAID)
    bench.call("paid")
    bench.do({"press": "4"}, {"press": "7"}, {"press": "1"}, {"press": "1"})
    assert bench.state["waits"]["asked"]["text"].startswith("GET https://bank.example/•••")
    assert "4711" not in json.dumps(bench.state)
    bench.do({"answer": '{"pin": "4711"}'})
    assert bench.state["acts"][-1] == {"answer": '{"pin": "•••"}'}
    assert "4711" not in json.dumps(bench.state)


def test_no_secret_of_the_settings_gets_into_a_script(make):
    bench = make(KEY="zebra-99")
    bench.save(paid=PAID)
    bench.call("paid")
    bench.do({"press": "4711"}, {"answer": "200"})
    script = bench.script()
    assert "zebra-99" not in script
    assert "4711" not in script
    assert "the key of today is" in script


def test_a_secret_text_and_what_repeats_it_stay_out_of_a_script(bench):
    bench.save(
        pin="""
        channel: messaging
        vars: {pin: ""}
        steps:
          ask:
            - gather: {message: Your PIN?, secret: true, save: pin}
            - message: "It is {{ pin }}."
        """
    )
    bench.call("pin")
    bench.do({"text": "hello"}, {"text": "47110815"})
    assert "47110815" not in bench.script()
