"""`make run`: serves until Ctrl-C, leaves nothing behind, and does not harm a first one."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.engines import free_port
from tests.running import Process, environment_for, running, started

pytestmark = pytest.mark.timeout(120)


Served = tuple[Process, dict[str, Any]]


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    with running(environment, tmp_path) as found:
        yield found


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_writes_its_addresses_serves_and_ends_with_ctrl_c(
    served: Served,
    free_ports: tuple[int, int],
    tmp_path: Path,
) -> None:
    process, stack = served
    port, sandbox_port = free_ports
    assert set(stack) == {
        "api_url",
        "sandbox_url",
        "secret_key",
        "link_url",
        "merchant",
        "link",
        "table",
        "pid",
        "aws_endpoint_url",
        "event_queue_url",
    }
    assert stack["api_url"] == f"http://127.0.0.1:{port}"
    assert stack["sandbox_url"] == f"http://127.0.0.1:{sandbox_port}"
    assert stack["pid"] == process.pid
    assert os.stat(tmp_path / ".local" / "stack.json").st_mode & 0o777 == 0o600
    with httpx.Client(trust_env=False, timeout=10) as http:
        page = http.get(stack["link_url"])
        head = http.head(stack["link_url"])
        links = http.get(f"{stack['api_url']}/v1/payment_links", auth=(stack["secret_key"], ""))
    assert (page.status_code, head.status_code, head.text) == (200, 200, "")
    assert "Kopi Gayo 250 g" in page.text
    assert [link["id"] for link in links.json()["data"]] == [stack["link"]]

    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert stack["link_url"] in output
    assert stack["secret_key"] in output
    assert not (tmp_path / ".local" / "stack.json").exists()
    assert is_free(port)
    assert is_free(sandbox_port)


@pytest.mark.parametrize(("name", "url"), [("PORT", "api_url"), ("SANDBOX_PORT", "sandbox_url")])
def test_a_second_one_names_the_busy_port_and_leaves_the_first_alone(
    stack: dict[str, Any], stack_folder: Path, name: str, url: str
) -> None:
    busy = httpx.URL(stack[url]).port
    second = started({**environment_for(0, 0), name: str(busy)}, stack_folder)
    output, errors = second.communicate(timeout=60)
    assert (second.returncode, output) == (1, "")
    assert errors == (
        f"make run: Port {busy} is taken (or not ours to take). Choose another one with {name}=…\n"
    )
    assert json.loads((stack_folder / ".local" / "stack.json").read_text()) == stack
    assert httpx.get(f"{stack['api_url']}/healthz", trust_env=False).status_code == 200


def test_sigterm_ends_it_as_well(served: Served, tmp_path: Path) -> None:
    process, _ = served
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert not (tmp_path / ".local" / "stack.json").exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"PORT": "http"}, "PORT is a port number, not 'http'."),
        ({"PORT": "65536"}, "PORT is a port number, not '65536'."),
        ({"PORT": "18999", "SANDBOX_PORT": "18999"}, "PORT and SANDBOX_PORT are both 18999."),
        ({"TAUTAN_LOG_LEVEL": "loud"}, "TAUTAN_LOG_LEVEL: is one of DEBUG"),
        ({"WOOSHPAY_API_BASE": "https://apitest.wooshpay.com"}, "needs WOOSHPAY_KEY"),
    ],
)
def test_a_bad_setting_is_named(
    environment: dict[str, str], tmp_path: Path, wrong: dict[str, str], told: str
) -> None:
    process = started({**environment, **wrong}, tmp_path)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert told in errors
    assert len(errors.splitlines()) == 1


def test_port_0_is_any_free_one_and_the_file_tells_which(tmp_path: Path) -> None:
    with running(environment_for(0, 0), tmp_path) as (_, stack):
        assert httpx.get(f"{stack['api_url']}/healthz", trust_env=False).status_code == 200
        assert httpx.get(stack["link_url"], trust_env=False).status_code == 200


def test_a_second_one_on_other_ports_leaves_the_firsts_file_alone(
    stack: dict[str, Any], stack_folder: Path
) -> None:
    second = started(environment_for(free_port(), free_port()), stack_folder)
    try:
        assert second.stdout is not None
        told = ""
        while "is left to it" not in told and (line := second.stdout.readline()):
            told += line
    finally:
        second.terminate()
        _, errors = second.communicate(timeout=20)
    assert f"belongs to the stack of process {stack['pid']} and is left to it" in told
    assert (second.returncode, errors) == (0, "")
    assert json.loads((stack_folder / ".local" / "stack.json").read_text()) == stack
