"""A small product sheet."""

from pathlib import Path

from scripts.operator_cli.sheet import columns, files

Rows = list[dict[str, str]]
TWO: Rows = [
    {
        "商品编号": "t1", "商品名称": "明前龙井", "分类": "绿茶", "标签": "新品；送礼",
        "上架": "是", "描述": "<p>豆香</p><script>x</script>", "SKU编号": "t1-1",
        "规格": "规格=50克", "售价(元)": "128.5", "划线价(元)": "158",
        "初始库存": "86", "重量(克)": "110",
    },
    {
        "商品编号": "t1", "SKU编号": "t1-2", "规格": "规格=125克", "售价(元)": "298",
        "初始库存": "6",
    },
    {
        "商品编号": "t2", "商品名称": "碧螺春", "分类": "c-green;茶叶", "上架": "否",
        "上架时间": "2026-11-11 00:00", "下架时间": "2026/11/12 08:00:00", "运费模板": "standard",
        "SKU编号": "t2-1", "规格": "等级=特级;产地=洞庭", "售价(元)": "1,880.01", "初始库存": "0",
        "每人限购": "2", "体积(立方厘米)": "900",
    },
]  # fmt: skip


def sheet(folder: Path, rows: Rows, name: str = "goods.csv") -> Path:
    path = folder / name
    heads = list(columns.HEADINGS)
    files.write(path, [heads, *([row.get(head, "") for head in heads] for row in rows)])
    return path
