"""Sign-in of customers: login, refresh, logout."""

from shop import wiring
from shop.usecases import login
from shop.web.api import Api, Auth, Empty, Request
from shop.web.schemas.login import LoginRequest, LoginView, LogoutRequest, RefreshRequest

NO_CONTENT = 204

api = Api(wiring.authenticator)


@api.route(
    "POST",
    "/v1/login",
    auth=Auth.PUBLIC,
    body=LoginRequest,
    reply=LoginView,
    codes=("login_code_invalid", "forbidden"),
    limited=True,
)
def sign_in(request: Request[LoginRequest, Empty]) -> LoginView:
    """Sign in with the code of wx.login; the first sign-in makes the customer."""
    provider = wiring.wechat(request.remaining_seconds)
    return LoginView.of(
        login.sign_in(
            request.body.code, provider, wiring.key_ring(), wiring.entropy, now=request.now
        )
    )


@api.route(
    "POST",
    "/v1/login/refresh",
    auth=Auth.PUBLIC,
    body=RefreshRequest,
    reply=LoginView,
    codes=("unauthenticated",),
    limited=True,
)
def refresh(request: Request[RefreshRequest, Empty]) -> LoginView:
    """New tokens for a refresh token, which is used up by it."""
    return LoginView.of(
        login.refresh(
            request.body.refresh_token, wiring.key_ring(), wiring.entropy, now=request.now
        )
    )


@api.route("POST", "/v1/logout", auth=Auth.CUSTOMER, body=LogoutRequest, status=NO_CONTENT)
def sign_out(request: Request[LogoutRequest, Empty]) -> None:
    """End this sign-in, or all of them."""
    login.sign_out(request.customer, everywhere=request.body.everywhere)


lambda_handler = api.handle
