"""The session's stack."""

from tests.running import stack, stack_folder

__all__ = ["stack", "stack_folder"]
