"""Staff: seal anew what an older key sealed, so that it can be retired."""

from shop import wiring
from shop.usecases import reseal, staff_login, staff_writes
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas import sealing as shapes
from shop.web.schemas.texts import tidy
from shop.web.staff_request import staff_write

LEAST_SECONDS = 8
"""With less time left, no other page of rows is begun."""

api = Api(wiring.authenticator, staff_login.permit)


@api.route(
    "POST",
    "/v1/admin/sealing",
    auth=Auth.STAFF,
    body=shapes.SealingRequest,
    reply=shapes.SealingView,
    codes=("invalid_cursor",),
    idempotent=True,
)
def seal_anew(request: Request[shapes.SealingRequest, Empty]) -> shapes.SealingView:
    """Seal personal data anew under the current key, a stretch of the table at a time."""
    ring = wiring.key_ring()
    after = request.body.after(ring)
    staff_writes.begin(staff_write(request, "sealing", tidy("reason", request.body.reason)))
    done = reseal.run(ring, after, lambda: request.remaining_seconds() > LEAST_SECONDS)
    return shapes.SealingView.of(ring, done)


lambda_handler = api.handle
