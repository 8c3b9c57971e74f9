"""Everything the shop refuses or fails with, as one tree.

    ShopError
    ├── InvalidError            the request is malformed                      400
    │   ├── ValidationError     well-formed, but a field breaks its rule      422
    │   ├── TooLargeError       the body is over its size                     413
    │   └── MediaTypeError      the body is not JSON                          415
    ├── UnauthenticatedError    nobody, or nobody we know                     401
    ├── ForbiddenError          known, and not allowed                        403
    ├── NotFoundError           absent, or another customer's                 404
    ├── ConflictError           true at another time, refused now             409
    ├── TooManyRequestsError    slow down                                     429
    ├── UnavailableError        a dependency failed; the same request may be
    │   │                       sent again and continues where this one ended 503
    │   └── ProviderError       it was WeChat, WeChat Pay or a courier
    └── MisconfiguredError      our own set-up is wrong; an alarm is raised   500

The statuses live in `shop.web.problems`; nothing below the web layer knows them.
`detail` is Chinese and safe to show a shopper. `code` is what a client switches on.
`context` joins the problem body and must be JSON-serialisable and free of secrets.
May import: the standard library only.
"""

from collections.abc import Mapping


class ShopError(Exception):
    """A refusal or failure with a stable code and a sentence a shopper may read."""

    code = "internal_error"
    detail = "服务开小差了，请稍后再试"

    def __init__(
        self, code: str | None = None, detail: str | None = None, **context: object
    ) -> None:
        self.code = code or self.code
        self.detail = detail or self.detail
        self.context: Mapping[str, object] = context
        super().__init__(f"{self.code}: {self.detail}")


class InvalidError(ShopError):
    """The request cannot be read."""

    code = "invalid_request"
    detail = "请求格式不正确"


class ValidationError(InvalidError):
    """A field breaks its rule. `errors` lists `{field, message}`."""

    code = "validation_failed"
    detail = "提交的内容有误，请检查后再试"


class TooLargeError(InvalidError):
    """The body is larger than the contract allows."""

    code = "payload_too_large"
    detail = "提交的内容过大"


class MediaTypeError(InvalidError):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"
    detail = "请求类型不受支持"


class UnauthenticatedError(ShopError):
    """No valid proof of identity came with the request."""

    code = "unauthenticated"
    detail = "请先登录"


class ForbiddenError(ShopError):
    """The caller is known and may not do this."""

    code = "forbidden"
    detail = "没有权限进行此操作"


class NotFoundError(ShopError):
    """The object is absent or belongs to somebody else; both look the same."""

    code = "not_found"
    detail = "没有找到相关内容"


class ConflictError(ShopError):
    """The present state does not allow the change."""

    code = "conflict"
    detail = "当前状态不允许此操作"


class TooManyRequestsError(ShopError):
    """A limit was reached. `retry_after` is in seconds."""

    code = "too_many_requests"
    detail = "操作太频繁，请稍后再试"

    def __init__(self, retry_after: int, detail: str | None = None) -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class UnavailableError(ShopError):
    """A dependency failed. Nothing is half done; the same request continues later."""

    code = "provider_unavailable"
    detail = "系统繁忙，请稍后再试"

    def __init__(self, detail: str | None = None, *, retry_after: int = 3) -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class ProviderError(UnavailableError):
    """WeChat, WeChat Pay or a courier failed.

    Attributes:
        provider: "wechat", "wechatpay" or "kuaidi100".
        provider_code: The provider's own code, or "" when no answer could be read.
        retryable: The same call may be sent again and can succeed.
        outcome_unknown: The call may have taken effect; ask before assuming either.
    """

    def __init__(
        self,
        provider: str,
        provider_code: str = "",
        *,
        retryable: bool = False,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__()
        self.provider = provider
        self.provider_code = provider_code
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown

    def __str__(self) -> str:
        return (
            f"{self.provider} failed: {self.provider_code or 'no answer'}"
            f" retryable={self.retryable} outcome_unknown={self.outcome_unknown}"
        )


class MisconfiguredError(ShopError):
    """A secret, key or account setting of ours is wrong; retrying cannot help."""

    code = "internal_error"

    @property
    def provider_code(self) -> str:
        """What the provider that refuses us calls it; "" where none does."""
        return str(self.context.get("provider_code", ""))
