"""The Liquid library with limits: what a template does is counted in steps, and the steps are limited.

Whenever a block is rendered (the inside of an `if`, a `for`, a `when` …) it pays first for all of its content: a step
for each tag and expression in it, and one for each hundred characters. Reading a variable and applying a filter cost
steps too, by the length of what is read and made. So the steps bound nested and successive loops, blocks that are
repeated without a loop, the time, and the memory. Steps are counted and no clock is read: the same template with
the same values is always rendered, or always refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import StringIO
from typing import Any, TextIO, cast

from liquid import BoundTemplate, Environment, FalsyStrictUndefined, RenderContext, Token
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import LoopExpression, StringLiteral
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.exceptions import FilterError, LiquidError, LiquidInterrupt, LiquidSyntaxError
from liquid.expression import Expression

MAX_STEPS = 100_000
MAX_OUTPUT = 1_000_000
"""Bytes of a rendered template."""
MAX_VALUE = 1_000_000
"""Characters of a text or list that a filter makes."""
MAX_RANGE = 10_000
MAX_NUMBER = 10**1_000
"""Whole numbers that a filter makes are smaller."""
CHARACTERS = 100
"""Characters that cost a step."""
ITEMS = 10
"""Items of a list that cost a step."""
PAIRS = 50
"""Pairs of items that cost a step where each item is compared with each other."""

AT_END = "{%#%}"
"""A comment, put after a line end: the library would drop a last line end that `-}}` stands before."""

TAGS = frozenset({
    "#", "assign", "break", "capture", "case", "comment", "content", "continue", "cycle", "decrement",
    "doc", "echo", "for", "if", "ifchanged", "illegal", "increment", "liquid", "output", "unless",
})  # fmt: skip
"""Those that use nothing but the values. `illegal` refuses all others."""
FILTERS = frozenset({
    "abs", "append", "at_least", "at_most", "capitalize", "ceil", "compact", "concat", "default",
    "divided_by", "downcase", "escape", "first", "floor", "join", "last", "lstrip", "minus", "modulo",
    "plus", "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first",
    "replace_last", "reverse", "round", "rstrip", "size", "slice", "sort", "sort_natural", "split",
    "squish", "strip", "strip_newlines", "times", "truncate", "truncatewords", "uniq", "upcase",
    "url_encode",
})  # fmt: skip
"""Those whose cost is known and whose result depends on nothing else, such as the time of day."""


class LimitError(LiquidError):
    """The template is over a limit."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message, token=token)


class _Output(StringIO):
    """The text that is rendered, with line ends as they are."""

    def __init__(self) -> None:
        super().__init__(newline="")
        self.size = 0

    def write(self, text: str, /) -> int:
        self.size += len(text.encode())
        if self.size > MAX_OUTPUT:
            raise LimitError(f"the text must not exceed {MAX_OUTPUT} bytes")
        return super().write(text)


