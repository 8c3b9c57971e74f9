"""The one logger and the one metrics sink.

Bodies, tokens, phones, names and openids are never passed in; order numbers and
request ids always are. What a library says of its error may quote what it was given, so errors
are logged by `told` and `report`. May import: Powertools, errors.
"""

import traceback
from pathlib import PurePath

from aws_lambda_powertools import Logger, Metrics

from shop.errors import ShopError

logger = Logger(service="yunpu", utc=True, use_rfc3339=True)
metrics = Metrics(namespace="Yunpu", service="yunpu")
_FRAMES = 8


def told(error: BaseException | None) -> str:
    """An error in a log: ours as it says, others by their kind and service code alone."""
    if error is None:
        return ""
    if isinstance(error, ShopError):
        return str(error)[:300]
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    code = code or getattr(error, "cause_response_code", "") or ""
    return f"{type(error).__module__}.{type(error).__qualname__} {code}".strip()[:300]


def report(error: BaseException) -> None:
    """Log an error that nobody expected, with the way it came; never with what it says."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    way = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    logger.error("unhandled error", cause=told(error), way=way)
    metrics.add_metric(name="UnhandledError", unit="Count", value=1)
