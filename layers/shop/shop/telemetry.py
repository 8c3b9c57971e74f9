"""The one logger and the one metrics sink.

Bodies, tokens, phones, names and openids are never passed in; order numbers and
request ids always are. May import: Powertools.
"""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="yunpu", utc=True, use_rfc3339=True)
metrics = Metrics(namespace="Yunpu", service="yunpu")
