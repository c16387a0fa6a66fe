"""The stack that `make run` started, found by the file that it keeps."""

import json
import os
from pathlib import Path

from dev.stack import REGION

STACK_FILE = Path(".local") / "stack.json"


class NoStack(Exception):
    """`make run` is not serving here."""


def use_local_stack() -> None:
    """Point the settings at the running stack; raises NoStack."""
    try:
        stack = json.loads(STACK_FILE.read_text())
        os.kill(stack["pid"], 0)
    except (OSError, ValueError, KeyError) as error:
        raise NoStack(f"No stack is running here ({STACK_FILE}). Start one: make run") from error
    os.environ.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - opens nothing
        AWS_DEFAULT_REGION=REGION,
        AWS_ENDPOINT_URL=stack["aws_endpoint_url"],
        TAUTAN_TABLE=stack["table"],
        TAUTAN_PUBLIC_URL=stack["api_url"],
        TAUTAN_STAGE="dev",
    )
    if stack.get("aws_endpoint_url_dynamodb"):
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = stack["aws_endpoint_url_dynamodb"]
    if stack.get("sandbox_url"):
        os.environ["WOOSHPAY_API_BASE"] = stack["sandbox_url"]
