"""The session's stack; and a world in this process, for commands that need not be typed."""

from tests.running import stack, stack_folder
from tests.web.conftest import a, server, tidy, world

__all__ = ["a", "server", "stack", "stack_folder", "tidy", "world"]
