"""Matching a piece of syntax tree against a pattern written as Python source."""

import ast
import copy
from typing import Any

_IGNORED = frozenset(("ctx", "type_comment", "kind", "lineno", "col_offset"))
Bound = dict[str, Any]


class Pattern:
    """One statement or expression with holes in it."""

    def __init__(self, source: str) -> None:
        (statement,) = ast.parse(source).body
        is_expression = isinstance(statement, ast.Expr)
        self._node: ast.AST = statement.value if isinstance(statement, ast.Expr) else statement
        self._type: type[ast.AST] = ast.expr if is_expression else ast.stmt

    def match(self, node: ast.AST) -> Bound | None:
        """What the holes hold if the node fits, else None."""
        bound: Bound = {}
        return bound if isinstance(node, self._type) and _fits(self._node, node, bound) else None

    def fill(self, replacement: str, bound: Bound) -> list[ast.stmt]:
        """The replacement's statements with the holes filled."""
        tree = _Fill(bound).visit(ast.parse(replacement))
        body: list[ast.stmt] = tree.body
        return body


def _hole(node: object) -> str | None:
    if isinstance(node, ast.Name) and (node.id == "ANY" or node.id.startswith("__")):
        return node.id
    return None


def _fits(pattern: object, node: object, bound: Bound) -> bool:
    hole = _hole(pattern)
    if hole is not None:
        return isinstance(node, ast.AST) and _bind(hole, node, bound)
    if isinstance(pattern, ast.Call) and isinstance(node, ast.Call):
        return _fits(pattern.func, node.func, bound) and _fits_arguments(pattern, node, bound)
    if isinstance(pattern, ast.AST):
        return type(pattern) is type(node) and all(
            _fits(getattr(pattern, name), getattr(node, name), bound)
            for name in pattern._fields
            if name not in _IGNORED
        )
    if isinstance(pattern, list):
        return (
            isinstance(node, list)
            and len(pattern) == len(node)
            and all(_fits(a, b, bound) for a, b in zip(pattern, node, strict=True))
        )
    return pattern == node


def _bind(hole: str, value: Any, bound: Bound) -> bool:
    if hole == "ANY":
        return True
    if hole in bound:
        return bool(ast.dump(bound[hole]) == ast.dump(value))
    bound[hole] = value
    return True


def _fits_arguments(pattern: ast.Call, node: ast.Call, bound: Bound) -> bool:
    wanted, given = list(pattern.args), list(node.args)
    last = wanted[-1] if wanted else None
    if isinstance(last, ast.Starred) and (hole := _hole(last.value)):
        wanted.pop()
        bound[f"*{hole}"] = given[len(wanted) :]
        given = given[: len(wanted)]
    if not _fits(wanted, given, bound):
        return False
    rest = {word.arg: word for word in node.keywords}
    for word in pattern.keywords:
        if word.arg is None:
            bound[f"**{_hole(word.value)}"] = list(rest.values())
            rest = {}
        elif word.arg not in rest or not _fits(word.value, rest.pop(word.arg).value, bound):
            return False
    return not rest


class _Fill(ast.NodeTransformer):
    def __init__(self, bound: Bound) -> None:
        self._bound = bound

    def visit_Name(self, node: ast.Name) -> ast.AST:
        found = self._bound.get(node.id)
        return node if found is None else copy.deepcopy(found)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [part for argument in node.args for part in self._argument(argument)]
        node.keywords = [part for word in node.keywords for part in self._keyword(word)]
        self.generic_visit(node)
        return node

    def _argument(self, argument: ast.expr) -> list[ast.expr]:
        if isinstance(argument, ast.Starred) and (hole := _hole(argument.value)):
            return copy.deepcopy(self._bound[f"*{hole}"])
        return [argument]

    def _keyword(self, word: ast.keyword) -> list[ast.keyword]:
        if word.arg is None and (hole := _hole(word.value)):
            return copy.deepcopy(self._bound[f"**{hole}"])
        return [word]
