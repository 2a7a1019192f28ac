"""What a condition says of the channel, before anybody calls or writes."""

import pytest

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.channels import CHANNELS, holds
from engine.grammar.templates import read_expression


@pytest.mark.parametrize(
    ("condition", "voice", "messaging"),
    [
        ("channel == 'voice'", True, False),
        ("'messaging' == channel", False, True),
        ("channel != 'voice'", False, True),
        ("not channel == 'voice'", False, True),
        ("channel in ['voice', 'fax']", True, False),
        ("channel not in ('voice',)", False, True),
        ("channel == 'voice' and digits", None, False),
        ("channel == 'voice' or digits", True, None),
        ("not (channel == 'voice' and digits)", None, True),
        ("channel == 'sms'", False, False),
        ("channel == 'voice' == true", None, None),
        ("channel == other", None, None),
        ("channel in names", None, None),
        ("channel | upper == 'VOICE'", None, None),
        ("digits == 'voice'", None, None),
        ("channel", None, None),
    ],
)
def test_a_condition_holds_or_not_or_nobody_can_say(condition: str, voice: bool | None, messaging: bool | None) -> None:
    report = Report()
    scalar = Scalar(condition, Span(Source("f.yaml", condition), 0, len(condition)), False)
    expression = read_expression(scalar, report)
    assert expression is not None, report.diagnostics
    assert (holds(expression, "voice"), holds(expression, "messaging")) == (voice, messaging)


def test_what_serves_both_channels() -> None:
    assert CHANNELS["voice"].served & CHANNELS["messaging"].served == {
        "say",
        "gather",
        "hangup",
        "play",
        "pause",
        "redirect",
    }
