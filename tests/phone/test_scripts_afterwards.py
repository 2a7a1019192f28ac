"""Call scripts of what happens beside a call: its recordings and transcriptions, and what flows do with them."""

import pytest

from engine.diagnostics import Report, Source
from engine.phone.scripts import play, read_script
from engine.testing.project import Project

MAILBOX = """\
steps:
  message:
    - say: Leave a message.
    - record:
        transcribe: true
        transcribe_callback: text
        recording_status_callback: done
        max_length: 60
        save: {recording: recording_url}
        branch: {no_input: bye}
    - gather: {say: To hear it again press 1., timeout: 5, branch: {1: bye}}
    - say: Thank you.
  bye: [{say: I heard nothing.}]
  text:
    - send: {to: "+15550199", body: "Voicemail of {{ call.from }}: {{ params.TranscriptionText }} {{ recording }}"}
  done:
    - send: {to: "+15550198", body: "Recorded {{ recording }}"}
"""


@pytest.mark.parametrize(
    "turns",
    [
        "{recorded: '8 seconds, then hangup'}, {asked: ['+15550198: Recorded http', /Recordings/RE]}",
        "{recorded: '8 seconds, then hangup'}, {asked: '/Voicemail of .* http.*Recordings.RE/'}",
        "{recorded: '8 seconds, then pound'}, {asked: {not: Voicemail}}, {asked: Recorded https}, silence, {asked: Voicemail}",
        "{say: This is Ada from Boston. Call me.}, {hangup: }, {asked: 'Call me. https://'}",
        "{recorded: nothing}, {hear: I heard nothing.}, {asked: {not: Voicemail}}",
    ],
)
def test_what_save_keeps_is_known_to_the_callbacks_of_the_recording(tmp_path, turns):
    """The action comes first: what it saves is what the recording's own callbacks work with."""
    (tmp_path / "box.yaml").write_text(MAILBOX)
    project = Project.load(tmp_path)
    assert isinstance(project, Project)
    report = Report()
    text = f"flow: box\ngiven: {{send: sent}}\ncalls:\n  A call: [{turns}]\n"
    script = read_script(Source("box.calls.yaml", text), report)
    assert script is not None, report.diagnostics
    failure = play(script, project)[0].failure
    assert failure is None, failure
