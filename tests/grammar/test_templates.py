"""Templates and expressions: what they give, what they refuse, and where they say it went wrong."""

from contextlib import suppress
from datetime import datetime
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.diagnostics import Diagnostic, Report, Source, Span
from engine.document.nodes import Scalar
from engine.grammar.limits import LENGTH, LOOPS, NESTED, ROUNDS, SIZE, WORK
from engine.grammar.templates import (
    Expression,
    Template,
    TemplateFault,
    check_names,
    read_expression,
    read_markup,
    read_template,
)


def plain(text: str) -> Scalar:
    """A scalar written as `say: TEXT` on line 1."""
    source = Source("flows/a.yaml", f"say: {text}")
    return Scalar(text, Span(source, 5, 5 + len(text)), quoted=False)


def written(yaml: str, text: str) -> Scalar:
    """A scalar that YAML reads as `text`, written as `yaml` after `say: `."""
    source = Source("flows/a.yaml", f"say: {yaml}")
    return Scalar(text, Span(source, 5, 5 + len(yaml)), quoted=yaml[0] in "'\"|>")


def template(text: str) -> Template:
    report = Report()
    read = read_template(plain(text), report)
    assert not report.diagnostics
    assert isinstance(read, Template)
    return read


def expression(text: str) -> Expression:
    report = Report()
    read = read_expression(plain(text), report)
    assert not report.diagnostics
    assert read is not None
    return read


def mistake(text: str, *, as_expression: bool = False, scalar: Scalar | None = None) -> Diagnostic:
    report = Report()
    read = (read_expression if as_expression else read_template)(scalar or plain(text), report)
    assert read is None
    (found,) = report.diagnostics
    return found


def fault(text: str, **scope: object) -> str:
    with pytest.raises(TemplateFault) as caught:
        template(text).render(scope)
    return caught.value.message


@pytest.mark.parametrize("text", ["", "Hello.", "Press 1 } or }}", "100 % {sure}", "{ {x} }"])
def test_text_without_a_template_is_given_as_it_is(text: str) -> None:
    report = Report()
    assert read_template(plain(text), report) == text
    assert read_markup(plain(text), report) == text
    assert not report.diagnostics


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Hello {{ name }}, {{ call.from }}.", "Hello Ann, +15550100."),
        ("{{name}}{{ name }}", "AnnAnn"),
        ("{{ name | upper }}!", "ANN!"),
        ("{% if vip %}Welcome back{% else %}Hello{% endif %}, {{ name }}", "Welcome back, Ann"),
        ("{% for item in items %}{{ loop.index }}: {{ item }}. {% endfor %}", "1: a. 2: b. "),
        ("{# nobody hears this #}Hello", "Hello"),
        ("{{ nothing }}|{{ vip }}|{{ not vip }}", "|true|false"),
        ("{{ 'x' ~ nothing ~ vip }}", "xtrue"),
        ("{{ [1, vip] | join(', ') }}", "1, true"),
        ("{{ 'more' if not vip }}.", "."),
        ("{{ unheard | default('you') }}", "you"),
        ("{{ 'yes' if unheard is defined else 'no' }}", "no"),
        ("{{ items | map('upper') | list }}", "['A', 'B']"),
        ("{{ items | map('upper') }}", "['A', 'B']"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
        ("a\n{{ name }}\n", "a\nAnn\n"),
        ("{%- set n = 1 -%} {{ n + 1 }}", "2"),
        ("{{ customer.items }}, {{ customer.keys }}", "3 pizzas, two"),
        ("{{ customer.values() | list | length }}", "2"),
        ("{{ 'Ann' in name and 'x' not in name }}", "true"),
        ("{{ 7 % 4 }} {{ 2 ** 3 }} {{ 3 * 'ab' }}", "3 8 ababab"),
        ("{{ call }}", "{'from': '+15550100'}"),
    ],
)
def test_rendering(text: str, rendered: str) -> None:
    scope = {
        "name": "Ann",
        "call": {"from": "+15550100"},
        "vip": True,
        "nothing": None,
        "items": ["a", "b"],
        "customer": {"items": "3 pizzas", "keys": "two"},
    }
    assert template(text).render(scope) == rendered


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ n }}", 3),
        ("{{ n + 1 }}", 4),
        ("{{ 5 }}", 5),
        ("{{ 'a' }}", "a"),
        ("{{ none }}", None),
        ("{{ n > 2 }}", True),
        ("{{ items }}", ["a", "b"]),
        ("{{ items | map('upper') }}", ["A", "B"]),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ {'a': n} }}", {"a": 3}),
        ("{{ 'x' if n > 5 }}", None),
        (" {{ n }}\n", 3),
        (" {{ n + 0 }}\n", 3),
        ("{{ n }} ", 3),
        ("{{ n }}{{ n }}", "33"),
        ("n = {{ n }}", "n = 3"),
        ("{% if true %}{{ n }}{% endif %}", "3"),
    ],
)
def test_a_value_that_is_one_template_keeps_its_type(text: str, value: object) -> None:
    given_value = template(text).value({"n": 3, "items": ("a", "b")})
    assert given_value == value
    assert type(given_value) is type(value)


