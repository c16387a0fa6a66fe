"""An AWS of our own on loopback for one deployment, and all that it holds, to be compared."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import httpx

from dev.engines import free_port
from dev.settings import HOST, REGION

STARTS_WITHIN_S = 30
TOLERANT = Path(__file__).with_name("tolerances.py")
SESSION = botocore.session.Session()  # a second client costs a hundredth of a second session
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where it is, and the folder in which it keeps the REST documents it was given."""

    url: str
    folder: Path

    def client(self, service: str) -> Any:
        """A client of one of its services."""
        return SESSION.create_client(service, region_name=REGION, endpoint_url=self.url)

    def document(self, rest_api: str) -> Json:
        """The REST document that Chalice sent."""
        found: Json = json.loads((self.folder / f"{rest_api}.json").read_text(encoding="utf-8"))
        return found

    def invoke(self, function: str, event: Json) -> Any:
        """What the function answers."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        told = json.load(answer["Payload"])
        assert "FunctionError" not in answer, told
        return told


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Started, and stopped at the end."""
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": "",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "ERROR",
        "DOCKER_HOST": f"unix://{folder}/none",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    url = f"http://{HOST}:{port}"
    child = subprocess.Popen(
        [sys.executable, str(TOLERANT)],
        env=environment,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    try:
        for _ in range(STARTS_WITHIN_S * 20):
            assert child.poll() is None, "ministack ended"
            if _answers(url):
                break
            time.sleep(0.05)
        yield Cloud(url, folder)
    finally:
        child.stdin.close()
        child.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_ministack/health", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False
