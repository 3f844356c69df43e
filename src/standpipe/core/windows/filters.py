"""Filters: text read into a tree. Whether its columns exist and its types fit is checked later."""

from decimal import Decimal
from typing import Final

from standpipe.core.windows.limits import MAX_DEPTH, require_modest, too_deep
from standpipe.core.windows.moments import parse_moment
from standpipe.core.windows.syntax import (
    Between,
    Both,
    Call,
    Cast,
    Comparison,
    Either,
    Is,
    Likeness,
    Literal,
    Membership,
    Name,
    Negation,
    Node,
    Operator,
    TypedLiteral,
)
from standpipe.core.windows.tokens import RESERVED, Kind, Token, Tokens

_OPERATORS: Final = {operator.value: operator for operator in Operator} | {"<>": Operator.UNEQUAL}
_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_TYPED: Final = frozenset(("date", "timestamp"))
_VALUE = "a column, a value or a function"
_LITERAL_KINDS: Final = frozenset((Kind.TEXT, Kind.NUMBER, Kind.HEX))


def parse_filter(text: str) -> Node:
    """Return the condition that a text says; WindowInvalid with the part "filter".

    Comparisons, AND, OR, NOT, IN, LIKE, ILIKE, BETWEEN, IS, functions and casts; texts in single
    quotes, names in double ones where they need any; dates as ``now - 7 days``.
    """
    tokens = Tokens(text, "filter")
    node = ConditionParser(tokens).condition()
    tokens.expect_end("an operator, AND, OR or the end")
    require_modest(node, "filter")
    return node


def parse_operand(text: str, part: str) -> Node:
    """Return the column, value or function that a text says, and nothing else; WindowInvalid."""
    tokens = Tokens(text, part)
    node = ConditionParser(tokens).operand()
    tokens.expect_end("the end")
    require_modest(node, part)
    return node


