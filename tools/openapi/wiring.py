"""Where the generator reads and writes."""

from pathlib import Path

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SERVED = PROJECT / "chalicelib" / "web" / "described"
EXAMPLES = HERE / "examples.json"
