"""A world in this process, for commands that need not be typed."""

from tests.web.conftest import a, b, server, tidy, world

__all__ = ["a", "b", "server", "tidy", "world"]
