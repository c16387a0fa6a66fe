"""A stage's project in a folder of the test's own; the packages are kept for all."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy import project


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where `make package` and `make deploy` put what they make; one commit has one bundle
    (tests/bundle), so it is made once."""
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "DIST", folder)
        patch.setattr(project, "bundle_of", cache(project.bundle_of))
        yield folder
