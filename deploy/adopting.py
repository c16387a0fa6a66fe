"""What a deployment that broke off has left: Chalice writes its record at the very end, and would
make again what it does not know of. Functions, roles and rules it finds by their names."""

from deploy.functions import aws_name
from deploy.parameters import Deployed
from deploy.target import Target

TELLER = "deliver"
RECORD = f"{TELLER}-sqs-event-source"


def adopt(target: Target, state: Deployed) -> None:
    """Have Chalice know of the queue's way to its function, which a second one may not take."""
    if state.resource(RECORD) is not None:
        return
    compute, function = target.client("lambda"), aws_name(target.stage, TELLER)
    try:
        found = compute.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    except compute.exceptions.ResourceNotFoundException:
        return
    for each in found:
        state.record(
            {
                "name": RECORD,
                "resource_type": "sqs_event",
                "queue": each["EventSourceArn"].rpartition(":")[2],
                "queue_arn": each["EventSourceArn"],
                "lambda_arn": each["FunctionArn"],
                "event_uuid": each["UUID"],
            }
        )
