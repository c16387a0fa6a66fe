"""Events as API Gateway and Function URLs send them, and the stage's settings."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

REGION = "eu-central-1"
TABLE = "tautan-bench"
PUBLIC_URL = "https://pay.example.com"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36"
)
BROWSER: Mapping[str, str] = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "Accept-Language": "id-ID,id;q=0.9,en;q=0.8",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "User-Agent": PHONE,
}


def environment(endpoint: str | None, provider: str) -> dict[str, str]:
    """What a function of the stage finds in its environment; `endpoint` stands for all of AWS."""
    found = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "TAUTAN_TABLE": TABLE,
        "TAUTAN_PUBLIC_URL": PUBLIC_URL,
        "TAUTAN_STAGE": "bench",
        "TAUTAN_EVENT_QUEUE_URL": f"{endpoint or 'https://sqs.example.com'}/1/tautan-bench-events",
        "TAUTAN_SESSIONS_PER_ADDRESS": "100000",
        "WOOSHPAY_API_BASE": provider,
    }
    return found | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def gateway_event(
    method: str,
    resource: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> dict[str, Any]:
    """A proxy event of a REST API whose binary types are everything, as ours is."""
    given = {
        "Accept": "*/*",
        "CloudFront-Viewer-Country": "ID",
        "Host": "abcdefghij.execute-api.example.com",
        "X-Amzn-Trace-Id": "Root=1-67430000-000000000000000000000000",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        **(headers or {}),
    }
    asked = resource.format(**(path or {}))
    return {
        "resource": resource,
        "path": asked,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} if query else None,
        "pathParameters": dict(path) if path else None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "abc123",
            "resourcePath": resource,
            "httpMethod": method,
            "requestId": "00000000-0000-4000-8000-000000000000",
            "path": f"/dev{asked}",
            "accountId": "123456789012",
            "stage": "dev",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": given.get("User-Agent")},
            "apiId": "abcdefghij",
        },
        "body": b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }


def url_event(path: str, *, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A POST through a Function URL: payload format 2.0, header names in lower case."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "x-amzn-trace-id": "Root=1-67430000-000000000000000000000000",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **{name.lower(): value for name, value in headers.items()},
        },
        "requestContext": {
            "accountId": "anonymous",
            "domainName": "abcdefghij.lambda-url.example.com",
            "http": {
                "method": "POST",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
            },
            "requestId": "00000000-0000-4000-8000-000000000000",
            "stage": "$default",
        },
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }
