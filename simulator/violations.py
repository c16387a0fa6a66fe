"""What it is called when something that must hold does not."""


class Violation(AssertionError):
    """An invariant does not hold; the message begins with its number."""


def must(holds: bool, what: str) -> None:
    """Raises Violation."""
    if not holds:
        raise Violation(what)
