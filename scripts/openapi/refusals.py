"""Which problems each route may answer with: those of its kind, and those its code raises by name.

The statuses and sentences are read where errors are raised, so that no list is kept twice.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shop import errors
from shop.web import problems
from shop.web.api import PATH_PARAMETER, Auth, Route

SHOP = Path(errors.__file__).parent


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A problem code with its status and the sentence that a shopper reads."""

    status: int
    code: str
    detail: str


@cache
def named() -> Mapping[str, Refusal]:
    """Every code that the shop raises by name.

    Raises:
        ValueError: One code is raised with two statuses.
    """
    found: dict[str, Refusal] = {}
    for path in sorted(SHOP.rglob("*.py")):
        for one in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            known = found.setdefault(one.code, one)
            if known.status != one.status:
                raise ValueError(f"{one.code} is both {known.status} and {one.status}")
    return found


def of(route: Route) -> list[Refusal]:
    """What a route may answer instead of its reply, by status and code.

    Raises:
        KeyError: It declares a code that nothing raises.
    """
    kinds = [errors.ShopError, errors.UnavailableError, *_by_kind(route)]
    found = {_default(kind) for kind in kinds} | {named()[code] for code in route.codes}
    if route.idempotent:
        found.add(named()["idempotency_key_reused"])
    return sorted(found)


def _by_kind(route: Route) -> Iterator[type[errors.ShopError]]:
    if route.auth in {Auth.CUSTOMER, Auth.STAFF, Auth.OPTIONAL}:
        yield errors.UnauthenticatedError
    if route.auth is Auth.STAFF:
        yield errors.ForbiddenError
    # Bodies name things too, and what they name may be another's.
    if PATH_PARAMETER.search(route.path) or route.body is not None:
        yield errors.NotFoundError
    if route.body is not None:
        yield from (errors.TooLargeError, errors.MediaTypeError)
    if route.limited:
        yield errors.TooManyRequestsError
    # Unknown fields and parameters are refused everywhere.
    yield from (errors.InvalidError, errors.ValidationError)


def _default(kind: type[errors.ShopError]) -> Refusal:
    status = next(problems.STATUS[one] for one in kind.__mro__ if one in problems.STATUS)
    return Refusal(status, kind.code, kind.detail)


def _raised(tree: ast.Module) -> Iterator[Refusal]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _declared(node)
        elif isinstance(node, ast.Call):
            yield from _made(node, tree)


def _declared(node: ast.ClassDef) -> Iterator[Refusal]:
    """A refusal with a class of its own."""
    own = getattr(errors, node.name, None)
    if isinstance(own, type) and issubclass(own, errors.ShopError):
        yield _default(own)
        return
    for base in node.bases:
        kind = _kind(base)
        given = dict(_constants(node.body))
        if kind and "code" in given:
            yield Refusal(_default(kind).status, given["code"], given.get("detail", kind.detail))


def _made(call: ast.Call, tree: ast.Module) -> Iterator[Refusal]:
    kind = _kind(call.func)
    if kind is None or issubclass(kind, errors.UnavailableError | errors.TooManyRequestsError):
        return
    given = {one.arg: one.value for one in call.keywords}
    default = _default(kind)
    code = _text(call.args[0] if call.args else given.get("code"))
    second = call.args[1] if len(call.args) > 1 else given.get("detail")
    if code:
        yield Refusal(default.status, code, _text(second) or default.detail)
    elif isinstance(second, ast.Subscript) and isinstance(second.value, ast.Name):
        # The sentence comes from a table of this module, by code.
        for one, detail in _table(tree, second.value.id):
            yield Refusal(default.status, one, detail)


def _kind(node: ast.expr) -> type[errors.ShopError] | None:
    kind = getattr(errors, node.id, None) if isinstance(node, ast.Name) else None
    return kind if isinstance(kind, type) and issubclass(kind, errors.ShopError) else None


def _constants(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for one in body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, _text(one.value)


def _table(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    for one in tree.body:
        if (
            isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and one.targets[0].id == name
            and isinstance(one.value, ast.Dict)
        ):
            pairs = zip(one.value.keys, one.value.values, strict=True)
            yield from ((_text(key), _text(value)) for key, value in pairs)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
