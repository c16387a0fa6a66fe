"""`make reset`: what `make run` kept on this machine is gone.

Of the engine that ENGINE names; moto keeps nothing, so that it stands for all that keep something.
"""

import os
import shutil
import sys
from contextlib import closing
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.config import LOOPBACK
from dev.engines import is_address
from dev.keeping import InUse, folder_of, kept_engines, taken
from dev.settings import REGION, TABLE, lead_to_store


class NotHere(Exception):
    """What is kept elsewhere is not ours to empty."""


FORESEEN = (NotHere, InUse, BotoCoreError, ClientError, OSError)


def main() -> int:
    """Empty it; the exit code."""
    engine = os.environ.get("ENGINE") or "moto"
    names = kept_engines() if engine == "moto" else [engine]
    if not names:
        print("Nothing is kept.")
    return max([_emptied(name) for name in names], default=0)


def _emptied(engine: str) -> int:
    try:
        _empty(engine)
    except FORESEEN as error:
        print(f"make reset: {error}", file=sys.stderr)
        return 1
    print(f"{engine}: nothing is kept any more.")
    return 0


def _empty(engine: str) -> None:
    folder = folder_of(engine)
    if folder is None:
        raise NotHere(f"ENGINE is moto, ministack or an http address, not '{engine}'.")
    if is_address(engine) and urlsplit(engine).hostname not in LOOPBACK:
        raise NotHere(f"{engine} is not on this machine; nothing there or kept for it is touched.")
    with taken(folder):
        if is_address(engine):
            _drop_table(engine)
        shutil.rmtree(folder)


def _drop_table(address: str) -> None:
    lead_to_store(os.environ, address)
    with closing(dynamodb_client(REGION, address)) as client:
        try:
            client.delete_table(TableName=TABLE)
            client.get_waiter("table_not_exists").wait(TableName=TABLE)
        except client.exceptions.ResourceNotFoundException:
            return


if __name__ == "__main__":
    sys.exit(main())
