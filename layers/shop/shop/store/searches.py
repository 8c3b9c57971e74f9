"""What a customer searched for lately: one row, a few words, each sealed, gone after a while."""

from dataclasses import dataclass

from pynamodb.attributes import MapAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop.store import reads
from shop.store.table import Entity, searches_key
from shop.store.writes import ConditionFailed, absent, apply, delete, present, put, update

MOST = 10
"""So many fit in the kilobyte that a write is billed by."""
KEPT_SECONDS = 90 * 86_400
_ATTEMPTS = 3


class SearchesRow(Entity):
    """By a mark of the words: the words sealed, `t`, and when they were last searched for, `a`."""

    words: MapAttribute[str, dict[str, object]] = MapAttribute(attr_name="m")
    expires_at = NumberAttribute(attr_name="ttl")


@dataclass(frozen=True, slots=True)
class Searched:
    """One entry: the mark of its words, the words sealed, and UTC seconds."""

    mark: str
    sealed: str
    at: int


def latest(customer_id: str, now: int) -> list[Searched]:
    """What is still kept, latest first; half a unit."""
    row = reads.get(SearchesRow, searches_key(customer_id))
    return of_row(row, now) if row else []


def of_row(row: SearchesRow, now: int) -> list[Searched]:
    """The entries of a row that have not ended."""
    found = [
        Searched(mark, str(one["t"]), int(one["a"])) for mark, one in row.words.as_dict().items()
    ]
    kept = [one for one in found if one.at > now - KEPT_SECONDS]
    return sorted(kept, key=lambda one: (-one.at, one.mark))


def keep(customer_id: str, entry: Searched) -> None:
    """Note a search; the same words again are the same entry, and the oldest makes room.

    One write, two when there is no room or an entry has ended. It gives up quietly when the row
    keeps changing: a history decides nothing.
    """
    for _ in range(_ATTEMPTS):
        try:
            kept = _set(customer_id, entry, None)
        except ConditionFailed as refused:
            if _begin_or_make_room(customer_id, entry, refused):
                return
            continue
        _drop_ended(customer_id, kept, entry.at)
        return


def forget(customer_id: str) -> None:
    """Remove the history; none is fine."""
    apply(delete(SearchesRow(*searches_key(customer_id))))


def _begin_or_make_room(customer_id: str, entry: Searched, refused: ConditionFailed) -> bool:
    try:
        if refused.old:
            row = SearchesRow.from_raw_data(dict(refused.old))
            marks = row.words.as_dict()
            _set(customer_id, entry, min(marks, key=lambda mark: (marks[mark]["a"], mark)))
        else:
            words = {entry.mark: _value(entry)}
            row = SearchesRow(*searches_key(customer_id), words=words, expires_at=_ends(entry))
            apply(put(row, absent()))
    except ConditionFailed:
        return False
    return True


def _drop_ended(customer_id: str, kept: SearchesRow, now: int) -> None:
    ended = [
        mark for mark, one in kept.words.as_dict().items() if int(one["a"]) <= now - KEPT_SECONDS
    ]
    if ended:
        actions: list[Action] = [_path(mark).remove() for mark in ended]
        apply(update(SearchesRow(*searches_key(customer_id)), actions))


def _set(customer_id: str, entry: Searched, oldest: str | None) -> SearchesRow:
    own = _path(entry.mark)
    condition: Condition = present() & (own.exists() | (size(SearchesRow.words) < MOST))
    actions: list[Action] = [own.set(_value(entry)), SearchesRow.expires_at.set(_ends(entry))]
    if oldest is not None:
        condition = _path(oldest).exists()
        actions.append(_path(oldest).remove())
    raw = apply(update(SearchesRow(*searches_key(customer_id)), actions, condition))
    return SearchesRow.from_raw_data(dict(raw))


def _path(mark: str) -> Path:
    return Path([SearchesRow.words.attr_name, mark])


def _value(entry: Searched) -> dict[str, object]:
    return {"t": entry.sealed, "a": entry.at}


def _ends(entry: Searched) -> int:
    return entry.at + KEPT_SECONDS
