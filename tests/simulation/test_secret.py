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
