"""Cards: what a flow says, step by step, before it is drawn."""

from engine.picture.cards import Cap, Folded, Line, Row


def rows(card):
    return [(row.label or ", ".join(row.keys), row.shown, row.target) for row in card.rows]


def test_a_card_has_the_lines_and_exits_of_its_step_in_the_order_of_the_file(clinic):
    menu = clinic().by_step["clinic/menu"]
    assert isinstance(menu.items[0], Line)
    assert menu.items[0].verb == "gather"
    assert menu.words.startswith("For appointments, press 1.")
    first = menu.rows[0]
    assert first.caps == (Cap("key", "1"), Cap("said", "appointments"))
    assert (first.edge, first.to, first.shown) == ("clinic/menu:0 0", "clinic/appointments", "step")
    assert rows(menu)[4:] == [
        ("*", "repeat", "repeat"),
        ("silence, no match", "again", "asked 3× in all"),
        ("else", "step", "operator"),
    ]


def test_a_list_in_a_branch_stands_in_its_card_and_goes_on_after_it(clinic):
    appointments = clinic().by_step["clinic/appointments"]
    key, *inside, after = appointments.items[2:6]
    assert isinstance(key, Row)
    assert (key.keys, key.shown, key.target) == (["3"], "on", "goes on")
    assert [(line.verb, line.depth) for line in inside] == [("say", 1), ("pause", 1)]
    assert after.keys == ["9"]


def test_what_the_other_side_hears_is_told_apart(clinic):
    found = clinic()
    url = found.by_step["clinic/operator"].rows[0]
    assert (url.label, url.to, url.aux) == ("url:", "clinic/screen", True)
    assert found.by_step["clinic/screen"].marks == ("whisper",)
    assert found.by_step["clinic/screen"].rows[-1].target == "runs out: the two sides are joined"


def test_values_are_shown_by_their_names(clinic):
    found = clinic().by_step
    assert found["clinic/confirm"].words.startswith("Your account is ‹typed›.")
    assert found["clinic/screen"].words == "A call for Riverside Clinic, account ‹account›. To accept, press 1."


def test_lines_are_those_of_the_names_of_steps(clinic):
    text = clinic.source.text.splitlines()
    for card in clinic():
        assert text[card.line - 1].strip().startswith(f"{card.name}:")


def test_a_hash_changes_with_what_the_card_says_and_with_nothing_else(clinic):
    before = {card.name: card.hash for card in clinic()}
    after = {card.name: card.hash for card in clinic(("One moment for billing.", "One moment.\n    - pause: 1\n"))}
    assert [name for name, hash_ in after.items() if hash_ != before[name]] == ["billing_desk"]


def test_a_target_that_does_not_exist_counts_as_the_one_that_is_proposed(clinic):
    found = clinic(("redirect: voicemail\n\n  voicemail", "redirect: voicemial\n\n  voicemail"))
    row = found.by_step["clinic/busy"].rows[0]
    assert (row.shown, row.target, row.bad, row.to) == ("bad", "voicemial", "voicemail", "clinic/voicemail")
    assert found.errors


def test_a_target_like_no_other_leads_nowhere(clinic):
    row = clinic(("0 | front desk: operator", "0 | front desk: qqqqq")).by_step["clinic/menu"].rows[3]
    assert (row.shown, row.to, row.bad) == ("bad", "", "")


def test_lists_that_nest_deeper_than_four_are_folded_to_a_count(cards_of_text):
    inner = "[{say: At last.}]"
    for _ in range(6):
        inner = f"[{{gather: {{say: Press 1., branch: {{1: {inner}}}}}}}]"
    found = cards_of_text(f"steps: {{deep: {inner}}}")
    (card,) = found
    assert max(item.depth for item in card.items) == 5
    folded = next(item for item in card.items if isinstance(item, Folded))
    assert folded.count == 2
    assert folded.edges == ("shop/deep:0.0.0.0.0.0.0.0.0.0.0 0",)


def test_a_question_says_where_silence_leads_that_no_exit_takes(cards_of_text):
    ask = "gather: {say: Press 1., %s branch: {1: ask%s}}"
    found = [
        cards_of_text(f"steps: {{ask: [{{{ask % written}}}, hangup]}}").cards[0].rows
        for written in (("", ""), ("retry: {attempts: 2},", ""), ("", ", no_input: ask"), ("", ", else: ask"))
    ]
    assert [rows(type("Card", (), {"rows": one}))[1:-1] for one in found] == [
        [("silence, no match", "on", "goes on")],
        [("silence, no match", "again", "asked 2× in all"), ("otherwise", "on", "goes on")],
        [("silence", "step", "ask"), ("no match", "on", "goes on")],
        [("else", "step", "ask")],
    ]
    assert found[0][1].edge == "shop/ask:0 falls"
