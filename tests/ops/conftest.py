"""The session's stack; and a world in this process, for commands that need not be typed."""

from tests.running import stack, stack_folder
from tests.web.conftest import a, b, server, tidy, world

__all__ = ["a", "b", "server", "stack", "stack_folder", "tidy", "world"]
