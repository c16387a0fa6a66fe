"""Cold starts: each function's code loaded from the real bundle, beside the same application as an
unmodified `chalice package` makes it, and beside the floor, Chalice and a pool of connections.

`chalice package` takes minutes, for it builds Pillow from source; what it made is kept as long as
`requirements.txt` says the same, and the application in it is replaced by today's.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.cold import Start, cold_ms, imports
from deploy import bundle, project

STAGE = "dev"
KEPT = project.DIST / "bench"
HANDLERS = {
    "api": "app",
    **{name: f"chalicelib.jobs.{name}" for name in ("webhook", "refund", "deliver", "reconcile")},
}
FLOOR_BUDGET, STOCK_BUDGET = 4.5, 0.40
SETTINGS = {
    "TAUTAN_STAGE": STAGE,
    "TAUTAN_TABLE": f"tautan-{STAGE}",
    "TAUTAN_PUBLIC_URL": "https://pay.example.com",
    "AWS_REGION": "ap-southeast-3",
    "AWS_ACCESS_KEY_ID": "opens-nothing",
    "AWS_SECRET_ACCESS_KEY": "opens-nothing",
}
FLOOR = "import chalice.app; import urllib3; urllib3.PoolManager()"
_GATEWAY = {
    "requestContext": {"httpMethod": "GET", "resourcePath": "/v1/products", "identity": {}},
    "headers": {"accept": "*/*"},
    "multiValueHeaders": {},
    "pathParameters": None,
    "multiValueQueryStringParameters": None,
    "stageVariables": None,
    "body": None,
}
_URL = {
    "rawPath": "/webhooks/wooshpay/nobody",
    "requestContext": {"http": {"method": "POST"}},
    "headers": {},
    "body": "{}",
}
# A first request that asks nobody: refused for want of a key, a merchant, an amount.
FIRST = {
    "api": f"app.app({_GATEWAY!r}, None)",
    "webhook": f"chalicelib.jobs.webhook.webhook({_URL!r}, None)",
    "refund": "chalicelib.jobs.refund.refund({'merchant': 'nobody'}, None)",
}


def lines() -> Iterator[Mapping[str, Any]]:
    """A line for the bundle, and one for each function."""
    made = project.bundle_of(STAGE)
    yield {"measure": "bundle", "bytes": made.size, "files": made.files, "sha256": made.sha256}
    with TemporaryDirectory() as folder:
        ours, stock = Path(folder) / "ours", Path(folder) / "stock"
        zipfile.ZipFile(made.path).extractall(ours)
        _unmodified(stock)
        starts = {"floor": Start(ours, FLOOR)}
        for name, module in HANDLERS.items():
            starts[name] = Start(ours, imports(module))
            starts[f"{name}, unmodified"] = Start(stock, imports(module))
            if name in FIRST:
                starts[f"{name}, asked"] = Start(ours, f"{imports(module)}; {FIRST[name]}")
        took = cold_ms(starts, SETTINGS)
    for name in HANDLERS:
        by_floor = took[name] / took["floor"]
        by_stock = took[name] / took[f"{name}, unmodified"]
        yield {
            "measure": "cold import",
            "function": name,
            "cpu_ms": round(took[name]),
            "with_first_request_cpu_ms": (round(took[f"{name}, asked"]) if name in FIRST else None),
            "unmodified_cpu_ms": round(took[f"{name}, unmodified"]),
            "floor_cpu_ms": round(took["floor"]),
            "of_floor": round(by_floor, 2),
            "of_unmodified": round(by_stock, 2),
            "budgets": [FLOOR_BUDGET, STOCK_BUDGET],
            "met": by_floor <= FLOOR_BUDGET and by_stock <= STOCK_BUDGET,
        }


def _unmodified(into: Path) -> None:
    """What `chalice package` makes of today's application: no bytecode, nothing left out."""
    zipfile.ZipFile(_packaged()).extractall(into)
    shutil.rmtree(into / "chalicelib")
    (into / "app.py").unlink()
    bundle.copy_application(project.ROOT, into)


def _packaged() -> Path:
    asked = hashlib.sha256((project.ROOT / "requirements.txt").read_bytes()).hexdigest()[:16]
    kept = KEPT / f"unmodified-{asked}-{sys.implementation.cache_tag}.zip"
    if not kept.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=KEPT) as folder:
            made = Path(folder)
            bundle.copy_application(project.ROOT, made / "project")
            shutil.copy(project.ROOT / "requirements.txt", made / "project")
            (made / "project" / ".chalice").mkdir()
            config = json.dumps({"version": "2.0", "app_name": "tautan"})
            (made / "project" / ".chalice" / "config.json").write_text(config)
            chalice = Path(sys.executable).with_name("chalice")
            subprocess.run(  # noqa: S603 - Chalice's own command, in a folder of ours
                [str(chalice), "package", "--stage", STAGE, str(made / "out")],
                cwd=made / "project",
                env={**os.environ, **SETTINGS, "AWS_DEFAULT_REGION": SETTINGS["AWS_REGION"]},
                check=True,
                capture_output=True,
            )
            (made / "out" / "deployment.zip").replace(kept)
    return kept
