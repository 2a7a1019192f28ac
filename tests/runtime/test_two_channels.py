"""One flow for calls and messages: what is said is heard or read, and what one channel lacks is left out there."""

import pytest

from engine.diagnostics import render_text
from engine.phone.events import Asked, Heard
from engine.program.library import load_sources
from engine.testing.project import Project

SURVEY = """
channel: [voice, messaging]
defaults: {say: {voice: Polly.Joanna}, gather: {timeout: 8}}
vars: {stars: 0}
steps:
  ask:
    - play: audio/chime.mp3
    - say: Thank you.
    - say: {message: One question., loop: 2}
    - pause: 1
    - set: {stars: 1}
    - gather:
        say: How was it?
        play: audio/beep.mp3
        num_digits: 1
        timeout: 2h
        hints: great
        save: stars
        retry: {attempts: 2, no_input: Hello?, no_match: From 1 to 5.}
        branch: {1: sorry, 5 | great: thanks, no_input: hangup, else: bye}
  sorry:
    - branch: {on: channel, voice: [{say: Please hold.}, {dial: "+15550100"}], messaging: [{message: We will call you.}]}
    - say: Goodbye on {{ channel }}.
  thanks:
    - say: ["Your number is", {say_as: {words: "12", interpret_as: digits}}, {break: {time: 1s}}, ", ", {p: Thank you.}]
    - hangup
    - say: Never.
  bye:
    - say: Goodbye on {{ channel }}.
"""


