"""Whatever an author writes, the reader answers with findings: no traceback, and every finding can be shown."""

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.diagnostics import FORMATS, Report, Source, codes, render_text
from engine.document.folder import Folder
from engine.grammar.names import NAMES
from engine.grammar.verbs import ENGINE_VERBS, EXTRAS, FLOW_KEYS, RETRY_KEYS, TARGET_WORDS
from engine.grammar.vocabulary import MESSAGING, VOICE, elements
from engine.model.build import build

ROOT = Path(__file__).parents[2]
EXPLAIN = ROOT / "engine" / "diagnostics" / "explain"
CASES = [
    text
    for file in sorted(Path(__file__).parent.glob("mistakes/*.txt"))
    for text in re.findall(r"^## .*\n((?:.*\n)*?)---\n", file.read_text(encoding="utf-8"), re.MULTILINE)
]
PAGES = [
    text
    for file in sorted(EXPLAIN.glob("*.md"))
    for text in re.findall(r"```yaml \w+\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
]
CORPUS = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "flows").glob("*.yaml"))] + CASES + PAGES
WORDS = sorted(
    {
        *(element.name for root in (VOICE, MESSAGING) for element in elements(root)),
        *(name for root in (VOICE, MESSAGING) for element in elements(root) for name in element.attributes),
        *ENGINE_VERBS,
        *EXTRAS,
        *RETRY_KEYS,
        *FLOW_KEYS,
        *TARGET_WORDS,
        *NAMES,
        *("else", "no_input", "no_match", "when", "to", "on", "content", "completed", "ignore", "check", "menu", "a/b"),
    }
)
FUNCTIONS = Source("functions.py", "def menu(say, /, to=1, *, on): pass\nasync def record(**timeout): pass\n")
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        ["", "~", "1", "'*'", "5s", "'{{ a }}'", "'{{ call.x }}'", "/[/", "'1 | 2'", "https://a_b/", "./a"]
    ),
    st.text(alphabet="ab1 _-./:|#*'\"{}[]%é", max_size=8).map(lambda text: "'" + text.replace("'", "''") + "'"),
)
TREES = st.recursive(
    TEXTS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(TEXTS.filter(bool), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=12,
)


def check(flow: str, project: str | None = None) -> None:
    """Reads a flow and shows what was found in every form."""
    report = Report()
    common = Source("_project.yaml", project) if project is not None else None
    flows = (Source("example.yaml", flow), Source("other.yaml", CORPUS[0]))
    build(Folder(Path(), flows, common, functions=FUNCTIONS), report)
    for found in report.diagnostics:
        assert found.code in codes(), found.code
        assert found.title
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
    for render in FORMATS.values():
        render(report.diagnostics)
    render_text(report.diagnostics, colour=True)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A flow of the corpus with some lines lost, doubled, swapped or indented, and some characters changed."""
    lines = draw(st.sampled_from(CORPUS)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "indent", "outdent", "character", "word"])):
            case "delete" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = "  " + lines[at]
            case "outdent":
                lines[at] = lines[at].removeprefix("  ")
            case "character":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = (
                    lines[at][:place] + draw(st.sampled_from("abZ1:#{}[]|'\"/- &*!é\t%")) + lines[at][place + 1 :]
                )
            case "word":
                words = re.split(r"(\w+)", lines[at])
                place = draw(st.integers(0, len(words) - 1))
                words[place] = draw(st.sampled_from(WORDS))
                lines[at] = "".join(words)
    return "\n".join(lines)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flow=mutations())
def test_a_flow_with_slips_of_the_hand_only_makes_findings(flow: str) -> None:
    check(flow)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(instructions=st.lists(TREES, max_size=3), vars=TREES, defaults=TREES, target=TEXTS)
def test_any_tree_of_the_words_of_the_language_only_makes_findings(
    instructions: list[str], vars: str, defaults: str, target: str
) -> None:
    steps = "".join(f"    - {instruction}\n" for instruction in instructions)
    check(
        f"on_error: {target}\nvars: {vars}\ndefaults: {defaults}\nsteps:\n  menu:\n{steps}", f"defaults: {defaults}\n"
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verb=st.sampled_from(WORDS), field=st.sampled_from(WORDS), inner=TREES, value=TREES)
def test_any_field_of_any_verb_only_makes_findings(verb: str, field: str, inner: str, value: str) -> None:
    check(f"steps:\n  menu:\n    - {verb}: {{{field}: {inner}, branch: {value}}}\n    - {verb}: {inner}\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flow=TREES, project=TREES)
def test_any_file_only_makes_findings(flow: str, project: str) -> None:
    check(flow, project)
