"""The Jinja environment of the flow language: what a template may reach."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.environment import Template as Compiled
from jinja2.exceptions import SecurityError
from jinja2.lexer import Lexer
from jinja2.nodes import EvalContext
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

from engine.diagnostics import nearest
from engine.grammar import bounds, callables, limits
from engine.grammar.faults import kind
from engine.grammar.generator import Generator, ValueGenerator
from engine.grammar.methods import COMPARING, check_method
from engine.grammar.numbers import as_number, entry
from engine.grammar.rendering import Names
from engine.grammar.values import write, write_encoded

_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType({"namespace": Namespace, "range": limits.bounded_range})
_JINJAS_OWN = ("_loop_vars", "_block_vars")  # arguments that calls within loops have beside the author's
_COUNTED = "each of"  # the names of filters that no author can write
_ENCODED = "percent encoded"


class OffsetLexer(Lexer):
    """Jinja's lexer, which gives with each token its offset in the text where Jinja gives its line.

    So the `lineno` of every node and of every syntax error is an offset.
    """

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        end = 0
        tokens = super().tokeniter(source, name, filename, state)
        while True:
            try:
                _, token, text = next(tokens)
            except StopIteration:
                return
            except Exception as error:
                error.lineno = end  # type: ignore[attr-defined]
                raise
            start = max(source.find(text, end), end)  # between two tokens is white space that `{%-` takes away
            yield start, token, text
            end = start + len(text)


class Unknown(StrictUndefined):
    """What a template names and nobody knows: any use but `default` and `is defined` is a fault."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name, of = self._undefined_name, self._undefined_obj
        if of is missing:
            return f"nothing named `{name}` is known"
        if not isinstance(of, Mapping):
            return f"{kind(of)} has no entry `{name}`"
        close = nearest(str(name), [key for key in of if isinstance(key, str)])
        return f"there is no entry `{name}`" + (f" (did you mean `{close}`?)" if close else "")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment that writes texts; `finalize` is the function that writes one value."""

    code_generator_class = Generator
    intercepted_binops = frozenset(limits.OPERATORS)
    intercepted_unops = frozenset(limits.SIGNS)

    def __init__(self, finalize: Callable[[object], object] | None = None) -> None:
        super().__init__(
            undefined=Unknown,
            finalize=finalize and _written(finalize),
            autoescape=False,
            keep_trailing_newline=True,
            optimized=False,
        )
        self.eval_context = EvalContext(self)
        self.binop_table = {**limits.OPERATORS}
        self.unop_table = {**limits.SIGNS}
        self.policies["json.dumps_function"] = bounds.dumps
        self.globals = {**_FUNCTIONS}
        self.filters = bounds.metered_filters({**callables.FILTERS, _ENCODED: write_encoded})
        self.filters[_COUNTED] = _counted
        self.tests = bounds.metered_tests(callables.TESTS)
        self._lexer = OffsetLexer(self)

    @property
    def lexer(self) -> Lexer:
        return self._lexer

    def names(self, scope: Mapping[str, object]) -> Names:
        """What one rendering needs of this scope."""
        return Names(self, self.eval_context, scope)

    def joined(self, values: tuple[object, ...]) -> str:
        """The values of `a ~ b ~ c` as one text."""
        return limits.joined(map(write, values))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`: the entry `b` of a mapping before anything else, so that one called `items` is found."""
        if isinstance(obj, Mapping):
            try:
                return obj[attribute]
            except KeyError:
                pass
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`a[b]`: an entry, never a method."""
        try:
            if isinstance(obj, Mapping):
                return entry(obj, argument)
            return obj[as_number(argument)]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call, if it is a harmless one; the methods of texts that make longer ones keep within bounds."""
        owner = getattr(__obj, "__self__", None)
        if owner is None:
            if callable(__obj) and not isinstance(__obj, LoopContext | Undefined) and __obj not in _FUNCTIONS.values():
                raise SecurityError(f"`{getattr(__obj, '__name__', 'this')}` may not be used in a template")
        elif not isinstance(owner, LoopContext):
            check_method(owner, __obj.__name__)
        assert isinstance(__context, Names), "a template is rendered with the names of its scope"
        named = {name: value for name, value in kwargs.items() if name not in _JINJAS_OWN}
        __context.draw(limits.STEP, *args, *named.values())
        if isinstance(owner, str | list | tuple):
            __context.drawn(owner)
        if isinstance(owner, date | time) and __obj.__name__ == "strftime":
            limits.check_format(*args, **named)
        if isinstance(owner, str):
            limits.check_sizes((*args, *named.values()))
            if __obj.__name__ == "replace":
                return __context.drawn(limits.bounded_replace(owner, *args, **named))
            if __obj.__name__ == "join":
                return __context.drawn(limits.joined(map(write, *args), owner))
        if isinstance(owner, Mapping | list | tuple) and (compare := COMPARING.get(__obj.__name__)):
            return __context.drawn(compare(owner, *args, **named))
        return __context.drawn(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`left operator right`, drawn from the context."""
        assert isinstance(context, Names), "a template is rendered with the names of its scope"
        return context.drawn(self.binop_table[operator](left, right))

    def wrap_str_format(self, value: Any) -> None:
        """Nothing: `call` refuses `format`."""
        return None

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What stands for an attribute that the sandbox keeps to itself."""
        hint = f"`{attribute}` may not be used in a template"
        return self.undefined(hint, name=attribute, obj=obj, exc=SecurityError)

    def parse_text(self, text: str) -> nodes.Template:
        """The tree of a text; raises TemplateSyntaxError with an offset for a line, ValueError, RecursionError."""
        return Parser(self, text).parse()

    def parse_expression(self, text: str) -> nodes.Expr:
        """The tree of an expression that stands alone; raises what `parse_text` raises."""
        parser = Parser(self, text, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            parser.fail("chunk after expression")
        return expression

    def function(self, tree: nodes.Template) -> Callable[[Context], Iterator[Any]]:
        """The tree compiled: a function from a context to the pieces that it writes."""
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
        tree.set_environment(self)
        return Compiled.from_code(self, self.compile(tree), {}).root_render_func


class ValueSandbox(Sandbox):
    """The environment that computes values of any type."""

    code_generator_class = ValueGenerator

    def value_function(self, expression: nodes.Expr) -> Callable[[Context], Any]:
        """The expression compiled: a function from a context to its value."""
        pieces = self.function(nodes.Template([nodes.Output([expression], lineno=0)], lineno=0))
        return lambda context: next(iter(pieces(context)))


def encode(tree: nodes.Template) -> nodes.Template:
    """The tree of a URL, in which every value is percent-encoded but one with which the URL begins: that is its scheme and host."""
    first = tree.body[0] if tree.body else None
    head = first.nodes[0] if isinstance(first, nodes.Output) and first.nodes else None
    for output in tree.find_all(nodes.Output):
        output.nodes = [
            node
            if node is head or isinstance(node, nodes.TemplateData)
            else nodes.Filter(node, _ENCODED, [], [], None, None, lineno=node.lineno)
            for node in output.nodes
        ]
    return tree


@pass_context
def _counted(context: Names, items: Iterable[object]) -> Iterator[object]:
    for item in items:
        context.rounds -= 1
        if context.rounds < 0:
            raise OverflowError(f"the loops go round more than {limits.ROUNDS} times")
        yield item


def _written(write: Callable[[object], object]) -> Callable[[Names, object], object]:
    @pass_context
    def written(context: Names, value: object) -> object:
        return context.drawn(write(value))

    return written
