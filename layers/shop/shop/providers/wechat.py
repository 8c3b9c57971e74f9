"""WeChat's mini-program server API: who signs in, phone numbers, messages (`providers` 1).

Almost every answer is HTTP 200; `errcode` tells failure, and success may omit it.
May import: errors, domain, telemetry.
"""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec

from shop.domain.customer import Identity, PhoneNumber
from shop.errors import (
    ForbiddenError,
    ProviderError,
    ShopError,
    TooManyRequestsError,
    UnauthenticatedError,
    ValidationError,
)
from shop.providers.transport import Answer, Transport
from shop.telemetry import logger, misconfigured

PROVIDER = "wechat"
MAX_CODE_LENGTH = 128
_BUSY = -1
_BUSY_WAIT_SECONDS = 0.2
_TOKEN_MARGIN_SECONDS = 60
_LIMIT_SECONDS = 60
_BAD_CODE = frozenset({40029, 40163})
_BAD_TOKEN = frozenset({40001, 40014, 42001})
_USER_LIMIT = frozenset({45011})
_API_LIMIT = frozenset({45009})
_BLOCKED = frozenset({40226})
# App id, secret, missing parameters, caller address, template, page, body: all ours to mend.
_OURS = frozenset({40013, 40125, 41002, 41004, 41008, 40164, 40037, 41030, 47001, 47003})
# Bad openid, or the buyer refused or used up the permission.
_UNWANTED = frozenset({40003, 43101})

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
_Body = TypeVar("_Body", bound="Status")


class Status(msgspec.Struct):
    """What every answer says; the fields beside it need defaults, since a refusal has none."""

    errcode: int = 0


class _Session(Status):
    # `session_key` is not read: nothing of ours uses it, so nothing of ours can leak it.
    openid: _Text = ""
    unionid: str | None = None


class _Token(Status):
    access_token: _Text = ""
    expires_in: int = 0


class _PhoneInfo(msgspec.Struct):
    purePhoneNumber: _Text  # noqa: N815
    countryCode: str | int  # noqa: N815


class _Phone(Status):
    phone_info: _PhoneInfo | None = None


