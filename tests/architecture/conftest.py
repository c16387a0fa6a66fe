"""The doors' tests need the doors: the same world as tests/web has."""

from tests.web.conftest import a, captured, server, tidy, world

__all__ = ["a", "captured", "server", "tidy", "world"]
