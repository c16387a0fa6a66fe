"""Chalice's own command, unmodified, in a staged project; it keeps its record in a file, we keep
that in Parameter Store."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from deploy.parameters import Json
from deploy.target import Target
from deploy.telling import Refused

WITHIN_S = 1800
PASSED_ON = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def run(project: Path, stage: str, region: str, *words: str) -> None:
    """`chalice <words> --stage <stage>`; what it says is shown as it comes. Raises Refused."""
    done = subprocess.run(  # noqa: S603 - our own chalice, with words of ours
        [str(Path(sys.executable).with_name("chalice")), *words, "--stage", stage],
        cwd=project,
        env=_environment(region),
        stdin=subprocess.DEVNULL,
        timeout=WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise Refused(f"chalice {words[0]} has failed; run the command again once that is mended.")


def _environment(region: str) -> dict[str, str]:
    """AWS's settings and what a process needs; nothing of ours, for Chalice imports the app."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.startswith("AWS_")
    }
    return {**ours, "AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"}


def give_record(project: Path, target: Target, record: Json) -> None:
    """Have Chalice find what it knew."""
    file = _record(project, target)
    file.parent.mkdir(parents=True, exist_ok=True)
    if record:
        file.write_text(json.dumps(record, indent=2), encoding="utf-8")
    else:
        file.unlink(missing_ok=True)


def take_record(project: Path, target: Target) -> Json:
    """What Chalice knows now."""
    file = _record(project, target)
    found: Json = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def digest(project: Path) -> str:
    """The same for the same code, configuration and policies, whatever was deployed before."""
    made_of = hashlib.sha256()
    for file in sorted(project.rglob("*")):
        relative = file.relative_to(project).as_posix()
        if file.is_file() and not relative.startswith(".chalice/deployed/"):
            made_of.update(f"{relative}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return made_of.hexdigest()


def _record(project: Path, target: Target) -> Path:
    return project / ".chalice" / "deployed" / f"{target.stage}.json"