def test_single_tells_whether_the_whole_value_is_one_template() -> None:
    assert template("{{ a }}").single
    assert template("{{ a | upper }}").single
    assert not template("{{ a }} b").single
    assert not template("{{ a }}{{ b }}").single
    assert not template("{# a #}").single


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("digits == '1'", True),
        ("'Hours' in speech", False),
        ("visits > 2 and not vip", True),
        ("visits", 3),
        ("call.from == '+1'", True),
        ("missing is defined", False),
        ("none", None),
        ("1", 1),
        ("true", True),
        ("{'a': 1}['a']", 1),
    ],
)
def test_expressions_give_values(text: str, value: object) -> None:
    scope = {"digits": "1", "speech": "opening hours", "visits": 3, "vip": False, "call": {"from": "+1"}}
    assert expression(text).value(scope) == value


def test_parentheses_may_be_nested() -> None:
    assert template("{{ " + "(" * 20 + "a" + ")" * 20 + " }}").render({"a": "x"}) == "x"


def test_names_are_those_that_the_scope_must_know() -> None:
    text = "{% for item in items %}{{ item.name }}{{ loop.index }}{% set x = y %}{{ x }}{% endfor %}{{ call.from }}"
    assert template(text).names == {"items", "y", "call"}
    assert template("{{ a }} {{ range(3) }} {{ b | default(c) }}").names == {"a", "b", "c"}
    assert expression("hours.desk.open and call['from'] == x").entries == {
        ("hours",),
        ("hours", "desk"),
        ("hours", "desk", "open"),
        ("call",),
        ("call", "from"),
        ("x",),
    }


SAID = st.text(st.sampled_from("{}%#'\"<>&| a1_.\n\\"), max_size=30)


@given(SAID)
@example("{{ 7 * 7 }}")
@example("{% for x in range(9) %}x{% endfor %}")
@example("{{ ''.__class__ }}")
def test_what_a_caller_says_is_never_a_template(said: str) -> None:
    assert template("You said {{ speech }}.").render({"speech": said}) == f"You said {said}."
    assert template("You said {{ speech | default('') }}.").render({"speech": said}) == f"You said {said}."
    assert template("{{ speech }}").value({"speech": said}) == said
    assert expression("speech").value({"speech": said}) == said


@given(st.text(st.sampled_from("{}%#()[]=|.!&'\"abif 1_-~\n"), max_size=25))
def test_any_text_is_a_text_a_template_or_a_report_within_its_span(text: str) -> None:
    for read in (read_template, read_expression, read_markup):
        report = Report()
        scalar = plain(text)
        found = read(scalar, report)
        assert (found is None) == report.errors
        for diagnostic in report.diagnostics:
            assert scalar.span.start <= diagnostic.span.start < max(scalar.span.end, scalar.span.start + 1)
        if isinstance(found, Template):
            with suppress(TemplateFault):
                assert isinstance(found.render({"a": "x"}), str)


@given(
    st.lists(
        st.one_of(
            st.text("ab \n", max_size=3), st.sampled_from(["{{ a }}", "{{b.c}}", "{{ b.d }}", "{{ e }}", "{{ n }}"])
        ),
        min_size=1,
        max_size=6,
    )
)
def test_texts_that_hold_only_names_are_rendered_as_jinja_would(parts: list[str]) -> None:
    text = "".join([*parts, "{{ a }}"])
    scope = {"a": 1, "b": {"c": "<x>"}, "n": None}

    def outcome(text: str) -> str:
        try:
            return template(text).render(scope)
        except TemplateFault as refused:
            return "fault: " + refused.message

    # A comment makes no difference but that the text goes through the compiler.
    assert outcome(text) == outcome(text + "{# #}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ callr }}", "nothing named `callr` is known"),
        ("{{ callr | upper }}", "nothing named `callr` is known"),
        ("{{ [callr] }}", "nothing named `callr` is known"),
        ("{{ customer.nme }}", "there is no entry `nme` (did you mean `name`?)"),
        ("{{ customer['zzz'] | upper }}", "there is no entry `zzz`"),
        ("{{ name.first }}", "a text has no entry `first`"),
        ("{{ name.upper }}", "this is a method: write () after its name"),
        ("{{ name() }}", "what stands before the parentheses is no function"),
        ("{{ none > 3 }}", "nothing cannot be compared with a number by `>`"),
        (
            "{{ name + 3 }}",
            "a text that is not a plain number cannot be combined with a number by `+` (`~` joins texts)",
        ),
        ("{{ 3 - name }}", "a number cannot be combined with a text that is not a plain number by `-`"),
        ("{{ name * 2.5 }}", "`*` repeats a text or list a whole number of times, and this is a number"),
        ("{{ [1] * name }}", "`*` repeats a text or list a whole number of times, and this is a text"),
        ("{{ name | round }}", "`round` works on a number, and this is a text that is not a plain number"),
        ("{{ [] | abs }}", "`abs` works on a number, and this is a list"),
        ("{{ range(name) }}", "a whole number is needed here, and this is a text"),
        ("{{ name[name:] }}", "what stands on either side of `:` in brackets must be a whole number"),
        ("{{ name.replace('A', 'B', name) }}", "a whole number is needed here, and this is a text"),
        ("{{ now + 3 }}", "a time cannot be combined with a number by `+`"),
        ("{{ now > 3 }}", "a time cannot be compared with a number by `>`"),
        ("{{ name // '2' }}", "a text cannot be combined with a text by `//`"),
        ("{{ -name }}", "`-` cannot stand before a text that is not a plain number"),
        ("{{ 1 / 0 }}", "a number is divided by zero"),
        ("{% for x in 3 %}{% endfor %}", "this is nothing that a loop could go through"),
        ("{{ '%s' % name }}", "`%` works on numbers; texts are joined with `~`"),
    ],
)
def test_faults_are_worded_for_the_author(text: str, message: str) -> None:
    assert fault(text, name="Ann", customer={"name": "Ann"}, now=datetime(2026, 11, 23)) == message


