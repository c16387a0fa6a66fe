"""`make run` again: what the engine can keep is there, until `make reset`."""

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.domain.ids import MerchantId, Tenant
from dev import engines, keeping, reset
from dev.keeping import InUse, folder_of, taken
from dev.merchant import api_client, offer_coffee, open_shop, reopened
from dev.settings import REGION, TABLE
from dev.shopper import Shopper
from dev.stack import Stack, Wanted
from tests.running import running

pytestmark = pytest.mark.timeout(120)
ELSEWHERE = "https://dynamodb.ap-southeast-3.amazonaws.com"


@contextmanager
def ended(environment: dict[str, str], folder: Path, says: str) -> Iterator[dict[str, Any]]:
    """A run that Ctrl-C ends."""
    with running(environment, folder) as (process, stack):
        yield stack
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
        assert says in output.splitlines()


def test_the_shop_its_link_and_a_payment_under_way_come_back(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment = {**environment, "ENGINE": "ministack"}
    where = keeping.KEPT / "ministack"
    what = f"in {where}; make reset ENGINE=ministack empties it."
    with closing(Shopper()) as shopper:
        with ended(environment, tmp_path, f"Kept for the next run, {what}") as first:
            shopper.open(first["link_url"])
            page = str(shopper.press("pay").url)
        assert stat.S_IMODE((tmp_path / where).stat().st_mode) == 0o700
        with ended(environment, tmp_path, f"As the last run left it, {what}") as again:
            mine = ("merchant", "secret_key", "link", "link_url")
            assert [again[name] for name in mine] == [first[name] for name in mine]
            shopper.open(page)
            shopper.press("pay-dana")
            landed = shopper.press("approve", phone="081234567890", pin="123456")
            assert "/s/" in str(landed.url)
            with api_client(again["api_url"], again["secret_key"]) as api:
                (link,) = api.get("/v1/payment_links").json()["data"]
                (session,) = api.get("/v1/checkout/sessions").json()["data"]
            assert (link["id"], session["payment_status"]) == (first["link"], "paid")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and an environment that is put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return tmp_path


def kept(engine: str) -> Path:
    """Something is kept."""
    folder = folder_of(engine)
    assert folder is not None
    with taken(folder):
        (folder / "ssm.json").write_text("{}")
    return folder


def test_an_address_keeps_its_table_and_we_its_parameters(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        address = os.environ["ENGINE"] = engines.start("moto", stack).aws
        folder = kept(address)
        wanted = Wanted(engine=address, kept=folder)
        with taken(folder), Stack(wanted) as running:
            assert not running.sandbox_remembers
            shop = open_shop()
        with taken(folder), Stack(wanted) as running:
            assert running.sandbox_remembers
            reopened(shop)
            secrets = bootstrap.app().secrets
            assert (
                secrets.wooshpay_key(Tenant(MerchantId(shop.merchant), False)) == shop.wooshpay_key
            )
            with api_client(running.api_url, shop.secret_key) as api:
                assert offer_coffee(api)["object"] == "payment_link"
        with closing(dynamodb_client(REGION, address)) as client:
            assert client.list_tables()["TableNames"] == [TABLE]
            assert reset.main() == 0
            assert client.list_tables()["TableNames"] == []
        assert capsys.readouterr() == (f"{address}: nothing is kept any more.\n", "")
        assert not folder.exists()
        assert reset.main() == 0  # a table that is not there is no failure


@pytest.mark.parametrize("engine", [ELSEWHERE, "http://192.0.2.1:8000", "http://127.0.0.1.nip.io"])
def test_what_is_not_on_this_machine_is_left_alone(
    here: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    folder = kept(engine)
    os.environ["ENGINE"] = engine
    assert reset.main() == 1
    told = f"{engine} is not on this machine; nothing there or kept for it is touched."
    assert capsys.readouterr() == ("", f"make reset: {told}\n")
    assert (folder / "ssm.json").exists()


def test_without_an_engine_all_that_is_here_goes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reset.main() == 0
    ministack, elsewhere = kept("ministack"), kept(ELSEWHERE)
    assert reset.main() == 1
    assert (ministack.exists(), elsewhere.exists()) == (False, True)
    out, err = capsys.readouterr()
    assert out == "Nothing is kept.\nministack: nothing is kept any more.\n"
    assert err.startswith(f"make reset: {ELSEWHERE} is not on this machine;")


def test_what_a_stack_is_using_is_not_emptied_and_not_shared(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept("ministack")
    with taken(folder):
        assert reset.main() == 1
        told = f"{folder} is in use by another make run."
        assert capsys.readouterr() == ("", f"make reset: {told}\n")
        with pytest.raises(InUse, match="in use"), taken(folder):
            raise AssertionError("shared")
    assert (folder / "ssm.json").exists()


@pytest.mark.parametrize("engine", ["postgres", "http://x:y"])
def test_an_engine_that_is_none_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    os.environ["ENGINE"] = engine
    assert reset.main() == 1
    told = f"make reset: ENGINE is moto, ministack or an http address, not '{engine}'.\n"
    assert capsys.readouterr() == ("", told)
    assert not keeping.KEPT.exists()


def test_an_address_where_nobody_answers_keeps_what_is_kept_for_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(f"http://127.0.0.1:{engines.free_port()}")
    assert reset.main() == 1
    assert capsys.readouterr().err.startswith("make reset: Could not connect")
    assert (folder / "ssm.json").exists()


def test_moto_keeps_nothing() -> None:
    assert folder_of("moto") is None


def test_each_engine_has_a_folder_of_its_own() -> None:
    names = ["ministack", "http://127.0.0.1:8000", "http://127.0.0.1:8001/", ELSEWHERE]
    assert len({folder_of(name) for name in names}) == len(names)
    assert folder_of("http://127.0.0.1:8000/") == folder_of("http://127.0.0.1:8000")
    assert {folder.parent for name in names if (folder := folder_of(name))} == {keeping.KEPT}
