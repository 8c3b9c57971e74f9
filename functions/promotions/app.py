"""Staff: coupon templates and flash sales. Every write is keyed and audited."""

from shop import wiring
from shop.config import settings
from shop.errors import NotFoundError
from shop.store import flash
from shop.usecases import coupon_codes, coupon_desk, gift_coupon, staff_login, staff_writes
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas import coupon_desk as desk
from shop.web.schemas import promotions as shapes
from shop.web.schemas.fields import seconds_of
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/coupons",
    auth=Auth.STAFF,
    body=shapes.CouponRequest,
    reply=shapes.CouponOutcomeView,
    codes=("coupon_exists",),
    idempotent=True,
)
def create_coupon(request: Request[shapes.CouponRequest, Empty]) -> shapes.CouponOutcomeView:
    """Create a coupon template; the same terms again change nothing."""
    template = request.body.to_domain()
    outcome = staff_writes.create_coupon(staff_write(request, template.id), template)
    return shapes.CouponOutcomeView(template.id, outcome)


@api.route(
    "PATCH",
    "/v1/admin/coupons/{coupon_id}",
    auth=Auth.STAFF,
    body=desk.CouponChange,
    reply=desk.ChangedCouponView,
    codes=("quota_only_rises", "quota_too_high", "claiming_only_ends_earlier"),
    idempotent=True,
)
def change_coupon(request: Request[desk.CouponChange, Empty]) -> desk.ChangedCouponView:
    """Raise a coupon's quota, or end its claiming earlier; nothing else changes once it is out."""
    wanted = request.body
    reason = tidy("reason", wanted.reason)
    ends = seconds_of(wanted.claim_ends_at) if wanted.claim_ends_at else None
    coupon_id = request.path["coupon_id"]
    changed = coupon_desk.change(
        staff_write(request, coupon_id, reason), coupon_id, wanted.quota, ends
    )
    return desk.ChangedCouponView.of(*changed)


@api.route(
    "POST",
    "/v1/admin/coupons/{coupon_id}/codes",
    auth=Auth.STAFF,
    body=desk.CodesRequest,
    reply=desk.CodesView,
    codes=("codes_told", "not_by_code"),
    idempotent=True,
)
def tell_codes(request: Request[desk.CodesRequest, Empty]) -> desk.CodesView:
    """Make a page of exchange codes and tell them, once; the same key hears them again."""
    coupon_id, wanted = request.path["coupon_id"], request.body
    write = staff_write(request, coupon_id)
    codes = coupon_codes.tell(write, coupon_id, wanted.to_domain(), wiring.key_ring())
    return desk.CodesView(wanted.batch, wanted.page, wanted.use, codes)


@api.route(
    "POST",
    "/v1/admin/coupons/{coupon_id}/gifts",
    auth=Auth.STAFF,
    body=desk.GiftRequest,
    reply=desk.GiftView,
    codes=("gift_exists", "approval_decided"),
    idempotent=True,
)
def announce_gift(request: Request[desk.GiftRequest, Empty]) -> desk.GiftView:
    """Announce a gift of a coupon; to many customers it waits for a second person."""
    coupon_id, wanted = request.path["coupon_id"], request.body
    write = staff_write(request, coupon_id, tidy("reason", wanted.reason))
    row, approval_id = gift_coupon.announce(
        write,
        coupon_id,
        wanted.gift_id,
        wanted.customers,
        most=settings().approval_gift_customers,
    )
    return desk.GiftView(wanted.gift_id, int(row.customers), bool(row.is_allowed), approval_id)


@api.route(
    "POST",
    "/v1/admin/coupons/{coupon_id}/gifts/{gift_id}/pages",
    auth=Auth.STAFF,
    body=desk.GiftPageRequest,
    reply=desk.GivenView,
    codes=("gift_not_allowed", "gift_page_taken"),
    idempotent=True,
)
def give_page(request: Request[desk.GiftPageRequest, Empty]) -> desk.GivenView:
    """Give a coupon to one page of a gift's customers, to each once, however often it is sent."""
    coupon_id, gift_id = request.path["coupon_id"], request.path["gift_id"]
    wanted = request.body
    people = wanted.people()
    staff_writes.begin(staff_write(request, f"{coupon_id}/{gift_id}"))
    return desk.GivenView.of(gift_coupon.give(coupon_id, gift_id, wanted.page, people, request.now))


@api.route(
    "GET",
    "/v1/admin/coupons/{coupon_id}/effect",
    auth=Auth.STAFF,
    query=desk.EffectQuery,
    reply=desk.EffectView,
)
def coupon_effect(request: Request[Empty, desk.EffectQuery]) -> desk.EffectView:
    """What a coupon has brought, by the day: claimed, used, given away, sold."""
    asked = request.query
    template, days = coupon_desk.effect(request.path["coupon_id"], asked.begins(), asked.days)
    shown = [desk.DayEffectView.of(one) for one in days]
    return desk.EffectView(template.id, template.title, template.quota, shown)


@api.route(
    "POST",
    "/v1/admin/flash-sales",
    auth=Auth.STAFF,
    body=shapes.FlashSaleRequest,
    reply=shapes.SaleOutcomeView,
    codes=("sale_exists", "insufficient_stock"),
    idempotent=True,
)
def create_flash_sale(
    request: Request[shapes.FlashSaleRequest, Empty],
) -> shapes.SaleOutcomeView:
    """Set up a flash sale: its units leave the SKU; the same terms again change nothing."""
    terms = request.body.to_domain()
    write = staff_write(request, terms.id)
    sale, outcome = staff_writes.create_flash_sale(write, terms, wiring.key_ring().current)
    return shapes.SaleOutcomeView(sale.id, outcome, sale.shards)


@api.route("GET", "/v1/admin/flash-sales/{sale_id}", auth=Auth.STAFF, reply=shapes.StaffSaleView)
def show_flash_sale(request: Request[Empty, Empty]) -> shapes.StaffSaleView:
    """A flash sale with the units that nobody has taken, as of now."""
    sale = flash.sale(request.path["sale_id"])
    if sale is None:
        raise NotFoundError
    shards = flash.shards(sale.id, sale.shards, consistent=True)
    return shapes.StaffSaleView.of(sale, list(shards.values()))


lambda_handler = api.handle
