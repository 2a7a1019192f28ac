"""A text beside a number: what is typed as a plain number counts as that number, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.numbers import DIGITS, number_of
from engine.grammar.rendering import WARNINGS
from engine.grammar.templates import TemplateFault, read_expression, read_template


def value(text: str, **scope: object) -> object:
    """What an expression gives."""
    read = read_expression(Scalar(text, Span(Source("f", text), 0, len(text)), False), Report())
    assert read is not None, text
    return read.value(scope)


def warnings(text: str, **scope: object) -> list[str]:
    """What the log would say of an expression, and of a text with the same in braces."""
    told: list[list[tuple[str, Span]]] = [[], []]
    scalar = Scalar(text, Span(Source("f", text), 0, len(text)), False)
    read = read_expression(scalar, Report())
    assert read is not None
    read.value({**scope, WARNINGS: told[0]})
    braced = f"It is {{{{ {text} }}}}."
    template = read_template(Scalar(braced, Span(Source("f", braced), 0, len(braced)), False), Report())
    assert template is not None
    assert not isinstance(template, str)
    template.render({**scope, WARNINGS: told[1]})
    assert [span.text for _, span in told[0]] == [text] * len(told[0])
    assert [warning for warning, _ in told[0]] == [warning for warning, _ in told[1]]
    return [warning for warning, _ in told[0]]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("4711", 4711),
        ("-3", -3),
        ("-0", 0),
        ("2.50", 2.5),
        ("-0.5", -0.5),
        ("4711.0", 4711),
        ("123456789012345", 123456789012345),
        ("-123456789012345", -123456789012345),
        ("1234567890.12345", 1234567890.12345),
        ("1234567890123456", None),
        ("12345678901.23456", None),
        ("0471", None),
        ("00", None),
        ("-01", None),
        ("+1555", None),
        ("1e3", None),
        ("1E3", None),
        ("1_000", None),
        ("1,000", None),
        (".5", None),
        ("5.", None),
        ("--5", None),
        ("- 5", None),
        ("4711 ", None),
        (" 4711", None),
        ("4711\n", None),
        ("0x10", None),
        ("٤٧١١", None),
        ("４７１１", None),
        ("²", None),
        ("inf", None),
        ("nan", None),
        ("true", None),
        ("", None),
        ("-", None),
        ("9" * 5000, None),
    ],
)
def test_what_a_plain_number_is(text: str, number: float | None) -> None:
    assert number_of(text) == number
    assert type(number_of(text)) is not bool


@given(st.text(st.sampled_from("0123456789-+.e _"), max_size=20))
def test_a_plain_number_is_a_number_of_json_that_python_reads_alike(text: str) -> None:
    number = number_of(text)
    if number is not None:
        assert float(text) == number
        assert sum(character.isdigit() for character in text) <= DIGITS
        assert text.lstrip("-")[0].isdigit()


@given(st.integers(-(10**DIGITS) + 1, 10**DIGITS - 1))
def test_a_whole_number_is_the_number_of_its_text(number: int) -> None:
    assert value("typed == stored and not typed != stored", typed=str(number), stored=number) is True
    assert value("typed == stored", typed=str(number), stored=number + 1) is False


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_decimal_number_is_the_number_of_its_text(number: object) -> None:
    assert value("typed == stored", typed=str(number), stored=float(str(number))) is True


PINS = [  # what is typed, what is stored, whether they are the same
    ("4711", 4711, True),
    ("4711", "4711", True),
    ("4711", 4711.0, True),
    ("4711", 4712, False),
    ("4711", "4712", False),
    ("4711", 4711.5, False),
    ("4711.0", 4711, True),
    ("4711.0", "4711", False),  # two texts
    ("0471", 471, False),
    ("0471", "0471", True),
    ("0471", "471", False),
    ("471", "0471", False),
    ("00", 0, False),
    ("0", 0, True),
    ("0", "", False),
    ("", 0, False),
    ("0", None, False),
    ("", None, False),
    ("0", False, False),
    ("1", True, False),
    ("true", True, False),
    ("true", 1, False),
    ("-4711", -4711, True),
    ("-4711", 4711, False),
    ("+4711", 4711, False),
    ("4711 ", 4711, False),
    ("4711 ", "4711", False),
    ("4711\n", 4711, False),
    ("4e3", 4000, False),
    ("4,711", 4711, False),
    ("４７１１", 4711, False),
    ("٤٧١١", 4711, False),
    ("999999999999999", 999999999999999, True),
    ("1000000000000000", 1000000000000000, False),
    ("9007199254740993", 9007199254740992.0, False),
    ("9007199254740993", "9007199254740992", False),
    ("0.1", 0.1, True),
    ("0.3", 0.1 + 0.2, False),
    ("0.30000000000000004", 0.1 + 0.2, False),
    ("1.10", 1.1, True),
    ("inf", float("inf"), False),
    ("nan", float("nan"), False),
    ("4711", [4711], False),
    ("4711", {"4711": 1}, False),
    ("4711", "4711*", False),
]
EQUAL = [
    "typed == stored",
    "stored == typed",
    "not typed != stored",
    "not (stored != typed)",
    "typed is eq stored",
    "stored is equalto(typed)",
    "typed is not ne(stored)",
    "typed in [stored]",
    "stored in [typed]",
    "typed in ['x', stored, 'y']",
    "typed in (stored, none)",
    "not typed not in [stored]",
    "typed is in [stored]",
    "[typed] | select('eq', stored) | list | length == 1",
    "[stored] | select('equalto', typed) | list | length == 1",
    "[typed] | reject('==', stored) | list | length == 0",
    "[{'pin': stored}] | selectattr('pin', 'eq', typed) | list | length == 1",
    "[{'pin': typed}] | rejectattr('pin', 'eq', stored) | list | length == 0",
    "[typed] | select('in', [stored]) | list | length == 1",
    "[typed, stored] | unique | list | length == 1",
    "[stored, typed] | unique | list | length == 1",
    "[typed] == [stored]",
    "{'pin': typed} == {'pin': stored}",
    "'a' == 'a' and typed == stored == typed",
    "[stored].count(typed) == 1",
]


@pytest.mark.parametrize(("typed", "stored", "same"), PINS)
def test_a_right_pin_is_never_refused_nor_a_wrong_one_taken(typed: str, stored: object, same: bool) -> None:
    for text in EQUAL:
        if "unique" in text and isinstance(stored, list | dict):
            continue  # as ever, only what can be a key is unique
        assert value(text, typed=typed, stored=stored) is same, text
        assert warnings(text, typed=typed, stored=stored) == []


@pytest.mark.parametrize(
    ("typed", "stored", "same"),
    [(typed, stored, same) for typed, stored, same in PINS if type(stored) in (int, float, str)],
)
def test_an_entry_is_found_as_it_is_compared(typed: str, stored: object, same: bool) -> None:
    assert (value("typed in names", typed=typed, names={stored: "Ann"}) is True) is same
    if not (same and "." in typed):  # `4711.0` finds no entry 4711 of a mapping of texts, which no JSON has
        assert (value("names[typed] | default('')", typed=typed, names={stored: "Ann"}) == "Ann") is same
        assert (value("names.get(typed, '')", typed=typed, names={stored: "Ann"}) == "Ann") is same


@pytest.mark.parametrize(
    ("text", "given_value"),
    [
        ("names[4711]", "Ann"),
        ("names[4711.0]", "Ann"),
        ("names.get(4711)", "Ann"),
        ("4711 in names", True),
        ("4712 not in names", True),
        ("names['0471'] | default('nobody')", "nobody"),
        ("names[471] | default('nobody')", "nobody"),
        ("{1: 'sales', 2: 'billing'}[two]", "billing"),
        ("['sales', 'billing'][one]", "billing"),
        ("['sales', 'billing'][:one]", ["sales"]),
        ("'12345'[two:]", "345"),
        ("names[true] | default('nobody')", "nobody"),
    ],
)
def test_a_number_finds_the_key_that_is_written_as_it_is(text: str, given_value: object) -> None:
    assert value(text, names={"4711": "Ann"}, one="1", two="2") == given_value


@pytest.mark.parametrize(
    ("text", "given_value"),
    [
        ("pin + 1", 4712),
        ("1 + pin", 4712),
        ("pin - 1", 4710),
        ("1 - pin", -4710),
        ("pin * 2", 9422),
        ("two * 3.5", 7.0),
        ("pin / 2", 2355.5),
        ("pin // 2", 2355),
        ("pin % 2", 1),
        ("two ** 10", 1024),
        ("10 ** two", 100),
        ("-pin", -4711),
        ("+pin", 4711),
        ("half + 1", 1.5),
        ("pin - two", 4709),
        ("pin * two", 9422),
        ("pin % two", 1),
        ("pin ~ 1", "47111"),
        ("pin ~ two", "47112"),
        ("pin + two", "47112"),  # `+` joins two texts
        ("zero ~ pin", "004711"),
        ("[pin, 2] | sum", 4713),
        ("[{'n': pin}] | sum(attribute='n')", 4711),
        ("range(two) | list", [0, 1]),
        ("pin is odd", True),
        ("pin is even", False),
        ("pin is divisibleby 7", True),
        ("pin is divisibleby two", False),
        ("half | round(method='ceil')", 1.0),
        ("'-5' | abs", 5),
        ("'ab' * two", "ab" * 2),
        ("'--' * 3", "------"),
    ],
)
def test_a_plain_number_is_reckoned_with(text: str, given_value: object) -> None:
    scope = {"pin": "4711", "two": "2", "half": "0.5", "zero": "00"}
    given = value(text.replace("'ab' * two", "'ab' * (two | int)"), **scope)
    assert given == given_value
    assert type(given) is type(given_value)


@pytest.mark.parametrize("text", ["0471", "+1555", "1e3", "", "yes", "4711 ", "1234567890123456", "４７１１"])
@pytest.mark.parametrize("sum_", ["said + 1", "1 + said", "said - 1", "2 ** said", "said / 2", "-said", "7 // said"])
def test_only_arithmetic_with_another_text_is_a_fault(text: str, sum_: str) -> None:
    with pytest.raises(TemplateFault, match="a text that is not a plain number"):
        value(sum_, said=text)
    assert value("said ~ 1", said=text) == text + "1"


HOLDS = [
    "pin > 1000",
    "1000 < pin",
    "pin >= 4711",
    "pin <= 4711.0",
    "1000 < pin < 5000",
    "9 < ten",
    "nine < ten",
    "'9' < '10'",
    "ten > '9.5'",
    "'-2' < '-1'",
    "'1.0' >= '1' and '1.0' <= '1'",
    "pin is gt 1000",
    "ten is gt(nine)",
    "[3, nine, '12', ten] | select('gt', 9) | list == [12, 10]",
    "[{'n': ten}, {'n': 9}] | selectattr('n', 'ge', '10') | list | length == 1",
    "['1', 2, 30] | reject('lt', 3) | list == [30]",
    "'09:30' < '17:00'",
    "'2026-12-24' < '2026-12-25'",
    "'2026-12-24' <= '2026-12-24T08:00:00+01:00'",
    "'2026-12-24T08:00:00+01:00' < '2026-12-24T08:00:00+00:00'",
]


@pytest.mark.parametrize("text", HOLDS)
def test_plain_numbers_are_ordered_as_numbers(text: str) -> None:
    assert value(text, pin="4711", nine="9", ten="10") is True
    assert warnings(text, pin="4711", nine="9", ten="10") == []


NUMBER = "a text that is not a plain number has no order beside a number"
TEXTS = "two texts have an order only as plain numbers, times or dates"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("said > 3", f"`>` does not hold: {NUMBER}"),
        ("said < 3", f"`<` does not hold: {NUMBER}"),
        ("3 >= said", f"`>=` does not hold: {NUMBER}"),
        ("'0471' > 3", f"`>` does not hold: {NUMBER}"),
        ("'+1555' > 3", f"`>` does not hold: {NUMBER}"),
        ("'1e3' > 3", f"`>` does not hold: {NUMBER}"),
        ("'' <= 0", f"`<=` does not hold: {NUMBER}"),
        ("'1234567890123456' > 3", f"`>` does not hold: {NUMBER}"),
        ("said > 'a'", f"`>` does not hold: {TEXTS}"),
        ("said < '5'", f"`<` does not hold: {TEXTS}"),
        ("'9:30' < '17:00'", f"`<` does not hold: {TEXTS}"),
        ("'2026-12-24' < '17:00'", f"`<` does not hold: {TEXTS}"),
        ("'2026-13-24' < '2026-12-24'", f"`<` does not hold: {TEXTS}"),
        ("said < none", "`<` does not hold: a text has no order beside nothing"),
        ("[3] > said", "`>` does not hold: a text has no order beside a list"),
        ("'5' > true", "`>` does not hold: a text has no order beside true or false"),
        ("said is gt 3", f"`>` does not hold: {NUMBER}"),
        ("said is lessthan(3)", f"`<` does not hold: {NUMBER}"),
        ("1 < said < 3", f"`<` does not hold: {NUMBER}"),
        ("[said] | select('ge', 3) | list != []", f"`>=` does not hold: {NUMBER}"),
        ("[{'n': said}] | selectattr('n', 'lt', 3) | list != []", f"`<` does not hold: {NUMBER}"),
    ],
)
def test_an_order_with_another_text_does_not_hold_and_the_log_says_so(text: str, why: str) -> None:
    assert value(text, said="yes") is False
    assert warnings(text, said="yes") == [why]


def test_a_warning_names_no_value_and_stands_once() -> None:
    assert "1234" not in warnings("said > 3 or said > 4", said="secret 1234")[0]
    assert len(warnings("said > 3 or said > 4", said="secret 1234")) == 1


def test_a_comparison_that_is_not_reached_is_not_told() -> None:
    assert warnings("pin > 5 or said > 5", pin="6", said="x") == []
    assert warnings("5 < two < said", two="2", said="x") == []


@pytest.mark.parametrize(
    ("text", "given_value"),
    [
        ("items | sort", [2, "3", 9, "10", "0471", "b", "C"]),
        ("items | sort(reverse=true)", ["C", "b", "0471", "10", 9, "3", 2]),
        ("items | max", "C"),
        ("items | min", 2),
        ("['9', '10', 8] | max", "10"),
        ("[{'n': '10'}, {'n': 9}] | sort(attribute='n') | map(attribute='n') | list", [9, "10"]),
        ("[{'n': '10'}, {'n': 9}] | max(attribute='n')", {"n": "10"}),
        ("{'10': 1, '9': 2} | dictsort | map('first') | list", ["9", "10"]),
        ("{'a': '10', 'b': 9} | dictsort(by='value') | map('first') | list", ["b", "a"]),
        ("['4711', 4711, '0471', 471, '4711.0'] | unique | list", ["4711", "0471", 471, "4711.0"]),
        ("[4711, '4711', '4711.0', true, 1] | unique | list", [4711, True, 1]),
        ("['A', 'a'] | unique | list", ["A"]),
        ("['A', 'a'] | unique(case_sensitive=true) | list", ["A", "a"]),
        (
            "[{'n': '4', 'v': 1}, {'n': 4, 'v': 2}, {'n': '04', 'v': 3}] | groupby('n') | map('last') | map('length') | list",
            [2, 1],
        ),
        ("[{'n': 'A'}, {'n': 'a'}] | groupby('n') | map('first') | list", ["A"]),
        ("[none, 1, 'a'] | sort", [1, "a", None]),
    ],
)
def test_what_puts_in_order_counts_plain_numbers_as_numbers(text: str, given_value: object) -> None:
    assert value(text, items=["10", 9, "b", 2, "C", "3", "0471"]) == given_value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true == 1", False),
        ("1 == true", False),
        ("false == 0", False),
        ("true != 1", True),
        ("1 in [true]", False),
        ("true in [1, true]", True),
        ("true == true", True),
        ("none == 0", False),
        ("none == ''", False),
        ("1 == 1.0", True),
        ("2 in range(3)", True),
        ("'2' in range(3)", True),
        ("'02' in range(3)", False),
        ("4 in '1425'", True),
        ("7 in '1425'", False),
        ("'4' in numbers | map('int')", True),
        ("'5' in numbers | map('int')", False),
        ("[[1], ['2']] == [['1'], [2]]", True),
        ("[1, 2] == ['1']", False),
    ],
)
def test_what_else_is_equal(text: str, holds: bool) -> None:
    assert value(text, numbers=["3", "4"]) is holds


@pytest.mark.parametrize("text", ["x == 1", "1 == x", "x != 1", "x > 1", "1 in x", "x in [1]", "[x] | sort", "x + 1"])
def test_what_is_unknown_is_a_fault_wherever_it_is_compared(text: str) -> None:
    with pytest.raises(TemplateFault, match="nothing named `x` is known"):
        value(text)


def test_each_value_of_a_chain_is_computed_once() -> None:
    template = (
        "{% set n = namespace(c=0) %}{% for i in [1, 2, 3] if 0 < i * 2 < 5 and i in [1, 2] %}{{ i }}{% endfor %}"
    )
    read = read_template(Scalar(template, Span(Source("f", template), 0, len(template)), False), Report())
    assert read is not None
    assert not isinstance(read, str)
    assert read.render({}) == "12"


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{% for x in l if 1 < x < 4 recursive %}{{ x }}{% if x < 2 %}{{ loop([3]) }}{% endif %}{% endfor %}", "2 3"),
        ("{% set a = 1 < two < 3 %}{{ a }}", "true "),
        ("{% set a %}{{ 1 < two < 3 }}{% endset %}{{ a }}", "true "),
        ("{% with n = two == 2 %}{{ n }}{% endwith %}", "true "),
        ("{{ 'a' if 1 < two < 3 else 'b' }}{{ 'c' if not 1 < two < 3 }}", "a "),
        ("{{ [1 < two < 3, two == 2 == 2.0] }}{{ {'a': 1 < two <= 2} }}", "[True, True]{'a': True} "),
        ("{% for x in l %}{% for y in l if x < y < 9 %}{{ x }}{{ y }};{% endfor %}{% endfor %}", "12;13;23; "),
        ("{{ 1 < (2 if 1 < two < 3 else 0) < 3 }}", "true "),
        ("{% filter upper %}{{ 'x' if 1 < two < 3 }}{% endfilter %}", "X "),
    ],
)
def test_chains_of_comparisons_stand_anywhere(text: str, rendered: str) -> None:
    text = f"{text} "
    read = read_template(Scalar(text, Span(Source("f", text), 0, len(text)), False), Report())
    assert read is not None
    assert not isinstance(read, str)
    assert "".join(read.render({"two": "2", "l": ["1", 2, "3"]}).split()) == "".join(rendered.split())


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-20, 20),
        st.floats(allow_nan=False),
        st.text(st.sampled_from("0123-.e "), max_size=3),
        st.datetimes(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text("01", max_size=2), inner, max_size=2)),
    max_leaves=4,
)


@given(VALUES, VALUES)
def test_what_compares_agrees_with_itself(a: object, b: object) -> None:
    same = value("a == b", a=a, b=b)
    for text in ("b == a", "not a != b", "a in [b]", "b is eq a", "[a] == [b]", "{'x': a} == {'x': b}"):
        assert value(text, a=a, b=b) is same, text
    assert value("a == a and a in [a, b]", a=a, b=b) is True


@given(st.one_of(st.text(max_size=5), st.integers(), st.sampled_from(["1", "09:30", "2026-12-24"])), VALUES)
def test_an_order_with_a_text_is_never_a_fault(a: object, b: object) -> None:
    if isinstance(a, str) or isinstance(b, str):
        below, above, level = (value(f"a {sign} b", a=a, b=b) for sign in ("<", ">", "<="))
        assert (below, above, level) in ((True, False, True), (False, True, False), (False, False, True), (False,) * 3)


@given(st.lists(st.one_of(st.text(max_size=3), st.integers(-20, 20), st.floats(allow_nan=False)), max_size=5))
def test_texts_and_numbers_are_always_sorted(items: list[object]) -> None:
    ordered = value("items | sort", items=items)
    assert isinstance(ordered, list)
    assert len(ordered) == len(items)
    numbers = [number_of(one) if isinstance(one, str) else one for one in ordered]
    counted = [number for number in numbers if number is not None]
    assert counted == sorted(counted)
    assert numbers[: len(counted)] == counted
