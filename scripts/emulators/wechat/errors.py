"""WeChat's refusals: HTTP 200 with ``errcode`` and a message that ends in a trace id."""

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40013: "invalid appid",
    40029: "invalid code",
    40037: "invalid template_id",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40226: "code blocked",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43101: "user refuse to accept the msg",
    44990: "frequency limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    47003: "argument invalid",
    87008: "invalid sig_method",
    87009: "invalid signature",
    10060001: "支付单不存在",
    10060002: "支付单已完成发货，无法继续发货",
    10060003: "支付单已使用重新发货机会",
    10060004: "支付单处于不可发货的状态",
    10060005: "物流类型有误",
    10060006: "非快递发货时不允许分拆发货",
    10060007: "分拆发货模式下必须填写is_all_delivered",
    10060008: "商品描述item_desc字段不能为空",
    10060009: "商品描述item_desc字段太长",
    10060023: "发货信息未更新",
    10060031: "该笔支付单不属于openid所指定的用户",
    268485226: "tracking_no为空",
    268485227: "express_company为空",
}


class WeChatError(Exception):
    """A refusal.

    Attributes:
        errcode: WeChat's number for it.
        note: What is wrong in this case, added to the message.
    """

    def __init__(self, errcode: int, note: str = "") -> None:
        super().__init__(f"{errcode} {note}")
        self.errcode = errcode
        self.note = note

    def body(self, rid: str) -> dict[str, object]:
        """The answer's body."""
        text = MESSAGES.get(self.errcode, "error")
        note = f" {self.note}" if self.note else ""
        return {"errcode": self.errcode, "errmsg": f"{text}{note} rid: {rid}"}
