"""Settings: a bad one is named at cold start."""

import pytest

from chalicelib.config import ConfigError, event_queue_name, settings_from
from chalicelib.domain.ids import MerchantId
from chalicelib.domain.refunds import RefundKeys

GOOD = {
    "TAUTAN_TABLE": "tautan-dev",
    "TAUTAN_PUBLIC_URL": "https://pay.example",
    "TAUTAN_STAGE": "dev",
    "AWS_REGION": "ap-southeast-3",
}


def test_the_least_that_is_needed_with_what_is_usual() -> None:
    settings = settings_from(GOOD)
    assert (settings.table, settings.stage, settings.region) == (
        "tautan-dev", "dev", "ap-southeast-3",
    )  # fmt: skip
    assert settings.public_url == settings.webhook_url == "https://pay.example"
    assert settings.psp_webhook(MerchantId("acct_1")) == (
        "https://pay.example/webhooks/wooshpay/acct_1"
    )
    assert settings.refund_function is None
    assert settings.wooshpay_api_base is None
    assert settings.minor_units == {}
    assert settings.refund_keys is RefundKeys.UNPROVEN
    assert settings.sessions_per_address == 60
    assert settings.log_level == "INFO"
    assert settings.endpoint_url is settings.dynamodb_endpoint_url is None
    assert settings.event_queue_url is None
    assert settings.private_endpoints is False
    assert settings.telegram_api == "https://api.telegram.org"
    assert settings.page_hosts == ("https://*.wooshpay.com",)


def test_everything_that_can_be_set() -> None:
    settings = settings_from(
        GOOD
        | {
            "WOOSHPAY_API_BASE": "http://127.0.0.1:8001/",
            "TAUTAN_MINOR_UNITS": " IDR=2, VND=0 ,",
            "TAUTAN_REFUND_KEYS": "honoured",
            "TAUTAN_SESSIONS_PER_ADDRESS": "0",
            "TAUTAN_LOG_LEVEL": "DEBUG",
            "TAUTAN_PUBLIC_URL": "http://localhost:8000/",
            "TAUTAN_EVENT_QUEUE_URL": "http://127.0.0.1:4566/123456789012/tautan-dev-events",
            "TAUTAN_WEBHOOK_URL": "https://abc.lambda-url.ap-southeast-3.on.aws/",
            "TAUTAN_REFUND_FUNCTION": "tautan-dev-refund",
            "TAUTAN_PRIVATE_ENDPOINTS": "allowed",
            "TAUTAN_TELEGRAM_API": "http://127.0.0.1:8003/",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8002",
        }
    )
    assert settings.wooshpay_api_base == "http://127.0.0.1:8001"
    assert settings.minor_units == {"IDR": 2, "VND": 0}
    assert settings.refund_keys is RefundKeys.HONOURED
    assert settings.sessions_per_address == 0
    assert settings.log_level == "DEBUG"
    assert settings.public_url == "http://localhost:8000"
    assert settings.event_queue_url == "http://127.0.0.1:4566/123456789012/tautan-dev-events"
    assert settings.webhook_url == "https://abc.lambda-url.ap-southeast-3.on.aws"
    assert settings.refund_function == "tautan-dev-refund"
    assert settings.private_endpoints is True
    assert settings.telegram_api == "http://127.0.0.1:8003"
    assert settings.endpoint_url == "http://127.0.0.1:4566"
    assert settings.dynamodb_endpoint_url == "http://127.0.0.1:8002"
    assert settings.page_hosts == ("https://*.wooshpay.com", "http://127.0.0.1:8001")


def test_the_default_region_will_do() -> None:
    given = {name: value for name, value in GOOD.items() if name != "AWS_REGION"}
    assert settings_from(given | {"AWS_DEFAULT_REGION": "us-east-1"}).region == "us-east-1"


