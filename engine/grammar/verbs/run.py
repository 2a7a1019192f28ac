"""`run`: a call of one of the project's own functions."""

from engine.grammar.verbs.spec import Key, VerbSpec

_EXAMPLE = "write  run: {function: lookup, args: {number: '{{ call.from }}'}}"

RUN = VerbSpec(
    "run",
    "Calls a Python function of the project's `functions.py`.",
    {
        "function": Key(
            "the name of the function",
            form="function",
            wanted="the name of a function",
            example=_EXAMPLE,
            called=("name", "call", "python"),
        ),
        "args": Key(
            "its arguments, by name",
            form="named",
            wanted="a mapping of names and values",
            example=_EXAMPLE,
            called=("with", "params", "parameters", "kwargs", "input"),
        ),
        "save": Key("keeps the value it returns: `save: customer`", form="save"),
        "branch": Key("where each value leads, compared as text; `error` is any exception", form="branch"),
    },
    "run:\n  function: lookup\n  args: {number: '{{ call.from }}'}\n  save: customer\n  branch:\n    error: operator",
    answers=("error",),
    gives=("value",),
    bare="function",
    written=_EXAMPLE,
    needs=(("function",),),
    called=("function", "python", "execute", "invoke"),
    open=True,
    asks=True,
    done="runs",
    stubs="named",
    given="write  run: {lookup: {name: Ann}}",
    trial='-a "run={NAME: null}"',
)
