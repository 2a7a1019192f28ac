"""For every exit that no call has taken, the shortest way to it is found and written down, or said to be missing."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source, render_text
from engine.phone.scripts import play
from engine.phone.scripts.read import read_script
from engine.program.library import load_sources
from engine.testing import samples
from engine.testing.coverage import Coverage, survey
from engine.testing.project import Project
from engine.testing.suggest import Suggestions, suggest

ROOT = Path(__file__).parents[2]


def project_of(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return Project(loaded.program)


def suggested(project: Project) -> Suggestions:
    return suggest(project, Coverage(survey(project.program)))


def replayed(project: Project, suggestions: Suggestions) -> Coverage:
    """What the suggested scripts cover when they are read and played as any others."""
    coverage = Coverage(survey(project.program))
    for flow, text in suggestions.scripts.items():
        report = Report()
        script = read_script(Source(f"{flow}.calls.yaml", text), report)
        assert script is not None, text
        assert not report.diagnostics, render_text(report.diagnostics)
        for result in play(script, project):
            assert result.failure is None, f"{result.call.name}: {result.failure}\n{result.transcript}"
            coverage = coverage.plus(project, [result.story])
    return coverage


def ways(project: Project) -> dict[str, list[str]]:
    """The moves of each suggested call, by the text of the first place that it takes."""
    return {
        one.places[0].text: [f"{move.key} {move.words}".strip() for move in one.told.moves]
        for one in suggested(project).found
    }


class TestWays:
    @pytest.mark.parametrize(
        ("condition", "keys"),
        [
            ("pin == 4711", "4711"),
            ("pin == expected", "1234"),
            ("expected == pin", "1234"),
            ("pin > 9000", "9001"),
            ("pin < 1500 and pin != 1500", "1499"),
            ("pin in [5, 6]", "5"),
        ],
    )
    def test_a_number_that_a_condition_speaks_of_is_typed(self, condition, keys):
        project = project_of(
            f=f"""
            vars: {{expected: 1234}}
            steps:
              a:
                - gather: {{say: PIN?, save: pin}}
                - branch: [{{when: "{condition}", to: right}}, {{else: wrong}}]
              right: [{{say: Right.}}]
              wrong: [{{say: Wrong.}}]
            """
        )
        assert ways(project)[f"when {condition}"] == [f"press {keys}"]
        replayed(project, suggested(project))

    def test_the_shortest_keys_lead_to_an_exit(self):
        project = project_of(
            f="""
            steps:
              menu: [{gather: {say: Press., branch: {1: more, 2: last, else: menu}}}]
              more: [{gather: {say: More., branch: {7: last, else: menu}}}]
              last: [{gather: {say: Last., branch: {5: hangup, else: menu}}}]
            """
        )
        assert ways(project) == {
            "1": ["press 1"],
            "2": ["press 2"],
            "else": ["press 2", "silence"],
            "7": ["press 1", "press 7"],
            "5": ["press 2", "press 5"],
        }

    def test_questions_that_look_alike_in_two_trees_are_told_apart(self):
        project = project_of(
            f="""
            steps:
              menu:
                - gather:
                    branch:
                      1: [{gather: {say: One., branch: {3: []}}}]
                      2: [{gather: {say: Two., branch: {4: []}}}]
                - say: Bye.
            """
        )
        assert ways(project) == {
            "1": ["press 1"],
            "2": ["press 2"],
            "3": ["press 1", "press 3"],
            "4": ["press 2", "press 4"],
        }

    def test_words_patterns_and_silences(self):
        project = project_of(
            f="""
            steps:
              a:
                - gather:
                    say: Speak.
                    retry: {attempts: 2}
                    branch:
                      billing: b
                      /4[0-9]{3}/: b
                      /(red|blue) car/: b
                      no_input: b
                      no_match: b
              b: [{say: Bye.}]
            """
        )
        assert ways(project) == {
            "billing": ["say billing"],
            r"/4[0-9]{3}/": ["press 4000"],
            "/(red|blue) car/": ["say red car"],
            "no_input": ["silence", "silence"],
            "no_match": ["silence", "press 1"],
        }

    @pytest.mark.parametrize(
        "flow",
        [
            r"""
            always: {9: a, help: b}
            steps:
              a: [{gather: {say: Ask., input: dtmf speech, branch: {1: b, 2: c, '/\d/': d, '/.*please/': e, '#': f}}}]
            """,
            """
            steps:
              a: [{gather: {say: Ask., branch: {order: b, cancel order: c, 不是: d, 是: e, /order .*/: f}}}]
            """,
            r"""
            channel: [voice, messaging]
            always: {"!": f}
            steps:
              a: [{gather: {say: Ask., branch: {👍: b, "?": c, '/👍.+/': d, 1️⃣: e, else: a}}}]
            """,
            r"""
            steps:
              a: [{gather: {say: Ask., branch: {1: b, '/[0-9]{2}/': c, '#': d, else: [{redirect: e}]}}}, {redirect: f}]
            """,
            """
            steps:
              a: [{gather: {say: Ask., branch: {else: b, no_input: c}}}, {redirect: d}]
            """,
        ],
    )
    def test_an_answer_takes_the_very_key_that_it_is_for(self, flow):
        steps = "".join(f"              {name}: [{{say: '{name}.'}}]\n" for name in "bcdef")
        project = project_of(f=f"{flow.rstrip()}\n{steps}")
        found = suggested(project)
        assert [place.text for place in replayed(project, found).missing_exits] == []

    def test_every_outcome_that_is_written_for_a_dial(self):
        project = project_of(
            f="""
            steps:
              a:
                - dial:
                    number: {phone_number: "+15550100", url: screen}
                    branch: {completed: b, declined: b, busy: b, failed: b, else: b}
              screen: [{gather: {num_digits: 1, say: Take it?, branch: {1: [], else: hangup}}}]
              b: [{say: Bye.}]
            """
        )
        found = ways(project)
        assert found["completed"] == ["picks_up", "press 1", "talks 30"]
        assert (found["busy"], found["failed"], found["else"]) == (
            ["answers busy"],
            ["answers failed"],
            ["answers no-answer"],
        )
        assert replayed(project, suggested(project)).percent == 100.0

    @pytest.mark.parametrize(
        ("verb", "branch"),
        [
            ("dial: {number: '+1555', branch: {no-answer: b, else: b}}", {"no-answer", "else"}),
            ("record: {branch: {recorded: b, no_input: b, hangup: b}}", {"recorded", "no_input", "hangup"}),
            ("enqueue: {name: q, branch: {bridged: b, queue-full: b, else: b}}", {"bridged", "queue-full", "else"}),
            ("pay: {branch: {success: b, else: b}}", {"success", "else"}),
            ("connect: {virtual_agent: {connector_name: x}, branch: {completed: b, else: b}}", {"completed", "else"}),
            ("dial: {conference: room, branch: {answered: b, else: b}}", {"answered", "else"}),
        ],
        ids=["dial", "record", "enqueue", "pay", "connect", "conference"],
    )
    def test_every_verb_that_waits(self, verb, branch):
        project = project_of(f=f"steps: {{a: [{{{verb}}}], b: [{{say: Bye.}}]}}")
        suggestions = suggested(project)
        assert {place.text for one in suggestions.found for place in one.places if place.group} == branch
        assert replayed(project, suggestions).percent == 100.0

    def test_what_is_typed_is_what_a_later_branch_compares_it_with(self):
        project = project_of(
            f="""
            steps:
              a: [{gather: {say: Type., num_digits: 4, save: typed}}, {branch: {on: typed, 4711: b, else: c}}]
              b: [{branch: [{when: "typed == '4711' and digits", to: c}]}, {say: Hm.}]
              c: [{say: Bye.}]
            """
        )
        assert ways(project)["4711"] == ["press 4711"]

    def test_a_call_comes_in_as_conditions_wish(self):
        project = project_of(
            f="""
            takes: {tier: plain}
            steps:
              a:
                - branch: {on: call.from_country, US | CA: b, else: b}
              b:
                - branch: [{when: tier == 'gold', to: c}, {when: now.hour > 18, to: c}, {when: call.from == '+1555', to: c}]
                - say: Plain.
              c: [{say: Special.}]
            """
        )
        suggestions = suggested(project)
        assert not suggestions.unreached
        text = suggestions.scripts["f"]
        for given in ('params: {FromCountry: "US"}', 'takes: {tier: "gold"}', "at: ", 'from: "+1555"'):
            assert given in text
        assert replayed(project, suggestions).percent == 100.0

    def test_a_call_comes_in_when_the_flow_opens_and_when_it_closes(self):
        project = project_of(
            f="""
            hours:
              rare: {timezone: America/New_York, thu: 05:00-05:10, fri: 05:10-05:20}
              never: {timezone: UTC, mon-sun: closed}
            steps:
              a:
                - branch: [{when: hours.rare.open or hours.never.open, to: b}, {else: c}]
              b: [{say: Hello.}]
              c: [{say: Closed.}]
            """
        )
        suggestions = suggested(project)
        assert not suggestions.unreached
        assert replayed(project, suggestions).percent == 100.0
        assert 'at: "2026-01-08T05:00:00-05:00"' in suggestions.scripts["f"]

    def test_messages_have_ways_too(self):
        project = project_of(
            m="""
            channel: messaging
            steps:
              a: [{branch: {on: message.body, hours | open: b, '/ma+p/': b, else: b}}]
              b: [{message: Yes.}]
            """
        )
        suggestions = suggested(project)
        assert replayed(project, suggestions).percent == 100.0
        assert {one.told.moves[-1].words for one in suggestions.found} == {"hours", "map", "hello"}

    def test_questions_are_answered_in_conversations_and_in_calls(self):
        project = project_of(
            f="""
            channel: [voice, messaging]
            vars: {pin: 4711}
            steps:
              a: [{gather: {say: One?, branch: {1: b, yes: b, no_input: c, else: a}}}]
              b: [{branch: {on: channel, voice: c, messaging: d}}]
              c: [{gather: {say: PIN?, num_digits: 4, branch: [{when: answer == pin | string, to: hangup}]}}, {say: Bye.}]
              d: [{gather: {say: "Fine?", retry: {attempts: 2}, branch: {fine: hangup, no_match: c}}}]
            """
        )
        suggestions = suggested(project)
        assert suggestions.unreached == ()
        assert replayed(project, suggestions).percent == 100.0
        assert any(one.told.start.texts for one in suggestions.found)

    def test_one_call_is_enough_for_what_lies_on_its_way(self):
        project = project_of(f="steps: {a: [{branch: [{else: b}]}], b: [{branch: [{else: c}]}], c: [{say: Hi.}]}")
        (one,) = suggested(project).found
        assert [place.id for place in one.places] == ["f/a:0 0", "f/b:0 0", "f/a", "f/b", "f/c"]
        assert one.told.expected == ("hear: Hi.", "ends: hangup")

    def test_nothing_is_suggested_where_nothing_is_missing(self):
        project = project_of(f="steps: {a: [{say: Hi.}]}")
        coverage = Coverage(survey(project.program)).plus(project, [project.phone().ring("/flows/f")])
        assert suggest(project, coverage) == Suggestions((), ())


class TestRegrets:
    def test_what_cannot_be_reached_is_said_plainly(self):
        project = project_of(
            f="on_error: sorry\nsteps: {a: [{gather: {branch: {1: a, else: hangup}}}], sorry: [{say: Sorry.}]}"
        )
        suggestions = suggested(project)
        assert suggestions.complete
        assert suggestions.regrets == "no call was found that takes:\n  f.yaml:2  the step f/sorry"

    def test_a_way_through_a_fault_is_none(self):
        project = project_of(f="steps: {a: [{gather: {branch: {1: bad, else: a}}}], bad: [{say: '{{ 1 // 0 }}'}]}")
        assert [place.id for place in suggested(project).unreached] == ["f/a:0 0", "f/bad"]

    def test_a_search_without_end_is_given_up_and_says_so(self):
        project = project_of(
            f="""
            vars: {n: 0}
            steps:
              a:
                - gather: {num_digits: 1, branch: {1: b, else: a}}
              b:
                - set: {n: "{{ n + 1 }}"}
                - branch: [{when: n > 400, to: c}, {else: a}]
              c: [{say: There.}]
            """
        )
        suggestions = suggested(project)
        assert not suggestions.complete
        assert "within the limits of the search" in suggestions.regrets

    def test_there_is_nothing_to_regret_where_all_is_found(self):
        assert suggested(project_of(f="steps: {a: [{say: Hi.}]}")).regrets == ""


@pytest.mark.parametrize("folder", ["flows", "examples"])
def test_our_own_flows_are_covered_by_what_is_suggested(folder):
    project = Project.load(ROOT / folder)
    assert isinstance(project, Project)
    suggestions = suggested(project)
    coverage = replayed(project, suggestions)
    assert coverage.missing_exits == tuple(place for place in suggestions.unreached if place.group) == ()


class TestSamples:
    @pytest.mark.parametrize(
        ("pattern", "answer"),
        [
            (r"\d{6}", "111111"),
            ("[0-9]{4}", "0000"),
            ("(yes|no) please", "yes please"),
            ("(?i:yes)", "yes"),
            (r"4[12]\d{2,}", "4111"),
            ("[^0-9]+", "a"),
            (r"\+1\d{3}", "+1111"),
            (r".*\bhelp\b.*", "help"),
            ("(?:a|b)c?", "ac"),
            (r"[[:digit:]]{3}", "123"),
            ("[*#]1", "*1"),
            ("[]]x", "]x"),
            (r"(\*|#)?9", "*9"),
        ],
    )
    def test_an_answer_is_read_off_a_pattern(self, pattern, answer):
        assert samples.pattern(pattern) == answer

    def test_of_some_patterns_none_is_found(self):
        assert samples.pattern(r"\pL{3}\pN") is None

    def test_wrong_keys_are_taken_by_no_key(self):
        exits = next(
            instruction.exits
            for instruction in project_of(f="steps: {a: [{gather: {branch: {1: a, '/[0-8]/': a, 22: a}}}]}")
            .program.flows["f"]
            .steps["a"]
            .instructions
        )
        assert samples.wrong_keys(exits, 1) == "9"
        assert samples.wrong_keys(exits, 2) == "12"

    def test_the_texts_of_a_condition_are_those_it_compares_with(self):
        assert list(samples.literals("""answer == '4711' or n > 3 or x in ["a b", 'c']""")) == ["4711", "3", "a b", "c"]