class Wechat:
    """One mini-program.

    Args:
        appid: Its id.
        secret: Its secret.
        base_url: WeChat's server API, no trailing slash.
        clock: UTC seconds.
        transport: The way out.
        pause: Waits that many seconds; replaced in tests.
    """

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        base_url: str,
        clock: Callable[[], int],
        transport: Transport,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._appid = appid
        self._secret = secret
        self._base_url = base_url
        self._clock = clock
        self._transport = transport
        self._pause = pause
        self._token = ""  # nosec B105 # none yet
        self._token_until = 0

    def identify(self, code: str) -> Identity:
        """Exchange the one-use code of `wx.login`.

        Repeated once when WeChat says it is busy or cannot be reached; never when the code
        may have been used up.

        Raises:
            UnauthenticatedError: `login_code_invalid`: wrong, used, or expired.
            ForbiddenError: WeChat blocks this user.
            TooManyRequestsError: WeChat limits this user.
            ProviderError: No usable answer; the client must bring a new code.
            MisconfiguredError: WeChat refuses our app id or secret.
        """
        if not _is_plausible(code):
            raise _bad_login_code()
        query = urlencode(
            {
                "appid": self._appid,
                "secret": self._secret,
                "js_code": code,
                "grant_type": "authorization_code",
            }
        )
        path = f"/sns/jscode2session?{query}"
        session = self._twice(lambda: self._call("GET", path, _Session))
        if session.errcode in _BAD_CODE:
            raise _bad_login_code()
        require_success(session)
        if not session.openid:
            raise _unreadable()
        return Identity(session.openid, session.unionid or None)

    def phone_number(self, code: str) -> PhoneNumber:
        """The number behind a `getPhoneNumber` button's one-use code. Each success is charged.

        Raises:
            ValidationError: `phone_code_invalid`: wrong, used, or expired.
            TooManyRequestsError: WeChat limits this user.
            ProviderError: No usable answer; the client must bring a new code.
            MisconfiguredError: WeChat refuses our app or address.
        """
        if not _is_plausible(code):
            raise _bad_phone_code()
        body = self.with_token("/wxa/business/getuserphonenumber", {"code": code}, _Phone)
        if body.errcode in _BAD_CODE:
            raise _bad_phone_code()
        require_success(body)
        if body.phone_info is None:
            raise _unreadable()
        info = body.phone_info
        return PhoneNumber(info.purePhoneNumber, str(info.countryCode))

    def send_subscribe(
        self, openid: str, template_id: str, page: str, values: Mapping[str, str]
    ) -> bool:
        """Send one subscribe message that opens `page`, or nothing when it is "".

        Returns:
            False when the buyer does not want it or used the permission up; not to be retried.

        Raises:
            ProviderError: Failed; it may have been sent when the outcome is unknown.
            MisconfiguredError: WeChat refuses our template, page or values.
        """
        message: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "data": {key: {"value": value} for key, value in values.items()},
        }
        if page:
            message["page"] = page
        status = self.with_token("/cgi-bin/message/subscribe/send", message, Status)
        if status.errcode in _UNWANTED:
            return False
        require_success(status)
        return True

    def with_token(self, path: str, payload: Mapping[str, object], kind: type[_Body]) -> _Body:
        """POST with an access token, once more with a new one when WeChat refuses the old.

        Returns:
            The answer, which may be a refusal: look at `errcode`, or call `require_success`.

        Raises:
            ProviderError: No usable answer.
            MisconfiguredError: WeChat refuses our app id or secret.
        """
        raw = json.dumps(payload, ensure_ascii=False).encode()
        body = self._call("POST", f"{path}?access_token={self._access_token()}", kind, raw)
        if body.errcode in _BAD_TOKEN:
            self._token = ""  # nosec B105 # none any more
            body = self._call("POST", f"{path}?access_token={self._access_token()}", kind, raw)
        return body

    def check_account(self) -> None:
        """See whether WeChat takes our app id and secret.

        Raises:
            MisconfiguredError: It does not.
            ProviderError: No usable answer.
        """
        self._access_token()

    def _access_token(self) -> str:
        # Plain mode gives every instance the same token, so none needs to share its copy.
        if not self._token or self._clock() >= self._token_until:
            payload = {
                "grant_type": "client_credential",
                "appid": self._appid,
                "secret": self._secret,
                "force_refresh": False,
            }
            raw = json.dumps(payload).encode()
            asked_at = self._clock()
            token = self._twice(
                lambda: self._call("POST", "/cgi-bin/stable_token", _Token, raw),
            )
            require_success(token)
            if not token.access_token:
                raise _unreadable()
            self._token = token.access_token
            self._token_until = asked_at + token.expires_in - _TOKEN_MARGIN_SECONDS
        return self._token

    def _twice(self, call: Callable[[], _Body]) -> _Body:
        try:
            return call()
        except ProviderError as failure:
            if failure.outcome_unknown or not failure.retryable:
                raise
            self._pause(_BUSY_WAIT_SECONDS)
            return call()

    def _call(self, method: str, path: str, kind: type[_Body], raw: bytes = b"") -> _Body:
        headers = {"Content-Type": "application/json"} if raw else {}
        answer = self._transport.send(method, self._base_url + path, headers=headers, body=raw)
        body = _read(answer, kind)
        if body.errcode == _BUSY:
            raise ProviderError(PROVIDER, str(_BUSY), retryable=True)
        return body


def _read(answer: Answer, kind: type[_Body]) -> _Body:
    if answer.status != HTTPStatus.OK:
        raise ProviderError(PROVIDER, str(answer.status), retryable=True, outcome_unknown=True)
    try:
        # Failures carry no fields but `errcode`, and success may not fit on a failure.
        status = msgspec.json.decode(answer.body, type=Status)
        if status.errcode:
            return kind(errcode=status.errcode)
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as failure:
        raise _unreadable() from failure


def require_success(body: Status) -> None:
    """Raise what a refusal means; see `_refusal`.

    Raises:
        ShopError: WeChat refused.
    """
    if body.errcode:
        raise _refusal(body.errcode)


def _refusal(errcode: int) -> ShopError:
    if errcode in _BLOCKED:
        return ForbiddenError(detail="微信暂时不允许该账号登录")
    if errcode in _USER_LIMIT:
        return TooManyRequestsError(_LIMIT_SECONDS)
    if errcode in _OURS:
        logger.error("wechat refuses our request", provider_code=errcode)
        return misconfigured()
    return ProviderError(PROVIDER, str(errcode), retryable=errcode in _API_LIMIT)


def _is_plausible(code: str) -> bool:
    return 0 < len(code) <= MAX_CODE_LENGTH and code.isascii() and code.isprintable()


def _bad_login_code() -> UnauthenticatedError:
    return UnauthenticatedError("login_code_invalid", "登录凭证无效或已过期，请重试")


def _bad_phone_code() -> ValidationError:
    return ValidationError("phone_code_invalid", "手机号授权已失效，请重新授权")


def _unreadable() -> ProviderError:
    return ProviderError(PROVIDER, "UNREADABLE", retryable=True, outcome_unknown=True)
