"""The settings under which code reaches a stack on this machine, and nothing else."""

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from chalicelib.config import LOOPBACK

HOST = "127.0.0.1"
REGION = "ap-southeast-3"
TABLE = "tautan-dev"
# What a developer may have set for work of another kind; each leads away from a local store.
ELSEWHERE = ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN")


def lead_to_stack(
    environment: MutableMapping[str, str],
    *,
    api_url: str,
    aws_url: str,
    dynamodb_url: str | None,
    psp_url: str,
) -> None:
    """Change `environment` so that the application's adapters reach this stack."""
    lead_to_store(environment, dynamodb_url)
    environment.update(
        AWS_ENDPOINT_URL=aws_url,
        TAUTAN_TABLE=TABLE,
        TAUTAN_PUBLIC_URL=api_url,
        TAUTAN_STAGE="dev",
        TAUTAN_PRIVATE_ENDPOINTS="allowed",
        WOOSHPAY_API_BASE=psp_url,
        no_proxy=_without_proxy(environment),
    )
    environment.pop("AWS_ENDPOINT_URL_DYNAMODB", None)
    if dynamodb_url is not None:
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb_url


def lead_to_store(environment: MutableMapping[str, str], dynamodb_url: str | None) -> None:
    """Change `environment` so that what is signed fits the store.

    A store on this machine gets credentials that open nothing. A DynamoDB elsewhere keeps the
    credentials and the region that are set, if any are.
    """
    local = dynamodb_url is None or urlsplit(dynamodb_url).hostname in LOOPBACK
    if local or not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & environment.keys():
        for name in ELSEWHERE:
            environment.pop(name, None)
        environment.update(
            AWS_ACCESS_KEY_ID="local",
            AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - opens nothing
            AWS_DEFAULT_REGION=REGION,
            AWS_EC2_METADATA_DISABLED="true",
        )
    environment.setdefault("AWS_DEFAULT_REGION", REGION)


def _without_proxy(environment: MutableMapping[str, str]) -> str:
    """Loopback beside what is already reached without a proxy; of the two spellings the small
    one counts."""
    already = environment.get("no_proxy") or environment.get("NO_PROXY")
    return ",".join(filter(None, (already, HOST, "localhost")))
