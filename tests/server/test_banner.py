"""What the server tells the person who started it."""

import sys
from contextlib import suppress
from pathlib import Path

import pytest

from engine.program.library import load_sources
from engine.server.banner import Banner, pointing
from engine.server.settings import Settings

SHOP = "{description: A shop, steps: {one: [{say: Hello}]}}"


@pytest.fixture
def banner() -> Banner:
    return Banner(Path("flows"), Settings(unsigned=True, port=8000), 8000, follow=True)


def test_a_line_for_each_flow_with_its_address(banner, capsys):
    banner.show(load_sources({"shop.yaml": SHOP}).program)
    assert "  shop  A shop  http://127.0.0.1:8000/flows/shop\n" in capsys.readouterr().out


def test_a_reload_names_what_was_saved_what_is_new_and_what_is_gone(banner, capsys):
    banner.show(load_sources({"shop.yaml": SHOP, "old.yaml": SHOP}).program)
    capsys.readouterr()
    banner.reloaded(load_sources({"shop.yaml": SHOP.replace("Hello", "Hi"), "new.yaml": SHOP}))
    told = capsys.readouterr().out.splitlines()
    assert told[:3] == ["New: new.yaml, at http://127.0.0.1:8000/flows/new", "Gone: old.yaml", "Saved: shop.yaml"]
    assert told[3].endswith("is heard from now on.")


def test_nothing_is_told_where_nothing_is_new(banner, capsys):
    """Editors save what nobody changed, and touch files."""
    doubtful = load_sources({"shop.yaml": SHOP.replace("Hello}", "Hello}, hangup, {say: Never}")})
    banner.show(doubtful.program, doubtful.report.diagnostics)
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert ("is heard from now on" in told.out, told.err) == (False, "")
    banner.reloaded(load_sources({"shop.yaml": SHOP}))
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert "warning[L101]" in told.err
    assert "is heard from now on" in told.out
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")


def test_a_warning_is_not_told_again_after_an_error_elsewhere(banner, capsys):
    doubtful = SHOP.replace("Hello}", "Hello}, hangup, {say: Never}")
    first = load_sources({"shop.yaml": doubtful, "other.yaml": SHOP})
    banner.show(first.program, first.report.diagnostics)
    for _ in range(2):
        banner.reloaded(load_sources({"shop.yaml": doubtful, "other.yaml": WRONG}))
    capsys.readouterr()
    banner.reloaded(load_sources({"shop.yaml": doubtful, "other.yaml": SHOP.replace("Hello", "Hi")}))
    assert "L101" not in capsys.readouterr().err


WRONG = SHOP.replace("say", "sya")


def test_a_warning_is_told_once_though_another_file_changes(banner, capsys):
    doubtful = SHOP.replace("Hello}", "Hello}, hangup, {say: Never}")
    first = load_sources({"shop.yaml": doubtful, "other.yaml": SHOP})
    banner.show(first.program, first.report.diagnostics)
    capsys.readouterr()
    banner.reloaded(load_sources({"shop.yaml": doubtful, "other.yaml": SHOP.replace("Hello", "Hi")}))
    told = capsys.readouterr()
    assert told.out.startswith("Saved: other.yaml\n")
    assert told.err == ""


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"a.yaml": WRONG}, {"a.yaml": WRONG, "b.yaml": SHOP}, 0),  # the error stays: one line says so
        ({"a.yaml": WRONG}, {"a.yaml": WRONG, "b.yaml": WRONG}, 2),  # all that keeps it from going live
        ({"a.yaml": WRONG, "b.yaml": WRONG}, {"a.yaml": WRONG, "b.yaml": SHOP}, 0),
        ({"a.yaml": WRONG}, {"a.yaml": WRONG.replace("Hello", "Hi")}, 1),
        ({"a.yaml": WRONG}, {"a.yaml": WRONG.replace("{description", "{ description")}, 1),
    ],
)
def test_errors_are_shown_again_when_one_of_them_is_new(banner, capsys, before, after, shown):
    banner.show(load_sources({"shop.yaml": SHOP}).program)
    banner.reloaded(load_sources(before))
    capsys.readouterr()
    banner.reloaded(load_sources(after))
    told = capsys.readouterr().err
    assert told.count("error[F102]") == shown
    assert told.splitlines()[-1].endswith("callers go on hearing the last good version")


