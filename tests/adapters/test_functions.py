"""The function that makes refunds, asked by name through Lambda's own client."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from chalicelib.adapters.functions import LambdaRefunds, lambda_client
from chalicelib.domain.ids import MerchantId, Millis, Tenant
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.ports import Due, DueKind

NAME = "tautan-dev-refund"
EVENT = {"requestContext": {"httpMethod": "POST"}, "body": "{}"}
ASKED = {
    "FunctionName": NAME,
    "InvocationType": "RequestResponse",
    "Payload": json.dumps(EVENT).encode(),
}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(lambda_client("ap-southeast-3")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def refunds(stub: Stubber) -> LambdaRefunds:
    return LambdaRefunds(lambda: stub.client, NAME)


def told(payload: bytes, **more: Any) -> dict[str, Any]:
    body = StreamingBody(io.BytesIO(payload), len(payload))
    return {"StatusCode": 200, "Payload": body, **more}


def test_a_request_comes_back_with_its_answer(stub: Stubber) -> None:
    stub.add_response("invoke", told(b'{"statusCode": 200, "body": "{}"}'), ASKED)
    assert refunds(stub).answer(EVENT) == {"statusCode": 200, "body": "{}"}


def test_refunds_are_handed_over_without_waiting_for_them(stub: Stubber) -> None:
    due = Due(DueKind.REFUND, Tenant(MerchantId("acct_1"), True), "re_1", Millis(7))
    handed = {"resume": [{"merchant": "acct_1", "livemode": True, "refund": "re_1"}]}
    asked = {**ASKED, "InvocationType": "Event", "Payload": json.dumps(handed).encode()}
    stub.add_response("invoke", told(b""), asked)
    refunds(stub).resume([due])


def test_many_refunds_are_handed_over_ten_at_a_time(stub: Stubber) -> None:
    tenant = Tenant(MerchantId("acct_1"), False)
    dues = [Due(DueKind.REFUND, tenant, f"re_{number}", Millis(7)) for number in range(12)]
    rows = [{"merchant": "acct_1", "livemode": False, "refund": due.id} for due in dues]
    for part in (rows[:10], rows[10:]):
        payload = json.dumps({"resume": part}).encode()
        stub.add_response(
            "invoke", told(b""), {**ASKED, "InvocationType": "Event", "Payload": payload}
        )
    refunds(stub).resume(dues)


def test_a_function_that_failed_says_nothing_of_the_refund(stub: Stubber) -> None:
    stub.add_response("invoke", told(b'{"errorType": "X"}', FunctionError="Unhandled"), ASKED)
    with pytest.raises(StoreUnavailable, match="Unhandled"):
        refunds(stub).answer(EVENT)


def test_a_function_that_is_not_to_be_had_is_asked_once(stub: Stubber) -> None:
    stub.add_client_error("invoke", "TooManyRequestsException", http_status_code=429)
    with pytest.raises(StoreUnavailable, match="TooManyRequests"):
        refunds(stub).answer(EVENT)
