"""Words and pinyin of Chinese text. Imported by the builder only: it loads two dictionaries.

May import: rjieba (jieba's dictionary and model in Rust), pypinyin.
"""

from functools import lru_cache

import rjieba
from pypinyin import Style, lazy_pinyin

MOST_KEPT = 65_536


@lru_cache(MOST_KEPT)
def initials(word: str) -> str:
    """The first letters of a word's reading, as the word is read (重庆 is cq, 重量 is zl)."""
    return "".join(lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore")).lower()


@lru_cache(MOST_KEPT)
def words(run: str) -> tuple[str, ...]:
    """A run of Han characters as words."""
    return tuple(rjieba.cut(run, True))
