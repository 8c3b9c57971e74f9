"""Products, SKUs and categories as staff describe them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """One of two levels; `parent_id` None for the upper one."""

    id: str
    name: str
    parent_id: str | None
    image_url: str
    sort: int


@dataclass(frozen=True, slots=True)
class Sku:
    """One sellable variant. `spec` maps each dimension of the product to a value."""

    id: str
    spec: dict[str, str]
    price_fen: int
    list_price_fen: int
    initial_stock: int
    weight_g: int
    image_url: str
    limit: int | None
    volume_cm3: int = 0


@dataclass(frozen=True, slots=True)
class SpecDimension:
    """A dimension such as 颜色 with its values in the order they are shown."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Goods as shown to shoppers, with their SKUs; `freight` "" is the shop's default template."""

    id: str
    title: str
    subtitle: str
    category_ids: tuple[str, ...]
    images: tuple[str, ...]
    video_url: str | None
    description: str
    tags: tuple[str, ...]
    on_sale: bool
    specs: tuple[SpecDimension, ...]
    skus: tuple[Sku, ...]
    freight: str = ""
