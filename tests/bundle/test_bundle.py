"""What is in the bundle, and what is not."""

import ast
import gzip
import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from textwrap import dedent

import cfnlint
import pytest

from bench.cold import Start, imports, loaded
from deploy import bundle, libraries, project, trimming
from deploy.dependencies import MACHINES
from deploy.runtimes import Runtime, Unsupported, runtime_of
from tests.bundle.conftest import COMMIT

SETTINGS = {"AWS_REGION": "ap-southeast-3", "TAUTAN_STAGE": "dev"}
NOW = date(2026, 11, 26)
# What no function may load before a request needs it.
LATER = {"PIL", "boto3", "httpcore", "httpx", "jinja2", "pydantic", "qs_codec", "segno"}
TOP = {
    "PIL", "annotated_types", "app.py", "__pycache__", "botocore", "certifi", "chalice",
    "chalicelib", "dateutil", "h11", "httpcore", "httpx", "idna", "jinja2", "jmespath",
    "markupsafe", "pillow.libs", "pydantic", "pydantic_core", "python_ulid-4.1.0.dist-info",
    "qs_codec", "segno", "six.pyc", "typing_extensions.pyc", "typing_inspection", "ulid", "urllib3",
}  # fmt: skip


def test_it_holds_what_runs_and_nothing_else(task: Path) -> None:
    assert {path.name for path in task.iterdir()} == TOP
    assert sorted(p.name for p in (task / "chalice").glob("*.py")) == ["__init__.py", "app.py"]
    ours = {p.relative_to(project.ROOT).as_posix() for p in _sources(project.ROOT / "chalicelib")}
    theirs = {p.relative_to(task).as_posix() for p in _files(task / "chalicelib")}
    compiled = {re.sub(r"\.py$", ".pyc", name) for name in ours}
    assert theirs == compiled | {"chalicelib/VERSION"}


def test_every_module_has_its_bytecode_which_no_date_makes_stale(task: Path) -> None:
    sources = {path.relative_to(task).as_posix(): path for path in task.rglob("*.py")}
    assert set(sources) == {"app.py", "chalice/__init__.py", "chalice/app.py"}
    beside = [
        source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        for source in sources.values()
    ]
    alone = [path for path in task.rglob("*.pyc") if path.parent.name != "__pycache__"]
    assert len(alone) > 300
    for compiled in (*beside, *alone):
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags == 0b01, f"{compiled} is not of the unchecked kind"


def test_the_same_sources_give_the_same_bytes_wherever_they_are(
    made: bundle.Bundle, runtime: Runtime, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    bundle.copy_application(project.ROOT, copy)
    (copy / "requirements.txt").write_bytes((project.ROOT / "requirements.txt").read_bytes())
    again = bundle.make(copy, tmp_path / "b.zip", runtime, "x86_64", project.PACKAGES, COMMIT)
    assert (again.sha256, again.size, again.files) == (made.sha256, made.size, made.files)


def test_it_stays_small(made: bundle.Bundle) -> None:
    assert made.size <= 10_000_000
    with zipfile.ZipFile(made.path) as zipped:
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in zipped.infolist()} == {0o100644}
        assert len(zipped.infolist()) == made.files


def test_every_service_that_is_used_can_be_asked_and_no_other_is_there(task: Path) -> None:
    used = {
        node.args[0].value
        for source in (project.ROOT / "chalicelib").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "aws.client"
        and isinstance(node.args[0], ast.Constant)
    }
    assert used <= set(trimming.SERVICES)
    assert {p.name for p in (task / "botocore/data").iterdir() if p.is_dir()} == {
        *trimming.SERVICES
    }
    code = dedent("""
        from botocore.config import Config
        from chalicelib.adapters import aws
        for name in {names!r}:
            client = aws.client(name, "ap-southeast-3", None, Config())
            print(name, client.meta.endpoint_url)
    """).format(names=sorted(trimming.SERVICES))
    told = _run(task, code).split("\n")
    assert told == [
        f"{name} https://{name}.ap-southeast-3.amazonaws.com" for name in sorted(trimming.SERVICES)
    ]


