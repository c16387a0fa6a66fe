"""A stage's Chalice project: the application with our bundle where Chalice keeps one that it has
already made, the stage's settings in its configuration, and policies without a placeholder left.

`chalice package` and `chalice deploy` run in it unmodified, and use the bundle.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy import bundle
from deploy.dependencies import compile_all
from deploy.runtimes import runtime_of

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PACKAGES = DIST / "packages"
USUAL_ARCHITECTURE = "x86_64"


class NoSuchStage(Exception):
    """The stage is not in .chalice/config.json."""


def staged(stage: str, region: str, account: str, settings: Mapping[str, str]) -> Path:
    """`dist/<stage>/project`, made anew; what Chalice knows of a deployment of it is kept.
    `settings` go over those of .chalice/config.json. Raises NoSuchStage, runtimes.Unsupported, and
    what bundle.make raises."""
    made = bundle_of(stage)
    project = laid_out(stage, region, account, settings)
    _give_to_chalice(made, project, architecture_of(configured(stage), stage))
    return project


def laid_out(stage: str, region: str, account: str, settings: Mapping[str, str]) -> Path:
    """The same without a bundle: enough to remove what was deployed. Raises NoSuchStage."""
    config = configured(stage)
    project = DIST / stage / "project"
    project.mkdir(parents=True, exist_ok=True)
    for name in ("app.py", "chalicelib"):
        _remove(project / name)
    bundle.copy_application(ROOT, project)
    # Chalice hashes all that it finds, and importing the application must not add to it.
    compile_all(project / "chalicelib")
    shutil.copyfile(ROOT / "requirements.txt", project / "requirements.txt")
    about = {"stage": stage, "region": region, "account": account}
    _write_configuration(project / ".chalice", stage, config, about, settings)
    return project


def bundle_of(stage: str) -> bundle.Bundle:
    """The stage's bundle, `dist/<stage>/bundle.zip`."""
    runtime = runtime_of((sys.version_info[0], sys.version_info[1]), datetime.now(UTC).date())
    architecture = architecture_of(configured(stage), stage)
    into, commit = DIST / stage / "bundle.zip", bundle.commit_of(ROOT)
    return bundle.make(ROOT, into, runtime, architecture, PACKAGES, commit)


def configured(stage: str) -> dict[str, Any]:
    """.chalice/config.json. Raises NoSuchStage."""
    config: dict[str, Any] = json.loads((ROOT / ".chalice/config.json").read_text("utf-8"))
    if stage not in config["stages"]:
        known = ", ".join(config["stages"])
        raise NoSuchStage(f"{stage} is not in .chalice/config.json, which has {known}")
    return config


def architecture_of(config: Mapping[str, Any], stage: str) -> str:
    """`x86_64` or `arm64`: the stage's own, or that of all."""
    own = config["stages"][stage].get("lambda_architecture")
    return str(own or config.get("lambda_architecture", USUAL_ARCHITECTURE))


def _write_configuration(
    into: Path,
    stage: str,
    config: dict[str, Any],
    about: Mapping[str, str],
    settings: Mapping[str, str],
) -> None:
    (into / "policies").mkdir(parents=True, exist_ok=True)
    own = config["stages"][stage]
    own["environment_variables"] = {**own.get("environment_variables", {}), **settings}
    alone = {**config, "stages": {stage: own}}
    (into / "config.json").write_text(json.dumps(alone, indent=2) + "\n", encoding="utf-8")
    for policy in sorted((ROOT / "deploy/policies").glob("*.json")):
        filled = Template(policy.read_text(encoding="utf-8")).substitute(about)
        (into / "policies" / policy.name).write_text(filled, encoding="utf-8")


def _give_to_chalice(made: bundle.Bundle, project: Path, architecture: str) -> None:
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    osutils = OSUtils()
    packager = LambdaDeploymentPackager(
        osutils, DependencyBuilder(osutils), UI(), architecture=architecture
    )
    kept = Path(packager.deployment_package_filename(str(project), python))
    _remove(kept.parent)
    kept.parent.mkdir(parents=True)
    shutil.copyfile(made.path, kept)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
