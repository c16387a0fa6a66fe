"""`python -m deploy package|up|destroy --stage STAGE`; the region is AWS's own setting."""

import argparse
import hashlib
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from deploy.bundle import TooLarge
from deploy.dependencies import NotInstalled
from deploy.destroy import destroy
from deploy.libraries import TooNew
from deploy.package import package
from deploy.project import NoSuchStage
from deploy.runtimes import Unsupported
from deploy.target import Target, target
from deploy.telling import Refused, Telling
from deploy.up import up

FORESEEN = (
    Refused,
    NoSuchStage,
    Unsupported,
    NotInstalled,
    TooNew,
    TooLarge,
    BotoCoreError,
    ClientError,
)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy", description="A stage on AWS.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("package", "the bundle and a SAM template, in dist/<stage>"),
        ("up", "deploy, or change what is not as it should be"),
        ("destroy", "remove what was deployed"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--stage", required=True)
    up_parser, destroy_parser = commands.choices["up"], commands.choices["destroy"]
    up_parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the application, kept for the next time; NAME= takes it back",
    )
    up_parser.add_argument("--alarms-to", metavar="E-MAIL", help="who is told of alarms")
    destroy_parser.add_argument("--data", action="store_true", help="the table and secrets too")
    destroy_parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def main() -> None:
    """Run the command; a foreseeable failure is one line on standard error, exit code 1."""
    given = _arguments().parse_args()
    try:
        if given.command == "package":
            _tell_of(package(given.stage))
            return
        where, telling = target(given.stage), Telling()
        if given.command == "up":
            up(where, given.set, given.alarms_to, telling)
        elif given.yes or _agreed(where, given.data):
            destroy(where, telling, data=given.data)
        else:
            raise Refused("nothing was removed")
    except FORESEEN as error:
        print(f"deploy: {error}", file=sys.stderr)
        sys.exit(1)


def _tell_of(template: Path) -> None:
    zipped = template.with_name("deployment.zip")
    digest = hashlib.sha256(zipped.read_bytes()).hexdigest()
    print(f"{template}\n{zipped}  {zipped.stat().st_size:,} bytes, sha256 {digest}")


def _agreed(where: Target, data: bool) -> bool:
    lost = ", with every payment and secret" if data else "; the table and secrets stay"
    print(f"Remove {where.stage} from account {where.account}, {where.region}{lost}.")
    try:
        return input(f"Type {where.stage} to go on: ") == where.stage
    except EOFError:  # nobody is there to ask
        return False


if __name__ == "__main__":
    main()
