"""The edge: a request of Chalice comes in, a handler answers, errors are told, one line is logged.

Only here do domain errors meet HTTP. The doors (for merchants, shoppers, the provider) differ in
how they authenticate and in how they tell an error, and in nothing else.
"""

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, TypeVar, Unpack
from urllib.parse import urlencode

from chalice.app import Blueprint, Request, Response

from chalicelib import bootstrap, log
from chalicelib.bootstrap import App
from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.errors import NotReadyYet, ParameterInvalid, ParameterUnknown, TautanError
from chalicelib.domain.ids import Millis, Tenant, time_part, ulid_of
from chalicelib.domain.ledger import Cause
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Answered, Replayed, StoreUnavailable
from chalicelib.usecases.ports import Slice
from chalicelib.web import bodies, forms, objects, schemas
from chalicelib.web.errors import STATUS, envelope, plain_envelope, retry_after
from chalicelib.web.expanding import Expander
from chalicelib.web.sending import Sent, accepting

B = TypeVar("B", bound=forms.Body)
T = TypeVar("T")
EXPAND = "expand"
REPLAYED = {"Idempotency-Replayed": "true"}
JSON_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


class AnyContentType(list[str]):
    """Chalice asks whether a content type is in the list; every one is."""

    def __contains__(self, item: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what came in, when, and the application that answers it."""

    app: App
    request: Request
    path: Mapping[str, str]
    now: Millis
    request_id: str
    noted: log.Fields = field(default_factory=log.Fields)

    @property
    def body(self) -> bytes:
        """The bytes as they were sent; raises ParameterInvalid for broken base64."""
        try:
            raw = self.request.raw_body
        except (binascii.Error, ValueError) as error:
            raise ParameterInvalid("The body is not valid base64.", param="body") from error
        return raw if isinstance(raw, bytes) else raw.encode()

    def header(self, name: str) -> str | None:
        """A header by its name in any case."""
        value = self.request.headers.get(name)
        return value if isinstance(value, str) else None

    @property
    def address(self) -> str | None:
        """Where the request came from, as API Gateway saw it; never from a header that anyone may
        write."""
        identity = (self.request.context or {}).get("identity") or {}
        source = identity.get("sourceIp")
        return source if isinstance(source, str) else None

    def fields(self) -> tuple[dict[str, Any], bool]:
        """The body's fields, and whether they came as a form."""
        return bodies.parsed(self.body, self.header("content-type") or "")

    def query(self) -> dict[str, Any]:
        """The query parameters, those in brackets as objects and lists; raises ParameterInvalid for
        one that is given twice."""
        given = self.request.query_params
        if given is None:
            return {}
        pairs = [(name, value) for name in given for value in given.getlist(name)]
        for name in given:
            if len(given.getlist(name)) > 1 and not name.endswith("[]"):
                raise ParameterInvalid(f"{name[:80]} is given twice.", param=name[:80])
        return bodies.parsed(urlencode(pairs).encode(), bodies.FORM)[0]

    def note(self, **facts: Unpack[log.Fields]) -> None:
        """Ids and outcomes for the request's log line; never payloads."""
        self.noted.update(facts)


@dataclass(frozen=True, slots=True)
class MerchantCall(Call):
    """A request of a merchant whose key has been checked."""

    key: ApiKey = field(kw_only=True)

    @property
    def tenant(self) -> Tenant:
        """Whose data, and of which mode."""
        return self.key.tenant

    @property
    def actor(self) -> str:
        """Who asks, for the ledger."""
        return self.key.actor

    def given(self, model: type[B]) -> B:
        """The body as `model`; raises InvalidRequest."""
        fields, form = self.fields()
        fields.pop(EXPAND, None)
        return forms.checked(model, fields, form=form)

    @property
    def paths(self) -> tuple[str, ...]:
        """What is to be expanded, by the query or, of a POST, by the body; raises
        ParameterInvalid."""
        told = self.query()
        if self.request.method == "POST":
            told |= self.fields()[0]
        asked = {EXPAND: told[EXPAND]} if EXPAND in told else {}
        return tuple(forms.checked(schemas.Expansion, asked, form=True).expand)

    def expanded(self, answer: Any) -> Any:
        """The answer with what is to be expanded."""
        paths = self.paths
        return Expander(objects.readers(self)).expanded(answer, paths) if paths else answer

    def created(
        self,
        story: Callable[[Asking], T],
        show: Callable[[T], Any],
        status: Callable[[T], int] = lambda _: 200,
    ) -> "Answer":
        """The answer of a story that an idempotency key may have told before: then that one. It is
        kept as it is without `expand`, for what that leads to may not be written yet."""

        def tell(outcome: Any) -> Answered:
            if isinstance(outcome, TautanError):
                answer = _json_error(self, outcome)
                return Answered(answer.status, json.dumps(answer.body))
            return Answered(status(outcome), json.dumps(show(outcome)))

        try:
            made = story(replace(self.asking(), tell=tell))
        except Replayed as replayed:
            self.note(replayed=True)
            told = replayed.answer
            body = self.expanded(json.loads(told.body)) if told.status < 300 else told.body
            return Answer(body, told.status, REPLAYED)
        return Answer(self.expanded(show(made)), status(made))

    def asking(self) -> Asking:
        """Who asks, when, and under which idempotency key."""
        return Asking(
            tenant=self.tenant,
            actor=self.actor,
            now=self.now,
            request_id=self.request_id,
            idempotency_key=self.header("idempotency-key"),
            fingerprint=self._fingerprint(),
        )

    def cause(self, reference: str) -> Cause:
        """The cause of a change that this request makes."""
        return Cause(actor=self.actor, reference=reference, request_id=self.request_id, at=self.now)

    def asked(self, model: type[B]) -> B:
        """The query parameters as `model`; raises InvalidRequest."""
        told = self.query()
        told.pop(EXPAND, None)
        return forms.checked(model, told, form=True)

    def part(self, kind: str, asked: schemas.ListQuery | None = None) -> Slice:
        """Which part of the list of one kind of ids (`prod`, …), as it was `asked` for with filters
        or without any; raises InvalidRequest."""
        query = self.asked(schemas.ListQuery) if asked is None else asked
        first, last = query.bounds()
        return Slice(
            limit=query.limit,
            before=_cursor(kind, "starting_after", query.starting_after),
            after=_cursor(kind, "ending_before", query.ending_before),
            since=None if first is None else f"{kind}_{time_part(first)}",
            until=None if last is None else f"{kind}_{time_part(last)}",
        )

    def _fingerprint(self) -> str:
        fields, _ = self.fields()
        asked = [self.request.method, self.request.path, dict(self.path), fields]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back: text or bytes as they are, anything else as JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def merchant_route(
    routes: Blueprint, method: str, path: str, *, needs: Scope, listed: bool = False
) -> Callable[[Callable[[MerchantCall], Answer]], Callable[..., Response]]:
    """A route of the merchants' API: a key is required that may what the route `needs`, errors are
    JSON. Only a list is asked for by query parameters."""

    def door(call: Call) -> MerchantCall:
        key = call.app.keys.owner(_presented(call), call.now)
        call.note(merchant=key.tenant.merchant, livemode=key.tenant.livemode)
        key.must_have(needs)
        query = call.query()
        query.pop(EXPAND, None)
        if query and not listed:
            name = next(iter(query))[:80]
            raise ParameterUnknown(f"Received unknown parameter: {name}", param=name)
        return MerchantCall(
            app=call.app,
            request=call.request,
            path=call.path,
            now=call.now,
            request_id=call.request_id,
            noted=call.noted,
            key=key,
        )

    def decorate(handler: Callable[[MerchantCall], Answer]) -> Callable[..., Response]:
        types = ["application/json", bodies.FORM]

        def answer(call: Call) -> Answer:
            asked = door(call)
            objects.check_may_expand(asked.key, asked.paths)
            given = handler(asked)
            if asked.request.method == "GET":
                given = replace(given, body=asked.expanded(given.body))
            if "replayed" not in call.noted:  # the same request again does nothing, not even this
                call.app.keys.used(asked.key, call.now)
            return given

        view = _view(routes, answer, _json_error, handler)
        vars(view).update(needs=needs, listed=listed)  # for the description
        routes.route(path, methods=[method], content_types=types)(view)
        return view

    return decorate


def public_route(
    routes: Blueprint,
    methods: list[str],
    path: str,
    tell: Callable[[Call, TautanError | None], Answer] | None = None,
) -> Callable[[Callable[[Call], Answer]], Callable[..., Response]]:
    """A route that anyone may ask, with any content type; `tell` makes an answer of an error,
    None standing for our own failure."""

    def decorate(handler: Callable[[Call], Answer]) -> Callable[..., Response]:
        view = _view(routes, handler, tell or _json_error, handler)
        routes.route(path, methods=methods, content_types=AnyContentType())(view)
        return view

    return decorate


def _view(
    routes: Blueprint,
    handler: Callable[[Call], Answer],
    tell: Callable[[Call, TautanError | None], Answer],
    named: Callable[..., Any],
) -> Callable[..., Response]:
    @wraps(named)
    def view(**path: str) -> Response:
        started = time.perf_counter()
        app = bootstrap.app()
        request_id = f"req_{app.mint.ulid()}"
        call = Call(app, accepting(routes.current_request), path, app.clock(), request_id)
        with log.request(request_id):
            answer = _answered(handler, tell, call)
            route = f"{call.request.method} {call.request.path}"
            log.answered(route, answer.status, started, call.noted)
        headers: dict[str, str | list[str]] = {
            **JSON_HEADERS,
            **answer.headers,
            "Request-Id": request_id,
        }
        ready = isinstance(answer.body, str | bytes)
        body = answer.body if ready else json.dumps(answer.body)
        return Sent(body, headers=headers, status_code=answer.status)

    return view


def _answered(
    handler: Callable[[Call], Answer],
    tell: Callable[[Call, TautanError | None], Answer],
    call: Call,
) -> Answer:
    try:
        return handler(call)
    except TautanError as error:
        call.note(error=error.code)
        return tell(call, error)
    except StoreUnavailable:
        call.note(error="store_unavailable")
        return tell(call, NotReadyYet("The store is busy. Try again."))
    except Exception as error:  # noqa: BLE001 - the last wall: nothing may leave as a stack trace
        log.failure(call.request_id, error)
        call.note(error="internal_error")
        return tell(call, None)


def _json_error(call: Call, error: TautanError | None) -> Answer:
    if error is None:
        body = plain_envelope(
            "internal_error",
            "Something went wrong on our side.",
            "Terjadi kesalahan di pihak kami. Coba lagi sebentar lagi.",
            call.request_id,
        )
        return Answer(body, 500)
    status = STATUS[type(error)]
    headers = retry_after(error)
    if status == 401:
        headers = {"WWW-Authenticate": 'Bearer realm="tautan"'}
    return Answer(envelope(error, call.request_id), status, headers)


def _presented(call: Call) -> str | None:
    """The key of `Authorization: Bearer sk_…`, or the user name of Basic."""
    scheme, _, value = (call.header("authorization") or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[0] or None


def _cursor(kind: str, param: str, id: str | None) -> str | None:
    if id is not None and ulid_of(id, kind) is None:
        raise ParameterInvalid(f"{param} must be the id of a listed object, {kind}_….", param=param)
    return id


def cause_of(call: Call, actor: str, reference: str) -> Cause:
    """The cause of a change that a shopper's tap makes."""
    return Cause(actor=actor, reference=reference, request_id=call.request_id, at=call.now)
