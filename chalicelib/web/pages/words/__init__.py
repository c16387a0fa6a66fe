"""Every sentence on the pages, a page a file: Indonesian first, then English."""

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]
