"""A conversation by message: a question waits for the person's next message, and a message answers it or begins anew."""

import pytest

from engine.diagnostics import render_text
from engine.phone.events import Texted
from engine.program.library import load_sources
from engine.testing.project import Project

ASK = """
channel: messaging
steps:
  remind:
    - gather:
        message: Reply C or R.
        branch:
          C | yes: confirmed
          R: [{message: Which day?}]
          1: [{message: One.}]
          else: [{message: Else.}]
    - message: Goodbye.
  confirmed:
    - message: Confirmed.
"""
PICTURE = ("https://example.com/a.jpg", "image/jpeg")


def project(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


def heard(made: Project, *texts: str, flow: str = "f", **numbers: str) -> list[tuple[str, ...]]:
    """What is replied to each text of a conversation, which no step has a fault in."""
    talk = made.phone().write(f"/flows/{flow}", **numbers)
    replies = [talk.text(text).heard for text in texts]
    assert made.faults == ()
    assert talk.warnings == ()
    return replies


class TestAQuestion:
    def test_the_next_message_answers_it(self):
        assert heard(project(f=ASK), "hello", "c", "hello") == [("Reply C or R.",), ("Confirmed.",), ("Reply C or R.",)]

    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            ("Yes, please!", "Confirmed."),
            ("C ", "Confirmed."),
            ("ｃ", "Confirmed."),
            (" 1. ", "One."),
            ("11", "Else."),
            ("yesterday", "Else."),
            ("the vitamin c", "Confirmed."),
        ],
    )
    def test_keys_take_digits_and_whole_words_that_were_written(self, text, reply):
        assert heard(project(f=ASK), "hello", text)[1][0] == reply

    def test_a_tree_falls_through_to_the_next_instruction(self):
        assert heard(project(f=ASK), "hello", "r", "x") == [
            ("Reply C or R.",),
            ("Which day?", "Goodbye."),
            ("Reply C or R.",),
        ]

    def test_without_a_branch_every_answer_is_taken_and_kept(self):
        made = project(
            f="""
            channel: messaging
            steps:
              a:
                - gather: {say: Your name?, save: name}
                - message: Hello {{ name }}, {{ answer }}, {{ message.body }}.
            """
        )
        assert heard(made, "hi", " Ann ")[1] == ("Hello Ann, Ann,  Ann .",)

    def test_any_parameter_of_the_message_is_kept(self):
        made = project(
            f="""
            channel: messaging
            steps:
              a:
                - gather: {say: A picture?, save: {photo: media_url0, many: num_media, text: answer, keys: digits}}
                - message: "{{ photo }} {{ many }} {{ text }} [{{ keys }}] {{ message.media[0].content_type }}"
            """
        )
        talk = made.phone().write("/flows/f").text("hi").text("Here", [PICTURE])
        assert talk.heard == ("https://example.com/a.jpg 1 Here [] image/jpeg",)

    @pytest.mark.parametrize(
        ("branch", "reply"),
        [
            ("save: x", "After []."),
            ("branch: {yes: b}", "After []."),
            ("branch: {yes: b, no_match: [{message: No match.}]}", "No match."),
            ("branch: {yes: b, else: [{message: Else.}]}", "Else."),
            ("branch: {yes: b, '/.*/': [{message: Any.}]}", "Any."),
            ("branch: [{when: message.media, to: [{message: A picture.}]}, {else: b}]", "A picture."),
        ],
    )
    def test_a_picture_without_words_is_an_answer_that_only_those_take_who_take_any(self, branch, reply):
        made = project(
            f=f"""
            channel: messaging
            steps:
              a: [{{gather: {{say: A picture?, {branch}}}}}, {{message: 'After [{{{{ answer }}}}].'}}]
              b: [{{message: Wrong.}}]
            """
        )
        talk = made.phone().write("/flows/f").text("hi").text("", [PICTURE])
        assert talk.heard[0] == reply

    def test_conditions_choose(self):
        made = project(
            f="""
            channel: messaging
            vars: {pin: 4711}
            steps:
              a:
                - gather: {say: PIN?, branch: [{when: answer == pin | string, to: b}, {else: hangup}]}
              b: [{message: Right.}]
            """
        )
        assert heard(made, "hi", "4711", "hi", "0000") == [("PIN?",), ("Right.",), ("PIN?",), ()]