@pytest.mark.parametrize("name", ["TAUTAN_TABLE", "TAUTAN_PUBLIC_URL", "TAUTAN_STAGE"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_names_itself(name: str, value: str | None) -> None:
    given = {key: kept for key, kept in GOOD.items() if key != name}
    if value is not None:
        given[name] = value
    with pytest.raises(ConfigError, match=f"^{name}: is not set$"):
        settings_from(given)


ADDRESSES = [
    "pay.example", "http://pay.example", "ftp://pay.example", "https://", "https://a@pay.example",
    "https://pay.example?x=1", "https://pay.example#x", "javascript:alert(1)", "http://127.0.0.2",
    "//pay.example", "https:pay.example", " ",
]  # fmt: skip
MALFORMED = [
    ("TAUTAN_TABLE", ["ab", "a b c", "x" * 256, "täble", "a/b", "table\n"]),
    ("TAUTAN_STAGE", ["Dev", "1dev", "dev_1", "-dev", "d" * 32, "dev ", "dev\n", "dev/x"]),
    ("TAUTAN_PUBLIC_URL", ADDRESSES),
    ("WOOSHPAY_API_BASE", ADDRESSES),
    ("TAUTAN_TELEGRAM_API", ADDRESSES),
    (
        "TAUTAN_MINOR_UNITS",
        ["IDR", "IDR=", "IDR=4", "IDR=-1", "IDR=02", "idr=2", "XXX=2", "IDR=2;VND=0", "IDR=two",
         "IDR=２", "=2", "IDR = 2"],
    ),
    ("TAUTAN_LOG_LEVEL", ["info", "TRACE", "", "INFO "]),
    ("TAUTAN_SESSIONS_PER_ADDRESS", ["-1", "many", "", "1.5", "100001", "１"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED for value in values]
)
def test_a_malformed_setting_names_itself(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        settings_from(GOOD | {name: value})


@pytest.mark.parametrize("name", ["TAUTAN_PUBLIC_URL", "WOOSHPAY_API_BASE"])
@pytest.mark.parametrize("value", ["https://[", "https://[::1", "https://a]b"])
def test_an_address_with_half_a_bracket_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        settings_from(GOOD | {name: value})


def test_a_missing_region_names_itself() -> None:
    given = {name: value for name, value in GOOD.items() if name != "AWS_REGION"}
    with pytest.raises(ConfigError, match=r"^AWS_REGION: "):
        settings_from(given)


@pytest.mark.parametrize("text", ["unproven", "honoured"])
def test_what_is_believed_of_refund_keys_is_one_of_two_words(text: str) -> None:
    assert settings_from(GOOD | {"TAUTAN_REFUND_KEYS": text}).refund_keys.value == text


@pytest.mark.parametrize("text", ["", "HONOURED", "honored", "yes", "true", " honoured", "1"])
def test_anything_else_is_not_believed(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings_from(GOOD | {"TAUTAN_REFUND_KEYS": text})
    assert str(refused.value) == "TAUTAN_REFUND_KEYS: is one of honoured, unproven"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "https://[::1]"])
def test_webhook_endpoints_may_be_on_loopback_where_the_stack_is(url: str) -> None:
    told = GOOD | {"TAUTAN_PUBLIC_URL": url}
    assert settings_from(told).private_endpoints is False
    for word, allowed in (("refused", False), ("allowed", True)):
        assert settings_from(told | {"TAUTAN_PRIVATE_ENDPOINTS": word}).private_endpoints is allowed


@pytest.mark.parametrize("text", ["", "ALLOWED", "yes", "true", " allowed", "1", "allowed\n"])
def test_no_other_word_allows_private_endpoints(text: str) -> None:
    local = GOOD | {"TAUTAN_PUBLIC_URL": "http://127.0.0.1:8000"}
    with pytest.raises(ConfigError) as refused:
        settings_from(local | {"TAUTAN_PRIVATE_ENDPOINTS": text})
    assert str(refused.value) == "TAUTAN_PRIVATE_ENDPOINTS: is one of refused, allowed"


@pytest.mark.parametrize(
    "url", ["https://pay.example", "https://localhost.pay.example", "https://127.0.0.1.pay.example"]
)
def test_where_strangers_are_served_private_endpoints_are_never_allowed(url: str) -> None:
    told = GOOD | {"TAUTAN_PUBLIC_URL": url}
    assert settings_from(told | {"TAUTAN_PRIVATE_ENDPOINTS": "refused"}).private_endpoints is False
    with pytest.raises(ConfigError) as refused:
        settings_from(told | {"TAUTAN_PRIVATE_ENDPOINTS": "allowed"})
    assert str(refused.value) == "TAUTAN_PRIVATE_ENDPOINTS: is for a stack on loopback alone"


def test_no_queue_is_one_that_is_named_by_nothing() -> None:
    assert settings_from(GOOD | {"TAUTAN_EVENT_QUEUE_URL": ""}).event_queue_url is None


def test_the_queue_is_named_by_the_stage() -> None:
    assert event_queue_name(GOOD | {"TAUTAN_STAGE": "prod"}) == "tautan-prod-events"
    assert event_queue_name({}) == event_queue_name({"TAUTAN_STAGE": ""}) == "tautan-dev-events"
