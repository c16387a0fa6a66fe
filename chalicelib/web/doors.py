"""A part of the API that a function of its own serves, by the same routes and the same dispatch.

API Gateway tells Chalice which route was meant; a Function URL tells the path, and is translated
here (its events: payload format 2.0, AWS Lambda's page "Invoking Lambda function URLs").
"""

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib.web.chalice_errors import one_envelope, own_refusal


def door(*rooms: Blueprint) -> Chalice:
    """An application of these routes alone."""
    app = Chalice(app_name="tautan-door", configure_logs=False)
    app.debug = False
    app.register_middleware(one_envelope, "http")
    for room in rooms:
        app.register_blueprint(room)
    return app


def asked_by_url(app: Chalice, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The answer to a request that came by a Function URL."""
    http = event["requestContext"]["http"]
    found = _meant(app, event["rawPath"])
    if found is None:
        refusal = own_refusal("not_found", "There is nothing here.", 404)
        told: dict[str, Any] = refusal.to_dict()
        return told
    template, path = found
    headers = event.get("headers") or {}
    request = {
        "resource": template,
        "path": event["rawPath"],
        "httpMethod": http["method"],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": path,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": template,
            "httpMethod": http["method"],
            "identity": {"sourceIp": http.get("sourceIp")},
        },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded", False),
    }
    answer: dict[str, Any] = app(request, context)
    return answer


def _meant(app: Chalice, path: str) -> tuple[str, dict[str, str]] | None:
    """The template of the route that the path is of, and what stands at its places."""
    parts = path.split("/")
    for template in app.routes:
        places = template.split("/")
        if len(places) == len(parts) and all(
            place.startswith("{") or place == part
            for place, part in zip(places, parts, strict=True)
        ):
            pairs = zip(places, parts, strict=True)
            return template, {place[1:-1]: part for place, part in pairs if place[:1] == "{"}
    return None