class TestAskingAgain:
    FLOW = """
        channel: messaging
        steps:
          a:
            - gather:
                message: {body: C or R?, media: "https://example.com/map.png"}
                retry: {attempts: 4, no_match: ["Not {{ answer }}.", Again.], prompt: [{message: C? R?}, Last.]}
                branch: {c: [{message: Fine.}], no_match: [{message: Call us.}]}
        """

    def test_it_is_one_message_and_after_the_last_time_no_match_is_taken(self):
        made = project(f=self.FLOW.replace(", prompt: [{message: C? R?}, Last.]", ""))
        assert heard(made, "hi", "x", "y", "z", "0", "hi") == [
            ("C or R?",),
            ("Not x.\nC or R?",),
            ("Again.\nC or R?",),
            ("Again.\nC or R?",),
            ("Call us.",),
            ("C or R?",),
        ]

    def test_what_is_sent_along_is_sent_again(self):
        made = project(f=self.FLOW.replace(", prompt: [{message: C? R?}, Last.]", ""))
        talk = made.phone().write("/flows/f").text("hi").text("x")
        assert [reply.media for reply in talk.replies] == [("https://example.com/map.png",)]

    def test_a_prompt_replaces_the_question(self):
        made = project(f=self.FLOW.replace("[{message: C? R?}, Last.]", "[[{message: C? R?}], Last.]"))
        assert heard(made, "hi", "x", "y", "c") == [("C or R?",), ("Not x.\nC? R?",), ("Again.\nLast.",), ("Fine.",)]

    def test_a_picture_may_stand_before_the_question(self):
        made = project(
            f="""
            channel: messaging
            steps:
              a:
                - gather:
                    say: C or R?
                    retry: {attempts: 2, no_match: [[{message: {body: No., media: "https://example.com/no.png"}}]]}
                    branch: {c: a, else: hangup}
            """
        )
        talk = made.phone().write("/flows/f").text("hi").text("x")
        assert [(reply.body, reply.media) for reply in talk.replies] == [
            ("No.\nC or R?", ("https://example.com/no.png",))
        ]

    def test_the_defaults_ask_again_and_silence_is_none_of_it(self):
        made = project(
            f="channel: messaging\nsteps: {a: [{gather: {say: C?, branch: {c: a, else: hangup}}}]}",
            _project="defaults: {gather: {timeout: 5, retry: {attempts: 2, no_match: No., no_input: Hello?}}}",
        )
        assert heard(made, "hi", "x", "y") == [("C?",), ("No.\nC?",), ()]


class TestACourse:
    ROUTER = """
        channel: messaging
        vars: {visits: 0}
        steps:
          in:
            - set: {visits: "{{ visits + 1 }}"}
            - branch: {on: message.body, order | buy: shop/, pin: pin, else: help}
          help: [{message: "{{ visits }}: ORDER or PIN."}]
          pin:
            - subflow: {flow: check, with: {wanted: '4711'}, branch: {true: [{message: Right.}], else: [{message: Wrong.}]}}
            - message: Done.
        """
    SHOP = """
        channel: messaging
        steps:
          what:
            - gather: {say: Bread or milk?, branch: {bread: many, milk: many, again: repeat, else: hangup}}
          many:
            - gather: {say: How many?, save: count, branch: {'/[0-9]+/': done, back: back, start: restart, else: many}}
          done: [{message: "{{ count }} ordered."}]
        """
    CHECK = """
        channel: messaging
        takes: {wanted: required}
        vars: {tries: 0}
        steps:
          ask:
            - set: {tries: "{{ tries + 1 }}"}
            - gather: {say: "PIN, try {{ tries }}?", save: given}
            - branch: [{when: given == wanted, to: [{return: true}]}, {when: tries < 2, to: ask}]
            - return: false
        """

    @property
    def flows(self) -> Project:
        return project(f=self.ROUTER, shop=self.SHOP, check=self.CHECK)

    def test_it_goes_on_in_the_flow_that_asked(self):
        """Twilio always asks the address that the number has: what a message means is known to the session."""
        assert heard(self.flows, "Order ", "milk", "2", "order", "order", "pin") == [
            ("Bread or milk?",),
            ("How many?",),
            ("2 ordered.",),
            ("Bread or milk?",),
            (),
            ("PIN, try 1?",),
        ]

    def test_a_subflow_asks_with_its_own_variables_and_returns(self):
        assert heard(self.flows, "pin", "1", "4711", "pin", "1", "2") == [
            ("PIN, try 1?",),
            ("PIN, try 2?",),
            ("Right.", "Done."),
            ("PIN, try 1?",),
            ("PIN, try 2?",),
            ("Wrong.", "Done."),
        ]

    def test_back_repeat_and_restart(self):
        assert heard(self.flows, "buy", "again", "bread", "back", "bread", "start", "x") == [
            ("Bread or milk?",),
            ("Bread or milk?",),
            ("How many?",),
            ("Bread or milk?",),
            ("How many?",),
            ("Bread or milk?",),
            (),
        ]

    def test_a_message_that_answers_nothing_begins_with_fresh_variables(self):
        assert heard(self.flows, "hi", "hi") == [("1: ORDER or PIN.",), ("1: ORDER or PIN.",)]

    def test_what_one_conversation_kept_is_unknown_to_the_next(self):
        made = self.flows
        talk = made.phone().write("/flows/f").text("buy").text("milk").text("2")
        assert made.variables(talk)["count"] == "2"
        assert "count" not in made.variables(talk.text("hi"))

    def test_each_pair_of_numbers_has_a_conversation_of_its_own(self):
        extension = self.flows.phone()
        ann = extension.write("/flows/f", "+15550001", "+15559999").text("buy")
        bob = extension.write("/flows/f", "+15550002", "+15559999").text("hi")
        assert bob.heard == ("1: ORDER or PIN.",)
        assert extension.write("/flows/f", "+15550001", "+15558888").text("milk").heard == ("1: ORDER or PIN.",)
        assert ann.text("milk").heard == ("How many?",)

    def test_keys_of_always_are_understood_when_they_are_the_whole_answer(self):
        made = project(
            f="""
            channel: messaging
            always: {agent: [{message: One moment.}], menu: repeat}
            steps:
              a:
                - gather: {say: Your name?, save: name}
                - message: "[{{ name | default('') }}]"
            """
        )
        assert heard(made, "hi", "Agent Smith", "hi", "menu", "agent")[1:] == [
            ("[Agent Smith]",),
            ("Your name?",),
            ("Your name?",),
            ("One moment.", "[]"),
        ]


