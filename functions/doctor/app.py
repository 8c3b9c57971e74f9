"""Staff: whether this deployment is well, and what to do where it is not. Reads only."""

from shop import wiring
from shop.config import settings
from shop.usecases import examination, staff_login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas.doctor import ExaminationView, FindingView

api = Api(wiring.authenticator, staff_login.permit)


@api.route("GET", "/v1/admin/doctor", auth=Auth.STAFF, reply=ExaminationView)
def examine(request: Request[Empty, Empty]) -> ExaminationView:
    """Look over secrets, accounts at providers, schedules and books."""
    looks = wiring.looks(request.remaining_seconds, request.now)
    found = [FindingView.of(one) for one in examination.examine(looks)]
    return ExaminationView(found, settings().public_base_url)


lambda_handler = api.handle
