"""`make run`: the main job on this machine, until Ctrl-C."""

import contextlib
import json
import os
import re
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import segno

from chalicelib.domain.errors import TautanError
from chalicelib.usecases.failures import StoreUnavailable
from dev import keeping
from dev.merchant import Refused, Shop, api_client, offer_coffee, open_shop, reopened
from dev.settings import TABLE
from dev.stack import CannotStart, Stack, Wanted

WAKES_S = 0.5
STACK_FILE = Path(".local") / "stack.json"
FORESEEN = (
    CannotStart,
    keeping.InUse,
    Refused,
    TautanError,
    StoreUnavailable,
    httpx.HTTPError,
    OSError,
)


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
    engine = environment.get("ENGINE") or "moto"
    return Wanted(
        engine=engine,
        port=ports["PORT"],
        sandbox_port=ports["SANDBOX_PORT"],
        psp=psp,
        kept=keeping.folder_of(engine),
    )


def main() -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with ExitStack() as running:
            wanted = wanted_from(dict(os.environ))
            if wanted.kept is not None:
                running.enter_context(keeping.taken(wanted.kept))
            stack = running.enter_context(Stack(wanted))
            if not stopping.is_set():
                _open(stack, wanted)
                while not stopping.wait(WAKES_S):  # a signal that came to another thread is seen
                    pass
                _say("\nStopping.")
    except FORESEEN as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    finally:
        _forget()
    return 0


def _open(stack: Stack, wanted: Wanted) -> None:
    found = _found_again(stack, wanted)
    shop, link = found or _new(stack)
    if wanted.kept is not None:
        keeping.keep_demo(wanted.kept, keeping.Demo(shop, link["id"], wanted.psp))
    _show(stack, shop, link)
    _say(f"\n{_memory(stack, wanted, again=found is not None)}")
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


def _new(stack: Stack) -> tuple[Shop, dict[str, Any]]:
    shop = open_shop(os.environ.get("WOOSHPAY_KEY"))
    with api_client(stack.api_url, shop.secret_key) as api:
        return shop, offer_coffee(api)


def _found_again(stack: Stack, wanted: Wanted) -> tuple[Shop, dict[str, Any]] | None:
    """The demo merchant and its link as the last run left them."""
    demo = wanted.kept and keeping.demo_of(wanted.kept)
    key = os.environ.get("WOOSHPAY_KEY")
    if not demo or demo.psp != wanted.psp or key not in (None, "", demo.shop.wooshpay_key):
        return None
    with api_client(stack.api_url, demo.shop.secret_key) as api:
        answer = api.get(f"/v1/payment_links/{demo.link}")
    if answer.status_code in (401, 404):  # somebody else has emptied the store
        return None
    reopened(demo.shop)
    return demo.shop, answer.raise_for_status().json()


def _memory(stack: Stack, wanted: Wanted, *, again: bool) -> str:
    """What is there of the last run, and what there will be of this one."""
    if wanted.kept is None:
        return "moto keeps nothing: all of this is gone at the end. ENGINE=ministack keeps it."
    told = "As the last run left it" if again else "Kept for the next run"
    lines = [f"{told}, in {wanted.kept}; make reset ENGINE={wanted.engine} empties it."]
    if stack.sandbox_url and again and not stack.sandbox_remembers:
        lines.append("The sandbox has forgotten its payments: they cannot be paid or refunded.")
    return "\n".join(lines)


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
    """Write the stack's file; it holds a key."""
    STACK_FILE.parent.mkdir(exist_ok=True)
    keeping.write_private(STACK_FILE, json.dumps(facts, indent=1))


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