def test_a_fault_says_where_the_template_is_written() -> None:
    with pytest.raises(TemplateFault, match=r"^flows/a\.yaml:1:6: nothing named `x` is known$") as caught:
        expression("x > 1").value({})
    assert caught.value.span.text == "x > 1"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 10 ** 9 }}",
        "{{ 10 ** 9 * 'x' }}",
        "{{ [0] * 10 ** 9 }}",
        "{{ 10 ** 99999 }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'x' | center(10 ** 9) }}",
        "{{ 'x'.ljust(10 ** 9) }}",
        "{{ 'x'.center(width=10 ** 9) }}",
        "{{ 'x' | indent(10 ** 9, true) }}",
        "{{ {} | tojson(10 ** 9) }}",
        "{{ range(10 ** 9) }}",
        "{{ (range(9999) | list).__len__ }}",
        "{% for x in range(9999) %}{{ 'x' * 100 }}{% endfor %}",
        "{% for x in range(9999) %}{% for y in range(9999) %}{% endfor %}{% endfor %}",
        "{{ ('x' * 60000) | replace('x', 'y' * 60000) }}",
        "{{ ('x' * 60000).replace('x', 'y' * 60000) }}",
        "{{ range(9999) | join('y' * 60000) }}",
        "{{ ('y' * 60000).join(['a'] * 60000) }}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x=9) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
        "{{ (1).to_bytes(10 ** 9, 'big') }}",
        "{{ long }}",
        "{{ long ~ 'x' }}",
        "{{ long | upper }}",
    ],
)
def test_a_template_that_runs_away_is_a_fault(text: str) -> None:
    assert fault(text, long="x" * (LENGTH + 1))


DOUBLED = "{% set n = namespace(x='a') %}{% for i in range(45) %}{% set n.x = HERE %}{% endfor %}"