def test_a_mistake_that_is_taken_back_leaves_what_was_heard(banner, capsys):
    good, bad = load_sources({"shop.yaml": SHOP}), load_sources({"shop.yaml": SHOP.replace("say", "sya")})
    banner.show(good.program)
    banner.reloaded(bad)
    capsys.readouterr()
    banner.reloaded(good)
    assert capsys.readouterr().out == f"Mended: version {good.program.version} goes on as it was.\n"
    banner.reloaded(bad)
    assert "did you mean `say`?" in capsys.readouterr().err


def test_a_broken_file_is_shown_and_the_last_good_version_goes_on(banner, capsys):
    banner.reloaded(load_sources({"shop.yaml": SHOP.replace("say", "sya")}))
    told = capsys.readouterr()
    assert "did you mean `say`?" in told.err
    assert told.err.endswith("1 error; callers go on hearing the last good version\n")
    assert told.out == ""


def shown(capsys, folder=Path("flows"), *, follow=True, **settings):
    Banner(folder, Settings(**settings), 8000, follow=follow).show(load_sources({"shop.yaml": SHOP}).program)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "signature: only this machine can call."),
        ({"host": "::1"}, "signature: only this machine can call."),
        ({"host": "0.0.0.0"}, "signature: anyone who reaches this port can call."),
        ({"public_url": "https://a.example"}, "signature: anyone who reaches https://a.example can call."),
        (
            {"public_url": "https://a.example", "host": "0.0.0.0"},
            "signature: anyone who reaches https://a.example can call.",
        ),
    ],
)
@pytest.mark.parametrize("follow", [True, False])
def test_who_can_call_where_nothing_is_checked(capsys, settings, line, follow):
    assert line in shown(capsys, follow=follow, unsigned=True, **settings)


def test_who_can_call_is_no_question_where_requests_are_checked(capsys):
    assert "checked for" not in shown(capsys, public_url="https://a.example", tokens=("12345",))


@pytest.mark.parametrize("unsigned", [True, False])
def test_production_without_a_public_address_says_what_is_missing(capsys, unsigned):
    told = shown(capsys, follow=False, unsigned=unsigned, tokens=("12345",))
    assert "No public address is set" in told
    assert max(map(len, told.splitlines())) <= 80
    assert "--public-url https://" in told
    assert ("signatures are checked" in told) is not unsigned
    assert "  shop  A shop  /flows/shop\n" in told, "an address of this machine is none that Twilio can be told"
    assert "Listening on http://127.0.0.1:8000." in told


def test_a_public_address_is_shown_with_the_flows(capsys):
    told = shown(capsys, follow=False, public_url="https://a.example/ivr", tokens=("12345",))
    assert "  shop  A shop  https://a.example/ivr/flows/shop\n" in told
    assert "No public address" not in told


def test_what_cannot_be_printed_keeps_nobody_from_calling(banner, monkeypatch, caplog):
    with suppress(OSError), open("/dev/full", "w") as full:  # which cannot be closed either
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "stderr", full)
        banner.show(load_sources({"shop.yaml": SHOP}).program)
        banner.reloaded(load_sources({"shop.yaml": SHOP.replace("say", "sya")}))
        monkeypatch.undo()
    assert caplog.messages == ["what is printed here cannot be written: No space left on device"]


class TestPointing:
    """With a public address, what Twilio must be told is printed ready to paste."""

    VOICE = "steps: {a: [{say: Hello.}]}"
    TEXTS = "channel: messaging\nsteps: {a: [{message: Hello.}]}"

    def lines(self, files, **settings):
        program = load_sources({f"{name}.yaml": text for name, text in files.items()}).program
        assert program is not None
        return pointing(program, Settings(public_url="https://x.example.com", **settings))

    def test_a_flow_is_pasted_for_what_it_answers(self):
        told = "\n".join(self.lines({"calls": self.VOICE, "texts": self.TEXTS}))
        assert "A call comes in     https://x.example.com/flows/calls" in told
        assert "A message comes in  https://x.example.com/flows/texts" in told
        assert "A message comes in  https://x.example.com/flows/calls" not in told
        assert "numbers point" not in told

    def test_with_an_account_the_command_that_does_it_comes_first(self):
        account = {"account_sid": "AC1", "tokens": ("secret",), "from_": "+15550100"}
        lines = self.lines({"calls": self.VOICE}, **account)
        assert "  touchtone numbers point +15550100 calls" in lines
        assert "secret" not in "".join(lines)

    def test_of_many_flows_the_first_are_shown(self):
        told = "\n".join(self.lines({f"flow{number}": self.VOICE for number in range(9)}))
        assert told.count("/flows/flow") == 4
        assert "the same for 5 more flows" in told

    def test_without_flows_there_is_nothing_to_paste(self):
        assert self.lines({}) == []
