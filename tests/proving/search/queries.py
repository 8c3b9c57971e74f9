"""Judged queries: each is made from some products' parts, so its right answers are known.

What is right follows from the parts alone, never from the titles, the tokenizer or pypinyin; the
initials of coined words and of things were written down by hand.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.proving.search.goods import SYLLABLES, Made

MOST_RELEVANT = 10
LETTERS = dict(zip(SYLLABLES, "cmqtlmyhlyhshdjmtxlsydmyzbylcsyflsxlrymmyl", strict=True))
"""The initial of each character that names are coined of."""
THINGS = {
    "绿茶": "lc", "红茶": "hc", "普洱茶饼": "pecb", "茉莉花茶": "mlhc", "乌龙茶": "wlc",
    "紫砂壶": "zsh", "盖碗": "gw", "核桃仁": "htr", "牛肉干": "nrg", "芒果干": "mgg",
    "菜籽油": "czy", "桂花糕": "ghg", "蜂蜜": "fm", "四件套": "sjt", "羽绒被": "yrb",
    "铸铁锅": "ztg", "菜刀": "cd", "保温杯": "bwb", "蓝牙耳机": "lyej", "充电宝": "cdb",
    "数据线": "sjx", "手机壳": "sjk", "连衣裙": "lyq", "牛仔裤": "nzk", "运动鞋": "ydx",
    "双肩包": "sjb", "洗发水": "xfs", "护手霜": "hss", "沐浴露": "myl", "剃须刀": "txd",
    "奶瓶": "np", "纸尿裤": "znk", "猫粮": "ml", "狗粮": "gl", "猫砂": "ms",
    "帐篷": "zp", "睡袋": "sd", "登山杖": "dsz", "折叠椅": "zdy", "野餐垫": "ycd",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, its kind, and the ids of all products that answer it."""

    kind: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to ask: the keys under which a product is an answer, and how a key is typed."""

    name: str
    keys: Callable[[Made], Sequence[tuple[str, ...]]]
    typed: Callable[[tuple[str, ...]], str] = " ".join


def _initials(name: str) -> str:
    return "".join(LETTERS[character] for character in name)


KINDS = (
    Kind("maker and thing", lambda p: [(p.maker, p.thing)]),
    Kind("run together, other order", lambda p: [(p.thing, p.maker)], "".join),
    Kind("three words", lambda p: [(p.thing, one, p.maker) for one in p.qualities]),
    Kind("a series", lambda p: [(p.series,)]),
    Kind("part of a series", lambda p: [(p.maker, p.series[1:])]),
    Kind("a model's beginning", lambda p: [(p.model[:5].lower(),)]),
    Kind("shelf, tag and maker", lambda p: [(p.shelf, one, p.maker) for one in p.tags]),
    Kind("initials of a name", lambda p: [(_initials(p.maker + p.series),)]),
    Kind("maker, initials of a series", lambda p: [(p.maker, _initials(p.series))]),
    Kind("maker, initials of a thing",
         lambda p: [(p.maker, THINGS[p.thing])] if p.thing in THINGS else []),
)  # fmt: skip


def judged(products: Sequence[Made], count: int, seed: int) -> list[Judged]:
    """Queries of every kind, as many of each, with at most ten right answers."""
    dice = Random(seed)
    made = []
    for kind in KINDS:
        groups: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for one in products:
            for key in kind.keys(one):
                groups[key].add(one.id)
        fitting = sorted(key for key, ids in groups.items() if len(ids) <= MOST_RELEVANT)
        for key in dice.sample(fitting, count // len(KINDS)):
            made.append(Judged(kind.name, kind.typed(key), frozenset(groups[key])))
    return made
