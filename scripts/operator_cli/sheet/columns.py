"""The columns of a product sheet (``docs/product-sheet.md``).

What belongs to the product is told in its first row and may stay empty in those below it.
"""

from collections.abc import Mapping

PRODUCT: Mapping[str, str] = {
    "商品编号": "id",
    "商品名称": "title",
    "副标题": "subtitle",
    "分类": "categories",
    "图片": "images",
    "视频": "video",
    "描述": "description",
    "标签": "tags",
    "上架": "on_sale",
    "上架时间": "sale_from",
    "下架时间": "sale_until",
    "运费模板": "freight",
}
SKU: Mapping[str, str] = {
    "SKU编号": "id",
    "规格": "spec",
    "售价(元)": "price_fen",
    "划线价(元)": "list_price_fen",
    "初始库存": "stock",
    "重量(克)": "weight_g",
    "体积(立方厘米)": "volume_cm3",
    "SKU图片": "image",
    "每人限购": "limit",
}
HEADINGS = (*PRODUCT, *SKU)
NEEDED = frozenset(
    {"商品编号", "商品名称", "分类", "上架", "SKU编号", "规格", "售价(元)", "初始库存"}
)
"""Columns that no sheet can do without."""
SEPARATOR = ";"
"""Between the values of one cell; the full-width one is taken too."""

_BY_FIELD = {field: heading for heading, field in PRODUCT.items()}
_BY_SKU_FIELD = {field: heading for heading, field in SKU.items()}


def heading_of(field: str) -> str:
    """The column that a field of the product's request stands in."""
    head, _, rest = field.partition(".")
    if head.startswith("skus["):
        return _BY_SKU_FIELD.get(rest.partition(".")[0], rest)
    if head.startswith("specs"):
        return "规格"
    return _BY_FIELD.get(head.partition("[")[0], field)
