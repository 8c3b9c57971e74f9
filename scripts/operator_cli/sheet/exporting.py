"""Products of the shop as the rows of a sheet that can be imported again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from scripts.operator_cli.sheet import columns
from scripts.operator_cli.sheet.products import SHANGHAI

FEN_PER_YUAN = 100


def rows(products: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The headings, then one row per SKU; product fields stand in the first row of a product."""
    yield list(columns.HEADINGS)
    for product in products:
        told = _product(product)
        for sku in product["skus"]:
            cells = told | _sku(sku, product["specs"])
            yield [cells.get(heading, "") for heading in columns.HEADINGS]
            told = {"商品编号": told["商品编号"]}


def _product(product: Mapping[str, Any]) -> dict[str, str]:
    return {
        "商品编号": product["id"],
        "商品名称": product["title"],
        "副标题": product["subtitle"],
        "分类": columns.SEPARATOR.join(product["category_ids"]),
        "图片": columns.SEPARATOR.join(product["images"]),
        "视频": product["video_url"] or "",
        "描述": product["description"],
        "标签": columns.SEPARATOR.join(product["tags"]),
        "上架": "是" if product["on_sale"] else "否",
        "上架时间": _moment(product["sale_from"]),
        "下架时间": _moment(product["sale_until"]),
        "运费模板": product["freight"] or "",
    }


def _sku(sku: Mapping[str, Any], specs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    spec = [f"{one['name']}={sku['spec'][one['name']]}" for one in specs]
    return {
        "SKU编号": sku["id"],
        "规格": columns.SEPARATOR.join(spec),
        "售价(元)": _yuan(sku["price_fen"]),
        "划线价(元)": _yuan(sku["list_price_fen"]),
        "初始库存": str(sku["initial_stock"]),
        "重量(克)": str(sku["weight_g"]),
        "体积(立方厘米)": str(sku["volume_cm3"] or ""),
        "SKU图片": sku["image_url"],
        "每人限购": str(sku["limit"] or ""),
    }


def _yuan(fen: int) -> str:
    return f"{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02d}"


def _moment(text: str | None) -> str:
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
