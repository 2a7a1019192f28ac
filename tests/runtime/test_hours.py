"""Opening hours in a call: asked by conditions and templates, at the time of each request."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

DESK = """\
hours:
  desk:
    timezone: America/New_York
    mon-fri: 09:00-17:00
"""
ASKS = """\
steps:
  menu:
    - branch:
        - when: hours.desk.open
          to: [{say: Open.}]
        - else: [{say: Closed.}]
"""
MORNING = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
NIGHT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def says(text: str) -> str:
    return f'steps:\n  menu:\n    - say: "{text}"\n'


@pytest.fixture
def heard(call: Callable[..., Any]) -> Callable[..., str]:
    """What a call to the flow `a` hears at a time, in the text of its `<Say>`."""

    def ask(at: datetime, _project: str = "", **flows: str) -> str:
        one = call(**({"_project": _project} if _project else {}), **flows)
        one.at = at
        twiml = one.ask("a")
        assert one.outcome.trouble is None, one.outcome.trouble
        return str(twiml.removeprefix("<Say>").removesuffix("</Say>"))

    return ask


@pytest.mark.parametrize(("at", "words"), [(MORNING, "Open."), (NIGHT, "Closed.")])
def test_a_condition_asks_whether_it_is_open(heard: Callable[..., str], at: datetime, words: str) -> None:
    assert heard(at, a=DESK + ASKS) == words


def test_what_depends_on_hours_is_made_for_each_request(call: Callable[..., Any]) -> None:
    one = call(a=DESK + ASKS)
    heard = []
    for one.at in (MORNING, NIGHT, MORNING):
        heard.append(one.ask("a"))
    assert heard == ["<Say>Open.</Say>", "<Say>Closed.</Say>", "<Say>Open.</Say>"]
    assert one.program.ready == {}
    assert not one.program.flows["a"].keeps, "the clock is no session"


def test_times_are_said_in_the_zone_of_the_hours(heard: Callable[..., str]) -> None:
    text = "{{ hours.desk.opens_at | date(year=false) }}, {{ hours.desk.opens_at | time }} to {{ hours.desk.closes_at | time }}"
    assert heard(NIGHT, a=DESK + says(text)) == "Tuesday, November 24, 9 AM to 5 PM"
    assert heard(NIGHT, a=DESK + says("{{ hours.desk.now | time }}")) == "8:30 PM"
    assert heard(NIGHT, a=DESK + says("{{ hours.desk.opens_at.strftime('%A') }}")) == "Tuesday"


def test_times_can_be_compared_and_subtracted(heard: Callable[..., str]) -> None:
    text = "{{ ((hours.desk.closes_at - now).total_seconds() / 3600) | round | int }}"
    assert heard(MORNING, a=DESK + says(text)) == "7"
    assert heard(MORNING, a=DESK + says("{{ hours.desk.closes_at > now }}")) == "true"


def test_across_a_jump_of_the_clock_an_hour_is_an_hour(heard: Callable[..., str]) -> None:
    night = DESK.replace("mon-fri: 09:00-17:00", "sat: 22:00-06:00")
    text = "{{ (hours.desk.closes_at - hours.desk.now).total_seconds() / 3600 }}"
    assert heard(datetime(2026, 11, 1, 3, 0, tzinfo=UTC), a=night + says(text)) == "8.0"  # 23:00 to 06:00, and one more


def test_what_there_is_not_is_empty(heard: Callable[..., str]) -> None:
    never = DESK.replace("09:00-17:00", "closed")
    text = "[{{ hours.desk.opens_at }}|{{ hours.desk.closes_at }}|{{ hours.desk.holiday }}|{{ hours.desk.open }}]"
    assert heard(MORNING, a=never + says(text)) == "[|||false]"


def test_a_holiday_has_its_name(heard: Callable[..., str]) -> None:
    closed = DESK + "    closed: [{holidays: US}]\n"
    assert (
        heard(datetime(2026, 11, 26, 15, tzinfo=UTC), a=closed + says("{{ hours.desk.holiday }}")) == "Thanksgiving Day"
    )


def test_hours_can_be_looked_up_under_a_name_that_the_call_knows(heard: Callable[..., str]) -> None:
    both = DESK + "  night:\n    timezone: America/New_York\n    mon: 20:00-23:00\n"
    text = "{% for name in hours %}{{ name }} {{ hours[name].open }} {% endfor %}"
    assert heard(NIGHT, a=both + says(text)) == "desk false night true "


def test_a_flow_without_hours_knows_none(heard: Callable[..., str]) -> None:
    assert heard(NIGHT, a=says("{{ hours | length }}")) == "0"


class TestClosedIf:
    def test_it_closes_whatever_else_is_written(self, heard: Callable[..., str]) -> None:
        for lines in ("", "    2026-11-23: 09:00-17:00\n"):
            assert heard(MORNING, a=DESK + lines + "    closed_if: true\n" + ASKS) == "Closed."

    def test_its_now_is_in_the_zone_of_the_hours(self, heard: Callable[..., str]) -> None:
        text = DESK + "    closed_if: now.hour == 10\n"
        assert heard(MORNING, a=text + ASKS) == "Closed."
        assert heard(MORNING.replace(hour=16), a=text + ASKS) == "Open."
        assert heard(MORNING, a=text + says("{{ now.hour }}")) == "15"  # elsewhere it is as it was

    def test_it_sees_the_variables_as_they_are_now(self, call: Callable[..., Any]) -> None:
        flow = (
            DESK + "    closed_if: full\nvars: {full: false}\n"
            "steps:\n  menu:\n    - say: '{{ hours.desk.open }}'\n    - set: {full: true}\n    - say: '{{ hours.desk.open }}'\n"
        )
        one = call(a=flow)
        one.at = MORNING
        assert one.ask("a") == "<Say>true</Say><Say>false</Say>"

    def test_it_may_ask_for_other_hours(self, heard: Callable[..., str]) -> None:
        lunch = "    closed_if: hours.lunch.open\n  lunch:\n    timezone: America/New_York\n    mon: 10:00-11:00\n"
        assert heard(MORNING, a=DESK + lunch + ASKS) == "Closed."
        assert heard(MORNING.replace(hour=16), a=DESK + lunch + ASKS) == "Open."

    def test_closed_by_it_the_next_time_is_the_next_day(self, heard: Callable[..., str]) -> None:
        text = "{{ hours.desk.opens_at.day }} {{ hours.desk.closes_at.day }}"
        assert heard(MORNING, a=DESK + "    closed_if: true\n" + says(text)) == "24 24"
        assert heard(MORNING, a=DESK + "    closed_if: false\n" + says(text)) == "24 23"

    def test_a_fault_in_it_is_told_where_it_stands(self, call: Callable[..., Any]) -> None:
        one = call(a=DESK + "    closed_if: params.x | int / 0 > 1\n" + says("{{ hours.desk.open }}"))
        one.at = MORNING
        one.ask("a")
        assert "divided by zero" in one.outcome.trouble.message
        assert one.outcome.trouble.span.location == "a.yaml:5:16"

    def test_one_that_asks_for_itself_by_a_name_that_only_the_call_knows_is_a_fault(
        self, call: Callable[..., Any]
    ) -> None:
        one = call(
            a=DESK + "    closed_if: hours[params.which].open\n" + says("{{ hours.desk.open }}"),
            params={"which": "desk"},
        )
        one.at = MORNING
        one.ask("a")
        assert one.outcome.trouble.message == "whether `desk` is open is asked in its own `closed_if`"

    def test_it_is_not_asked_while_the_days_say_closed(self, heard: Callable[..., str]) -> None:
        assert heard(NIGHT, a=DESK + "    closed_if: 1 / 0 > 1\n" + ASKS) == "Closed."


class TestProject:
    NIGHT_DESK = DESK.replace("09:00-17:00", "20:00-23:00")

    def test_a_flow_has_the_hours_of_the_project(self, heard: Callable[..., str]) -> None:
        assert heard(MORNING, DESK, a=ASKS) == "Open."

    def test_hours_of_the_same_name_are_the_flows_own_as_a_whole(self, heard: Callable[..., str]) -> None:
        project = self.NIGHT_DESK.replace("desk:", "other:") + DESK.removeprefix("hours:\n") + "    closed_if: true\n"
        assert heard(MORNING, project, a=DESK + ASKS) == "Open."
        assert heard(NIGHT, project, a=DESK + says("{{ hours.other.open }} {{ hours.desk.open }}")) == "true false"

    @pytest.mark.parametrize(
        ("of_project", "of_flow", "is_open"),
        [  # MORNING is Monday, 2026-11-23, 10:00
            ("    2026-11-23: closed\n", "", True),
            ("    closed: [2026-11-23]\n", "", True),
            ("    closed_if: true\n", "    2026-11-23: 09:00-12:00\n", True),
            ("    2026-11-23: 09:00-12:00\n", "    closed: [2026-11-23]\n", False),
            ("    2026-11-23: 09:00-12:00\n", "    closed_if: true\n", False),
            ("    closed: [2026-11-23]\n", "    closed: [2026-11-23]\n    2026-11-23: 09:00-12:00\n", True),
        ],
    )
    def test_nothing_of_the_projects_is_mixed_into_them(
        self, heard: Callable[..., str], of_project: str, of_flow: str, is_open: bool
    ) -> None:
        assert heard(MORNING, DESK + of_project, a=DESK + of_flow + ASKS) == ("Open." if is_open else "Closed.")

    def test_what_closes_them_may_be_a_variable_of_the_project(self, heard: Callable[..., str]) -> None:
        project = DESK + "    closed_if: full\nvars: {full: true}\n"
        assert heard(MORNING, project, a=ASKS) == "Closed."
        assert heard(MORNING, project, a=ASKS + "vars: {full: false}\n") == "Open."

    def test_each_flow_of_a_call_has_its_own(self, heard: Callable[..., str]) -> None:
        flows = {"a": DESK + "steps:\n  menu:\n    - redirect: b/\n", "b": self.NIGHT_DESK + ASKS}
        assert heard(MORNING, **flows) == "Closed."
        assert heard(NIGHT, **flows) == "Open."

    def test_a_subflow_has_its_own(self, call: Callable[..., Any]) -> None:
        asks = "say: '{{ hours.desk.open }}'"
        one = call(
            a=f"{DESK}steps:\n  menu:\n    - {asks}\n    - subflow: b\n    - {asks}\n",
            b=f"{self.NIGHT_DESK}steps:\n  menu:\n    - {asks}\n",
        )
        one.at = MORNING
        assert one.ask("a") == "<Say>true</Say><Say>false</Say><Say>true</Say>"

    def test_defaults_and_first_values_may_ask_them(self, heard: Callable[..., str]) -> None:
        project = DESK + "vars: {greeting: \"{{ 'Good day' if hours.desk.open else 'Good evening' }}\"}\n"
        assert heard(MORNING, project, a=says("{{ greeting }}")) == "Good day"
        assert heard(NIGHT, project, a=says("{{ greeting }}")) == "Good evening"


def test_a_time_is_kept_as_iso_text_and_still_said_as_a_time(call: Callable[..., Any]) -> None:
    flow = DESK + (
        "steps:\n  menu:\n    - set: {opens: '{{ hours.desk.opens_at }}', open: '{{ hours.desk.open }}'}\n"
        "    - gather: {say: '{{ opens | time }}', branch: {1: told}}\n"
        "  told:\n    - say: '{{ opens | date }} {{ opens | time }} {{ open }}'\n"
    )
    one = call(a=flow)
    one.at = NIGHT
    one.ask("a")
    assert one.session.variables == {"opens": "2026-11-24T09:00:00-05:00", "open": False}
    assert one.ask(one.action(), Digits="1") == "<Say>Tuesday, November 24, 2026 9 AM false</Say>"
