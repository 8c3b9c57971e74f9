"""POST /v1/notify/wechatpay: WeChat Pay tells of a payment or a refund.

The raw bytes are verified before anything is parsed, stored or sent; 204 only once the effect is
durable. WeChat Pay reads `{"code": "FAIL"}` with a 4xx or 5xx as "send it again".
"""

from typing import Any

from shop import wiring
from shop.errors import InvalidError, ShopError
from shop.usecases import notice
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.problems import provider_failure

TAKEN = 204

api = Api(wiring.authenticator)


def _failure(error: ShopError, request_id: str) -> dict[str, Any]:
    return provider_failure(error, request_id, {"code": "FAIL", "message": error.code})


@api.route("POST", "/v1/notify/wechatpay", auth=Auth.PROVIDER, status=TAKEN, failure=_failure)
def take_notice(request: Request[bytes, Empty]) -> Reply:
    """A payment or refund notice."""
    try:
        notice.take(
            request.headers,
            request.raw,
            wiring.deps(request.remaining_seconds),
            wiring.notice_verifier(request.remaining_seconds),
            now=request.now,
        )
    except InvalidError as error:
        # Genuine, but of a kind this shop has no use for: sending it again would not help.
        if error.code != "notice_ignored":
            raise
    return Reply(status=TAKEN)


lambda_handler = api.handle
