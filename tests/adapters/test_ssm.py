"""Secrets in SSM: encrypted, by stage, merchant and mode, remembered for a minute."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from chalicelib.adapters.ssm import Secrets, ssm_client
from chalicelib.domain.ids import Millis
from chalicelib.usecases.failures import StoreUnavailable
from tests.builders import MERCHANT_ULID, NOW, a_tenant

TEST, LIVE = a_tenant(), a_tenant(livemode=True)
MERCHANT = TEST.merchant
KEY_NAME = f"/tautan/dev/acct_{MERCHANT_ULID}/test/wooshpay_key"


class Asked:
    """Secrets over moto's SSM, with a clock that moves and a count of reads."""

    def __init__(self, client: Any, stage: str = "dev") -> None:
        self.ssm = client
        self.now = NOW
        self.reads = 0
        self.secrets = Secrets(lambda: self, stage, lambda: self.now)

    def get_parameters(self, **request: Any) -> Any:
        self.reads += 1
        assert request["WithDecryption"] is True
        return self.ssm.get_parameters(**request)

    @property
    def exceptions(self) -> Any:
        return self.ssm.exceptions

    def put_parameter(self, **request: Any) -> Any:
        return self.ssm.put_parameter(**request)

    def pass_time(self, ms: int) -> None:
        self.now = Millis(self.now + ms)


@pytest.fixture
def asked() -> Iterator[Asked]:
    with mock_aws():
        yield Asked(ssm_client("us-east-1"))


def test_secrets_are_kept_as_secure_strings_under_their_names(asked: Asked) -> None:
    asked.secrets.keep_wooshpay_key(TEST, "sk_test_12345678")
    asked.secrets.keep_webhook_secrets(LIVE, ["whsec_new", "whsec_old"])
    kept = asked.ssm.describe_parameters()["Parameters"]
    assert {each["Name"]: each["Type"] for each in kept} == {
        KEY_NAME: "SecureString",
        f"/tautan/dev/acct_{MERCHANT_ULID}/live/webhook_secrets": "SecureString",
    }
    raw = asked.ssm.get_parameter(Name=KEY_NAME, WithDecryption=False)["Parameter"]["Value"]
    assert raw != "sk_test_12345678"


def test_what_is_kept_is_found_by_its_own_merchant_mode_and_stage_alone(asked: Asked) -> None:
    asked.secrets.keep_wooshpay_key(TEST, "sk_test_12345678")
    asked.secrets.keep_webhook_secrets(TEST, ["whsec_test"])
    asked.secrets.keep_webhook_secrets(LIVE, ["whsec_new", "whsec_old"])
    assert asked.secrets.wooshpay_key(TEST) == "sk_test_12345678"
    assert asked.secrets.webhook_secrets(MERCHANT) == {
        False: ["whsec_test"], True: ["whsec_new", "whsec_old"],
    }  # fmt: skip
    assert asked.secrets.wooshpay_key(LIVE) is None
    assert asked.secrets.wooshpay_key(a_tenant(number=2)) is None
    other = Asked(asked.ssm, "prod").secrets
    assert other.wooshpay_key(TEST) is None
    assert other.webhook_secrets(MERCHANT) == {False: [], True: []}


def test_what_is_missing_is_none_and_no_secrets(asked: Asked) -> None:
    assert asked.secrets.wooshpay_key(TEST) is None
    assert asked.secrets.webhook_secrets(MERCHANT) == {False: [], True: []}


def test_both_modes_are_read_in_one_call_and_remembered_for_a_minute(asked: Asked) -> None:
    asked.secrets.keep_webhook_secrets(TEST, ["whsec_test"])
    for step in (0, 1, 59_999):
        asked.pass_time(step)
        assert asked.secrets.webhook_secrets(MERCHANT)[False] == ["whsec_test"]
    assert asked.reads == 1
    asked.pass_time(1)
    asked.secrets.webhook_secrets(MERCHANT)
    assert asked.reads == 2


def test_a_missing_one_is_remembered_too(asked: Asked) -> None:
    for _ in range(3):
        asked.secrets.wooshpay_key(TEST)
    assert asked.reads == 1


def test_a_rotation_elsewhere_is_seen_after_a_minute_and_here_at_once(asked: Asked) -> None:
    asked.secrets.keep_wooshpay_key(TEST, "sk_test_old00000")
    assert asked.secrets.wooshpay_key(TEST) == "sk_test_old00000"
    Asked(asked.ssm).secrets.keep_wooshpay_key(TEST, "sk_test_new00000")
    asked.pass_time(60_000)
    assert asked.secrets.wooshpay_key(TEST) == "sk_test_old00000"
    asked.pass_time(1)
    assert asked.secrets.wooshpay_key(TEST) == "sk_test_new00000"
    asked.secrets.keep_wooshpay_key(TEST, "sk_test_newer000")
    assert asked.secrets.wooshpay_key(TEST) == "sk_test_newer000"


