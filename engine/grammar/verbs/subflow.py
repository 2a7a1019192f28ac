"""`subflow`: a call of another flow, as of a function."""

from engine.grammar.verbs.spec import Key, VerbSpec

_EXAMPLE = "write  subflow: {flow: verify_pin, save: verified}"

SUBFLOW = VerbSpec(
    "subflow",
    "Calls a flow like a function, with variables of its own; it comes back at the next instruction with what its `return` says, or with nothing.",
    {
        "flow": Key("the flow that is called", form="flow", wanted="the name of a flow", example=_EXAMPLE),
        "with": Key(
            "what it is given, by the names of its `takes`",
            form="named",
            wanted="a mapping of variables and values",
            example="write  with: {tries: 3}",
        ),
        "save": Key("keeps the value it returns: `save: verified`, or entries of it", form="save"),
        "branch": Key("where each value it returns leads", form="branch"),
    },
    "subflow:\n  flow: verify_pin\n  with: {tries: 3}\n  branch:\n    true: menu\n    else: operator",
    bare="flow",
    written=_EXAMPLE,
    needs=(("flow",),),
    open=True,
)
