"""The REST API: its address before there is anything behind it, and what Chalice leaves out."""

import json
from typing import Any

from chalicelib.web.errors import plain_envelope
from deploy import parameters
from deploy.parameters import Deployed, Json
from deploy.target import Target
from deploy.telling import Telling

# Requests a second that API Gateway lets through, and how many at once; above it answers 429.
RATE, BURST = 500, 1000
UNTOLD = "Permintaan tidak dapat diproses."

# What API Gateway answers by itself: its type, the status (None: as it is), code, and words.
REFUSALS: tuple[tuple[str, str | None, str, str, str], ...] = (
    (
        "MISSING_AUTHENTICATION_TOKEN",  # its name for a path or a method that is not there
        "404",
        "route_unknown",
        "There is nothing at this path.",
        "Halaman tidak ditemukan.",
    ),
    (
        "REQUEST_TOO_LARGE",
        "413",
        "body_too_large",
        "The body is larger than 10 MB.",
        UNTOLD,
    ),
    (
        "THROTTLED",
        "429",
        "rate_limited",
        "There are too many requests just now; try again shortly.",
        "Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi.",
    ),
    (
        "INTEGRATION_TIMEOUT",
        "504",
        "not_answered_in_time",
        "No answer in time; ask again with the same Idempotency-Key.",
        "Belum ada jawaban. Coba lagi sebentar lagi.",
    ),
    ("DEFAULT_4XX", None, "request_refused", "The request was refused at the gate.", UNTOLD),
    (
        "DEFAULT_5XX",
        None,
        "internal_error",
        "Something has failed on our side; ask again with the same Idempotency-Key.",
        UNTOLD,
    ),
)


def answers() -> dict[str, Json]:
    """What API Gateway answers by itself, by its type, in our envelope; as SAM writes it."""
    told = {}
    for kind, status, code, message, user_message in REFUSALS:
        body = plain_envelope(code, message, user_message, "$context.requestId")
        told[kind] = {
            **({"StatusCode": status} if status else {}),
            "ResponseTemplates": {"application/json": json.dumps(body)},
        }
    return told


def reserve(target: Target, state: Deployed, config: Json, telling: Telling) -> str:
    """The API's address; the first time an API with nothing in it is made and given to Chalice as
    its own, so that the functions know their address when they are made."""
    stage = config["stages"][target.stage]
    path = stage.get("api_gateway_stage") or config.get("api_gateway_stage", "api")
    kind = stage.get("api_gateway_endpoint_type") or config.get("api_gateway_endpoint_type", "EDGE")
    gateway = target.client("apigateway")
    known = state.resource("rest_api")
    if known is not None and _exists(gateway, known["rest_api_id"]):
        url = str(known["rest_api_url"]).rstrip("/")
        telling.same(f"REST API {url}")
        return url
    made = gateway.create_rest_api(
        name="tautan",
        endpointConfiguration={"types": [kind]},
        tags={"tautan:stage": target.stage},
    )
    url = f"https://{made['id']}.execute-api.{target.region}.{target.domain}/{path}"
    state.record(
        {
            "name": "rest_api",
            "resource_type": "rest_api",
            "rest_api_id": made["id"],
            "rest_api_url": f"{url}/",
        }
    )
    parameters.keep_deployed(target, state)
    telling.made(f"REST API {url}")
    return url


def complete(target: Target, state: Deployed, telling: Telling) -> None:
    """API Gateway's own answers are in our envelope, and its stage lets through what we say."""
    gateway, known = target.client("apigateway"), state.resource("rest_api")
    assert known is not None, "Chalice has deployed a REST API"
    id, stage = known["rest_api_id"], known["rest_api_url"].rstrip("/").rpartition("/")[2]
    _answer(gateway, id, stage, telling)
    _throttle(gateway, id, stage, telling)


def _answer(gateway: Any, id: str, stage: str, telling: Telling) -> None:
    found = {
        each["responseType"]: (each.get("statusCode"), each.get("responseTemplates"))
        for each in gateway.get_gateway_responses(restApiId=id, limit=500)["items"]
        if not each.get("defaultResponse")
    }
    wanted = {
        kind: (each.get("StatusCode"), each["ResponseTemplates"])
        for kind, each in answers().items()
    }
    due = {kind: each for kind, each in wanted.items() if not _answers(found.get(kind), each)}
    for kind, (status, templates) in due.items():
        code = {"statusCode": status} if status else {}
        gateway.put_gateway_response(
            restApiId=id, responseType=kind, responseTemplates=templates, **code
        )
    if due:
        gateway.create_deployment(restApiId=id, stageName=stage)  # they count from then on
        telling.changed(f"API Gateway's own answers: {', '.join(due)}")
    else:
        telling.same("API Gateway's own answers")


def _answers(found: Any, wanted: Any) -> bool:
    """Whether it answers so; a status that we leave alone may be any."""
    return found is not None and found[1] == wanted[1] and wanted[0] in (None, found[0])


def _throttle(gateway: Any, id: str, stage: str, telling: Telling) -> None:
    settings = gateway.get_stage(restApiId=id, stageName=stage).get("methodSettings", {})
    found = settings.get("*/*", {})
    if (found.get("throttlingRateLimit"), found.get("throttlingBurstLimit")) == (RATE, BURST):
        telling.same(f"at most {RATE} requests a second")
        return
    wanted = {"rateLimit": RATE, "burstLimit": BURST}
    gateway.update_stage(
        restApiId=id,
        stageName=stage,
        patchOperations=[
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}
            for name, value in wanted.items()
        ],
    )
    telling.changed(f"at most {RATE} requests a second")


def _exists(gateway: Any, id: str) -> bool:
    try:
        gateway.get_rest_api(restApiId=id)
    except gateway.exceptions.NotFoundException:
        return False
    return True
