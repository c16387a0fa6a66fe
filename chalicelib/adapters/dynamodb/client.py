"""The botocore client of DynamoDB."""

from typing import Any

from botocore.config import Config

from chalicelib.adapters import aws

CONFIG = Config(
    retries={"total_max_attempts": 1},  # the engine retries: only it can keep the request token
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=8,  # one Lambda handles one request at a time; local servers a few
    parameter_validation=False,  # costs CPU on each call; the contract suite checks our requests
)


def dynamodb_client(region: str, endpoint_url: str | None = None) -> Any:
    """A client without retries and with short timeouts."""
    return aws.client("dynamodb", region, endpoint_url, CONFIG)
