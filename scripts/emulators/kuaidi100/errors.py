"""Kuaidi100's refusals: always HTTP 200."""

MESSAGES = {
    "400": "找不到对应公司或参数不完整",
    "408": "快递公司参数异常：验证码错误",
    "500": "查询无结果，请隔段时间再查",
    "501": "服务器错误",
    "502": "服务器繁忙",
    "503": "验证签名失败",
    "600": "您不是合法的订阅者（即授权Key出错）",
    "601": "POLL:KEY已过期或单量不足",
    "700": "订阅方的订阅数据存在错误（如不支持的快递公司、单号为空、单号超长等）或错误的回调地址",
    "701": "订阅方的订阅数据存在错误：不支持的快递公司",
    "702": "POLL:识别不到该单号对应的快递公司",
}


class Kuaidi100Error(Exception):
    """A refusal with Kuaidi100's ``returnCode``."""

    def __init__(self, code: str, note: str = "") -> None:
        super().__init__(code)
        self.code = code
        self._note = note

    def label_body(self) -> dict[str, object]:
        """The answer's body where a waybill was asked for, which has another form."""
        return {"success": False, "code": int(self.code), "message": self.body()["message"]}

    def body(self) -> dict[str, object]:
        """The answer's body."""
        message = MESSAGES.get(self.code, "错误") + (f"：{self._note}" if self._note else "")
        return {"result": False, "returnCode": self.code, "message": message}