@pytest.mark.parametrize(
    "text",
    [
        DOUBLED.replace("HERE", "[n.x, n.x]") + "{{ n.x }}",
        DOUBLED.replace("HERE", "[n.x, n.x]") + "{{ n.x | tojson }}",
        DOUBLED.replace("HERE", "(n.x, n.x)") + "{{ {n.x: 1} }}",
        DOUBLED.replace("HERE", "{'a': n.x, 'b': n.x}") + "{{ n.x }}",
        DOUBLED.replace("HERE", "[n.x] * 2"),
        DOUBLED.replace("HERE", "[n.x] + [n.x]"),
        DOUBLED.replace("HERE", "[n.x] | slice(2, n.x) | list"),
        DOUBLED.replace("HERE", "[n.x] | batch(3, n.x) | list"),
        "{{ (['x'] * 60000) | map('center', 60000) | list | length }}",
        "{{ (['x'] * 60000) | map('replace', 'x', 'y' * 60000) | list | length }}",
        "{{ ([[0] * 60000] * 60000) | length }}",
        "{{ (['x' * 60000] * 60000) | join | length }}",
        "{{ ([1] * 60000) | map('abs') | map('abs') | map('abs') | list }}",
        "{% set a %}{% for i in range(9999) %}{{ 'x' * 60000 }}{% endfor %}{% endset %}",
        "{% filter upper %}{% for i in range(9999) %}{{ 'x' * 60000 }}{% endfor %}{% endfilter %}",
        "{% set a %}{% for i in range(9999) %}" + "x" * 60000 + "{% endfor %}{% endset %}",
        "{% for i in range(9999) %}{% if ([3, 1, 2] * 20000) | sort %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% if 7 in many %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% if 7 is in many %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% if many == others %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% if many.count(7) %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% set some = many[1:] %}{% endfor %}",
        "{{ many | reject('in', others) | list }}",
        "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}",
    ],
)
def test_all_that_a_rendering_makes_and_goes_through_is_counted_together(text: str) -> None:
    message = f"the template goes through more than {WORK} characters and entries of lists"
    assert fault(text, many=[3, 1, 2] * 20_000, others=[3, 1, 2] * 20_000) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ lines | indent(60000, true, true) | length }}", f"a text or list is at most {LENGTH} long"),
        ("{{ lines | indent('y' * 60000, blank=true) | length }}", f"a text or list is at most {LENGTH} long"),
        ("{{ long | wordwrap(9, true, 'y' * 60000) | length }}", f"a text or list is at most {LENGTH} long"),
        ("{{ many | tojson(indent=60000) | length }}", f"the text is longer than {LENGTH} characters"),
        ("{{ many | tojson(indent='y' * 60000) | length }}", f"the text is longer than {LENGTH} characters"),
        ("{{ 5 | round(-60000) }}", "a number has at most 100 places"),
        ("{{ [{'a': 1}] | sort(attribute='a,' * 3000) }}", "the `attribute` of `sort` is at most 200 characters long"),
        ("{{ now.strftime('%A' * 101) }}", "a format of times is at most 200 characters long"),
        ("{{ [[1], [2]] | sum(start=[]) }}", "`sum` adds numbers, and this is a list"),
        ("{{ ['01'] | sum }}", "`sum` adds numbers, and this is a text that is not a plain number"),
        ("{{ [missing] | sum }}", "nothing named `missing` is known"),
        ("{{ ('0x' ~ 'f' * 9999) | int(base=16) }}", "the number is too large"),
        ("{{ namespace(x=1) }}", "a namespace is no value: write one of its entries"),
        (
            "{{ listed }}",
            f"a value holds at most {SIZE} characters and entries, with all that is in it",
        ),
        ("{{ deep }}", f"lists and mappings are nested more than {NESTED} deep"),
    ],
)
def test_what_would_make_far_more_than_it_is_given_says_its_limit(text: str, message: str) -> None:
    deep: list[object] = []
    for _ in range(NESTED):
        deep = [deep]
    scope = {
        "lines": "\n" * 60_000,
        "long": "x" * 60_000,
        "many": [1] * 60_000,
        "now": datetime(2026, 11, 23),
        "deep": deep,
    }
    assert fault(text, **scope, listed=["x" * 60_000] * 9_999) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 'x'.encode() }}", "`encode` may not be used in a template; a text has capitalize, casefold, "),
        ("{{ 'x'.translate({120: 'y'}) }}", "`translate` may not be used in a template; a text has capitalize, "),
        ("{{ 'x'.expandtabs(9) }}", "`expandtabs` may not be used in a template; a text has capitalize, "),
        ("{{ 'x'.maketrans('x', 'y') }}", "`maketrans` may not be used in a template"),
        ("{{ 'x'.format() }}", "`format` may not be used in a template; texts are joined with `~`"),
        ("{{ [1].copy() }}", "`copy` may not be used in a template; a list has count, index"),
        (
            "{{ {}.fromkeys('abc') }}",
            "`fromkeys` may not be used in a template; a mapping has get, items, keys, values",
        ),
        ("{{ now.now() }}", "`now` may not be used in a template; a time has astimezone, ctime, "),
        ("{{ (1).to_bytes(9, 'big') }}", "`to_bytes` may not be used in a template"),
    ],
)
def test_a_method_that_may_not_be_called_is_named_with_those_that_may(text: str, message: str) -> None:
    assert fault(text, now=datetime(2026, 11, 23)).startswith(message)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ 'Ann Lee'.split() | first }} {{ 'a-b'.replace('-', ' ') }} {{ '7'.zfill(3) }}", "Ann a b 007"),
        ("{% for n in ['a'] %}{{ n.replace('a', 'b') }}{{ n.center(3) }}{{ ','.join([n, n]) }}{% endfor %}", "b a a,a"),
        ("{{ {'a': 1}.get('b', 2) }} {{ [1, 2].index(2) }} {{ (1.0).is_integer() }}", "2 1 true"),
        ("{{ now.strftime('%H:%M') }} {{ now.date() }} {{ (now - now).total_seconds() }}", "09:30 2026-11-23 0.0"),
        ("{{ (now - now.fromisoformat('2026-11-20')).days }}", "3"),
        ("{% for x in [1, [2, [3]]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}", "123"),
        ("{% for x in [1, 2] %}{{ loop.cycle('a', 'b') }}{% endfor %}", "ab"),
        ("{{ [1, 2.5] | sum }} {{ [{'n': 2}] | sum('n') }} {{ [1] | sum(start=4) }}", "3.5 2 5"),
        ("{{ 'a\nb' | indent(2) }} {{ 'aa bb' | wordwrap(2) }}", "a\n  b aa\nbb"),
        ("{{ {'a': [1]} | tojson }} {{ [1] | tojson(indent=1) }}", '{"a": [1]} [\n 1\n]'),
        (
            "{{ [3, 1] | sort }} {{ [{'n': 2}, {'n': 1}] | sort(attribute='n') | map(attribute='n') | list }}",
            "[1, 3] [1, 2]",
        ),
        ("{{ 2.345 | round(1) }}", "2.3"),
    ],
)
def test_what_flows_need_of_methods_and_filters_works(text: str, rendered: str) -> None:
    assert template(text).render({"now": datetime(2026, 11, 23, 9, 30)}) == rendered


