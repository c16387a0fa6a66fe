"""`python -m ops`: merchants, and the books of their money, for the operator."""

import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from chalicelib.config import ConfigError
from chalicelib.domain.errors import TautanError
from chalicelib.usecases.failures import StoreUnavailable
from ops import books
from ops.catalog import prices, products
from ops.doctor import doctor
from ops.endpoints import endpoints
from ops.events import events, listen
from ops.export.commands import exports
from ops.keys import keys
from ops.links import links
from ops.local import NoStack, use_local_stack
from ops.merchants import merchants
from ops.payments import payments
from ops.refunds import refunds
from ops.telegram import telegram
from ops.triggering import trigger
from ops.webhooks import webhooks


class OneOrMany(TyperGroup):
    """`payments list` is `payment list`: nobody has to remember which it was."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """By its name, or its name with an s."""
        found = super().get_command(ctx, cmd_name)
        return found or super().get_command(ctx, cmd_name.removesuffix("s"))


cli = typer.Typer(cls=OneOrMany, no_args_is_help=True, help="Tautan's operator command.")
cli.add_typer(merchants, name="merchant")
cli.add_typer(keys, name="key")
for command in (books.ledger, books.audit, books.compare, books.sweep, doctor, listen, trigger):
    cli.command()(command)
cli.add_typer(products, name="product")
cli.add_typer(prices, name="price")
cli.add_typer(links, name="link")
cli.add_typer(webhooks, name="webhook")
cli.add_typer(endpoints, name="endpoint")
cli.add_typer(events, name="event")
cli.add_typer(telegram, name="telegram")
cli.add_typer(books.discrepancies, name="discrepancy")
cli.add_typer(payments, name="payment")
cli.add_typer(refunds, name="refund")
cli.add_typer(exports, name="export")
cli.add_typer(books.reviews, name="review")
FORESEEN = (
    TautanError,
    ConfigError,
    NoStack,
    BotoCoreError,
    ClientError,
    OSError,
)


@cli.callback()
def options(
    context: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="The stack of make run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Where to act, and how to print."""
    if local:
        use_local_stack()
    context.obj = as_json


def main() -> None:
    """Run the command; a foreseeable failure is one line on standard error, exit code 1."""
    os.environ.setdefault("TAUTAN_LOG_LEVEL", "ERROR")  # strokes are told where they are served
    try:
        cli(prog_name="ops")
    except StoreUnavailable as error:
        failed(f"The store does not answer: {error}")
    except FORESEEN as error:
        failed(str(error))


def failed(why: str) -> NoReturn:
    """End with one line on standard error."""
    typer.echo(f"ops: {why}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
