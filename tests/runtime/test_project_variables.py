"""Variables of the project, and what callbacks of a flow without variables remember."""


def test_variables_of_the_project_are_set_once_for_a_call(call):
    """A flow's own `vars` are set when the call first enters it; the project's when it enters its first flow."""
    line = call(
        _project="vars: {visits: 0}",
        a="""
            steps:
              first:
                - set: {visits: "{{ visits + 1 }}"}
                - redirect: b/
        """,
        b="""
            vars: {own: 7}
            steps:
              second:
                - say: "{{ visits }} and {{ own }}"
        """,
    )
    assert line.ask("a") == "<Say>1 and 7</Say>"


def test_a_flow_may_give_a_variable_of_the_project_a_value_of_its_own(call):
    line = call(_project="vars: {mood: calm}", a="{vars: {mood: loud}, steps: {one: [{say: '{{ mood }}'}]}}")
    assert line.ask("a") == "<Say>loud</Say>"


def test_what_a_callback_does_not_carry_is_remembered_even_without_variables(call):
    """Twilio's recording callback carries no From; the step that it is sent to speaks of the caller all the same."""
    line = call(
        a="""
        steps:
          message:
            - record: {recording_status_callback: note}
          note:
            - log: "from {{ call.from }}: {{ params.RecordingUrl }}"
    """
    )
    twiml = line.ask("a")
    callback = twiml.partition('recordingStatusCallback="')[2].partition('"')[0]
    line.params = {"CallSid": "CA1"}
    line.ask(callback, RecordingUrl="https://example.com/RE1")
    assert [text for text, _ in line.outcome.lines] == ["from +15550001111: https://example.com/RE1"]
