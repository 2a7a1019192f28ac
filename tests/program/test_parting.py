"""Long texts are parted where a reader pauses, and never inside what is one character to the eye."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.program.parting import is_boundary, parted
from engine.program.texts import letters

CLUSTERS = {
    "a skin tone": "\U0001f44d\U0001f3fd",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a profession with a skin tone": "\U0001f469\U0001f3fe\u200d\u2695\ufe0f",
    "a flag": "\U0001f1e9\U0001f1ea",
    "the flag of Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a variation selector": "\u2764\ufe0f",
    "a keycap": "1\ufe0f\u20e3",
    "a combining accent": "e\u0301",
    "two combining marks": "a\u0323\u0302",
    "a vowel sign of Devanagari": "\u0915\u093f",
    "a conjunct of Devanagari": "\u0915\u094d\u0937",
    "a syllable of Hangul in parts": "\u1112\u1161\u11ab",
    "a vowel of Thai": "\u0e01\u0e33",
    "a voiced kana of half width": "\uff76\uff9e",
    "two halves of a character": "\ud83d\ude00",
}


@pytest.mark.parametrize("cluster", CLUSTERS.values(), ids=CLUSTERS)
@pytest.mark.parametrize("before", range(12))
def test_a_character_stays_whole(cluster: str, before: int) -> None:
    most = 12
    pieces = parted("x" * before + cluster * 9, most)
    assert "".join(pieces) == "x" * before + cluster * 9
    assert all(len(piece) <= most for piece in pieces)
    whole = pieces[0].removeprefix("x" * before)
    assert whole == cluster * (len(whole) // len(cluster))
    assert all(piece == cluster * (len(piece) // len(cluster)) for piece in pieces[1:])


@pytest.mark.parametrize("cluster", CLUSTERS.values(), ids=CLUSTERS)
def test_it_stays_whole_behind_words_too(cluster: str) -> None:
    for before in range(1, 12):
        pieces = parted("x" * before + f" {cluster * 8} y. z", 12)
        assert all(len(piece) <= 12 for piece in pieces)
        assert "".join(pieces).count(cluster) == 8
        assert sum(piece.count(cluster) for piece in pieces) == 8


def test_what_never_ends_is_cut_all_the_same() -> None:
    assert list(map(len, parted("a" + "\u0301" * 30, 10))) == [10, 10, 10, 1]
    assert list(map(len, parted("\U0001f468\u200d" * 10, 7))) == [7, 7, 6]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One two. Three four.", ["One two.", "Three four."]),
        ('"One two." Three', ['"One two."', "Three"]),
        ("He is 3.5 years", ["He is 3.5", "years"]),
        ("One two… Three four", ["One two…", "Three four"]),
        ("今日は雨です。明日は晴れでしょう。", ["今日は雨です。", "明日は晴れでしょう。"]),
        ("「今日は雨。」明日は晴れでしょう。", ["「今日は雨。」", "明日は晴れでしょう。"]),
        ("今日は雨です、明日は晴れでしょう", ["今日は雨です、", "明日は晴れでしょう"]),
        ("您好！请问您要预约吗？好的谢谢您", ["您好！请问您要预约吗？", "好的谢谢您"]),
        ("आज सोमवार है। कल होगा।", ["आज सोमवार है।", "कल होगा।"]),
        ("هل أنت؟ نعم يا أخي", ["هل أنت؟", "نعم يا أخي"]),
        ("One, two\nthree four", ["One, two", "three four"]),
        ("One two\r\nthree four", ["One two", "three four"]),
    ],
)  # fmt: skip
def test_it_is_parted_at_sentences_of_any_script(text: str, pieces: list[str]) -> None:
    assert parted(text, 14) == pieces


def test_a_language_without_spaces_loses_nothing() -> None:
    text = "谢谢您的来电" * 700
    pieces = parted(text, 1600)
    assert "".join(pieces) == text
    assert [len(piece) for piece in pieces] == [1600, 1600, 1000]


@given(
    st.text(st.sampled_from("ab. \n。\u0301\U0001f44d\U0001f3fd\u200d\U0001f1e9\ufe0f"), max_size=80),
    st.integers(4, 20),
)
def test_nothing_is_lost_and_nothing_too_long(text: str, most: int) -> None:
    pieces = parted(text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize("text", ["", "a", "ab", "a\r\n"])
def test_the_ends_of_a_text_are_boundaries(text: str) -> None:
    assert is_boundary(text, 0)
    assert is_boundary(text, len(text))


def test_a_text_message_keeps_its_emoji() -> None:
    first, second = letters("x" * 1599 + CLUSTERS["a skin tone"]).removesuffix("</Message>").split("</Message>")
    assert first == "<Message>" + "x" * 1599
    assert second == "<Message>" + CLUSTERS["a skin tone"]
