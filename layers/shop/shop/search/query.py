"""What is asked, as expressions of the index: from the best matches down to the least.

Only grams stand in an expression, each in quotes; they hold letters, digits and Han characters
alone, so no text can become an operator.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shop.domain.search_text import is_han, is_letters, needed, pieces
from shop.search import schema


@dataclass(frozen=True, slots=True)
class Levels:
    """What is asked, ever wider: each level holds the one before it.

    Attributes:
        matches: The title holds it as it was typed; holds all its words; title and subtitle hold
            them; labels too; and the same with letters read as pinyin initials.
        front: Titles that begin with one of its words; they come first within a level.
    """

    matches: tuple[str, ...]
    front: str

    def tiers(self, category_id: str | None) -> list[str]:
        """Expressions that share no product, best matches first."""
        made = []
        for number, match in enumerate(self.matches):
            within = _within(match, category_id)
            if number:
                within = f"({within} NOT ({self.matches[number - 1]}))"
            made += [f"({within} AND ({self.front}))", f"({within} NOT ({self.front}))"]
        return made

    def whole(self, category_id: str | None) -> str:
        """All of it, for orders in which the quality of a match does not count."""
        return _within(self.matches[-1], category_id)


def strict(runs: Sequence[str], known: Collection[str]) -> Levels:
    """Every word is there, taken apart by the words that the catalogue knows."""
    loose = [_loose(run, known) for run in runs]
    found = [
        _all(schema.TITLE, [_whole(run) for run in runs]),
        _all(schema.TITLE, loose),
        _all(schema.TITLE_AND_SUBTITLE, loose),
        _all(schema.TEXT, loose),
    ]
    if any(map(is_letters, runs)):
        found += [
            _all_read(runs, loose, schema.TITLE, schema.TITLE_INITIALS),
            _all_read(runs, loose, schema.TEXT, schema.ALL_INITIALS),
        ]
    return Levels(tuple(dict.fromkeys(found)), _fronts(runs))


def scattered(runs: Sequence[str]) -> Levels:
    """Every character is there, wherever; for what was taken apart wrongly and found nothing."""
    each = [[*run] if is_han(run) else [run] for run in runs]
    loose = [f"({' AND '.join(_prefix(one) for one in some)})" for some in each]
    return Levels((_all(schema.TITLE, loose), _all(schema.TEXT, loose)), _fronts(runs))


def _within(match: str, category_id: str | None) -> str:
    if category_id is None:
        return f"({match})"
    return f'(({match}) AND {schema.CATEGORIES} : "{schema.category_token(category_id)}")'


def _fronts(runs: Sequence[str]) -> str:
    fronts = [f"({schema.TITLE} : {_front(run)})" for run in runs]
    fronts += [
        f"({schema.TITLE_INITIALS} : {_prefix(schema.FRONT + _token(run))})"
        for run in runs
        if is_letters(run)
    ]
    return " OR ".join(fronts)


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
