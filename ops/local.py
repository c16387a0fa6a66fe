"""The stack that `make run` started, found by the file that it keeps."""

import json
import os
from pathlib import Path

from dev.settings import lead_to_stack

STACK_FILE = Path(".local") / "stack.json"


class NoStack(Exception):
    """`make run` is not serving here."""


def use_local_stack() -> None:
    """Point the settings at the running stack; raises NoStack."""
    try:
        stack = json.loads(STACK_FILE.read_text())
        os.kill(stack["pid"], 0)
        lead_to_stack(
            os.environ,
            api_url=stack["api_url"],
            aws_url=stack["aws_endpoint_url"],
            dynamodb_url=stack.get("aws_endpoint_url_dynamodb"),
            psp_url=stack["sandbox_url"] or stack["wooshpay_api_base"],
        )
        os.environ["TAUTAN_EVENT_QUEUE_URL"] = stack["event_queue_url"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NoStack(f"No stack is running here ({STACK_FILE}). Start one: make run") from error
