"""Refusals of WeChat Pay v3: HTTP status and ``{code, message, detail?}``."""

from typing import Any

from scripts.emulators.wire import Reply, json_reply


class PayError(Exception):
    """A refusal.

    Attributes:
        status: HTTP status.
        code: WeChat Pay's error code.
    """

    def __init__(
        self, status: int, code: str, message: str, detail: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self._message = message
        self._detail = detail

    def reply(self) -> Reply:
        """The refusal as an answer."""
        body: dict[str, Any] = {"code": self.code, "message": self._message}
        if self._detail is not None:
            body["detail"] = self._detail
        return json_reply(body, self.status)


def param_error(field: str, message: str, value: object = None) -> PayError:
    """A field that breaks its rule."""
    detail = {"location": "body", "field": field, "value": value, "issue": message}
    return PayError(400, "PARAM_ERROR", f"参数错误: {field} {message}", detail)
