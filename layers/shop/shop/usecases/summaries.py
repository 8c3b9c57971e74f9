"""A product as lists show it, from what describes it and its SKUs."""

from collections.abc import Sequence

from shop.domain.catalogue import Product
from shop.domain.listing import Registered, Summary
from shop.store.stock import SkuRow


def summarise(
    one: Product | Registered, image_url: str, rows: Sequence[SkuRow], now: int
) -> Summary:
    """Prices over the SKUs on sale (over all, when none is), sales over all.

    Args:
        one: What describes it.
        image_url: Its first picture.
        rows: Its SKUs, at least one.
        now: UTC seconds; what is on sale then counts.
    """
    priced = [row for row in rows if row.on_sale_at(now)] or list(rows)
    cheapest = min(priced, key=lambda row: (row.price_fen, row.sku_id))
    return Summary(
        id=one.id,
        title=one.title,
        subtitle=one.subtitle,
        primary_image_url=image_url,
        min_price_fen=int(cheapest.price_fen),
        max_price_fen=max(int(row.price_fen) for row in priced),
        list_price_fen=int(cheapest.list_price_fen),
        sold_count=sum(int(row.taken) for row in rows),
        in_stock=any(row.on_sale_at(now) and row.available > 0 for row in rows),
        tags=one.tags,
    )
