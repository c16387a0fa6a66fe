"""The doors' tests need the doors: the same world as tests/web has."""

from tests.web.conftest import a, server, tidy, world

__all__ = ["a", "server", "tidy", "world"]
