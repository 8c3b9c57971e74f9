"""A catalogue of any size, made of parts, so that what a query should find is known beforehand.

Each product is a maker, a series, a thing, one or two qualities and a size. Makers and series are
words that no dictionary has, as in life; things and qualities are everyday words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from shop.domain.listing import Entry, Summary

NOW = 1_790_000_000
SHELVES = {
    "茶叶茶具": ("绿茶", "红茶", "普洱茶饼", "茉莉花茶", "乌龙茶", "紫砂壶", "盖碗", "茶叶罐"),
    "零食粮油": ("核桃仁", "牛肉干", "芒果干", "五常大米", "菜籽油", "手工面条", "桂花糕", "蜂蜜"),
    "床品家纺": ("四件套", "羽绒被", "蚕丝枕头", "法兰绒毛毯", "纯棉浴巾", "遮光窗帘", "乳胶床垫"),
    "厨房餐桌": ("铸铁锅", "不粘锅", "菜刀", "竹砧板", "保温杯", "玻璃水壶", "陶瓷碗", "空气炸锅"),
    "数码配件": ("蓝牙耳机", "充电宝", "数据线", "机械键盘", "手机壳", "平板支架", "智能手表"),
    "服饰鞋包": ("连衣裙", "羊毛衫", "牛仔裤", "运动鞋", "双肩包", "防晒衣", "真皮腰带", "羽绒服"),
    "个人护理": ("洗发水", "护手霜", "电动牙刷", "保湿面膜", "沐浴露", "剃须刀", "防晒霜"),
    "母婴用品": ("婴儿湿巾", "奶瓶", "纸尿裤", "儿童绘本", "积木玩具", "安全座椅", "婴儿推车"),
    "猫狗用品": ("猫粮", "狗粮", "猫砂", "宠物窝", "猫抓板", "牵引绳", "宠物零食"),
    "露营徒步": ("帐篷", "睡袋", "登山杖", "折叠椅", "露营灯", "野餐垫", "速干裤"),
}
QUALITIES = (
    "家用", "便携", "加厚", "轻便", "大容量", "新款", "经典", "手工", "礼盒装", "学生", "户外",
    "静音", "防水", "环保", "复古", "简约", "高颜值", "耐用", "送礼", "四季通用", "老人", "儿童",
)  # fmt: skip
TAGS = ("新品", "包邮", "送礼", "店主推荐", "产地直发", "限时特惠")
SUBTITLES = ("用料扎实做工细", "老客回购的一款", "当天下单次日发货", "七天无理由退换", "小批量做")
SYLLABLES = "澄陌栖汀岚墨屿槐苓砚珩朔禾渡霁眠棠溪鹿笙柚荻沐衍芷泊遥霖川漱筠枫泠穗羲珞箬蕴旻邈昀荔"
LETTERS = "ABCDEFGHKLMNPRSTWXYZ"
SIZES = ("小号", "中号", "大号", "100克", "250克", "500克", "1.5升", "2件装", "M码", "XL码")


@dataclass(frozen=True, slots=True)
class Made:
    """One product as its parts. `model` is a word of letters and digits."""

    number: int
    maker: str
    series: str
    thing: str
    shelf: str
    qualities: tuple[str, ...]
    model: str
    size: str
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """The product's id."""
        return f"g{self.number:06}"

    @property
    def title(self) -> str:
        """As staff would write it."""
        name = f"{self.maker}{self.series}{''.join(self.qualities)}{self.thing}"
        return f"{name} {self.model} {self.size}"


def catalogue(size: int, seed: int) -> Iterator[Made]:
    """Products one after the other; the same for the same seed and size."""
    dice = Random(seed)
    makers = _coined(dice, 400, 2)
    series = _coined(dice, max(50, size // 12), 3)
    shelves = sorted(SHELVES)
    for number in range(size):
        shelf = dice.choice(shelves)
        yield Made(
            number=number,
            maker=dice.choice(makers),
            series=dice.choice(series),
            thing=dice.choice(SHELVES[shelf]),
            shelf=shelf,
            qualities=tuple(dice.sample(QUALITIES, dice.choice((1, 2, 2)))),
            model="".join(dice.choices(LETTERS, k=2)) + str(dice.randrange(1_000, 9_999)),
            size=dice.choice(SIZES),
            tags=tuple(dice.sample(TAGS, dice.randrange(3))),
        )


def entry(one: Made, seed: int) -> Entry:
    """The product as a publishing hands it on."""
    dice = Random(seed * 1_000_003 + one.number)
    price = dice.randrange(900, 90_000)
    summary = Summary(
        id=one.id,
        title=one.title,
        subtitle=dice.choice(SUBTITLES),
        primary_image_url=f"https://img.example.com/{one.id}/1.jpg",
        min_price_fen=price,
        max_price_fen=price,
        list_price_fen=price + 1_000,
        sold_count=int(dice.paretovariate(0.8)) - 1,
        in_stock=dice.random() < 0.9,
        tags=one.tags,
    )
    number = sorted(SHELVES).index(one.shelf)
    return Entry(summary, (f"c-{number}",), (one.shelf,), NOW - dice.randrange(10_000_000))


def _coined(dice: Random, count: int, length: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(dice.sample(SYLLABLES, length))] = None
    return list(made)
