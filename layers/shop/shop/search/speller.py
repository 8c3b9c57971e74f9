"""Words and pinyin of Chinese text. Imported by the builder only: it loads two dictionaries.

May import: rjieba (jieba's dictionary and model in Rust), pypinyin.
"""

from functools import lru_cache

import rjieba
from pypinyin import Style, lazy_pinyin, pinyin

MOST_KEPT = 65_536
MOST_READINGS = 2


def initials(text: str) -> str:
    """The first letters of a text's reading; what is not Han is left out."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")).lower()


@lru_cache(MOST_KEPT)
def readings(word: str) -> tuple[str, ...]:
    """The first letters of a word as it is read (重庆 is cq, 重量 is zl).

    A character by itself stands in a name, whose reading only its maker knows: two are taken.
    """
    if len(word) > 1:
        return (initials(word),)
    (said,) = pinyin(word, style=Style.FIRST_LETTER, heteronym=True, errors="ignore") or [[""]]
    return tuple(dict.fromkeys(one.lower() for one in said))[:MOST_READINGS]


@lru_cache(MOST_KEPT)
def words(run: str) -> tuple[str, ...]:
    """A run of Han characters as words, those that no dictionary has guessed."""
    return tuple(rjieba.cut(run, True))


@lru_cache(MOST_KEPT)
def starts(run: str) -> tuple[str, ...]:
    """A run as words of the dictionary and, where it has none, single characters.

    A shop's own names are in no dictionary, and initials may begin at any of their characters.
    """
    return tuple(rjieba.cut(run, False))
