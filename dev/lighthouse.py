"""`make lighthouse`: Lighthouse on the product page of a live link, on a stack of its own.

Only a live link without a limit may be shown by search engines, so the merchant is a live one,
connected to nobody. Needs Node's npx, which fetches Lighthouse, and Chromium (CHROME_PATH).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from chalicelib import bootstrap
from chalicelib.usecases.create_merchant import create_merchant
from dev.merchant import SHOP, Refused, api_client, posted
from dev.stack import CannotStart, Stack, Wanted

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
WITHIN_S = 300
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """The exit code: 0 when every score is high enough."""
    browser = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    npx = shutil.which("npx")
    if npx is None or browser is None:
        print("make lighthouse: needs npx (Node) and Chromium", file=sys.stderr)
        return 2
    try:
        with Stack(Wanted()) as stack:
            report = _report(npx, browser, _offer(stack.api_url))
    except (CannotStart, Refused, httpx.HTTPError, subprocess.SubprocessError, OSError) as error:
        print(f"make lighthouse: {error}", file=sys.stderr)
        return 1
    scores = {name: round(report["categories"][name]["score"] * 100) for name in CATEGORIES}
    for name, score in scores.items():
        print(f"{name:16}{score:4}")
    print(f"{'bytes':16}{round(report['audits']['total-byte-weight']['numericValue']):4}")
    for audit in _missed(report):
        print(f"  {audit['id']}: {audit['title']}")
    return 0 if min(scores.values()) >= LEAST else 1


def _offer(api_url: str) -> str:
    """The address of a live link that has a choice, a quantity and questions."""
    app = bootstrap.app()
    shop = create_merchant(app.store, app.mint, name=SHOP, livemode=True, now=app.clock())
    with api_client(api_url, shop.secret_key) as api:
        product = posted(
            api, "/v1/products", {"name": "Kaos Polos Hitam", "description": "Katun combed 30s."}
        )
        prices = [
            posted(
                api,
                "/v1/prices",
                {
                    "product": product["id"],
                    "currency": "IDR",
                    "unit_amount": amount,
                    "nickname": name,
                },
            )["id"]
            for name, amount in (("Ukuran M", 120_000), ("Ukuran XL", 135_000))
        ]
        line = {
            "price": prices[0],
            "variants": prices[1:],
            "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
        }
        asked = {"name": "required", "phone": "required", "shipping_address": "required"}
        link = posted(api, "/v1/payment_links", {"line_items": [line], "collect": asked})
    return str(link["url"])


def _report(npx: str, browser: str, url: str) -> dict[str, Any]:
    """What Lighthouse says of a page, seen on its usual slow phone."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "report.json"
        subprocess.run(
            [
                npx, "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={into}",
                f"--only-categories={','.join(CATEGORIES)}", "--locale=id",
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            ],
            env={**os.environ, "CHROME_PATH": browser},
            check=True,
            timeout=WITHIN_S,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(into.read_text())
        return found


def _missed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The audits that cost points."""
    weighty = {
        each["id"]
        for category in report["categories"].values()
        for each in category["auditRefs"]
        if each["weight"] > 0
    }
    found = (report["audits"][id] for id in sorted(weighty))
    return [each for each in found if each["score"] is not None and each["score"] < 1]


if __name__ == "__main__":
    sys.exit(main())
