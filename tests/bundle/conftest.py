"""The real bundle, made once for all that look at it."""

import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy import bundle
from deploy.project import PACKAGES, ROOT, USUAL_ARCHITECTURE
from deploy.runtimes import Runtime, runtime_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """Lambda's, for the Python that runs this."""
    return runtime_of((sys.version_info[0], sys.version_info[1]), datetime.now(UTC).date())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> bundle.Bundle:
    """The bundle."""
    into = tmp_path_factory.mktemp("made") / "bundle.zip"
    return bundle.make(ROOT, into, runtime, USUAL_ARCHITECTURE, PACKAGES, COMMIT)


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory, made: bundle.Bundle) -> Path:
    """The bundle unzipped, as a function finds it."""
    into = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(made.path) as zipped:
        zipped.extractall(into)
    return into
