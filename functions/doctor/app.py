"""Staff: whether this deployment is well, and what to do where it is not. Reads only."""

from shop import wiring
from shop.usecases import examination, staff_login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import ItemsView
from shop.web.schemas.doctor import FindingView

api = Api(wiring.authenticator, staff_login.permit)


@api.route("GET", "/v1/admin/doctor", auth=Auth.STAFF, reply=ItemsView[FindingView])
def examine(request: Request[Empty, Empty]) -> ItemsView[FindingView]:
    """Look over secrets, accounts at providers, schedules and books."""
    looks = wiring.looks(request.remaining_seconds, request.now)
    return ItemsView([FindingView.of(one) for one in examination.examine(looks)])


lambda_handler = api.handle
