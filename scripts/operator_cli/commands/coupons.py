"""``coupon change``, ``coupon codes``, ``coupon gift`` and ``coupon effect``."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.operator_cli.commands.options import ID, Key, Reason, desk_of, in_path, moment
from scripts.operator_cli.errors import WrongValueError
from scripts.operator_cli.staff_api import new_key

CODES_PER_PAGE, CUSTOMERS_PER_PAGE = 200, 100
MOST_CODES, MOST_CUSTOMERS = 1_000_000, 100_000

CouponId = Annotated[str, typer.Argument(metavar="ID", help="Coupon template's id.")]


def change(
    ctx: typer.Context,
    coupon_id: CouponId,
    reason: Reason,
    quota: Annotated[
        int | None, typer.Option(min=1, help="How many can be got in all; only more.")
    ] = None,
    claim_ends_at: Annotated[
        str | None, typer.Option(help="RFC 3339 with zone; only earlier.")
    ] = None,
    key: Key = None,
) -> None:
    """Raise a coupon's quota, or end its claiming earlier."""
    desk = desk_of(ctx)
    if quota is None and claim_ends_at is None:
        raise WrongValueError("give --quota or --claim-ends-at")
    body: dict[str, Any] = {"reason": reason}
    if quota is not None:
        body["quota"] = quota
    if claim_ends_at is not None:
        body["claim_ends_at"] = moment(claim_ends_at, "--claim-ends-at")
    path = f"/v1/admin/coupons/{in_path(coupon_id, 'a coupon id')}"
    answer = desk.write(path, body, key, "PATCH").body
    desk.printer.show(answer, lambda: desk.printer.line(f"{coupon_id}: {answer['outcome']}"))


def codes(
    ctx: typer.Context,
    coupon_id: CouponId,
    count: Annotated[int, typer.Option(min=1, max=MOST_CODES, help="How many codes.")],
    batch: Annotated[str, typer.Option(help="Names the batch: 1 to 12 of 0-9 A-Z a-z -.")],
    out: Annotated[Path, typer.Option(help="File that the codes are written to, one a line.")],
    shared: Annotated[
        bool, typer.Option("--shared", help="Everybody may use each code, once.")
    ] = False,
    key: Key = None,
) -> None:
    """Make exchange codes and export them, once.

    The shop keeps only hashes. A command that was cut off goes on with the key it printed.
    """
    desk, chosen = desk_of(ctx), key or new_key()
    if out.exists():
        raise WrongValueError(f"{out} is there already; codes are written to a new file")
    path = f"/v1/admin/coupons/{in_path(coupon_id, 'a coupon id')}/codes"
    desk.printer.say(f"key {chosen}")
    told: list[str] = []
    for page, first in enumerate(range(0, count, CODES_PER_PAGE)):
        body = {
            "batch": batch,
            "page": page,
            "count": min(CODES_PER_PAGE, count - first),
            "use": "shared" if shared else "once",
        }
        told += desk.api.write("POST", path, body, f"{chosen}-{page}").body["codes"]
    out.write_text("".join(f"{code}\n" for code in told), encoding="ascii")
    document = {"coupon_id": coupon_id, "batch": batch, "codes": len(told), "file": str(out)}
    desk.printer.show(document, lambda: desk.printer.line(f"{len(told)} codes in {out}"))


def gift(
    ctx: typer.Context,
    coupon_id: CouponId,
    people: Annotated[
        Path, typer.Option("--list", help="File of customer ids, one a line.", exists=True)
    ],
    gift_id: Annotated[str, typer.Option("--id", help="Names the gift; the same id goes on.")],
    reason: Reason,
    key: Key = None,
) -> None:
    """Give a coupon to a list of customers, each once.

    To many it waits for a second person: run the same command again once that has approved.
    """
    desk, ids = desk_of(ctx), _customers(people)
    # From the gift, so that the same command goes on with it.
    chosen = key or hashlib.sha256(f"{coupon_id}|{gift_id}".encode()).hexdigest()[:32]
    path = f"/v1/admin/coupons/{in_path(coupon_id, 'a coupon id')}/gifts"
    body = {"gift_id": gift_id, "customers": len(ids), "reason": reason}
    announced = desk.api.write("POST", path, body, chosen).body
    given, refused = 0, []
    if announced["allowed"]:
        for page, first in enumerate(range(0, len(ids), CUSTOMERS_PER_PAGE)):
            sent = {"page": page, "customer_ids": ids[first : first + CUSTOMERS_PER_PAGE]}
            pages = f"{path}/{in_path(gift_id, 'a gift id')}/pages"
            answer = desk.api.write("POST", pages, sent, f"{chosen}-{page}").body
            given += answer["given"]
            refused += answer["refused"]
    document = {**announced, "given": given, "refused": refused}

    def for_people() -> None:
        if not announced["allowed"]:
            desk.printer.line(f"{gift_id} waits for approval {announced['approval_id'] or ''}")
            return
        desk.printer.line(f"{gift_id}: given to {given} of {len(ids)}")
        for one in refused:
            desk.printer.line(f"  {one['customer_id']}  {one['code']}")

    desk.printer.show(document, for_people)


def effect(
    ctx: typer.Context,
    coupon_id: CouponId,
    first_day: Annotated[str, typer.Option(help="First Shanghai day, 2026-01-31.")],
    days: Annotated[int, typer.Option(min=1, max=31, help="How many days.")] = 7,
) -> None:
    """What a coupon has brought, by the day: claimed, used, given away, sold."""
    desk = desk_of(ctx)
    try:
        begins = date.fromisoformat(first_day)
    except ValueError as bad:
        raise WrongValueError(f"--first-day: {bad}") from bad
    path = f"/v1/admin/coupons/{in_path(coupon_id, 'a coupon id')}/effect"
    told = desk.api.read(path, {"first_day": begins.strftime("%Y%m%d"), "days": str(days)})

    def for_people() -> None:
        desk.printer.line(f"{told['coupon_id']} {told['title']}: {told['quota']} in all")
        desk.printer.line(f"{'day':<8} {'claimed':>8} {'used':>8} {'off fen':>12} {'sold fen':>12}")
        for one in told["days"]:
            claimed = "?" if one["claimed"] is None else one["claimed"]
            desk.printer.line(
                f"{one['day']:<8} {claimed:>8} {one['used']:>8}"
                f" {one['discount_fen']:>12} {one['sales_fen']:>12}"
            )

    desk.printer.show(told, for_people)


def _customers(people: Path) -> list[str]:
    """The ids of a list, each once.

    Raises:
        WrongValueError: One is no customer id, or there are none or too many.
    """
    lines = (line.strip() for line in people.read_text(encoding="utf-8").splitlines())
    ids = list(dict.fromkeys(line for line in lines if line))
    wrong = next((one for one in ids if not ID.fullmatch(one)), None)
    if wrong is not None:
        raise WrongValueError(f"{people}: {wrong!r} is no customer id")
    if not 1 <= len(ids) <= MOST_CUSTOMERS:
        raise WrongValueError(f"{people} names {len(ids)} customers, not 1 to {MOST_CUSTOMERS}")
    return ids