def project(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


class TestInMessages:
    def test_what_is_said_in_a_row_is_one_reply_with_the_question(self):
        talk = project(f=SURVEY).phone().write("/flows/f").text("hi")
        assert talk.heard == ("Thank you.\nOne question.\nHow was it?",)
        assert talk.warnings == ()

    def test_a_question_asked_again_is_one_message(self):
        talk = project(f=SURVEY).phone().write("/flows/f").text("hi").text("7")
        assert talk.heard == ("From 1 to 5.\nHow was it?",)
        assert talk.text("8").heard == ("Goodbye on messaging.",)

    def test_a_message_stands_alone_and_what_is_said_after_it_follows(self):
        talk = project(f=SURVEY).phone().write("/flows/f").text("hi").text("1")
        assert talk.heard == ("We will call you.", "Goodbye on messaging.")

    def test_markup_of_speech_is_left_out_and_hangup_ends_the_conversation(self):
        talk = project(f=SURVEY).phone().write("/flows/f").text("hi").text("it was great")
        assert talk.heard == ("Your number is 12, \nThank you.",)
        assert talk.text("5").heard[0].startswith("Thank you.\nOne question.")

    def test_its_question_waits_as_long_as_the_time_with_a_unit(self):
        talk = project(f=SURVEY).phone().write("/flows/f").text("hi").wait(7199).text("5")
        assert talk.heard == ("Your number is 12, \nThank you.",)

    def test_plain_seconds_are_those_of_calls(self):
        made = project(f=SURVEY.replace("timeout: 2h", "timeout: 20"))
        assert made.phone().write("/flows/f").text("hi").wait(3 * 3600).text("5").heard[0].startswith("Your number")
        assert made.phone().ring("/flows/f").waiting_for == Asked(("dtmf", "speech"), 1, "#", 20, ("great",))

    def test_a_gather_may_have_other_words_for_those_who_write(self):
        flow = SURVEY.replace(
            "say: How was it?", "say: How was it? Press 1 to 5.\n        message: How was it? Text 1 to 5."
        )
        made = project(f=flow)
        talk = made.phone().write("/flows/f").text("hi")
        assert talk.heard == ("Thank you.\nOne question.", "How was it? Text 1 to 5.")
        assert talk.text("7").heard == ("From 1 to 5.\nHow was it? Text 1 to 5.",)
        assert made.phone().ring("/flows/f").heard == ("Thank you.", "One question.", "How was it? Press 1 to 5.")

    def test_words_for_one_channel_in_a_retry(self):
        flow = SURVEY.replace("retry: {", "retry: {prompt: [[{message: 1 to 5?}]], ")
        made = project(f=flow)
        assert made.phone().write("/flows/f").text("hi").text("7").heard == ("From 1 to 5.\n1 to 5?",)
        call = made.phone().ring("/flows/f").press("7")
        assert call.heard == ("From 1 to 5.", "How was it?"), "there is no prompt for callers"

    def test_words_that_come_out_as_nothing_are_no_message(self):
        made = project(
            f="channel: [voice, messaging]\nvars: {x: ''}\nsteps: {a: [{say: '{{ x }}'}, {say: ' '}, {hangup: }]}"
        )
        talk = made.phone().write("/flows/f").text("hi")
        assert talk.heard == ()
        assert talk.warnings == ()


class TestInCalls:
    def test_a_call_is_what_it_would_be_in_a_flow_for_calls(self):
        alone = SURVEY.replace("[voice, messaging]", "voice").replace(", messaging: [{message: We will call you.}]", "")
        alone = alone.replace("        timeout: 2h\n", "")
        for keys in ("1", "5", "7", ""):
            heard = []
            for flow in (SURVEY, alone):
                call = project(f=flow).phone(answers={"dial": "busy"}).ring("/flows/f")
                call = call.press(keys) if keys else call.silence()
                heard.append([event for event in call.events if isinstance(event, Heard | Asked)])
            assert heard[0] == heard[1]

    def test_its_channel_is_known(self):
        call = project(f=SURVEY).phone().ring("/flows/f").press("7").press("8")
        assert call.heard == ("Goodbye on voice.",)


class TestASession:
    def test_a_call_and_a_conversation_between_the_same_numbers_are_two(self):
        extension = project(f=SURVEY).phone()
        talk = extension.write("/flows/f").text("hi")
        extension.ring("/flows/f").press("5")
        assert talk.text("5").heard == ("Your number is 12, \nThank you.",)

    def test_what_depends_on_nobody_is_kept_ready_for_each_channel(self):
        made = project(f="channel: [voice, messaging]\nsteps: {a: [{say: Hello.}]}")
        for _ in range(2):
            assert made.phone().ring("/flows/f").heard == ("Hello.",)
            assert made.phone().write("/flows/f").text("hi").heard == ("Hello.",)
        assert len(made.program.ready) == 2

    def test_a_subflow_for_both_asks_on_either(self):
        made = project(
            f="channel: [voice, messaging]\nsteps: {a: [{subflow: {flow: q, save: x}}, {say: 'It is {{ x }}.'}]}",
            q="channel: [voice, messaging]\nsteps: {a: [{gather: {say: Which?, num_digits: 1, save: y}}, {return: '{{ y }}'}]}",
        )
        assert made.phone().write("/flows/f").text("hi").text("7").heard == ("It is 7.",)
        assert made.phone().ring("/flows/f").press("7").heard == ("It is 7.",)


class TestAVerbOfTheOtherChannel:
    """A condition that only looks like one on the channel is no condition on it: such a verb is a fault, and no silence."""

    FLOW = """
        channel: [voice, messaging]
        steps:
          a: [{branch: {on: params.Go, dial: b, text: c, else: hangup}}]
          b: [{branch: [{when: channel == 'voice', to: b1}, {else: hangup}]}]
          b1: [{dial: "+15550100"}]
          c: [{branch: [{when: channel == 'messaging', to: c1}, {else: hangup}]}]
          c1: [{message: One.}]
        """

    @pytest.mark.parametrize(
        ("step", "texts", "word"),
        [("b1", True, "`dial` cannot answer a message"), ("c1", False, "`message` cannot answer a call")],
    )
    def test_asked_for_by_address_it_is_a_fault(self, step, texts, word):
        made = project(f=self.FLOW)
        phone = made.phone()
        story = phone.write(f"/flows/f/{step}").text("hi") if texts else phone.ring(f"/flows/f/{step}")
        assert story.heard == ("We are sorry, something went wrong. Please try again later.",)
        assert word in str(made.faults[0])


def test_what_is_written_is_in_the_language_of_the_conversation():
    made = project(
        f="""
        channel: [voice, messaging]
        languages: {en: {language: en-US}, es: {language: es-US}}
        steps:
          a:
            - gather:
                say: {en: English?, es: ¿Español?}
                retry: {attempts: 2, no_match: {en: Which?, es: ¿Cuál?}}
                branch: {english: b, español: [{set: {language: es}}, {redirect: b}], else: hangup}
          b:
            - say: {en: Hello., es: Hola.}
            - gather:
                message: {body: {en: "Name, {{ language }}?", es: "¿Nombre, {{ language }}?"}, media: {en: "/en.png", es: "/es.png"}}
                timeout: {en: 1h, es: 2h}
                save: name
            - say: {en: "Thanks {{ name }}.", es: "Gracias {{ name }}."}
        """
    )
    talk = made.phone().write("/flows/f").text("hi")
    assert talk.heard == ("English?",)
    assert talk.text("what").heard == ("Which?\nEnglish?",)
    assert talk.text("Español").heard == ("Hola.", "¿Nombre, es?")
    assert talk.replies[1].media == ("https://touchtone.test/es.png",)
    assert talk.wait(7000).text("Ana").heard == ("Gracias Ana.",)
    talk.text("hi").text("english")
    assert talk.wait(3600).text("Ann").heard == ("English?",)
