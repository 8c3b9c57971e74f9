"""What importing a sheet would change: each product beside what the shop has."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from itertools import islice
from typing import Any

from scripts.operator_cli.errors import RefusedError
from scripts.operator_cli.sheet.products import SheetProduct
from scripts.operator_cli.staff_api import StaffApi

AT_ONCE = 4
_EMPTY: tuple[Any, ...] = (None, "", [], 0)
Change = tuple[SheetProduct, str, list[str]]


def compare(api: StaffApi, products: Iterator[SheetProduct]) -> Iterator[Change]:
    """Each product with `created`, `changed` or `unchanged`, and the fields that differ.

    Raises:
        RefusedError, UnreachableError, NotSignedInError: See there.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(products, AT_ONCE)):
            before = pool.map(lambda one: _described(api, one.product_id), some)
            for product, was in zip(some, before, strict=True):
                yield product, *_outcome(product.body, was)


def _described(api: StaffApi, product_id: str) -> dict[str, Any] | None:
    try:
        return api.read(f"/v1/admin/catalogue/products/{product_id}")
    except RefusedError as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _outcome(body: Mapping[str, Any], was: Mapping[str, Any] | None) -> tuple[str, list[str]]:
    if was is None:
        return "created", []
    fields = [
        f"{name}: {was[name]} -> {body.get(name)}"
        for name in was
        if name not in {"skus", "specs"} and not _same(was[name], body.get(name))
    ]
    old = {sku["id"]: sku for sku in was["skus"]}
    for sku in body["skus"]:
        fields += _of_sku(sku, old.pop(sku["id"], None))
    fields += [f"{sku_id}: goes off sale" for sku_id in old]
    return ("changed" if fields else "unchanged"), fields


def _of_sku(sku: Mapping[str, Any], was: Mapping[str, Any] | None) -> list[str]:
    if was is None:
        return [f"{sku['id']}: new"]
    # What a SKU began with never changes.
    return [
        f"{sku['id']} {name}: {was[name]} -> {sku.get(name)}"
        for name in was
        if name != "initial_stock" and not _same(was[name], sku.get(name))
    ]


def _same(old: Any, new: Any) -> bool:
    return old == new or (old in _EMPTY and new in _EMPTY)
