"""What runs now, as Lambda tells it: to see whether somebody has changed it by hand."""

import hashlib
import json
from collections.abc import Iterable

from deploy.target import Target

COMPARED = ("CodeSha256", "Environment", "Handler", "MemorySize", "Role", "Runtime", "Timeout")


def digest(target: Target, functions: Iterable[str]) -> str:
    """The same as long as these functions run the same code in the same way."""
    compute = target.client("lambda")
    told = {}
    for name in sorted(functions):
        try:
            found = compute.get_function_configuration(FunctionName=name)
            told[name] = {key: found.get(key) for key in COMPARED}
        except compute.exceptions.ResourceNotFoundException:
            told[name] = {}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
