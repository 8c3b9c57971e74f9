"""What the stream had not told yet when the table was lost.

A restored table's stream begins empty: what followed from the last changes before the backup
(history, lists, messages, ledger) may never have been done. The restored shop is told of them as
the platform tells of a batch that it gave up: each order that moved since then becomes a letter,
and doing one again takes effect at most once.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any


def tell(client: Callable[[str], Any], stack: str, since: datetime) -> None:
    """Puts one message into the dead-letter queue of a stack.

    Args:
        client: Makes clients.
        stack: The restored stack, deployed.
        since: The first moment whose followers may be missing: the backup's, less the hour that a
            record may wait in the stream.
    """
    outbox = _physical(client, stack, "OutboxFunction")
    arn = client("lambda").get_function(FunctionName=outbox)["Configuration"]["FunctionArn"]
    message = {
        "requestContext": {"functionArn": arn, "condition": "Restored"},
        "DDBStreamBatchInfo": {"approximateArrivalOfFirstRecord": since.isoformat()},
    }
    queue = _physical(client, stack, "DeadLetters")
    client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message))


def _physical(client: Callable[[str], Any], stack: str, logical_id: str) -> str:
    told = client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical_id
    )
    return str(told["StackResourceDetail"]["PhysicalResourceId"])
