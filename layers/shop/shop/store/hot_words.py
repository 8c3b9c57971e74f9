"""How often words were searched for, by day: counted in bunches, bounded, gone after a week."""

from collections import Counter
from collections.abc import Mapping

from pynamodb.attributes import MapAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop.store import reads
from shop.store.table import Entity, hot_words_key, hot_words_partition
from shop.store.writes import ConditionFailed, absent, apply, present, put, update

KEPT_SECONDS = 8 * 86_400
MOST_WORDS = 150
"""A day's different words; later ones are not counted, known ones go on."""
_NAMES, _WORDS = str.maketrans("[]", "［］"), str.maketrans("［］", "[]")
"""Square brackets mean something in a document path. Words are NFKC, so no other can hold these."""


class HotWordsRow(Entity):
    """One day's counts by word."""

    counts: MapAttribute[str, int] = MapAttribute(attr_name="m")
    expires_at = NumberAttribute(attr_name="ttl")


def add(day: str, counts: Mapping[str, int], now: int) -> None:
    """Add to a day's counts. A lost or repeated bunch moves a popularity, and nothing else.

    Args:
        day: `YYYYMMDD`, Shanghai.
        counts: By word in NFKC, few of them.
        now: UTC seconds.
    """
    counts = {word.translate(_NAMES): n for word, n in counts.items()}
    try:
        _add(day, counts)
    except ConditionFailed as refused:
        if refused.old:
            known = HotWordsRow.from_raw_data(dict(refused.old)).counts.as_dict()
            _add_known(day, {word: n for word, n in counts.items() if word in known})
        else:
            row = HotWordsRow(*hot_words_key(day), counts=dict(counts))
            row.expires_at = now + KEPT_SECONDS
            _begin(day, row, counts)


def since(day: str) -> Counter[str]:
    """The counts of a day and all later ones; a unit or two."""
    total: Counter[str] = Counter()
    later: Condition = day <= HotWordsRow.SK
    for row in reads.query(HotWordsRow, hot_words_partition(), later):
        total.update({word.translate(_WORDS): int(n) for word, n in row.counts.as_dict().items()})
    return total


def _begin(day: str, row: HotWordsRow, counts: Mapping[str, int]) -> None:
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        _add(day, counts)


def _add(day: str, counts: Mapping[str, int]) -> None:
    room: Condition = size(HotWordsRow.counts) < MOST_WORDS
    apply(update(HotWordsRow(*hot_words_key(day)), _actions(counts), present() & room))


def _add_known(day: str, counts: Mapping[str, int]) -> None:
    if counts:
        apply(update(HotWordsRow(*hot_words_key(day)), _actions(counts), present()))


def _actions(counts: Mapping[str, int]) -> list[Action]:
    return [Path([HotWordsRow.counts.attr_name, word]).add(n) for word, n in counts.items()]