class _Context(RenderContext):
    """What is known while a template is rendered, and the steps it took."""

    steps = 0

    def spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise LimitError(f"the template must not take more than {MAX_STEPS} steps")

    def get(self, *args: Any, **kwargs: Any) -> object:
        value = super().get(*args, **kwargs)
        self.spend(1 + _cost(value))
        return value

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:  # noqa: ARG002
        return _Output()

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        function = super().filter(name, token)

        def limited(left: object, *args: object, **options: object) -> object:
            if options and name != "default":
                raise FilterError(f"{name} takes no arguments with names", token=token)
            self.spend(1)
            if name == "uniq":
                self.spend(len(_items(left)) ** 2 // PAIRS)
            _check_growth(name, left, args)
            try:
                result = function(left, *args, **options)
            except (LiquidError, TypeError):
                raise
            except Exception as error:
                message = f"{name}: {error or type(error).__name__}"
                raise FilterError(message, token=token) from error
            _check_size(result)
            self.spend(_cost(result))
            return result

        return limited


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _length(value: object) -> int:
    """Return the characters of a text, or those of a list and one for each item."""
    if isinstance(value, str):
        return len(value)
    return sum(1 + _length(item) for item in _items(value))


def _cost(value: object) -> int:
    """Return the steps that it takes to read a value."""
    return _length(value) // CHARACTERS + len(_items(value)) // ITEMS


def _check_growth(name: str, left: object, args: tuple[object, ...]) -> None:
    """Raises LimitError if a filter would multiply two lengths to more than a value may have."""
    grown = 0
    if name == "replace" and len(args) == 2:
        grown = str(left).count(str(args[0])) * len(str(args[1]))
    elif name == "join" and args:
        grown = len(_items(left)) * len(str(args[0]))
    _check_length(grown)


def _check_size(value: object) -> None:
    if isinstance(value, int) and abs(value) >= MAX_NUMBER:
        raise LimitError("a filter must not make a number of more than 1000 digits")
    _check_length(_length(value))


def _check_length(length: int) -> None:
    if length > MAX_VALUE:
        raise LimitError(f"a filter must not make more than {MAX_VALUE} characters")


class _Payment(Node):
    """The first node of each block: pays for the block."""

    def __init__(self, token: Token, steps: int) -> None:
        super().__init__(token)
        self.steps = steps

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:  # noqa: ARG002
        cast("_Context", context).spend(self.steps)
        return 0


class _For(ForNode):
    """A loop whose range, if it loops over one, is limited."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        items = self.expression.iterable.evaluate(context)
        if isinstance(items, range) and items.stop - items.start > MAX_RANGE:
            raise LimitError(f"a range must not exceed {MAX_RANGE} numbers", self.token)
        if isinstance(items, range):
            cast("_Context", context).spend(len(items) // ITEMS)
        return super().render_to_output(context, buffer)


class _ForTag(ForTag):
    node_class = _For


class _Environment(Environment):
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_ForTag)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: made for name, made in self.filters.items() if name in FILTERS}


@cache
def _environment() -> Environment:
    return _Environment(undefined=FalsyStrictUndefined)


def parse(body: str) -> BoundTemplate:
    """Return the template, whose blocks pay for themselves. Raises LiquidError if it is not a valid template."""
    template = _environment().from_string(body + AT_END if body.endswith("\n") else body)
    context = _Context(template)
    for node in template.nodes:
        _weigh(node, context)
    return template


def _weigh(node: Node, context: RenderContext) -> int:
    """Return the steps of a node without those of its blocks; each of these gets its payment."""
    steps = 1 + sum(map(_weigh_expression, node.expressions()))
    if isinstance(node, ContentNode):
        steps += len(node.text) // CHARACTERS
    for child in node.children(context):
        if isinstance(child, BlockNode):
            inside = 1 + sum(_weigh(inner, context) for inner in child.nodes)
            child.nodes.insert(0, _Payment(child.token, inside))
        else:
            steps += _weigh(child, context)
    return steps


def _weigh_expression(expression: Expression) -> int:
    """Return the steps of an expression. Raises LiquidSyntaxError if it has a range that no loop is over."""
    if isinstance(expression, RangeLiteral):
        raise LiquidSyntaxError("a range can only be looped over", token=expression.token)
    if isinstance(expression, StringLiteral):
        return 1 + len(expression.value) // CHARACTERS
    inner: Sequence[Expression] = list(expression.children())
    if isinstance(expression, LoopExpression) and isinstance(expression.iterable, RangeLiteral):
        inner = inner[1:]
    return 1 + sum(map(_weigh_expression, inner))


def run(template: BoundTemplate, values: Mapping[str, object]) -> str:
    """Return the text. Raises LimitError if it is over a limit, LiquidError if anything fails."""
    context = _Context(template, globals=values)
    buffer = _Output()
    for node in template.nodes:
        try:
            node.render(context, buffer)
        except LiquidInterrupt as error:
            raise LiquidError(f"{error} is not in a loop", token=node.token) from error
        except LiquidError as error:
            error.token = error.token or node.token
            raise
        except Exception as error:
            raise LiquidError(str(error) or type(error).__name__, token=node.token) from error
    return buffer.getvalue()


def reason_and_place(error: Exception) -> tuple[str, int]:
    """Return what failed, and the index of the character where; -1 if that is not known, or is the end."""
    token = error.token if isinstance(error, LiquidError) else None
    message = str(error.message) if isinstance(error, LiquidError) and token else ""
    cause = error.__cause__ or error
    return message or str(cause) or type(cause).__name__, token.start_index if token else -1
