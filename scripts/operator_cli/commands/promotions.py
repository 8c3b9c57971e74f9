"""``coupon create``, ``flash create`` and ``flash show``."""

import hashlib
from enum import StrEnum
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import Key, desk_of, in_path, moment
from scripts.operator_cli.desk import Desk
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.staff_api import new_key

ID_DIGITS = 10

coupons = typer.Typer(no_args_is_help=True, help="Coupon templates.")
sales = typer.Typer(no_args_is_help=True, help="Flash sales.")


class Kind(StrEnum):
    """What a coupon takes off."""

    AMOUNT = "amount"
    PERCENT = "percent"
    FREIGHT = "freight"


class Obtained(StrEnum):
    """How a customer gets a coupon."""

    CLAIM = "claim"
    CODE = "code"
    GIFT = "gift"
    FIRST_ORDER = "first_order"


class Exclusive(StrEnum):
    """What a coupon does not go together with."""

    CAMPAIGNS = "campaigns"
    COUPONS = "coupons"


PromotionId = Annotated[
    str | None,
    typer.Option("--id", help="1 to 12 of 0-9 A-Z a-z -; made from the key if not given."),
]
Title = Annotated[str, typer.Option(help="What shoppers read.")]
PerCustomer = Annotated[int, typer.Option(min=1, max=99, help="The most one customer may have.")]
Ids = Annotated[list[str] | None, typer.Option(help="May be given several times.")]


@coupons.command("create")
def create_coupon(
    ctx: typer.Context,
    title: Title,
    kind: Annotated[Kind, typer.Option(help="What it takes off.")],
    claim_starts_at: Annotated[str, typer.Option(help="RFC 3339 with zone.")],
    claim_ends_at: Annotated[str, typer.Option(help="RFC 3339 with zone; exclusive.")],
    quota: Annotated[int, typer.Option(min=1, help="How many can be claimed in all.")],
    per_customer: PerCustomer = 1,
    threshold_fen: Annotated[
        int, typer.Option(min=0, help="Goods in scope must cost at least this.")
    ] = 0,
    amount_fen: Annotated[
        int, typer.Option(min=0, help="Taken off; for kind freight 0 is all of it.")
    ] = 0,
    percent_off: Annotated[
        int, typer.Option(min=0, max=99, help="For kind percent: 10 means ten percent less.")
    ] = 0,
    cap_fen: Annotated[
        int, typer.Option(min=0, help="For kind percent: the most taken off; 0 is no cap.")
    ] = 0,
    category: Ids = None,
    product: Ids = None,
    valid_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Valid for so many days from the claim.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="RFC 3339, in place of days.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="RFC 3339, exclusive.")] = None,
    obtained: Annotated[Obtained, typer.Option(help="How a customer gets it.")] = Obtained.CLAIM,
    but_category: Ids = None,
    but_product: Ids = None,
    new_customers_only: Annotated[
        bool, typer.Option("--new-customers-only", help="Only before the first paid order.")
    ] = False,
    exclusive_with: Annotated[
        list[Exclusive] | None, typer.Option(help="What it does not go together with.")
    ] = None,
    returns_on_full_refund: Annotated[
        bool,
        typer.Option("--returns-on-full-refund", help="Comes back if all is refunded unshipped."),
    ] = False,
    coupon_id: PromotionId = None,
    key: Key = None,
) -> None:
    """Create a coupon template. The same terms under the same id again change nothing."""
    desk = desk_of(ctx)
    if category and product:
        raise WrongValueError("give --category or --product, not both")
    if (valid_days is None) == (valid_from is None and valid_until is None):
        raise WrongValueError("give --valid-days, or --valid-from and --valid-until")
    body: dict[str, Any] = {
        "title": title,
        "kind": kind.value,
        "threshold_fen": threshold_fen,
        "amount_fen": amount_fen,
        "percent_off": percent_off,
        "cap_fen": cap_fen,
        "scope": _scope(category or [], product or []) | _but(but_category, but_product),
        "claim_starts_at": moment(claim_starts_at, "--claim-starts-at"),
        "claim_ends_at": moment(claim_ends_at, "--claim-ends-at"),
        "quota": quota,
        "per_customer": per_customer,
        "obtained": obtained.value,
        "new_customers_only": new_customers_only,
        "exclusive_with": [one.value for one in exclusive_with or []],
        "returns_on_full_refund": returns_on_full_refund,
    }
    if valid_days is not None:
        body["valid_days"] = valid_days
    else:
        body["valid_from"] = moment(valid_from or "", "--valid-from")
        body["valid_until"] = moment(valid_until or "", "--valid-until")
    _create(desk, "/v1/admin/coupons", "k", coupon_id, body, key)


@sales.command("create")
def create_sale(
    ctx: typer.Context,
    title: Title,
    sku: Annotated[str, typer.Option(help="SKU the units are taken from.")],
    price_fen: Annotated[int, typer.Option(min=1, help="Price during the sale.")],
    units: Annotated[int, typer.Option(min=1, help="Units that leave the SKU for the sale.")],
    starts_at: Annotated[str, typer.Option(help="RFC 3339 with zone.")],
    ends_at: Annotated[str, typer.Option(help="RFC 3339 with zone; exclusive.")],
    per_customer: PerCustomer = 1,
    sale_id: PromotionId = None,
    key: Key = None,
) -> None:
    """Set up a flash sale. The same terms under the same id again change nothing."""
    body = {
        "title": title,
        "sku_id": sku,
        "price_fen": price_fen,
        "units": units,
        "per_customer": per_customer,
        "starts_at": moment(starts_at, "--starts-at"),
        "ends_at": moment(ends_at, "--ends-at"),
    }
    _create(desk_of(ctx), "/v1/admin/flash-sales", "f", sale_id, body, key)


@sales.command("show")
def show_sale(
    ctx: typer.Context,
    sale_id: Annotated[str, typer.Argument(metavar="ID", help="Flash sale's id.")],
) -> None:
    """Show a flash sale with the units that nobody has taken."""
    desk = desk_of(ctx)
    sale = desk.api.read(f"/v1/admin/flash-sales/{in_path(sale_id, 'a flash sale id')}")

    def for_people() -> None:
        for name, value in sale.items():
            desk.printer.line(f"{name:<14} {value}")

    desk.printer.show(sale, for_people)


def _scope(categories: list[str], products: list[str]) -> dict[str, Any]:
    if categories:
        return {"type": "categories", "ids": categories}
    return {"type": "products", "ids": products} if products else {"type": "all"}


def _but(categories: list[str] | None, products: list[str] | None) -> dict[str, Any]:
    given = {"but_categories": categories, "but_products": products}
    return {name: ids for name, ids in given.items() if ids}


def _create(
    desk: Desk, path: str, letter: str, given: str | None, body: dict[str, Any], key: str | None
) -> None:
    chosen = key or new_key()
    # From the key, so that repeating the command with its key asks for the same thing.
    made = f"{letter}-{hashlib.sha256(chosen.encode()).hexdigest()[:ID_DIGITS]}"
    answer = desk.write(path, {"id": given or made, **body}, chosen).body
    document = {"id": given or made, **answer}
    desk.printer.show(document, lambda: desk.printer.line(f"{document['id']}: {answer['outcome']}"))