@pytest.mark.parametrize(
    ("before", "within", "after", "deepest"),
    [
        ("{% for a in [1] %}", "x", "{% endfor %}", LOOPS),
        ("[", "1", "]", NESTED),
        ("{'a': ", "1", "}", None),
        ("(", "1", ",)", NESTED),
        ("(1 if 1 else ", "1", ")", None),
        ("1 ~ (", "1", ")", None),
        ("1 + (", "1", ")", None),
        ("(1 < (", "1", "))", None),
        ("(", "1", ") | string", None),
        ("not ", "1", "", None),
        ("{% if 1 %}", "x", "{% endif %}", None),
        ("{% filter upper %}", "x", "{% endfilter %}", None),
    ],
)
def test_what_the_check_lets_pass_at_any_depth_is_rendered(
    before: str, within: str, after: str, deepest: int | None
) -> None:
    passed = 0
    for depth in range(1, 70):
        text = before * depth + within + after * depth
        report = Report()
        read = read_template(plain(text if within == "x" else f"{{{{ {text} }}}}"), report)
        if isinstance(read, Template):
            passed = depth
            with suppress(TemplateFault):
                read.render({})
            assert "SyntaxError" not in str(_cause(read))
        else:
            assert [found.code for found in report.diagnostics] == ["F303"]
    assert passed >= LOOPS
    assert deepest is None or passed == deepest


def _cause(read: Template) -> BaseException | None:
    try:
        read.render({})
    except TemplateFault as fault:
        return fault.__cause__
    return None


@pytest.mark.parametrize("parts", [20_000, 59, 21])
@pytest.mark.parametrize("text", ["{{ call.a }}", "{{ call.a | upper }}"])
def test_a_name_without_end_is_a_mistake(text: str, parts: int) -> None:
    title = mistake(text.replace("a ", ".".join("a" * (parts - 1)) + " ")).title
    assert title in ("a name has at most 20 parts", "this is nested too deeply")


def test_the_limits_leave_room_for_what_fits() -> None:
    assert template("{{ call" + ".a" * 19 + " is defined }}").names == {"call"}
    search = "{% for c in many if c.id == call %}{{ c.name }}, " + "who is known. " * 20 + "{% endfor %}"
    many = [{"id": number, "name": "Ann"} for number in range(5_000)]
    assert template(search).render({"many": many, "call": 7}).startswith("Ann, who is known.")
    names = "{{ many | selectattr('id', 'gt', 990) | map(attribute='name') | sort | join(', ') | length }}"
    assert template(names).render({"many": many[:1_000]}) == "43"
    assert len(template("{{ 'x' * 60000 }}").render({})) == 60000
    assert len(template("{% for i in range(9999) %}x{% endfor %}").render({})) == ROUNDS - 1
    assert template("{{ 99999999 | tojson }}").render({}) == "99999999"


@pytest.mark.parametrize(
    "text",
    [
        "{{ name.__class__ }}",
        "{{ name['__class__'] }}",
        "{{ items.append('x') }}",
        "{{ customer.update({'a': 1}) }}",
        "{{ ''.format.__self__ }}",
        "{{ '{0.__class__}'.format(name) }}",
        "{{ name | attr('__class__') }}",
        "{{ work.__globals__ }}",
        "{{ work.gi_frame }}",
        "{{ self.__init__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ namespace.__init__ }}",
        "{{ items | map(attribute='__class__') | list }}",
        "{{ [name] | join('', attribute='__class__') }}",
    ],
)
def test_nothing_behind_a_value_can_be_reached_or_changed(text: str) -> None:
    items, customer = ["a"], {"b": 2}
    report = Report()
    read = read_template(plain(text), report)
    if isinstance(read, Template):
        with pytest.raises(TemplateFault):
            read.render({"name": "Ann", "items": items, "customer": customer, "work": (i for i in items)})
    else:
        assert report.errors
    assert (items, customer) == (["a"], {"b": 2})


