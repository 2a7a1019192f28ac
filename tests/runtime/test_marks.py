"""A program for tests tells by processing instructions which step and exit each part of a document is from."""

from engine.program.library import load_sources
from engine.runtime.respond import respond
from engine.runtime.turn import Turn

FLOW = """
steps:
  menu:
    - gather: {say: "Press 1.", branch: {1: sales, no_input: silent, else: menu}}
  sales: [{say: Sales.}]
  silent: [{say: Still there?}]
"""


def body(noon, marks, **asked):
    program = load_sources({"f.yaml": FLOW}, marks=marks).program
    params = {"Digits": "1"} if asked else {}
    return respond(program, Turn("f", "menu" if asked else "", noon, params, asked)).body.decode()


def test_marks_stand_where_steps_and_exits_begin(call):
    noon = call(f=FLOW).at
    marked = body(noon, True)
    assert marked.index("<?touchtone step f/menu?>") < marked.index("<Gather")
    assert (
        marked.index("</Gather>")
        < marked.index("<?touchtone exit f/menu:0 1?>")
        < marked.index("<?touchtone step f/silent?>")
    )
    assert "<?touchtone exit f/menu:0 0?><?touchtone step f/sales?><Say>Sales." in body(noon, True, _a="0")


def test_what_twilio_gets_has_no_marks(call):
    noon = call(f=FLOW).at
    assert "touchtone" not in body(noon, False)