def test_the_services_say_the_same_with_their_prose_taken_out(task: Path) -> None:
    import botocore

    data = Path(botocore.__file__).parent / "data"
    for model in sorted(task.glob("botocore/data/*/*/service-2.json")):
        whole = data / f"{model.relative_to(task / 'botocore/data')}.gz"
        told = json.loads(gzip.decompress(whole.read_bytes()))
        kept = json.loads(model.read_text(encoding="utf-8"))
        assert kept["operations"].keys() == told["operations"].keys()
        assert {n: {**s, "documentation": None}.keys() for n, s in kept["shapes"].items()} == {
            n: {**s, "documentation": None}.keys() for n, s in told["shapes"].items()
        }


def test_every_library_can_be_loaded_by_lambdas_c_library(task: Path, runtime: Runtime) -> None:
    found = libraries.libraries(task)
    assert {path.name.partition(".")[0] for path in found} >= {"_imagingft", "_pydantic_core"}
    assert max(libraries.newest_glibc(path) for path in found) <= runtime.glibc
    libraries.check_glibc(task, runtime.glibc)
    with pytest.raises(libraries.TooNew, match=r"glibc 2\.4; .*_pydantic_core"):
        libraries.check_glibc(task, (2, 4))


JOBS = [f"chalicelib.jobs.{name}" for name in ("webhook", "refund", "deliver", "reconcile")]


@pytest.mark.parametrize("handler", ["app", *JOBS])
def test_nothing_heavy_is_loaded_before_a_request_needs_it(task: Path, handler: str) -> None:
    found = {name.partition(".")[0] for name in loaded(Start(task, imports(handler)), SETTINGS)}
    assert found & LATER == set()
    assert "botocore" in found


def test_a_function_of_the_clock_or_the_queue_does_not_load_the_pages(task: Path) -> None:
    night = loaded(Start(task, imports("chalicelib.jobs.reconcile")), SETTINGS)
    assert [name for name in night if name.startswith("chalicelib.web")] == []
    telling = loaded(Start(task, imports("chalicelib.jobs.deliver")), SETTINGS)
    assert "chalicelib.web.storefront" not in telling


@pytest.mark.parametrize(
    ("python", "today", "why"),
    [
        (
            (3, 11),
            date(2027, 6, 30),
            "python3.11 has not been supported by Lambda since 2027-06-30",
        ),
        ((3, 9), NOW, "python3.9 has not been supported by Lambda since 2025-12-15"),
        ((3, 7), NOW, "python3.7 is no runtime of Lambda's"),
        ((3, 11), date(2030, 1, 1), "one that deploy/runtimes.json does not know yet"),
    ],
)
def test_a_python_that_lambda_does_not_run_is_refused(
    python: tuple[int, int], today: date, why: str
) -> None:
    with pytest.raises(Unsupported, match=re.escape(why)):
        runtime_of(python, today)


def test_one_that_it_runs_is_taken_to_its_last_day() -> None:
    assert runtime_of((3, 11), date(2027, 6, 29)) == Runtime((3, 11), (2, 26))
    assert runtime_of((3, 13), NOW).name == "python3.13"


def test_the_dates_are_those_that_the_linter_of_templates_knows() -> None:
    known = Path(cfnlint.__file__).parent / "data/AdditionalSpecs/LmbdRuntimeLifecycle.json"
    dates = json.loads(known.read_text(encoding="utf-8"))
    table = json.loads((project.ROOT / "deploy/runtimes.json").read_text(encoding="utf-8"))
    ours = {name: each["deprecated"] for name, each in table.items() if name != "source"}
    assert ours == {name: dates[name]["deprecated"] for name in ours}


def test_the_architecture_is_one_that_lambda_has() -> None:
    config = project.configured("dev")
    assert {project.architecture_of(config, stage) for stage in config["stages"]} <= set(MACHINES)
    with pytest.raises(project.NoSuchStage, match="nowhere is not in"):
        project.configured("nowhere")


def test_a_bundle_says_the_commit_that_it_was_made_of(tmp_path: Path) -> None:
    assert bundle.commit_of(tmp_path) == "unknown"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    (tmp_path / "app.py").write_text("one")
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run([*git, *step], check=True)
    clean = bundle.commit_of(tmp_path)
    assert re.fullmatch(r"[0-9a-f]{40}", clean)
    (tmp_path / "app.py").write_text("two")
    assert bundle.commit_of(tmp_path) == f"{clean}-changed"


def _sources(folder: Path) -> set[Path]:
    return {path for path in _files(folder) if path.suffix != ".pyc"}


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _run(task: Path, code: str) -> str:
    start = "import sys; sys.path.insert(0, sys.argv[1]); exec(sys.argv[2])"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", start, str(task), code],
        env={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