@pytest.mark.parametrize(
    ("text", "code", "place", "title"),
    [
        ("Hello {{ name", "F303", "{{", "`{{` is never closed"),
        ("{{ a }} and {% if b", "F303", "{%", "`{%` is never closed"),
        ("{% if a %}yes", "F303", "if", "`{% if %}` is never closed"),
        ("yes{% endif %}", "F303", "endif", "`{% endif %}` does not belong to an open tag here"),
        ("{% iff a %}", "F303", "iff", "there is no tag `iff`"),
        ("{% 3 %}", "F303", "3", "a tag begins with its name"),
        ("press {# twice", "F303", "{#", "`{#` begins a comment that is never closed"),
        ("{{ a = b }}", "F303", "=", "`=` does not compare"),
        ("{{ a == b && c }}", "F303", "&&", "`&&` is written `and`"),
        ("{{ a || b }}", "F303", "||", "`||` is written `or`"),
        ("{{ !a }}", "F303", "!", "`!` is written `not`"),
        ("{{ a === b }}", "F303", "===", "`===` is written `==`"),
        ("{{ a !== b }}", "F303", "!==", "`!==` is written `!=`"),
        ("{{ a <> b }}", "F303", "<>", "`<>` is written `!=`"),
        ("{{ a AND b }}", "F303", "AND", "`AND` is written `and`"),
        ("{{ a ? b : c }}", "F303", "?", "`?` is not an operator"),
        ("{{ $name }}", "F303", "$", "a name is written without `$`"),
        ("{{ “a” }}", "F303", "“", "`“` is not a quote here"),
        ("{{ 'a }}", "F303", "'", "this quote is not closed"),
        ("{{ (a + b }}", "F303", "(", "`(` is never closed"),
        ("{{ a[1 }}", "F303", "[", "`[` is never closed"),
        ("{{ a) }}", "F303", ")", "`)` closes nothing"),
        ("{{ a }", "F303", "}", "this brace closes nothing"),
        ("{{ {{ a }} }}", "F303", "{{", "braces stand within braces"),
        ("{{ }}", "F303", " ", "there is nothing between the braces"),
        ("{{ a + }}", "F303", "}}", "something is missing before this"),
        ("{{ first name }}", "F303", "name", "`name` does not belong here"),
        ("{{ a | default: 'b' }}", "F303", ":", "a filter's arguments stand in parentheses"),
        ("{{ " + "not " * 500 + "a }}", "F303", None, "this is nested too deeply"),
        ("{{ " + "9" * 5000 + " }}", "F303", None, "this number is too long"),
        ("{{ a | upcase }}", "F305", "upcase", "there is no filter `upcase`"),
        ("{{ a is numbr }}", "F305", "numbr", "there is no test `numbr`"),
        ("{% include 'x' %}", "F306", "include", "`{% include %}` may not be used in a flow"),
        ("{% import 'x' as y %}", "F306", "import", "`{% import %}` may not be used in a flow"),
        ("{% from 'x' import y %}", "F306", "from", "`{% from %}` may not be used in a flow"),
        ("{% extends 'x' %}", "F306", "extends", "`{% extends %}` may not be used in a flow"),
        ("{% block x %}{% endblock %}", "F306", "block", "`{% block %}` may not be used in a flow"),
        ("{% macro x() %}{% endmacro %}", "F306", "macro", "`{% macro %}` may not be used in a flow"),
        ("{% call x() %}{% endcall %}", "F306", "call", "`{% call %}` may not be used in a flow"),
        (
            "{% autoescape true %}{% endautoescape %}",
            "F306",
            "autoescape",
            "`{% autoescape %}` may not be used in a flow",
        ),
    ],
)
def test_a_mistake_in_a_template_says_what_and_where(text: str, code: str, place: str | None, title: str) -> None:
    found = mistake(text)
    assert (found.code, found.title) == (code, title)
    if place is not None:
        assert found.span.text == place


@pytest.mark.parametrize(
    ("text", "code", "place", "title"),
    [
        ("{{ vip }}", "F304", "{{", "braces are not needed here: this is an expression already"),
        ("{% if x %}", "F304", "{%", "a tag cannot stand in an expression"),
        ("digits = '1'", "F304", "=", "`=` does not compare"),
        ("a && b", "F304", "&&", "`&&` is written `and`"),
        ("!vip", "F304", "!", "`!` is written `not`"),
        ("(a and b", "F304", "(", "`(` is never closed"),
        ("a and b)", "F304", ")", "`)` closes nothing"),
        ("a and", "F304", "d", "the expression ends too early"),
        ("speech contains 'x'", "F304", "contains", "there is no operator `contains`"),
        ("a == 'b", "F304", "'", "this quote is not closed"),
        ("a b", "F304", "b", "`b` does not belong here"),
        ("a }}", "F304", "}}", "the expression ends before this"),
        ("a is oddly", "F305", "oddly", "there is no test `oddly`"),
        ("a | shout", "F305", "shout", "there is no filter `shout`"),
    ],
)
def test_a_mistake_in_an_expression_says_what_and_where(text: str, code: str, place: str, title: str) -> None:
    found = mistake(text, as_expression=True)
    assert (found.code, found.span.text, found.title) == (code, place, title)


