"""Who of the staff may do what: one permission per route, granted to roles.

A route that is not listed here opens to nobody. Roles are read from the store at call time
(`design.md` section 5), so a change takes effect with the next request.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is."""

    OWNER = "owner"
    OPERATOR = "operator"
    SUPPORT = "support"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a route asks for."""

    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_WRITE = "catalogue.write"
    PROMOTIONS_READ = "promotions.read"
    PROMOTIONS_WRITE = "promotions.write"
    STOCK_READ = "stock.read"
    STOCK_WRITE = "stock.write"
    ORDERS_READ = "orders.read"
    ORDERS_SHIP = "orders.ship"
    ORDERS_LABELS = "orders.labels"
    REFUNDS_READ = "refunds.read"
    REFUNDS_DECIDE = "refunds.decide"
    STAFF_READ = "staff.read"
    STAFF_WRITE = "staff.write"
    AUDIT_READ = "audit.read"
    PERSONAL_READS_READ = "personal_reads.read"
    OWN_SECRETS = "own_secrets.write"  # pragma: allowlist secret
    KEYS_ROTATE = "keys.rotate"
    OPERATIONS_READ = "operations.read"
    DEAD_LETTERS_REDRIVE = "dead_letters.redrive"
    RECONCILIATION_READ = "reconciliation.read"
    RECONCILIATION_RUN = "reconciliation.run"
    APPROVALS_READ = "approvals.read"
    APPROVALS_DECIDE = "approvals.decide"


ROUTES: Mapping[str, Permission] = {
    "PUT /v1/admin/catalogue/categories": Permission.CATALOGUE_WRITE,
    "PUT /v1/admin/catalogue/freight": Permission.CATALOGUE_WRITE,
    "POST /v1/admin/catalogue/products": Permission.CATALOGUE_WRITE,
    "GET /v1/admin/catalogue/products": Permission.CATALOGUE_READ,
    "GET /v1/admin/catalogue/products/{product_id}": Permission.CATALOGUE_READ,
    "POST /v1/admin/catalogue/products/{product_id}/sale-state": Permission.CATALOGUE_WRITE,
    "POST /v1/admin/catalogue/skus/{sku_id}/price": Permission.CATALOGUE_WRITE,
    "POST /v1/admin/catalogue/publish": Permission.CATALOGUE_WRITE,
    "POST /v1/admin/coupons": Permission.PROMOTIONS_WRITE,
    "PATCH /v1/admin/coupons/{coupon_id}": Permission.PROMOTIONS_WRITE,
    "POST /v1/admin/coupons/{coupon_id}/codes": Permission.PROMOTIONS_WRITE,
    "GET /v1/admin/coupons/{coupon_id}/effect": Permission.PROMOTIONS_READ,
    "POST /v1/admin/coupons/{coupon_id}/gifts": Permission.PROMOTIONS_WRITE,
    "POST /v1/admin/coupons/{coupon_id}/gifts/{gift_id}/pages": Permission.PROMOTIONS_WRITE,
    "POST /v1/admin/flash-sales": Permission.PROMOTIONS_WRITE,
    "GET /v1/admin/flash-sales/{sale_id}": Permission.PROMOTIONS_READ,
    "GET /v1/admin/stock/{sku_id}": Permission.STOCK_READ,
    "GET /v1/admin/audit/stock": Permission.STOCK_READ,
    "POST /v1/admin/stock/{sku_id}/adjustments": Permission.STOCK_WRITE,
    "GET /v1/admin/orders": Permission.ORDERS_READ,
    "GET /v1/admin/orders/{order_no}": Permission.ORDERS_READ,
    "GET /v1/admin/work": Permission.ORDERS_READ,
    "GET /v1/admin/work/labels": Permission.ORDERS_LABELS,
    "POST /v1/admin/orders/{order_no}/shipments": Permission.ORDERS_SHIP,
    "POST /v1/admin/orders/{order_no}/parcels/{parcel}/correction": Permission.ORDERS_SHIP,
    "GET /v1/admin/doctor": Permission.OPERATIONS_READ,
    "POST /v1/admin/waybills": Permission.ORDERS_SHIP,
    "GET /v1/admin/waybills/{order_no}": Permission.ORDERS_SHIP,
    "GET /v1/admin/couriers": Permission.ORDERS_READ,
    "PUT /v1/admin/couriers": Permission.ORDERS_SHIP,
    "GET /v1/admin/refunds": Permission.REFUNDS_READ,
    "POST /v1/admin/refunds": Permission.REFUNDS_DECIDE,
    "POST /v1/admin/refunds/{refund_no}/approve": Permission.REFUNDS_DECIDE,
    "POST /v1/admin/refunds/{refund_no}/refuse": Permission.REFUNDS_DECIDE,
    "POST /v1/admin/refunds/{refund_no}/redirect": Permission.REFUNDS_DECIDE,
    "POST /v1/admin/refunds/{refund_no}/reopen": Permission.REFUNDS_DECIDE,
    "GET /v1/admin/staff": Permission.STAFF_READ,
    "POST /v1/admin/staff": Permission.STAFF_WRITE,
    "POST /v1/admin/staff/{username}/disable": Permission.STAFF_WRITE,
    "GET /v1/admin/approvals": Permission.APPROVALS_READ,
    "POST /v1/admin/approvals/{approval_id}/approve": Permission.APPROVALS_DECIDE,
    "POST /v1/admin/approvals/{approval_id}/refuse": Permission.APPROVALS_DECIDE,
    "POST /v1/admin/sealing": Permission.KEYS_ROTATE,
    "PUT /v1/admin/password": Permission.OWN_SECRETS,
    "POST /v1/admin/staff/{username}/reset": Permission.STAFF_WRITE,
    "GET /v1/admin/audit": Permission.AUDIT_READ,
    "GET /v1/admin/reconciliations/{day}": Permission.RECONCILIATION_READ,
    "POST /v1/admin/reconciliations/{day}": Permission.RECONCILIATION_RUN,
    "GET /v1/admin/personal-reads": Permission.PERSONAL_READS_READ,
    "GET /v1/admin/anomalies": Permission.OPERATIONS_READ,
    "GET /v1/admin/dead-letters": Permission.OPERATIONS_READ,
    "POST /v1/admin/dead-letters/redrive": Permission.DEAD_LETTERS_REDRIVE,
}

_EVERYBODY = frozenset(
    {
        Permission.CATALOGUE_READ,
        Permission.PROMOTIONS_READ,
        Permission.STOCK_READ,
        Permission.ORDERS_READ,
        Permission.REFUNDS_READ,
        Permission.OWN_SECRETS,
    }
)
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.OPERATOR: _EVERYBODY
    | {
        Permission.CATALOGUE_WRITE,
        Permission.PROMOTIONS_WRITE,
        Permission.STOCK_WRITE,
        Permission.ORDERS_SHIP,
        Permission.ORDERS_LABELS,
        Permission.REFUNDS_DECIDE,
        Permission.OPERATIONS_READ,
        Permission.DEAD_LETTERS_REDRIVE,
        Permission.RECONCILIATION_READ,
        Permission.RECONCILIATION_RUN,
        Permission.APPROVALS_READ,
        Permission.APPROVALS_DECIDE,
    },
    Role.SUPPORT: _EVERYBODY,
    Role.AUDITOR: _EVERYBODY
    | {
        Permission.STAFF_READ,
        Permission.AUDIT_READ,
        Permission.PERSONAL_READS_READ,
        Permission.OPERATIONS_READ,
        Permission.RECONCILIATION_READ,
        Permission.APPROVALS_READ,
    },
}


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission; an unknown role has none."""
    return role in GRANTS and permission in GRANTS[Role(role)]


def may_call(role: str, route: str) -> bool:
    """Whether a role may call a route such as `GET /v1/admin/orders`; unlisted ones nobody may."""
    permission = ROUTES.get(route)
    return permission is not None and may(role, permission)