def test_what_is_remembered_does_not_grow_without_bound(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.adapters.ssm.MOST_REMEMBERED", 2)
    for number in (1, 2, 3):
        asked.secrets.wooshpay_key(a_tenant(number=number))
    assert len(asked.secrets._known) == 1


# --- the key that a tenant's own webhook secrets are derived from --------------------------------

SIGNING_KEY = f"/tautan/dev/acct_{MERCHANT_ULID}/test/signing_key"


def fresh() -> Callable[[], str]:
    """One key after another: key_1, key_2…"""
    numbers = count(1)
    return lambda: f"key_{next(numbers)}"


def test_a_signing_key_is_made_once_and_kept_as_a_secure_string(asked: Asked) -> None:
    made = fresh()
    assert asked.secrets.signing_key(TEST, made) == "key_1"
    assert Asked(asked.ssm).secrets.signing_key(TEST, made) == "key_1"
    assert made() == "key_2"
    (kept,) = asked.ssm.describe_parameters()["Parameters"]
    assert (kept["Name"], kept["Type"], kept["Version"]) == (SIGNING_KEY, "SecureString", 1)
    raw = asked.ssm.get_parameter(Name=SIGNING_KEY, WithDecryption=False)["Parameter"]["Value"]
    assert raw != "key_1"


def test_each_tenant_and_stage_has_a_signing_key_of_its_own(asked: Asked) -> None:
    made = fresh()
    tenants = [TEST, LIVE, a_tenant(number=2), a_tenant(number=2, livemode=True)]
    keys = [asked.secrets.signing_key(tenant, made) for tenant in tenants]
    assert keys == ["key_1", "key_2", "key_3", "key_4"]
    assert Asked(asked.ssm, "prod").secrets.signing_key(TEST, made) == "key_5"
    assert [asked.secrets.signing_key(tenant, made) for tenant in tenants] == keys


def test_a_signing_key_is_remembered_for_a_minute(asked: Asked) -> None:
    made = fresh()
    asked.secrets.signing_key(TEST, made)
    for step in (0, 59_999, 1):
        assert asked.secrets.signing_key(TEST, made) == "key_1"
        asked.pass_time(step)
    assert asked.reads == 2  # there was none, and then there was
    asked.pass_time(1)
    assert asked.secrets.signing_key(TEST, made) == "key_1"
    assert asked.reads == 3


def test_of_two_that_make_a_signing_key_at_once_the_second_takes_the_firsts(asked: Asked) -> None:
    other = Asked(asked.ssm)

    def meanwhile() -> str:
        assert other.secrets.signing_key(TEST, lambda: "first") == "first"
        return "second"

    assert asked.secrets.signing_key(TEST, meanwhile) == "first"
    assert asked.secrets.signing_key(TEST, meanwhile) == "first"
    assert other.secrets.signing_key(TEST, meanwhile) == "first"


@pytest.mark.parametrize("call", ["get_parameters", "put_parameter"])
@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameters"),
        EndpointConnectionError(endpoint_url="https://ssm.example"),
    ],
)
def test_a_signing_key_that_cannot_be_read_or_kept_is_not_given(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    def failing(**_: Any) -> Any:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(asked, call, failing)
        with pytest.raises(StoreUnavailable):
            asked.secrets.signing_key(TEST, fresh())
    assert asked.ssm.describe_parameters()["Parameters"] == []
    assert asked.secrets.signing_key(TEST, fresh()) == "key_1"


def test_no_second_signing_key_is_given_while_the_first_is_not_seen_yet(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = fresh(), Asked(asked.ssm)
    asked.secrets.signing_key(TEST, made)
    with monkeypatch.context() as patch:
        patch.setattr(other, "get_parameters", lambda **_: {"Parameters": []})
        with pytest.raises(StoreUnavailable):
            other.secrets.signing_key(TEST, made)
    assert other.secrets.signing_key(TEST, made) == "key_1"


# --- the Telegram bot of the stage ---------------------------------------------------------------

TOKEN = "123456789:AAEkenarikenarikenarikenarikenarik"


def test_the_bots_token_is_the_stages_and_a_secure_string(asked: Asked) -> None:
    assert asked.secrets.telegram_token() is None
    asked.secrets.keep_telegram_token(TOKEN)
    assert asked.secrets.telegram_token() == TOKEN
    (kept,) = asked.ssm.describe_parameters()["Parameters"]
    name = "/tautan/dev/telegram_bot_token"
    assert (kept["Name"], kept["Type"]) == (name, "SecureString")
    raw = asked.ssm.get_parameter(Name=name, WithDecryption=False)["Parameter"]["Value"]
    assert raw != TOKEN
    assert Asked(asked.ssm, "prod").secrets.telegram_token() is None
    asked.secrets.keep_telegram_token(f"{TOKEN}2")
    assert asked.secrets.telegram_token() == f"{TOKEN}2"


def test_the_bots_token_is_remembered_for_a_minute(asked: Asked) -> None:
    asked.secrets.keep_telegram_token(TOKEN)
    for step in (0, 59_999, 1):
        asked.pass_time(step)
        assert asked.secrets.telegram_token() == TOKEN
    assert asked.reads == 1
    asked.pass_time(1)
    assert asked.secrets.telegram_token() == TOKEN
    assert asked.reads == 2


def test_a_bots_token_that_cannot_be_read_is_not_given(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://ssm.example")

    monkeypatch.setattr(asked, "get_parameters", failing)
    with pytest.raises(StoreUnavailable, match=r"^EndpointConnectionError$"):
        asked.secrets.telegram_token()