def test_an_empty_expression_is_a_mistake() -> None:
    assert mistake("", as_expression=True).title == "an expression is missing"


def test_braces_around_an_expression_are_taken_off_in_the_help() -> None:
    assert mistake("{{ vip and x }}", as_expression=True).helps == ("write  vip and x",)


def test_every_unknown_filter_is_reported_with_the_nearest_name() -> None:
    report = Report()
    assert read_template(plain("{{ a | uper }}{{ b | lenght }}"), report) is None
    assert [found.label for found in report.diagnostics] == ["did you mean `upper`?", "did you mean `length`?"]


@pytest.mark.parametrize(
    ("yaml", "text", "location"),
    [
        ("Hi {{ a = 1 }}", "Hi {{ a = 1 }}", "flows/a.yaml:1:14"),
        ("'It''s {{ a = 1 }}'", "It's {{ a = 1 }}", "flows/a.yaml:1:18"),
        (r'"\"\x41\t\u00e9 {{ a = 1 }}"', '"A\té {{ a = 1 }}', "flows/a.yaml:1:27"),
        ('"a \\\n  b {{ a = 1 }}"', "a b {{ a = 1 }}", "flows/a.yaml:2:10"),
        ("Hello\n  there {{ a = 1 }}", "Hello there {{ a = 1 }}", "flows/a.yaml:2:14"),
        ("|\n  one\n  two {{ a = 1 }}\n", "one\ntwo {{ a = 1 }}\n", "flows/a.yaml:3:12"),
        ("|-\n    one\n      {{ a = 1 }}", "one\n  {{ a = 1 }}", "flows/a.yaml:3:12"),
        (">\n  one\n  two\n\n  {{ a = 1 }}\n", "one two\n{{ a = 1 }}\n", "flows/a.yaml:5:8"),
    ],
)
def test_a_mistake_is_found_in_every_way_of_writing_a_text(yaml: str, text: str, location: str) -> None:
    found = mistake(text, scalar=written(yaml, text))
    assert found.span.text == "="
    assert found.span.location == location


def unknown(
    text: str, known: tuple[str, ...] = (), *, as_expression: bool = False, **lists: tuple[str, ...]
) -> list[str]:
    report = Report()
    check_names(expression(text) if as_expression else template(text), known, report, **lists)
    return [f"{found.code} {found.span.text}: {found.title} ({found.label})" for found in report.diagnostics]


def test_known_names_pass() -> None:
    text = dedent("""\
        {{ answer }}{{ digits }}{{ speech }}{{ confidence }}{{ call.sid }}{{ call }}{{ message.media }}
        {{ params.Whatever }}{{ now.hour }}{{ hours.desk.open }}{{ env.SHOP }}{{ flow }}{{ step }}{{ language }}
        {{ channel }}{{ customer.anything }}{% for x in range(3) %}{{ x }}{{ loop.index }}{% endfor %}""")
    assert unknown(text, ("customer",), hours=("desk",), env=("SHOP",)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ custmer }}", "F301 custmer: nothing named `custmer` is known here (did you mean `customer`?)"),
        (
            "{{ custmer }} {{ custmer.x }}",
            "F301 custmer: nothing named `custmer` is known here (did you mean `customer`?)",
        ),
        ("{{ null }}", "F301 null: nothing named `null` is known here (did you mean `none`?)"),
        ("{{ from_city }}", "F301 from_city: nothing named `from_city` is known here (did you mean `call.from_city`?)"),
        ("{{ body }}", "F301 body: nothing named `body` is known here (did you mean `message.body`?)"),
        (
            "{{ CallToken }}",
            "F301 CallToken: nothing named `CallToken` is known here (did you mean `params.CallToken`?)",
        ),
        ("{{ xyzzy }}", "F301 xyzzy: nothing named `xyzzy` is known here ()"),
        ("{{ self }}", "F301 self: nothing named `self` is known here ()"),
        ("{{ call.form }}", "F302 form: `call` has no entry `form` (did you mean `from`?)"),
        ("{{ call['form'] | upper }}", "F302 form: `call` has no entry `form` (did you mean `from`?)"),
        ("{{ message.boddy }}", "F302 boddy: `message` has no entry `boddy` (did you mean `body`?)"),
        ("{{ hours.dest.open }}", "F302 dest: there are no hours named `dest` (did you mean `desk`?)"),
        ("{{ hours.desk.opne }}", "F302 opne: hours have no entry `opne` (did you mean `open`?)"),
        (
            "{{ env.SHOPP }}",
            "F302 SHOPP: the settings do not list the environment variable `SHOPP` (did you mean `SHOP`?)",
        ),
    ],
)
def test_unknown_names_are_reported_once_with_the_nearest(text: str, found: str) -> None:
    assert unknown(text, ("customer",), hours=("desk",), env=("SHOP",)) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ env.TEAM | default('') }}", []),
        ("{{ env['TEAM'] | d('x') | upper }}", []),
        ("{{ 'yes' if env.TEAM is defined else 'no' }}", []),
        ("{{ env.TEAM | upper | default('') }}", ["TEAM"]),
        ("{{ env.TEAM | default(env.OTHER) }}", ["OTHER"]),
        ("{{ env.TEAM | default('') }} {{ env.TEAM }}", ["TEAM"]),
        ("{{ customer.TEAM | default(env.TEAM) }}", ["TEAM"]),
    ],
)
def test_a_variable_of_the_environment_may_have_a_default_instead(text: str, found: list[str]) -> None:
    lines = unknown(text, ("customer",))
    assert [line.split()[1].rstrip(":") for line in lines] == found


