"""A stage's whole life against an AWS on loopback, to the last call: deployed, deployed again, used
through its deployed functions, removed. It is lived once, and each test looks at a part of it."""

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.domain.ids import MerchantId, Tenant
from chalicelib.usecases.psp_endpoints import PspEndpoints
from deploy import api, parameters
from deploy.destroy import destroy
from deploy.functions import by_logical_name
from deploy.parameters import Deployed
from deploy.target import Target, target
from deploy.telling import Telling
from deploy.up import up
from dev.merchant import Shop, api_client, offer_coffee, open_shop
from dev.shopper import Shopper
from sandbox.server import Server
from tests.deploy.cloud import Cloud, cloud
from tests.deploy.gateway import Gateway, gateway
from tests.deploy.snapshot import snapshot
from tests.iam import FUNCTIONS as POLICIES
from tests.iam import policy

pytestmark = pytest.mark.timeout(300)  # the first test of the file lives the whole life
Json = dict[str, Any]
FUNCTIONS = set(by_logical_name("dev").values())
PRICE, PART = 75_000, 25_000
WITHIN_S, PATIENCE_S = 20, 60
EVERY_MINUTE = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-11-26T08:00:00Z",
    "region": "ap-southeast-3",
    "resources": [],
    "detail": {},
}


@dataclass
class Life:
    """What came of each step: the changes that were told, what the cloud then held, answers."""

    url: str
    door: str
    changes: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    held: dict[str, Json] = field(default_factory=dict)
    document: Json = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def life(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """All of it."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        over = stack.enter_context(cloud(tmp_path_factory.mktemp("cloud")))
        gate = stack.enter_context(gateway(over))
        sandbox = Server.start()
        stack.callback(sandbox.stop)
        patch.setenv("AWS_ENDPOINT_URL", over.url)
        yield _lived(over, gate, sandbox, patch)
        bootstrap.app.cache_clear()


def _lived(over: Cloud, gate: Gateway, sandbox: Server, patch: pytest.MonkeyPatch) -> Life:
    lived = Life(gate.url, gate.door)
    where, before = target("dev"), snapshot(over)

    def step(name: str, act: Callable[[Telling], None]) -> None:
        telling, said = Telling(), io.StringIO()
        try:
            with redirect_stdout(said):
                act(telling)
        finally:
            sys.stdout.write(said.getvalue())  # shown when it has failed
        lived.told[name] = said.getvalue()
        lived.changes[name] = telling.changes
        lived.held[name] = {
            what: found for what, found in snapshot(over).items() if before.get(what) != found
        }

    choices = [
        f"TAUTAN_PUBLIC_URL={gate.url}",
        f"TAUTAN_WEBHOOK_URL={gate.door}",
        f"WOOSHPAY_API_BASE={sandbox.url}",
        "TAUTAN_PRIVATE_ENDPOINTS=allowed",
    ]
    step("first", lambda telling: up(where, choices, "ops@example.com", telling))
    shop = _shop(lived, gate, sandbox, patch)
    step("moved", lambda telling: up(where, [], None, telling))
    lived.endpoints["moved"] = [each.url for each in _endpoints(shop)]
    step("again", lambda telling: up(where, [], None, telling))
    _break_off(where)
    step("finished", lambda telling: up(where, [], None, telling))
    (rest_api,) = over.client("apigateway").get_rest_apis()["items"]
    lived.document = over.document(rest_api["id"])
    _trade(lived, over, shop)
    step("gone", lambda telling: destroy(where, telling, data=False))
    step("forgotten", lambda telling: destroy(where, telling, data=True))
    return lived


def _break_off(where: Target) -> None:
    """As if `chalice deploy` had ended before it wrote what it has made."""
    state = parameters.deployed(where)
    address = state.resource("rest_api")
    assert address is not None
    parameters.keep_deployed(where, Deployed({"resources": [address]}))


def _shop(lived: Life, gate: Gateway, sandbox: Server, patch: pytest.MonkeyPatch) -> Shop:
    """A merchant whose webhooks WooshPay still delivers to the API's address."""
    for name, value in {
        "TAUTAN_STAGE": "dev",
        "TAUTAN_TABLE": "tautan-dev",
        "TAUTAN_PUBLIC_URL": gate.url,
        "WOOSHPAY_API_BASE": sandbox.url,
    }.items():
        patch.setenv(name, value)
    bootstrap.app.cache_clear()
    shop = open_shop()
    lived.endpoints["before"] = [each.url for each in _endpoints(shop)]
    return shop


def _endpoints(shop: Shop) -> Any:
    ours = bootstrap.app()
    tenant = Tenant(MerchantId(shop.merchant), False)
    return PspEndpoints(ours.psps, ours.secrets, ours.mint).psps(tenant).webhook_endpoints()


def _trade(lived: Life, over: Cloud, shop: Shop) -> None:
    """A link is opened and paid, and refunded by an automation, through the functions alone."""
    shopper = Shopper(PATIENCE_S)  # a function begins cold, on a machine that may be busy
    with api_client(lived.url, shop.secret_key) as client:
        client.timeout = httpx.Timeout(PATIENCE_S)
        link = offer_coffee(client)
        lived.answers["opened"] = shopper.open(link["url"]).status_code
        shopper.press("pay")
        shopper.press("pay-dana")
        page = shopper.press("approve", phone="081234567890", pin="123456")
        session = _paid(client)
        lived.answers["paid"] = session
        lived.answers["status page"] = shopper.open(str(page.url)).text
        shopper.close()
        asked = {
            "merchant": shop.merchant,
            "livemode": False,
            "checkout_session": session["id"],
            "amount": PART,
            "idempotency_key": "once",
            "actor": "returns",
        }
        lived.answers["refund"] = over.invoke("tautan-dev-refund", asked)
        lived.answers["same refund"] = over.invoke("tautan-dev-refund", asked)
        more = {**asked, "idempotency_key": "twice"}
        lived.answers["second refund"] = over.invoke("tautan-dev-refund", more)
        body = {"checkout_session": session["id"], "amount": PART}
        lived.answers["second refund by the API"] = client.post(
            "/v1/refunds", json=body, headers={"Idempotency-Key": "thrice"}
        )
        found = client.get(f"/v1/checkout/sessions/{session['id']}")
        lived.answers["after"] = found.json()
    lived.answers["no route"] = httpx.get(f"{lived.url}/nowhere", trust_env=False)
    lived.answers["sweep"] = over.invoke("tautan-dev-reconcile_sweep", EVERY_MINUTE)


def _paid(client: httpx.Client) -> Json:
    for _ in range(WITHIN_S * 5):
        (session,) = client.get("/v1/checkout/sessions").raise_for_status().json()["data"]
        if session["payment_status"] == "paid":
            found: Json = session
            return found
        time.sleep(0.2)
    raise AssertionError("the payment does not turn paid")


def _named(held: Json, kind: str) -> set[str]:
    return {what.removeprefix(f"{kind} ") for what in held if what.startswith(f"{kind} ")}


def test_every_function_is_there_with_a_role_of_its_own_policy(life: Life) -> None:
    held = life.held["first"]
    assert _named(held, "function") == FUNCTIONS
    config = json.loads((Path(__file__).parents[2] / ".chalice/config.json").read_text("utf-8"))
    for name, own in config["lambda_functions"].items():
        deployed = "tautan-dev" if name == "api_handler" else f"tautan-dev-{name}"
        function = held[f"function {deployed}"]
        assert function["Timeout"] == own.get("lambda_timeout", config["lambda_timeout"])
        assert function["MemorySize"] == config["lambda_memory_size"]
        assert function["Role"].endswith(f":role/tautan-dev-{name}")
        limit = held[f"concurrency {deployed}"].get("ReservedConcurrentExecutions")
        assert limit == own.get("reserved_concurrency")
        (written,) = (held[what] for what in held if what.startswith(f"policy tautan-dev-{name} "))
        assert Path(own["iam_policy_file"]).stem in POLICIES
        sids = [each["Sid"] for each in policy(Path(own["iam_policy_file"]).stem)]
        assert [each["Sid"] for each in written["PolicyDocument"]["Statement"]] == sids
        assert "${" not in json.dumps(written)


def test_every_function_knows_its_stage(life: Life) -> None:
    for name in FUNCTIONS:
        told = life.held["first"][f"function {name}"]["Environment"]["Variables"]
        assert told["TAUTAN_PUBLIC_URL"] == life.url
        assert told["TAUTAN_STAGE"] == "dev"
        assert told["TAUTAN_TABLE"] == "tautan-dev"
        assert told["TAUTAN_REFUND_FUNCTION"] == "tautan-dev-refund"
        assert told["TAUTAN_EVENT_QUEUE_URL"].endswith("/tautan-dev-events")


def test_schedules_and_the_queue_lead_to_their_functions(life: Life) -> None:
    held = life.held["first"]
    led = {
        target["Arn"].rpartition(":")[2]: held[f"rule {rule}"]["ScheduleExpression"]
        for rule in _named(held, "rule")
        for target in held[f"targets {rule}"]
    }
    assert led == {
        "tautan-dev-deliver_again": "rate(1 minute)",
        "tautan-dev-reconcile_sweep": "rate(1 minute)",
        "tautan-dev-reconcile_compare": "cron(30 19 * * ? *)",
        "tautan-dev-reconcile_audit": "cron(0 20 * * ? *)",
    }
    (source,) = (held[what] for what in held if what.startswith("event source "))
    assert source["EventSourceArn"].endswith(":tautan-dev-events")
    assert source["FunctionArn"].endswith(":tautan-dev-deliver")


def test_the_table_is_guarded(life: Life) -> None:
    """Expiry, recovery and encryption ministack leaves out of a template: test_template.py."""
    held = life.held["first"]
    table = held["table tautan-dev"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    wanted = table_definition("tautan-dev")["GlobalSecondaryIndexes"]
    assert held["indexes tautan-dev"] == [
        {key: each[key] for key in ("IndexName", "KeySchema", "Projection")} for each in wanted
    ]


def test_queues_have_dead_letters_and_a_refund_that_fails_has_too(life: Life) -> None:
    held = life.held["first"]
    assert _named(held, "queue") == {
        "tautan-dev-events", "tautan-dev-events-dlq", "tautan-dev-refund-dlq",
    }  # fmt: skip
    redrive = json.loads(held["queue tautan-dev-events"]["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":tautan-dev-events-dlq")
    assert int(redrive["maxReceiveCount"]) == 5
    failed = held["event invoke tautan-dev-refund"]["DestinationConfig"]["OnFailure"]
    assert failed["Destination"].endswith(":tautan-dev-refund-dlq")


def test_only_the_door_is_open_to_everybody(life: Life) -> None:
    held = life.held["first"]
    assert _named(held, "url") == {"tautan-dev-webhook"}
    assert held["url tautan-dev-webhook"]["AuthType"] == "NONE"
    open_to_all = {}
    for name in _named(held, "permissions"):
        statements = json.loads(held[f"permissions {name}"]["Policy"])["Statement"]
        open_to_all[name] = sorted(
            each["Action"] for each in statements if each["Principal"] == "*"
        )
    assert {name: actions for name, actions in open_to_all.items() if actions} == {
        "tautan-dev-webhook": ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]
    }


def test_the_rest_document_has_every_route_and_its_answers_are_ours(life: Life) -> None:
    sent = {
        (path, method.upper())
        for path, methods in life.document["paths"].items()
        for method in methods
        if method != "options"
    }
    assert sent == {(path, method) for path, methods in app.routes.items() for method in methods}
    assert life.document["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    uris = {
        methods[method]["x-amazon-apigateway-integration"]["uri"]
        for methods in life.document["paths"].values()
        for method in methods
    }
    (uri,) = uris
    assert ":function:tautan-dev/" in uri
    held = life.held["first"]
    (id,) = (what for what in _named(held, "api") if " " not in what)
    policy = json.loads(held["permissions tautan-dev"]["Policy"])
    (gate,) = policy["Statement"]
    assert gate["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert f":{id}/" in json.dumps(gate["Condition"])
    answers = held[f"api answers {id}"]["items"]
    ours = {each["responseType"] for each in answers if not each.get("defaultResponse")}
    assert ours == set(api.answers())
    (stage,) = held[f"api stages {id}"]["item"]
    limits = stage["methodSettings"]["*/*"]
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (500, 1000)


def test_alarms_and_logs_are_there(life: Life) -> None:
    held = life.held["first"]
    assert len(_named(held, "alarm")) == 19
    assert _named(held, "dashboard") == {"tautan-dev"}
    assert _named(held, "topic") == {"tautan-dev-alarms"}
    assert _named(held, "subscription") == {"ops@example.com"}
    assert _named(held, "log group") == {f"/aws/lambda/{name}" for name in FUNCTIONS}
    for name in FUNCTIONS:
        assert held[f"log group /aws/lambda/{name}"]["retentionInDays"] == 90


def test_the_webhook_moves_to_the_door_and_both_are_told_for_a_while(life: Life) -> None:
    (before,) = life.endpoints["before"]
    assert before.startswith(f"{life.url}/webhooks/wooshpay/acct_")
    door = before.replace(life.url, life.door)
    assert sorted(life.endpoints["moved"]) == sorted([before, door])
    assert life.changes["moved"] == 1, life.told["moved"]
    assert f"{before} delivers too" in life.told["again"]


def test_deploying_again_changes_nothing(life: Life) -> None:
    assert life.changes["again"] == 0, life.told["again"]
    assert life.told["again"].endswith("Nothing was changed.\n")
    assert life.held["again"] == life.held["moved"]


def test_what_broke_off_is_finished_and_nothing_is_made_twice(life: Life) -> None:
    # The functions, and API Gateway's own answers.
    assert life.changes["finished"] == 2, life.told["finished"]
    before, after = life.held["again"], life.held["finished"]
    assert {what for what in before if not what.startswith("api ")} == {
        what for what in after if not what.startswith("api ")
    }
    for kind in ("event source", "function", "rule", "role", "permissions"):
        assert _named(after, kind) == _named(before, kind)


def test_a_link_is_opened_and_paid(life: Life) -> None:
    assert life.answers["opened"] == 200
    assert life.answers["paid"]["amount_total"] == PRICE
    assert "LUNAS" in life.answers["status page"]
    assert life.answers["sweep"] is not None


def test_an_automation_refunds_once(life: Life) -> None:
    refund = life.answers["refund"]
    assert (refund["object"], refund["amount"], refund["status"]) == ("refund", PART, "succeeded")
    assert life.answers["same refund"]["id"] == refund["id"]
    assert life.answers["second refund"]["error"]["code"] == "refund_multiple_not_supported"
    told = life.answers["second refund by the API"]
    assert told.status_code == 409
    assert told.json()["error"]["code"] == "refund_multiple_not_supported"
    assert life.answers["after"]["amount_refunded"] == PART
    assert life.answers["after"]["refund_status"] == "partial"


def test_a_path_that_is_not_there_is_told_in_our_envelope(life: Life) -> None:
    told = life.answers["no route"]
    assert told.status_code == 404
    assert told.json()["error"]["code"] == "route_unknown"


def test_what_is_removed_leaves_the_data(life: Life) -> None:
    left = life.held["gone"]
    kinds = {what.partition(" ")[0] for what in left}
    assert kinds == {"table", "indexes", "ttl", "recovery", "parameter", "stack"}
    assert _named(left, "stack") == {"tautan-dev-data"}
    assert "parameter /tautan/dev/deployed" not in left
    kept = [what for what in left if what.endswith("/wooshpay_key")]
    assert len(kept) == 1


def test_with_its_data_nothing_is_left(life: Life) -> None:
    assert life.held["forgotten"] == {}
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