class TestTime:
    FLOW = "channel: messaging\nsteps: {a: [{gather: {say: C?, %sbranch: {c: [{message: Fine.}], else: hangup}}}]}"

    @pytest.mark.parametrize(
        ("timeout", "seconds"),
        [("", 4 * 3600), ("timeout: 90, ", 90), ("timeout: 30m, ", 1800), ("timeout: 3d, ", 3 * 86400)],
    )
    def test_when_it_has_run_out_the_next_message_begins_anew(self, timeout, seconds):
        made = project(f=self.FLOW % timeout)
        assert made.phone().write("/flows/f").text("hi").wait(seconds - 1).text("c").heard == ("Fine.",)
        assert made.phone().write("/flows/f").text("hi").wait(seconds).text("c").heard == ("C?",)

    def test_each_question_has_its_time_for_itself(self):
        made = project(f=self.FLOW % "timeout: 1h, retry: {attempts: 3}, ")
        talk = made.phone().write("/flows/f").text("hi").wait(3000).text("x").wait(3000).text("c")
        assert talk.heard == ("Fine.",)

    def test_it_may_be_a_template(self):
        made = project(f="vars: {t: 2m}\n" + self.FLOW % 'timeout: "{{ t }}", ')
        assert made.phone().write("/flows/f").text("hi").wait(119).text("c").heard == ("Fine.",)
        assert made.phone().write("/flows/f").text("hi").wait(120).text("c").heard == ("C?",)

    def test_one_that_comes_out_as_no_time_is_a_fault_of_the_step(self):
        made = project(f="vars: {t: later}\n" + self.FLOW % 'timeout: "{{ t }}", ')
        talk = made.phone().write("/flows/f").text("hi")
        assert talk.heard == ("We are sorry, something went wrong. Please try again later.",)
        (fault,) = made.faults
        assert "must be a time such as 30m, 2h or 1d, and came out as `later`" in str(fault)


class TestWordsOfTwilio:
    """Twilio, "Support for opt-out keywords", "Advanced Opt-Out": it replies to STOP and HELP by itself (error 21610)."""

    @pytest.mark.parametrize("word", ["STOP", "stop ", "Unsubscribe", "CANCEL", "end", "quit", "StopAll", "revoke"])
    def test_after_a_stop_the_conversation_is_over(self, word):
        assert heard(project(f=ASK), "hi", word, "start") == [("Reply C or R.",), (), ("Reply C or R.",)]

    @pytest.mark.parametrize("word", ["HELP", "info"])
    def test_after_a_help_the_question_is_still_open(self, word):
        assert heard(project(f=ASK), "hi", word, "c") == [("Reply C or R.",), (), ("Confirmed.",)]

    @pytest.mark.parametrize("word", ["START", "Yes", "UNSTOP", "stop it", "please cancel", "help me"])
    def test_other_words_are_the_flow_s(self, word):
        assert heard(project(f=ASK), word) == [("Reply C or R.",)]

    def test_advanced_opt_out_says_so_whatever_the_word(self):
        made = project(f=ASK)
        extension = made.phone()
        talk = extension.write("/flows/f").text("hi")
        assert extension.write("/flows/f", params={"OptOutType": "START"}).text("Hola").heard == ()
        assert extension.write("/flows/f", params={"OptOutType": "HELP"}).text("Ayuda").heard == ()
        assert talk.text("c").heard == ("Confirmed.",)
        talk.text("hi")
        assert extension.write("/flows/f", params={"OptOutType": "STOP"}).text("Alto").heard == ()
        assert talk.text("c").heard == ("Reply C or R.",)

    def test_other_channels_have_no_such_words_of_themselves(self):
        numbers = {"from_": "whatsapp:+15550001", "to": "whatsapp:+15559999"}
        made = project(
            f=ASK.replace("C | yes", "C | yes | cancel").replace("else: [", "help: confirmed\n          else: [")
        )
        assert heard(made, "hi", "cancel", "hi", "help", **numbers)[1::2] == [("Confirmed.",), ("Confirmed.",)]

    def test_a_flow_that_keeps_nothing_leaves_them_too(self):
        made = project(f="channel: messaging\nsteps: {a: [{message: Hello.}]}")
        assert heard(made, "help", "hi", "stop", "start") == [(), ("Hello.",), (), ("Hello.",)]


