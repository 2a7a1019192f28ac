"""Whatever tree stands under `hours`, the reader answers with findings."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, codes, render_text
from engine.document.folder import Folder
from engine.model.build import build

KEYS = st.sampled_from(
    [
        "timezone",
        "mon",
        "mon-fri",
        "sat-mon",
        "closed",
        "closed_if",
        "2026-12-24",
        "2026-12-24..2027-01-02",
        "2026-02-30",
        "Mon",
        "desk",
        "x",
    ]
)
LEAVES = st.sampled_from(
    [
        "UTC",
        "EST",
        "09:00-17:00",
        "closed",
        "9-5",
        "'24:00-01:00'",
        "2026-12-25",
        "holidays",
        "US",
        "''",
        "~",
        "{}",
        "[]",
        "now",
        "hours.desk.open",
        "{holidays: US}",
        "[{holidays: US}]",
        "[{holidays: XX}]",
        "'{{ a }}'",
        "x == 1",
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(KEYS, inner, max_size=5).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=14,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(own=TREES, project=TREES)
def test_any_tree_only_makes_findings(own: str, project: str) -> None:
    flow = f"hours: {own}\nsteps:\n  menu:\n    - say: '{{{{ hours.desk.open }}}} {{{{ hours.x.opens_at }}}}'\n"
    report = Report()
    build(Folder(Path(), (Source("a.yaml", flow),), Source("_project.yaml", f"hours: {project}\n")), report)
    for found in report.diagnostics:
        assert found.code in codes(), found.code
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
    render_text(report.diagnostics)
