"""Products, SKUs and categories as staff describe them."""

from dataclasses import dataclass

FOREVER = 9_999_999_999
"""The last second of what has no end."""
NEVER = (0, 0)
"""A window that no moment of ours lies in."""


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
    """Goods as shown to shoppers, with their SKUs.

    Attributes:
        on_sale: Whether they can be bought at all, within the times below.
        freight: The template of their delivery fees; "" is the shop's default.
        sale_from, sale_until: UTC seconds; 0 is no beginning, and no end; the end is exclusive.
    """

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
    sale_from: int = 0
    sale_until: int = 0

    @property
    def sale_window(self) -> tuple[int, int]:
        """The first and the last second at which it can be bought; `NEVER` while off sale."""
        if not self.on_sale:
            return NEVER
        return self.sale_from, self.sale_until - 1 if self.sale_until else FOREVER


@dataclass(frozen=True, slots=True)
class SaleState:
    """Whether and when a product is on sale; times as in `Product`."""

    on_sale: bool
    sale_from: int = 0
    sale_until: int = 0