class TestWhatsApp:
    NUMBERS = {"from_": "whatsapp:+15550001", "to": "whatsapp:+15559999"}

    def test_an_address_of_a_channel_is_one_of_the_pair(self):
        made = project(f=ASK.replace("Confirmed.", "Confirmed, {{ message.from | phone }} {{ message.to }}."))
        talk = made.phone().write("/flows/f", **self.NUMBERS).text("hi").text("c")
        assert "whatsapp:+15559999." in talk.heard[0]
        assert talk.replies[0].to == "whatsapp:+15550001"

    def test_a_callback_belongs_to_the_conversation(self):
        made = project(
            f="""
            channel: messaging
            vars: {status: none}
            steps:
              a:
                - message: {body: One., status_callback: report}
                - gather: {say: "Ready?", branch: {yes: [{message: "It was {{ status }}."}], else: hangup}}
              report:
                - set: {status: "{{ message.status }}"}
            """
        )
        talk = made.phone().write("/flows/f", **self.NUMBERS).text("hi")
        assert made.variables(talk) == {"status": "sent"}
        assert talk.text("yes").heard == ("It was sent.",)


class TestTheOtherSideWritesFirst:
    FLOW = """
        channel: messaging
        takes: {name: required}
        steps:
          remind:
            - message: Hello {{ name }}.
            - gather: {say: See you?, branch: {yes: [{message: "Fine, {{ name }}. From {{ message.from }}."}], else: hangup}}
        """

    def test_the_reply_answers_its_question(self):
        talk = project(f=self.FLOW).phone().write("/flows/f?name=Ann", "+15550001", "+15559999").begin()
        assert talk.replies == (
            Texted("Hello Ann.", (), "+15550001", "+15559999"),
            Texted("See you?", (), "+15550001", "+15559999"),
        )
        assert talk.text("yes").heard == ("Fine, Ann. From +15550001.",)

    def test_it_begins_anew_whatever_was_open(self):
        talk = project(f=self.FLOW).phone().write("/flows/f?name=Ann").begin().begin()
        assert talk.heard[-2:] == ("Hello Ann.", "See you?")


class TestFaults:
    def test_after_an_apology_no_question_is_open(self):
        made = project(
            f="""
            channel: messaging
            steps:
              a: [{gather: {say: C?, branch: {c: b, else: hangup}}}]
              b: [{message: '{{ 1 / 0 }}'}, {gather: {say: Never., save: x}}]
            """
        )
        talk = made.phone().write("/flows/f").text("hi").text("c")
        assert talk.heard == ("We are sorry, something went wrong. Please try again later.",)
        assert talk.text("c").heard == ("C?",)

    def test_the_step_for_errors_may_ask(self):
        made = project(
            f="""
            channel: messaging
            on_error: sorry
            steps:
              a: [{message: One.}, {message: '{{ 1 / 0 }}'}]
              sorry: [{gather: {say: Try again?, branch: {yes: [{message: Fine.}], else: hangup}}}]
            """
        )
        talk = made.phone().write("/flows/f").text("hi")
        assert talk.heard == ("Try again?",)
        assert talk.text("yes").heard == ("Fine.",)

    def test_a_message_to_a_flow_of_calls_is_apologised_to_by_message(self):
        made = project(f="steps: {a: [{say: Hello.}]}")
        talk = made.phone().write("/flows/f").text("hi")
        assert talk.heard == ("We are sorry, something went wrong. Please try again later.",)
        (fault,) = made.faults
        assert "the flow `f` does not answer messages: its channel is voice" in str(fault)

    def test_a_call_to_a_flow_of_messages_hears_an_apology(self):
        made = project(f="channel: messaging\nsteps: {a: [{message: Hello.}]}")
        assert made.phone().ring("/flows/f").heard == ("We are sorry, something went wrong. Please try again later.",)
        assert "does not answer calls" in str(made.faults[0])
