"""What is asked, as expressions of the index: from the best matches down to the least.

Only grams stand in an expression, each in quotes; they hold letters, digits and Han characters
alone, so no text can become an operator.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shop.domain.search_text import is_han, is_letters, needed, pieces
from shop.search import schema


@dataclass(frozen=True, slots=True)
class Tier:
    """Matches of one quality; `without` are better ones that it would hold too."""

    match: str
    without: tuple[str, ...] = ()

    def expression(self, category_id: str | None) -> str:
        """The tier as one expression, within a category."""
        made = f"({self.match})"
        if category_id is not None:
            token = schema.category_token(category_id)
            made = f'({made} AND {schema.CATEGORIES} : "{token}")'
        for better in self.without:
            made = f"({made} NOT ({better}))"
        return made


def tiers(runs: Sequence[str], known: Collection[str]) -> list[Tier]:
    """The qualities of match, best first; they share no product.

    The title begins with it; the title holds it as it was typed; holds all its words; title and
    subtitle hold them; labels too; and the same with letters read as pinyin initials.
    """
    strict = [_whole(run) for run in runs]
    loose = [_loose(run, known) for run in runs]
    exact, in_title = _all(schema.TITLE, strict), _all(schema.TITLE, loose)
    in_both, anywhere = _all(schema.TITLE_AND_SUBTITLE, loose), _all(schema.TEXT, loose)
    made = [
        Tier(f"{schema.TITLE} : {_front(runs[0])} AND {exact}"),
        Tier(exact, (f"{schema.TITLE} : {_front(runs[0])}",)),
    ]
    if in_title != exact:
        made.append(Tier(in_title, (exact,)))
    made += [Tier(in_both, (in_title,)), Tier(anywhere, (in_both,))]
    if any(is_letters(run) for run in runs):
        made += _by_initials(runs, loose, anywhere)
    return made


def everything(found: Sequence[Tier], category_id: str | None) -> str:
    """All tiers as one expression, for orders in which the quality of a match does not count."""
    whole = Tier(" OR ".join(f"({one.match})" for one in found))
    return whole.expression(category_id)


def _by_initials(runs: Sequence[str], loose: Sequence[str], anywhere: str) -> list[Tier]:
    in_title = _all_read(runs, loose, schema.TITLE, schema.TITLE_INITIALS)
    in_any = _all_read(runs, loose, schema.TEXT, schema.ALL_INITIALS)
    made = []
    if is_letters(runs[0]):
        front = f"{schema.TITLE_INITIALS} : {_prefix(schema.FRONT + _token(runs[0]))}"
        made.append(Tier(f"({front}) AND {in_title}", (anywhere,)))
        made.append(Tier(in_title, (anywhere, front)))
    else:
        made.append(Tier(in_title, (anywhere,)))
    made.append(Tier(in_any, (anywhere, in_title)))
    return made


def _all_read(runs: Sequence[str], loose: Sequence[str], columns: str, initials: str) -> str:
    return " AND ".join(
        f"(({columns} : {match}) OR ({initials} : {_prefix(_token(run))}))"
        if is_letters(run)
        else f"({columns} : {match})"
        for run, match in zip(runs, loose, strict=True)
    )


def _all(columns: str, matches: Sequence[str]) -> str:
    return " AND ".join(f"({columns} : {match})" for match in matches)


def _whole(run: str) -> str:
    if not is_han(run):
        return _prefix(run)
    return f"({' AND '.join(_quoted(gram) for gram in needed(run))})" if run[1:] else _prefix(run)


def _loose(run: str, known: Collection[str]) -> str:
    if not is_han(run):
        return _prefix(run)
    return f"({' AND '.join(_whole(piece) for piece in pieces(run, known))})"


def _front(run: str) -> str:
    start = schema.FRONT + run[:2]
    return _quoted(start) if is_han(run) and run[1:] else _prefix(start)


def _token(run: str) -> str:
    return schema.INITIALS + run[: schema.MOST_INITIALS]


def _quoted(gram: str) -> str:
    return f'"{gram}"'


def _prefix(gram: str) -> str:
    return f'"{gram}" *'