class ConditionParser:
    """Reads conditions and operands from tokens, by recursive descent of bounded depth.

    Beware: each level takes a few frames of the stack, so ``condition`` reads OR and AND at once.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._depth = 0

    def condition(self) -> Node:
        """Read predicates between AND and OR; AND binds more tightly."""
        either: list[Node] = []
        both: list[Node] = []
        while True:
            both.append(self._predicate())
            if self._tokens.take_word("and"):
                continue
            either.append(_joined(Both, both))
            both = []
            if not self._tokens.take_word("or"):
                return _joined(Either, either)

    def operand(self) -> Node:
        """Read a column, a value, a function, or a condition in parentheses, and its casts."""
        node = self._primary(self._tokens.current)
        while self._tokens.take_mark("::"):
            node = Cast(position=node.position, operand=node, type=self._type_word())
        return node

    def _predicate(self) -> Node:
        negations = []
        while self._tokens.is_word("not"):
            negations.append(self._tokens.advance().position)
        node = self._compared(self.operand())
        for position in reversed(negations):
            node = Negation(position=position, operand=node)
        return node

    def _compared(self, left: Node) -> Node:
        """Read what an operand is compared with; without anything it is a condition by itself."""
        tokens = self._tokens
        operator = _OPERATORS.get(str(tokens.current.value))
        if operator is not None and tokens.current.kind is Kind.MARK:
            tokens.advance()
            right = self.operand()
            return Comparison(position=left.position, operator=operator, left=left, right=right)
        if tokens.take_word("is"):
            return self._is(left)
        is_negated = tokens.take_word("not")
        if tokens.is_word("in", "like", "ilike", "between"):
            return self._worded(left, str(tokens.advance().value), is_negated)
        if is_negated:
            raise tokens.unexpected("IN, LIKE, ILIKE or BETWEEN")
        return left

    def _worded(self, left: Node, word: str, is_negated: bool) -> Node:
        if word == "in":
            self._enter(self._tokens.current)
            self._tokens.expect_mark("(")
            members = self._list_of_operands()
            self._depth -= 1
            return Membership(
                position=left.position, operand=left, members=members, is_negated=is_negated
            )
        if word == "between":
            low = self.operand()
            self._tokens.expect_word("and")
            high = self.operand()
            return Between(
                position=left.position, operand=left, low=low, high=high, is_negated=is_negated
            )
        return self._likeness(left, ignores_case=word == "ilike", is_negated=is_negated)

    def _likeness(self, left: Node, *, ignores_case: bool, is_negated: bool) -> Node:
        pattern = self._tokens.expect_text("a pattern in single quotes, such as '%part%'")
        escape = None
        if self._tokens.take_word("escape"):
            escape = self._tokens.expect_text("a character in single quotes")
        return Likeness(
            position=left.position,
            operand=left,
            pattern=pattern,
            escape=escape,
            ignores_case=ignores_case,
            is_negated=is_negated,
        )

    def _is(self, left: Node) -> Node:
        is_negated = self._tokens.take_word("not")
        if not self._tokens.is_word(*_CONSTANTS):
            raise self._tokens.unexpected("NULL, TRUE or FALSE")
        what = _CONSTANTS[str(self._tokens.advance().value)]
        return Is(position=left.position, operand=left, what=what, is_negated=is_negated)

    def _list_of_operands(self) -> tuple[Node, ...]:
        """Read ``a, b)``."""
        nodes = [self.operand()]
        while self._tokens.take_mark(","):
            nodes.append(self.operand())
        if not self._tokens.take_mark(")"):
            raise self._tokens.unexpected("a comma or )")
        return tuple(nodes)

    def _primary(self, token: Token) -> Node:
        if token.kind is Kind.WORD:
            return self._word(token)
        if token.kind is Kind.NAME:
            self._tokens.advance()
            return Name(position=token.position, text=str(token.value), is_quoted=True)
        if token.kind in _LITERAL_KINDS:
            self._tokens.advance()
            return Literal(position=token.position, value=token.value)
        if self._tokens.take_mark("("):
            self._enter(token)
            node = self.condition()
            if not self._tokens.take_mark(")"):
                raise self._tokens.unexpected("an operator, AND, OR or )")
            self._depth -= 1
            return node
        return self._signed(token)

    def _word(self, token: Token) -> Node:
        word = str(token.value)
        if word in {"now", "today"}:
            return parse_moment(self._tokens)
        if word in _CONSTANTS:
            self._tokens.advance()
            return Literal(position=token.position, value=_CONSTANTS[word])
        following = self._tokens.following
        if word in _TYPED and following.kind is Kind.TEXT:
            self._tokens.advance()
            text = self._tokens.expect_text("")
            return TypedLiteral(position=token.position, kind=word, text=text)
        if word in RESERVED:
            hint = f'A column of this name stands in double quotes: "{word}".'
            raise self._tokens.unexpected(_VALUE, hint if following.kind is Kind.MARK else "")
        self._tokens.advance()
        if self._tokens.take_mark("("):
            return self._called(token, word)
        return Name(position=token.position, text=self._tokens.text[token.position : token.end])

    def _called(self, token: Token, name: str) -> Node:
        """Read the arguments of a function, behind the parenthesis."""
        self._enter(token)
        if name == "cast":
            node = self._cast(token)
        elif self._tokens.take_mark("*"):
            self._tokens.expect_mark(")")
            node = Call(position=token.position, name=name, arguments=(), is_star=True)
        elif self._tokens.take_mark(")"):
            node = Call(position=token.position, name=name, arguments=())
        else:
            is_distinct = self._tokens.is_word("distinct") and self._is_before_operand()
            if is_distinct:
                self._tokens.advance()
            arguments = self._list_of_operands()
            node = Call(
                position=token.position, name=name, arguments=arguments, is_distinct=is_distinct
            )
        self._depth -= 1
        return node

    def _is_before_operand(self) -> bool:
        """Whether ``distinct`` is the keyword, and not a column of that name."""
        following = self._tokens.following
        return following.kind is not Kind.END and following.value not in {",", ")", "::"}

    def _cast(self, token: Token) -> Node:
        operand = self.operand()
        self._tokens.expect_word("as")
        words = [self._type_word()]
        while self._tokens.current.kind is Kind.WORD:
            words.append(self._type_word())
        self._tokens.expect_mark(")")
        return Cast(position=token.position, operand=operand, type=" ".join(words))

    def _type_word(self) -> str:
        if self._tokens.current.kind is not Kind.WORD:
            raise self._tokens.unexpected("a type, such as integer, text or date")
        return str(self._tokens.advance().value)

    def _signed(self, token: Token) -> Node:
        sign = token.value if token.kind is Kind.MARK else ""
        if sign not in {"-", "+"}:
            raise self._tokens.unexpected(_VALUE)
        self._tokens.advance()
        number = self._tokens.current
        if number.kind is not Kind.NUMBER or isinstance(number.value, (str, bytes)):
            raise self._tokens.unexpected(
                "a number", "Only numbers have a sign; columns cannot be added or subtracted."
            )
        self._tokens.advance()
        value = number.value.copy_negate() if isinstance(number.value, Decimal) else -number.value
        return Literal(position=token.position, value=value if sign == "-" else number.value)

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise too_deep(self._tokens.part, token.position)


def _joined(kind: type[Both] | type[Either], parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else kind(position=parts[0].position, parts=tuple(parts))
