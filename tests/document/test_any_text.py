"""Whatever stands in a file, reading it ends, says something where it gives nothing, and can be shown."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import FORMATS, Report, Source
from engine.document import parse

FLOW = """\
description: Front desk  # of the clinic
vars: {visits: 0, name: "x"}
steps:
  menu:
    - gather:
        say: [Hello, 'it''s me', "press 1"]
        hints: &words [a, b]
        branch:
          1 | yes: menu
          "*": {say: Bye}
          /\\d{4}/: *words
          else:
            - say: |
                Some text
                # more
            - hangup
"""
SIGNS = [
    *"\"'*&!#:-{}[],|>%@`\\? \n\r\tx1/é😀\u00a0\u2028\x00\ufeff",
    *("{{", "}}", " #", ": ", "- ", "\n  ", "<<: ", "---\n"),
]


def read(text: str, loader: object) -> None:
    report = Report()
    root = parse(Source("f", text), report, loader=loader)
    assert root is not None or report.errors
    for render in FORMATS.values():
        render(report.diagnostics)
    for found in report.diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(text)


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.sampled_from(SIGNS), max_size=25))
def test_any_mixture_of_signs(loader: object, pieces: list[str]) -> None:
    read("".join(pieces), loader)


@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, len(FLOW)), drop=st.integers(0, 3), piece=st.sampled_from(["", *SIGNS]))
def test_any_slip_in_a_flow(at: int, drop: int, piece: str) -> None:
    read(FLOW[:at] + piece + FLOW[at + drop :], yaml.CSafeLoader)


@pytest.mark.parametrize(
    "text",
    [
        "[---\n ##]}}",
        "{{",
        "!%",
        "?",
        "- description: Front",
        "a #b: c",
        "a #b\r\nc: d",
        "x #y\n[",
        "\r\n #",
        "\n\n\ta",
    ],
)
def test_texts_that_were_trouble_once(text: str) -> None:
    read(text, yaml.CSafeLoader)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    read(text, yaml.CSafeLoader)
