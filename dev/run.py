"""`make run`: the main job on this machine, until Ctrl-C."""

import contextlib
import json
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import segno

from chalicelib.domain.errors import TautanError
from chalicelib.usecases.failures import StoreUnavailable
from dev.merchant import Refused, Shop, api_client, offer_coffee, open_shop
from dev.settings import TABLE
from dev.stack import CannotStart, Stack, Wanted

WAKES_S = 0.5
STACK_FILE = Path(".local") / "stack.json"
FORESEEN = (CannotStart, Refused, TautanError, StoreUnavailable, httpx.HTTPError, OSError)


def wanted_from(environment: dict[str, str]) -> Wanted:
    """What the environment asks for; raises CannotStart and names what is wrong."""
    ports = {}
    for name, usual in (("PORT", "8000"), ("SANDBOX_PORT", "8001")):
        text = environment.get(name) or usual
        if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65_535:
            raise CannotStart(f"{name} is a port number, not '{text}'.")
        ports[name] = int(text)
    psp = environment.get("WOOSHPAY_API_BASE") or None
    if psp is not None and not environment.get("WOOSHPAY_KEY"):
        raise CannotStart("WOOSHPAY_API_BASE needs WOOSHPAY_KEY, the secret key to use there.")
    return Wanted(
        engine=environment.get("ENGINE") or "moto",
        port=ports["PORT"],
        sandbox_port=ports["SANDBOX_PORT"],
        psp=psp,
    )


def main() -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with Stack(wanted_from(dict(os.environ))) as stack:
            if not stopping.is_set():
                _open(stack)
                while not stopping.wait(WAKES_S):  # a signal that came to another thread is seen
                    pass
                _say("\nStopping.")
    except FORESEEN as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    finally:
        _forget()
    return 0


def _open(stack: Stack) -> None:
    shop = open_shop(os.environ.get("WOOSHPAY_KEY"))
    with api_client(stack.api_url, shop.secret_key) as api:
        link = offer_coffee(api)
    _show(stack, shop, link)
    other = _other_stack()
    if other is not None:
        _say("\nServing until Ctrl-C.")
        _say(f"{STACK_FILE} belongs to the stack of process {other} and is left to it.")
        return
    _say(f"\nServing until Ctrl-C. {STACK_FILE} holds all of this.")
    _remember(
        {
            "api_url": stack.api_url,
            "sandbox_url": stack.sandbox_url,
            "secret_key": shop.secret_key,
            "link_url": link["url"],
            "merchant": shop.merchant,
            "link": link["id"],
            "table": TABLE,
            "pid": os.getpid(),
            "aws_endpoint_url": stack.aws_url,
            "event_queue_url": os.environ["TAUTAN_EVENT_QUEUE_URL"],
            **({"aws_endpoint_url_dynamodb": stack.dynamodb_url} if stack.dynamodb_url else {}),
            **({"wooshpay_api_base": stack.psp_url} if not stack.sandbox_url else {}),
        }
    )


def _show(stack: Stack, shop: Shop, link: dict[str, Any]) -> None:
    _say("")
    segno.make(link["url"], error="l").terminal(compact=True)
    item = link["line_items"]["data"][0]
    _say(f"  {item['description']}, {item['amount_display']}")
    _say(f"  {link['url']}\n")
    _say(f"API        {stack.api_url}")
    if stack.sandbox_url:
        _say(f"Sandbox    {stack.sandbox_url}/_sandbox/")
    _say(f"Secret key {shop.secret_key}")
    _say(f"Merchant   {shop.merchant}")
    _say(f"Table      {TABLE} at {stack.dynamodb_url or stack.aws_url}\n")
    _say("Open the link and pay; then, for example:")
    _say(f"  curl -u {shop.secret_key}: {stack.api_url}/v1/checkout/sessions")
    _say(
        f"  curl -u {shop.secret_key}: {stack.api_url}/v1/refunds "
        "-H 'Idempotency-Key: first' -d checkout_session=cs_… -d amount=25000"
    )


def _say(text: str) -> None:
    print(text, flush=True)


def _remember(facts: dict[str, Any]) -> None:
    """Write the stack's file in one piece, readable by its owner only: it holds a key."""
    STACK_FILE.parent.mkdir(exist_ok=True)
    fresh = STACK_FILE.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=1)
    fresh.replace(STACK_FILE)


def _other_stack() -> int | None:
    """The process of another stack that runs and has written the file."""
    try:
        pid = int(json.loads(STACK_FILE.read_text())["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError):
        return None
    return None if pid == os.getpid() else pid


def _forget() -> None:
    """Remove the stack's file, if it is ours and not a later stack's."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        if json.loads(STACK_FILE.read_text())["pid"] == os.getpid():
            STACK_FILE.unlink()


if __name__ == "__main__":
    sys.exit(main())
