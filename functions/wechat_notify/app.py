"""GET and POST /v1/notify/wechat: WeChat's message push in safe mode.

Verified before anything is decrypted, stored or asked; "success" only once the effect is durable.
WeChat reads anything else as "send it again".
"""

from typing import Any

from shop import wiring
from shop.errors import ShopError
from shop.usecases import wechat_events
from shop.web.api import Api, Auth, Reply, Request
from shop.web.problems import provider_failure
from shop.web.schemas.wechat_push import PushQuery

PLAIN = {"content-type": "text/plain"}
TAKEN = b"success"

api = Api(wiring.authenticator)


def _failure(error: ShopError, request_id: str) -> dict[str, Any]:
    return provider_failure(error, request_id, {"code": "FAIL", "message": error.code})


@api.route(
    "GET", "/v1/notify/wechat", auth=Auth.PROVIDER, query=PushQuery, failure=_failure
)  # fmt: skip
def prove_address(request: Request[bytes, PushQuery]) -> Reply:
    """WeChat's check of the address: its text comes back if the signature holds."""
    text = wiring.wechat_push().echo(request.query.fields(), now=request.now)
    return Reply(text.encode(), headers=PLAIN)


@api.route(
    "POST", "/v1/notify/wechat", auth=Auth.PROVIDER, query=PushQuery, failure=_failure
)  # fmt: skip
def take_push(request: Request[bytes, PushQuery]) -> Reply:
    """An event of WeChat, such as a settled order."""
    event = wiring.wechat_push().open(request.query.fields(), request.raw, now=request.now)
    wechat_events.take(event, now=request.now)
    return Reply(TAKEN, headers=PLAIN)


lambda_handler = api.handle
