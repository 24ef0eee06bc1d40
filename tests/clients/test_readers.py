"""Each reader of paths, a type checker or a linter, takes a path that is new on this system."""

from __future__ import annotations

import sys
from pathlib import Path

import jedi
import pytest
from helpers import run
from pages import RECIPES

PYTHON = ".venv/bin/python" if sys.platform == "win32" else ".venv/Scripts/python.exe"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in whose environment a module ``installed`` with a number is installed."""
    run(sys.executable, "-m", "virtualenv", "--without-pip", "--link-bin-scripts", "--link-site-packages", ".venv")
    installed = tmp_path / ".venv" / "Lib" / "site-packages" / "installed"
    installed.mkdir()
    (installed / "py.typed").touch()
    (installed / "__init__.py").write_text("number: int = 0\n", encoding="utf-8")
    (tmp_path / "pyrefly.toml").touch()  # or it looks for syntax errors only
    return tmp_path


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("mypy --python-executable", 'expression has type "int", variable has type "str"'),
        ("pyright --pythonpath", 'Type "int" is not assignable to declared type "str"'),
        ("ty check --python", "Object of type `int` is not assignable to `str`"),
        ("pyrefly check --python-interpreter-path", "`int` is not assignable to `str`"),
    ],
)
def test_type_checker(command: str, message: str) -> None:
    """A type checker finds what is installed, and sees that an ``int`` from there is no ``str``."""
    if "mypy" in command and sys.implementation.name != "cpython":
        pytest.skip("mypy has wheels for CPython only")
    Path("module.py").write_text("import installed\n\ntext: str = installed.number\n", encoding="utf-8")

    output = run(sys.executable, "-m", *command.split(), PYTHON, "module.py", status=1)

    assert message in output


def test_jedi(project: Path) -> None:
    """Jedi finds what is installed, and knows its types."""
    environment = jedi.create_environment(str(project / PYTHON), safe=False)

    names = jedi.Script("import installed\ninstalled.number", environment=environment).infer(2, 12)

    assert [name.full_name for name in names] == ["builtins.int"]


def test_ruff(project: Path) -> None:
    """With the recipe's ruff.toml, Ruff applies a rule that only an installed package selects."""
    (project / "module.py").write_text("print()\n", encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "module.py"]
    assert "All checks passed!" in run(*ruff)
    rules = project / ".venv" / "Lib" / "site-packages" / "our_rules"
    rules.mkdir()
    (rules / "ruff.toml").write_text('[lint]\nselect = ["T201"]  # print\n', encoding="utf-8")

    (project / "ruff.toml").write_text(RECIPES["ruff.toml"], encoding="utf-8")

    assert "T201" in run(*ruff, status=1)


def test_coverage(project: Path) -> None:
    """Coverage measures what the alias names in ``source``; a pattern that begins with ``*`` does not match it."""
    module = Path(".venv/Lib/site-packages/installed/__init__.py")
    config = "[run]\nsource = .venv/Lib/site-packages/installed\n"
    (project / ".coveragerc").write_text(config, encoding="utf-8")
    (project / "module.py").write_text("import sys; sys.path.insert(0, '.venv/Lib/site-packages'); import installed\n")

    coverage = [sys.executable, "-m", "coverage"]
    own = {"COVERAGE_FILE": ".coverage"}  # not that of whoever runs the tests
    run(*coverage, "run", "module.py", env=own)

    assert module.exists()
    assert "100%" in run(*coverage, "report", env=own)
    include = "--include=*/.venv/Lib/site-packages/*"
    assert "No data to report" in run(*coverage, "report", include, status=1, env=own)
