"""The documented API under /v1: authentication, faults, idempotency, then the call itself."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from threading import Event as Flag

from flask import Blueprint, Request, Response, request

from sandbox.calls import Call, match
from sandbox.errors import ApiError, Json, invalid, unauthorized
from sandbox.faults import Fault
from sandbox.idempotency import MAX_KEY, Answer
from sandbox.models import Logged
from sandbox.params import Fields, parse, strict_json
from sandbox.state import State

_KEY = re.compile(r"sk_test_[A-Za-z0-9_]{8,}")


def authenticate(header: str) -> str:
    """The account: HTTP Basic, the secret test key as user name, a blank password (1763752)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise unauthorized("Send the secret key as the user name of HTTP Basic authentication")
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as problem:
        raise unauthorized("The Authorization header is not HTTP Basic") from problem
    if not colon or password:
        raise unauthorized("The password must be blank")
    return authenticate_key(user)


def authenticate_key(key: str) -> str:
    """The account of a secret key; any test key is one of its own."""
    if not _KEY.fullmatch(key):
        raise unauthorized("A secret test key (sk_test_…) is needed")
    return key


class Api:
    """Answers the requests to /v1 from one state. ``stopping`` cuts every planned delay short."""

    def __init__(self, state: State, stopping: Flag) -> None:
        self._state = state
        self._stopping = stopping

    def serve(self, asked: Request) -> Response:
        """The answer to one request, logged, and spoiled when a fault is planned for it."""
        state = self._state
        with state.acting():
            logged = Logged(
                asked.method, asked.path, _key_of(asked), _shown_body(asked), state.now()
            )
            state.requests.append(logged)
            fault = state.faults.take_api(asked.method, asked.path)
            request_id = state.ids.new("req")
        logged.fault = fault.kind if fault else ""
        answer = self._faulty_before(fault) if fault and fault.before else None
        if answer is None:
            try:
                answer = self._authenticated(asked, request_id, fault, logged)
            except ApiError as error:
                answer = self._refusal(error)
            answer = self._faulty_after(fault, answer)
        logged.status = None if answer.drop_after is not None else answer.status
        return self._response(answer, request_id)

    def _authenticated(
        self, asked: Request, request_id: str, fault: Fault | None, logged: Logged
    ) -> Answer:
        account = authenticate(asked.headers.get("Authorization", ""))
        handler, arguments = match(asked)
        body = parse(asked.get_data(), asked.headers.get("Content-Type", ""))
        call = Call(self._state, account, Fields(body), asked.args.to_dict(flat=False))

        def perform() -> Answer:
            if fault and fault.kind == "delay":
                self._stopping.wait(fault.seconds)
            with self._state.acting(request_id, logged.idempotency_key):
                try:
                    return _json_answer(200, handler(call, **arguments))
                except ApiError as error:
                    return self._refusal(error)

        if not self._keyed(asked):
            return perform()
        fingerprint = json.dumps([asked.method, asked.path, body], sort_keys=True)
        owner = (account, logged.idempotency_key)
        return self._once(owner, fingerprint, perform, fault, logged)

    def _once(
        self,
        owner: tuple[str, str],
        fingerprint: str,
        perform: Callable[[], Answer],
        fault: Fault | None,
        logged: Logged,
    ) -> Answer:
        state = self._state
        if not 1 <= len(owner[1]) <= MAX_KEY:
            raise invalid(f"Idempotency-Key must have 1 to {MAX_KEY} characters")
        with state.lock:
            memory, hours = state.idempotency, state.switches.idempotency_hours
            stored = memory.claim(
                owner, sha256(fingerprint.encode()).hexdigest(), state.now(), hours
            )
        if stored:
            logged.replayed = True
            return stored
        try:
            answer = perform()
        except BaseException:
            with state.lock:
                memory.release(owner)
            raise
        with state.lock:
            memory.finish(owner, self._kept(answer, fault))
        return answer

    def _kept(self, answer: Answer, fault: Fault | None) -> Answer:
        if fault and fault.kind == "error_after" and self._state.switches.stored_5xx:
            return self._faulty_after(fault, answer)
        return answer

    def _keyed(self, asked: Request) -> bool:
        if asked.method != "POST" or "Idempotency-Key" not in asked.headers:
            return False
        switches = self._state.switches
        if asked.path.startswith("/v1/refunds"):
            return switches.idempotency_on_refunds
        if asked.path.startswith("/v1/checkout/sessions"):
            return switches.idempotency_on_sessions
        return True

    def _faulty_before(self, fault: Fault) -> Answer:
        if fault.kind == "timeout_before":
            return Answer(0, b"", drop_after=fault.seconds)
        if fault.kind == "redirect":
            location = {"Location": f"{self._state.base_url}/_sandbox/elsewhere"}
            return Answer(fault.status, b"", location)
        if fault.kind == "rate_limit":
            error = ApiError(429, "api_error", "sandbox_rate_limit", "Too many requests")
            return replace(self._refusal(error), headers={"Retry-After": "1"})
        return self._trouble(fault)

    def _faulty_after(self, fault: Fault | None, answer: Answer) -> Answer:
        kind = fault.kind if fault else ""
        if fault is None or kind == "delay":
            return answer
        if kind == "timeout_after":
            return replace(answer, drop_after=fault.seconds)
        if kind == "malformed":
            return Answer(fault.status, answer.body[: len(answer.body) // 2])
        if kind == "html":
            page = b"<html><body><h1>Service notice</h1></body></html>"
            return Answer(fault.status, page, {"Content-Type": "text/html"})
        return self._trouble(fault)

    def _trouble(self, fault: Fault) -> Answer:
        message = "There was a temporary problem with internal servers"
        return self._refusal(ApiError(fault.status, "api_error", "sandbox_fault", message))

    def _refusal(self, error: ApiError) -> Answer:
        return _json_answer(error.status, error.body(self._state.switches.error_envelope))

    def _response(self, answer: Answer, request_id: str) -> Response:
        if answer.drop_after is not None:
            return Response(self._dropped(answer.drop_after))
        headers = {"Content-Type": "application/json", "Request-Id": request_id} | answer.headers
        return Response(answer.body, answer.status, headers)

    def _dropped(self, seconds: float) -> Iterator[bytes]:
        """Close the connection without a byte of answer: werkzeug does so on this error."""
        if not self._stopping.wait(seconds) or self._stopping.is_set():
            raise ConnectionResetError
        yield b""


def _key_of(asked: Request) -> str:
    return asked.headers.get("Idempotency-Key", "")


def _shown_body(asked: Request) -> object:
    raw = asked.get_data()
    try:
        return strict_json(raw) if raw else None
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")


def _json_answer(status: int, body: Json) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


def blueprint(api: Api) -> Blueprint:
    """The routes of /v1."""
    routes = Blueprint("api", __name__)

    @routes.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE", "PUT", "PATCH"])
    def _serve(rest: str) -> Response:
        return api.serve(request)

    return routes
