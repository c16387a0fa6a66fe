"""The deployed functions by their three names: Chalice's, AWS's and the template's."""

API = "api_handler"
WEBHOOK = "webhook"
REFUND = "refund"
CHALICE_NAMES = (
    API,
    WEBHOOK,
    REFUND,
    "deliver",
    "deliver_again",
    "reconcile_sweep",
    "reconcile_compare",
    "reconcile_audit",
)


def aws_name(stage: str, name: str) -> str:
    """As `chalice deploy` names it; the one behind the REST API has the application's own name."""
    return f"tautan-{stage}" if name == API else f"tautan-{stage}-{name}"


def logical_name(name: str) -> str:
    """As `chalice package` names it in the template."""
    if name == API:
        return "APIHandler"
    return "".join(part.capitalize() for part in name.split("_"))


def by_logical_name(stage: str) -> dict[str, str]:
    """AWS's names by the template's."""
    return {logical_name(name): aws_name(stage, name) for name in CHALICE_NAMES}
