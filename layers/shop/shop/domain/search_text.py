"""Text as a search sees it: the same splitting when an index is built and when it is asked.

Chinese has no spaces. A run of Han characters is indexed by every two neighbours and by its last
character alone, so that any part of it can be found without a dictionary; what is written in
letters or digits is one word.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

LONGEST_WORD = 8
"""Han words of more characters are not looked for when a run is taken apart."""
MOST_CHARACTERS = 64
"""What a shopper may type (`api-contract`: sizes)."""
MOST_RUNS = 12
"""What stands after so many runs of a query is ignored."""

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_LETTERS = re.compile(r"[a-z]+")


def plain(text: str) -> str:
    """Width and case do not matter to a shopper."""
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text: str) -> list[str]:
    """The runs of Han characters, and of letters and digits; all else only divides."""
    return _RUN.findall(plain(text))


def is_han(run: str) -> bool:
    """Whether a run is one of Han characters."""
    return bool(_IS_HAN.match(run))


def is_letters(run: str) -> bool:
    """Whether a run could be the initials of a pinyin reading."""
    return bool(_LETTERS.fullmatch(run))


def grams(run: str) -> list[str]:
    """What a run is indexed by: pairs and the last character; a word of letters as it is."""
    if not is_han(run):
        return [run]
    return [run[at : at + 2] for at in range(len(run))]


def needed(piece: str) -> list[str]:
    """The grams that stand wherever a piece of two or more Han characters stands."""
    return [piece[at : at + 2] for at in range(len(piece) - 1)]


def candidates(run: str) -> list[str]:
    """Every part of a Han run that could be a word of two or more characters."""
    return [
        run[begin:end]
        for begin in range(len(run))
        for end in range(begin + 2, min(len(run), begin + LONGEST_WORD) + 1)
    ]


def pieces(run: str, known: Collection[str]) -> list[str]:
    """A Han run as known words, longest first from the left; what is left over stays together."""
    made: list[str] = []
    rest = ""
    at = 0
    while at < len(run):
        word = _longest(run, at, known)
        if word:
            made += [rest, word] if rest else [word]
            rest = ""
        else:
            rest += run[at]
        at += len(word) or 1
    return [*made, rest] if rest else made


def _longest(run: str, at: int, known: Collection[str]) -> str:
    for size in range(min(LONGEST_WORD, len(run) - at), 1, -1):
        if run[at : at + size] in known:
            return run[at : at + size]
    return ""


def spaced(words: Iterable[str]) -> str:
    """Words for an index that divides at spaces."""
    return " ".join(words)
