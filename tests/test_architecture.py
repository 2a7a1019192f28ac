"""The layout is the explanation: imports run one way, each library has one door, no module outgrows its page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[1] / "engine"
MODULES = sorted(ENGINE.rglob("*.py"))

# Each room may import those before it; the telephone stands outside, and knows no server.
ORDER = [
    *(
        "diagnostics",
        "document",
        "grammar",
        "model",
        "picture",
        "program",
        "runtime",
        "server",
        "history",
        "account",
        "api",
    ),
    *("phone", "standin", "testing", "simulation", "page", "commands", "application", "__init__", "cli"),
]
ONLY = {"phone": {"grammar", "document", "diagnostics"}}

# A library, and the only places that may import it.
DOORS = {
    "yaml": {"document"},
    "dotenv": {"server"},
    "jinja2": {"grammar"},
    "re2": {"grammar"},
    "twilio": {"grammar", "server", "account"},
    "twilio.rest": {"account"},
    "starlette": {"server", "api", "standin", "page"},
    "uvicorn": {"server"},
    "watchfiles": {"server"},
    "sqlite3": {"runtime", "history"},
    "redis": {"runtime"},
    "httpx2": {"runtime"},
    "httpcore2": {"runtime"},
    "holidays": {"model"},
    "babel": {"document", "grammar", "commands"},
    "limits": {"api"},
    "click": {"cli.py", "commands", "server", "testing"},
}

LONGEST = 400

# Who may ask for the time of day; everybody else is given a clock.
WALL_CLOCK = {"cli.py", "commands"}
CLOCKS = {
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime")),
    *(f"{one}.{name}" for one in ("datetime", "datetime.datetime") for name in ("now", "utcnow", "today")),
    *("date.today", "datetime.date.today"),
}


def room(path: Path) -> str:
    return path.relative_to(ENGINE).parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports name the whole way"
            yield node.module or "", node.lineno


def name(path: Path) -> str:
    return str(path.relative_to(ENGINE))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_run_one_way(path):
    here = room(path).removesuffix(".py")
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "engine" or len(parts) < 2 or parts[1] == here:
            continue
        there = parts[1]
        allowed = there in ONLY[here] if here in ONLY else ORDER.index(there) < ORDER.index(here)
        assert allowed, f"engine/{name(path)}:{line}: {here} may not import {there}"


def graph(paths: list[Path]) -> dict[str, set[str]]:
    """What each module imports of the others, also within a function or for types alone."""
    named = {".".join(("engine", *path.relative_to(ENGINE).with_suffix("").parts)): path for path in paths}
    named = {module.removesuffix(".__init__"): path for module, path in named.items()}
    found: dict[str, set[str]] = {}
    for module, path in named.items():
        found[module] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found[module] |= {alias.name for alias in node.names} & named.keys()
            elif isinstance(node, ast.ImportFrom):
                own = [f"{node.module}.{alias.name}" for alias in node.names]
                found[module] |= {one if one in named else str(node.module) for one in own} & named.keys()
    return found


def circles(found: dict[str, set[str]]) -> list[list[str]]:
    """The groups of nodes of which each leads to all others."""
    return [group for group in strongly_connected(found) if len(group) > 1]


def strongly_connected(found: dict[str, set[str]]) -> Iterator[list[str]]:
    """Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(found[node]):
            if other not in index:
                yield from visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            yield sorted(group)

    for node in found:
        if node not in index:
            yield from visit(node)


def test_no_module_imports_itself_by_way_of_others():
    assert circles(graph(MODULES)) == []


def rooms_within(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same graph with each room within a room as one node; the modules beside it stay as they are."""
    within = {module.rpartition(".")[0] for module in found if module.count(".") >= 3}

    def node(module: str) -> str:
        return next((one for one in within if f"{module}.".startswith(f"{one}.")), module)

    joined: dict[str, set[str]] = {node(module): set() for module in found}
    for module, others in found.items():
        joined[node(module)] |= {node(other) for other in others} - {node(module)}
    return joined


def test_imports_run_one_way_between_rooms_within_rooms():
    assert circles(rooms_within(graph(MODULES))) == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_library_has_one_door(path):
    for module, line in imports(path):
        for library, doors in DOORS.items():
            if module == library or module.startswith(f"{library}."):
                assert room(path) in doors, (
                    f"engine/{name(path)}:{line}: {library} is imported in {' and '.join(sorted(doors))} only"
                )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_clocks_are_given(path):
    """A clock that a module reads by itself cannot be set by a test, and the test then fails on some later day."""
    tree = ast.parse(path.read_text())
    wall = (
        [] if room(path) in WALL_CLOCK else [f"line {node.lineno} reads {ast.unparse(node)}" for node in clocks(tree)]
    )
    assert not wall, f"engine/{name(path)}: {'; '.join(wall)}: take a `clock` argument"
    hidden = [ast.unparse(value) for value in defaults(tree) if ast.unparse(value).startswith("time.")]
    assert not hidden, f"engine/{name(path)}: {hidden} is a default value: make the argument required"


def clocks(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Where the time of day is asked for. `time.monotonic` and `time.perf_counter` measure how long real work takes, and may stay."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS:
            yield node


def defaults(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            yield from (value for value in (*node.defaults, *node.kw_defaults) if value is not None)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_outgrows_its_page(path):
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST, f"engine/{name(path)} has {lines} lines: it has more than one job"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_first_line_says_what_a_module_is_for(path):
    sentence = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
    assert sentence.endswith((".", ":")), f"engine/{name(path)} says nothing of itself"


def test_the_rule_of_imports_can_fail(tmp_path):
    """The check itself is tried on a module that breaks it."""
    bad = tmp_path / "bad.py"
    bad.write_text("import yaml\nfrom engine.server import app\n")
    assert [module for module, _ in imports(bad)] == ["yaml", "engine.server"]


def test_the_rule_of_circles_can_fail():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"d"}, "e": {"a"}}) == [["a", "b", "c"]]
    rooms = {
        "engine.m.x.a": {"engine.m.y.b"},
        "engine.m.y.b": {"engine.m.p"},
        "engine.m.p": set(),
        "engine.m.y.c": set(),
    }
    assert circles(rooms_within(rooms)) == []
    rooms["engine.m.y.c"].add("engine.m.x.a")
    assert circles(rooms_within(rooms)) == [["engine.m.x", "engine.m.y"]]


def test_the_rule_of_clocks_can_fail():
    tree = ast.parse("def f(clock=time.monotonic): return datetime.now(UTC), time.time")
    assert {ast.unparse(node) for node in clocks(tree)} == {"datetime.now", "time.time"}
    assert [ast.unparse(value) for value in defaults(tree)] == ["time.monotonic"]
