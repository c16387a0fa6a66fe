"""The house keeps its shape: arrows point down, rules reach nothing, keys live in one file."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.domain.errors import TautanError
from chalicelib.web.errors import STATUS
from tests.architecture.source import PACKAGE, ROOT, files, nodes, parsed, texts

RULES = ("domain", "usecases")
PREFIX = re.compile(
    r"(^|[#{}])(M|KEY|PRODUCT|PRICE|LINK|SLUG|PAY|LG|RF|IDEM|EVT|PSP|DISC|LEASE|DUE)#"
)
SORT_KEYS = {
    "MERCHANT", "PRODUCT", "PRICE", "LINK", "SLUG", "PAY", "RF", "IDEM", "EVT", "PSP", "DISC",
    "LEASE",
}  # fmt: skip


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", ran.stdout)


def is_registration(node: ast.stmt) -> bool:
    """`app.register_…(…)`, or a loop of nothing else."""
    if isinstance(node, ast.For):
        return all(is_registration(each) for each in node.body) and not node.orelse
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr.startswith("register_")
    )


def is_setting(node: ast.stmt) -> bool:
    """`app = Chalice(…)`, `app.… = constant` or a list of them, or a tuple of names (the rooms)."""
    if not isinstance(node, ast.Assign):
        return False
    if isinstance(node.value, ast.Tuple):
        return all(isinstance(each, ast.Name) for each in node.value.elts)
    made = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Chalice"
    plain = node.value.elts if isinstance(node.value, ast.List) else [node.value]
    return made or all(isinstance(each, ast.Constant) for each in plain)


def test_app_py_imports_makes_and_registers_and_nothing_else() -> None:
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 55
    docstring, *rest = ast.parse(text).body
    assert isinstance(docstring, ast.Expr)
    others = [
        ast.unparse(node)
        for node in rest
        if not (
            isinstance(node, ast.Import | ast.ImportFrom)
            or is_setting(node)
            or is_registration(node)
        )
    ]
    assert others == []


def test_chalice_tells_no_stack_traces() -> None:
    from app import app

    assert app.debug is False


def test_the_rules_never_ask_what_time_it_is() -> None:
    clocks = {"now", "today", "utcnow", "time", "time_ns", "monotonic"}
    found = [
        place
        for place, node in nodes(*RULES)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
    ]
    assert found == []


def test_the_rules_know_no_floats() -> None:
    found = [
        place
        for place, node in nodes(*RULES)
        if (isinstance(node, ast.Name) and node.id in ("float", "Decimal"))
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    ]
    assert found == []


def test_only_keys_py_spells_the_tables_keys() -> None:
    found = [
        (place, text)
        for place, text in texts()
        if (PREFIX.search(text) or text in SORT_KEYS) and "dynamodb/keys.py" not in place
    ]
    assert found == []


def test_no_adapter_scans_or_reads_the_index_to_decide_about_money() -> None:
    called = {node.attr for _, node in nodes() if isinstance(node, ast.Attribute)}
    assert not called & {"scan", "put_item", "delete_item", "batch_write_item"}
    assert {"get_item", "batch_get_item", "query", "transact_write_items"} <= called


def test_nothing_about_money_is_written_without_a_transaction() -> None:
    """A cheap update has no token: whose answer was lost cannot know whether it happened."""
    cheap = {
        place.partition(":")[0].rpartition("/")[2]
        for place, node in nodes()
        if isinstance(node, ast.keyword) and node.arg == "cheap"
    }
    assert cheap == {"store_books.py", "store_events.py", "store_shop.py"}
    plain = {
        place.partition(":")[0].rpartition("/")[2]
        for place, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr == "update_item"
    }
    assert plain == {"engine.py"}


def leaves(kind: type[TautanError]) -> list[type[TautanError]]:
    """The errors below `kind` that have no kinds of their own."""
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


def ours() -> list[type[TautanError]]:
    return [leaf for leaf in leaves(TautanError) if leaf.__module__.startswith("chalicelib")]


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    codes = Counter(leaf.code for leaf in ours())
    assert [code for code, times in codes.items() if times > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)+", code)] == []
    assert set(STATUS) == set(ours())


def test_every_error_is_told_in_indonesian_and_has_a_sane_status() -> None:
    for leaf, status in STATUS.items():
        assert leaf.user_message, leaf
        assert 400 <= status <= 553, leaf
        assert status != 500, leaf


def test_an_error_has_a_kind_that_the_api_names() -> None:
    kinds = {"invalid_request_error", "authentication_error", "permission_error"}
    assert {leaf.type for leaf in ours()} <= kinds | {
        "idempotency_error", "rate_limit_error", "api_error", "psp_error",
    }  # fmt: skip


def test_a_handler_is_one_breath() -> None:
    long = []
    for place, node in nodes("web"):
        if not isinstance(node, ast.FunctionDef):
            continue
        routed = [each for each in node.decorator_list if "_route(" in ast.unparse(each)]
        lines = (node.end_lineno or 0) - node.body[0].lineno + 1
        if routed and lines > 12:
            long.append((place, node.name, lines))
    assert long == []


def test_the_package_never_imports_what_lambda_does_not_get() -> None:
    banned = {"moto", "flask", "boto3", "requests", "sandbox", "tests", "dev", "ops"}
    found = []
    for place, node in nodes():
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [(place, name) for name in names if name.partition(".")[0] in banned]
    assert found == []


# One line says what each of these is, above them: a leaf of the errors' tree, a pair of functions.
TOLD_TOGETHER = re.compile(r"_(to|from)_item$")


@pytest.mark.parametrize("room", ["domain", "usecases", "adapters"])
def test_what_is_public_says_what_it_is(room: str) -> None:
    missing = []
    for file in files(room):
        for node in parsed(file).body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                continue
            is_leaf = file.name == "errors.py" and isinstance(node, ast.ClassDef)
            if ast.get_docstring(node) or is_leaf or TOLD_TOGETHER.search(node.name):
                continue
            missing.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert missing == []


def test_every_module_says_what_it_is() -> None:
    silent = [file for file in files() if file.read_text() and not ast.get_docstring(parsed(file))]
    assert silent == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", "--"))]
    assert wanted
    assert [
        each for each in wanted if not re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\d", each)
    ] == []


def test_every_setting_is_in_the_readme() -> None:
    config = (PACKAGE / "config.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"((?:TAUTAN|WOOSHPAY|AWS_ENDPOINT)_[A-Z_]+)"', config))
    assert len(names) >= 6
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sorted(name for name in names if name not in readme) == []


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    config = (PACKAGE / "config.py").read_text(encoding="utf-8")
    told = set(re.findall(r"\bTAUTAN_[A-Z_]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert sorted(name for name in told if name not in config) == []
