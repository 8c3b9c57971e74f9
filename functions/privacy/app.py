"""The customer's rights over their data: consents, export, erasure (PIPL 13-17, 44-47)."""

from shop import wiring
from shop.domain.consent import Consent
from shop.usecases import consents, erase, export, login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView
from shop.web.schemas.export import ExportView
from shop.web.schemas.privacy import ConsentRequest, ConsentView

NO_CONTENT = 204

api = Api(wiring.authenticator)


@api.route("GET", "/v1/me/consents", auth=Auth.CUSTOMER, reply=ItemsView[ConsentView])
def list_consents(request: Request[Empty, Empty]) -> ItemsView[ConsentView]:
    """The caller's last answer to each policy."""
    found = consents.current(request.customer.customer_id)
    return ItemsView([ConsentView.of(one) for one in found])


@api.route(
    "PUT",
    "/v1/me/consents/{policy}",
    auth=Auth.CUSTOMER,
    body=ConsentRequest,
    reply=ConsentView,
)
def record_consent(request: Request[ConsentRequest, Empty]) -> ConsentView:
    """Agree to a version of a policy, or withdraw; recorded with its time."""
    answer = Consent(
        request.path["policy"], request.body.version, request.body.granted, request.now
    )
    return ConsentView.of(consents.record(request.customer.customer_id, answer))


@api.route(
    "GET",
    "/v1/me/export",
    auth=Auth.CUSTOMER,
    reply=ExportView,
    codes=("too_many_requests",),
)
def export_me(request: Request[Empty, Empty]) -> ExportView:
    """Everything held about the caller; three times a day."""
    login.require_alive(request.customer, now=request.now)
    held = export.export(
        wiring.key_ring(), request.customer.customer_id, request.request_id, now=request.now
    )
    return ExportView.of(held, request.now)


@api.route("DELETE", "/v1/me", auth=Auth.CUSTOMER, status=NO_CONTENT, codes=("orders_open",))
def erase_me(request: Request[Empty, Empty]) -> None:
    """Erase the caller; orders are kept without the person."""
    erase.erase(request.customer, wiring.key_ring(), now=request.now)


lambda_handler = api.handle
