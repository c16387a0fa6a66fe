"""What the contracts ask: of the provider that tests use, and of the client and the sandbox."""

from dataclasses import replace
from typing import Any, Protocol

from chalicelib.adapters.wooshpay.client import WooshPay
from chalicelib.adapters.wooshpay.http import http_client
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.domain.payments import Payment, ProviderSession
from chalicelib.domain.psp_facts import RefundFactStatus
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.ports import Psp
from sandbox.server import Server
from tests.builders import a_payment, a_refund, a_refund_fact, a_tenant, rupiah
from tests.fakes.psp import FakePsp

OK, NO = "https://shop.example/ok", "https://shop.example/no"


class Subject(Protocol):
    """A provider, the shopper in front of it, and its books."""

    psp: Psp

    def pay(self, payment: Payment, provider: ProviderSession) -> None: ...
    def hold(self, refund: Refund) -> None:
        """The next refund is taken on, to be settled later."""
        ...

    def refunded(self, payment: Payment, provider: ProviderSession) -> int: ...
    def hide_refunded(self) -> None:
        """Intents do not show what went back."""
        ...


class Fake:
    """The provider in memory."""

    def __init__(self) -> None:
        self.psp = FakePsp(a_tenant())

    def pay(self, payment: Payment, provider: ProviderSession) -> None:
        self.psp.pay(payment)

    def hold(self, refund: Refund) -> None:
        self.psp.accept(refund.id)
        pending = a_refund_fact(refund, RefundFactStatus.PENDING, psp_refund="re_accepted")
        self.psp.known_refunds["re_accepted"] = pending

    def refunded(self, payment: Payment, provider: ProviderSession) -> int:
        return self.psp.page_of(payment).refunded

    def hide_refunded(self) -> None:
        self.psp.shows_refunded = False


class Sandboxed:
    """WooshPay's client over HTTP to the sandbox, which counts rupiah with `places`."""

    def __init__(self, server: Server, places: int) -> None:
        self.http = http_client()
        self.url = server.url
        units = MinorUnits({"IDR": places})
        self.power = 10**places
        self.psp = WooshPay(self.http, server.url, "sk_test_12345678", a_tenant(), units)
        self.lever("/switches", {"minor_units": {"IDR": places}})

    def lever(self, path: str, body: dict[str, Any]) -> Any:
        """Something that happens at the provider, by its control plane."""
        answer = self.http.post(f"{self.url}/_sandbox{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def seen(self, path: str) -> Any:
        """What its control plane shows."""
        return self.http.get(f"{self.url}/_sandbox{path}").json()

    def hide_refunded(self) -> None:
        self.lever("/switches", {"refunded_total_on_intent": False})

    def pay(self, payment: Payment, provider: ProviderSession) -> None:
        self.lever(f"/payment_intents/{provider.intent}/approve", {})

    def hold(self, refund: Refund) -> None:
        self.lever("/switches", {"refund_first_status": "pending"})

    def refunded(self, payment: Payment, provider: ProviderSession) -> int:
        answer = self.seen(f"/payments/{provider.intent}")
        whole, rest = divmod(answer["refunded"], self.power)
        assert rest == 0
        return int(whole)


PAYMENT = a_payment(bound=False)


def created(subject: Subject, payment: Payment = PAYMENT) -> ProviderSession:
    """The provider's names for a payment."""
    return subject.psp.create_session(payment, OK, NO).provider


def refund_of(provider: ProviderSession, amount: int, number: int = 1) -> Refund:
    """A refund of the payment."""
    return replace(a_refund(amount=rupiah(amount), number=number), intent=provider.intent)


def paid(subject: Subject) -> ProviderSession:
    """The names of a payment that is paid."""
    provider = created(subject)
    subject.pay(PAYMENT, provider)
    return provider