def test_a_word_without_quotes_in_an_expression_is_helped_on() -> None:
    report = Report()
    check_names(expression("answer == yes"), (), report)
    (found,) = report.diagnostics
    assert found.helps == ("a text stands in quotes:  'yes'",)


def test_markup_escapes_what_stands_in_braces() -> None:
    read = read_markup(plain("<Say>{{ speech }}</Say>{% if x %}<Play>{{ x | upper }}</Play>{% endif %}"), Report())
    assert isinstance(read, Template)
    assert read.render({"speech": "<Hangup/>", "x": "a&b"}) == "<Say>&lt;Hangup/&gt;</Say><Play>A&amp;B</Play>"


def test_markup_escapes_in_texts_that_hold_only_names() -> None:
    read = read_markup(plain("<Say>{{ speech }}</Say>"), Report())
    assert isinstance(read, Template)
    assert read.render({"speech": "\"<&'\x00\x0b\ud800\ufffe"}) == "<Say>&quot;&lt;&amp;&#x27;</Say>"


def test_markup_that_is_one_template_is_the_fragment_itself() -> None:
    read = read_markup(plain("{{ fragment }}"), Report())
    assert isinstance(read, Template)
    assert read.render({"fragment": "<Say>Hi</Say>"}) == "<Say>Hi</Say>"


def test_no_filter_marks_what_a_caller_says_as_markup() -> None:
    for filter in ("e", "escape", "tojson", "string", "list", "upper", "default('')", "join"):
        read = read_markup(plain("<Say>{{ speech | %s }}</Say>" % filter), Report())  # noqa: UP031
        assert isinstance(read, Template)
        assert "<H" not in read.render({"speech": "<H>"})
    assert mistake("{{ speech | safe }}").code == "F305"


@pytest.mark.parametrize(
    ("text", "place", "help"),
    [
        ("typed == 0123", "0123", "write  typed == '0123'"),
        ("typed in [0123, 1234]", "0123", "write  typed in ['0123', 1234]"),
        ("typed == 0000", "0000", "write  typed == '0000'"),
        ("a == '0123' and b == 012", "012", "write  a == '0123' and b == '012'"),
        ("answer == 09:30", "09:30", "write  answer == '09:30'"),
        ("answer == 10:30", "10:30", "write  answer == '10:30'"),
        ("answer == 2026-01-05", "2026-01-05", "write  answer == '2026-01-05'"),
        ("answer == 555-0100", "555-0100", "write  answer == '555-0100'"),
        ("call.from == +0123", "+0123", "write  call.from == '+0123'"),
        ("answer == 4B", "4B", "write  answer == '4B'"),
        ("typed is 1234", "is", "write  typed == 1234"),
        ("typed is 0123", "0123", "write  typed == '0123'"),
        ("typed is '1234'", "is", "write  typed == '1234'"),
        ("typed is not 12", "is not", "write  typed != 12"),
        ('typed is not "a" and x == 007', "is not", "write  typed != \"a\" and x == '007'"),
        ("x is -1", "is", "write  x == -1"),
        ("digits is pin", "pin", "write  digits == pin  to compare with a variable,\nor  digits == 'pin'  with a text"),
        ("a is not yes", "yes", "write  a != yes  to compare with a variable,\nor  a != 'yes'  with a text"),
    ],
)
def test_a_comparison_is_shown_as_it_is_meant(text: str, place: str, help: str) -> None:
    found = mistake(text, as_expression=True)
    assert found.span.text == place
    assert found.helps == (help,)
    fixed = help.removeprefix("write  ").split("  ")[0]
    assert read_expression(plain(fixed), Report()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "x == 0",
        "x == 0.05",
        "x == 1_000",
        "x == 0x1F",
        "x == 1e3",
        "x[0:2]",
        "x is none",
        "x is not divisibleby 3",
        "x == '0123'",
        "x is defined and y == 10.0",
        "x == 100",
        "x in [0, 1]",
        "a - 10 - 5 == 2026 - 10",
        "x | round(0)",
    ],
)
def test_numbers_and_tests_of_jinja_are_no_mistakes(text: str) -> None:
    report = Report()
    assert read_expression(plain(text), report) is not None, report.diagnostics
