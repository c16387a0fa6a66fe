"""What a function does not carry: the parts of its dependencies that nothing of ours reaches."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The services that chalicelib makes clients of.
SERVICES = ("dynamodb", "lambda", "sqs", "ssm")
# What botocore reads to make a client of one of them.
MODELS = ("service-2.json.gz", "endpoint-rule-set-1.json.gz")
COMMON_DATA = frozenset(
    {"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"}
)

# Pictures are drawn and saved as PNG; nobody's picture is ever opened.
PIL_MODULES = frozenset({
    "ExifTags.py", "GimpGradientFile.py", "GimpPaletteFile.py", "Image.py", "ImageChops.py",
    "ImageColor.py", "ImageDraw.py", "ImageFile.py", "ImageFont.py", "ImageMode.py",
    "ImagePalette.py", "ImageSequence.py", "ImageText.py", "PaletteFile.py", "PngImagePlugin.py",
    "TiffTags.py", "__init__.py", "_binary.py", "_deprecate.py", "_typing.py", "_util.py",
    "_version.py",
})  # fmt: skip
PIL_EXTENSIONS = ("_imaging.", "_imagingft.")

UNUSED = (
    "bin",
    "annotated_types/test_cases.py",
    "anyio",  # the asynchronous half of httpx
    "botocore/cacert.pem",  # certifi's are taken
    "botocore/crt/auth.py",
    "botocore/stub.py",
    "dateutil/easter.py",
    "dateutil/rrule.py",
    "dateutil/tz/win.py",
    "dateutil/tzwin.py",
    "dateutil/zoneinfo",
    "httpcore/_async/http2.py",
    "httpcore/_async/socks_proxy.py",
    "httpcore/_sync/http2.py",
    "httpcore/_sync/socks_proxy.py",
    "httpx/_main.py",  # httpx's command
    "idna/cli.py",
    "idna/uts46data.py",  # of a mapping that nobody asks for
    "jinja2/ext.py",
    "jinja2/sandbox.py",
    "pydantic/color.py",
    "pydantic/experimental",
    "pydantic/mypy.py",
    "pydantic/v1",
    "segno/cli.py",
    "segno/helpers.py",
    "ulid/__main__.py",
    "urllib3/contrib/emscripten",
    "urllib3/contrib/socks.py",
)
UNUSED_ANYWHERE = ("**/tests", "**/__pycache__", "**/*.pyi", "**/py.typed", "**/*.c", "share")
# Read at run time: ulid asks for its own version.
METADATA_READ = ("python_ulid-",)


def trim(tree: Path) -> None:
    """Take away from installed packages what is never used."""
    for path in [*_unused(tree)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _trim_endpoints(tree / "botocore/data/endpoints.json")
    for model in tree.glob("botocore/data/*/*/service-2.json.gz"):
        _without_documentation(model)
    for folder in sorted(tree.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _unused(tree: Path) -> Iterator[Path]:
    for name in UNUSED:
        yield tree / name
    for pattern in UNUSED_ANYWHERE:
        yield from tree.glob(pattern)
    yield from _metadata(tree)
    yield from _aws_data(tree / "botocore/data")
    for path in (tree / "PIL").iterdir():
        kept = path.name in PIL_MODULES or path.name.startswith(PIL_EXTENSIONS)
        if path.is_file() and not kept:
            yield path


def _metadata(tree: Path) -> Iterator[Path]:
    for folder in tree.glob("*.dist-info"):
        if folder.name.startswith(METADATA_READ):
            yield from (each for each in folder.iterdir() if each.name != "METADATA")
        else:
            yield folder


def _aws_data(data: Path) -> Iterator[Path]:
    for path in data.iterdir():
        if path.name not in SERVICES and path.name not in COMMON_DATA:
            yield path
    for service in SERVICES:
        *older, current = sorted(each for each in (data / service).iterdir())
        yield from older
        yield from (each for each in current.iterdir() if each.name not in MODELS)


def _trim_endpoints(path: Path) -> None:
    """The regions of our services: the whole table is 1.2 MB, read by the first client."""
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for partition in table["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in SERVICES if name in services}
    path.write_text(json.dumps(table, separators=(",", ":")), encoding="utf-8")


def _without_documentation(model: Path) -> None:
    """Four fifths of a service's model are prose, read whenever its first client is made."""
    described = json.loads(gzip.decompress(model.read_bytes()))
    text = json.dumps(_undocumented(described), separators=(",", ":"))
    model.with_suffix("").write_text(text, encoding="utf-8")
    model.unlink()


def _undocumented(value: Any) -> Any:
    if isinstance(value, dict):
        prose = isinstance(value.get("documentation"), str)
        return {k: _undocumented(v) for k, v in value.items() if k != "documentation" or not prose}
    return [_undocumented(each) for each in value] if isinstance(value, list) else value
