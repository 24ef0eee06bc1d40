"""Type checkers and linters take the paths that are the same on every system."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import jedi
import pytest
from conftest import run_merged

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunVirtualenv


@pytest.fixture
def project(virtualenv: RunVirtualenv, tmp_path: Path) -> Path:
    """Return a project whose one module depends on what is installed in its environment."""
    virtualenv("--without-pip", "--link-bin-scripts", "--link-python-exe", "--link-site-packages", ".venv")
    installed = tmp_path / ".venv" / "Lib" / "site-packages" / "installed"
    installed.mkdir()
    (installed / "py.typed").touch()
    (installed / "__init__.py").write_text("number: int = 0\n", encoding="utf-8")
    (installed / "ruff.toml").write_text('[lint]\nselect = ["T201"]\n', encoding="utf-8")
    (tmp_path / "module.py").write_text("import installed\n\ntext: str = installed.number\n", encoding="utf-8")
    return tmp_path


def run(project: Path, *command: str) -> str:
    """Run a tool that finds fault, and return what it says."""
    done = run_merged([sys.executable, "-m", *command], cwd=project)
    assert done.returncode == 1, done.stdout
    return done.stdout


python = pytest.mark.parametrize("python", [".venv/bin/python", ".venv/bin/python.exe", ".venv/Scripts/python.exe"])


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="mypy has wheels for CPython only")
@python
def test_mypy(project: Path, python: str) -> None:
    """Mypy finds what is installed, and sees its types."""
    output = run(project, "mypy", "--python-executable", python, "module.py")
    assert 'expression has type "int", variable has type "str"' in output


@python
def test_pyright(project: Path, python: str) -> None:
    """Pyright finds what is installed, and sees its types."""
    output = run(project, "pyright", "--pythonpath", python, "module.py")
    assert '"int" is not assignable to "str"' in output


@python
def test_ty(project: Path, python: str) -> None:
    """Ty finds what is installed, and sees its types."""
    output = run(project, "ty", "check", "--python", python, "module.py")
    assert "`int` is not assignable to `str`" in output


@python
def test_pyrefly(project: Path, python: str) -> None:
    """Pyrefly finds what is installed, and sees its types."""
    (project / "pyrefly.toml").touch()  # or it looks for syntax errors only
    output = run(project, "pyrefly", "check", "--python-interpreter-path", python, "module.py")
    assert "`int` is not assignable to `str`" in output


@python
def test_jedi(project: Path, python: str) -> None:
    """Jedi finds what is installed, and knows its types."""
    environment = jedi.create_environment(str(project / python), safe=False)
    script = jedi.Script("import installed\ninstalled.number", environment=environment)
    assert [name.full_name for name in script.infer(2, 12)] == ["builtins.int"]


def test_ruff(project: Path) -> None:
    """Ruff extends a configuration that is installed."""
    (project / "ruff.toml").write_text('extend = ".venv/Lib/site-packages/installed/ruff.toml"\n', encoding="utf-8")
    (project / "module.py").write_text("print()\n", encoding="utf-8")
    assert "T201" in run(project, "ruff", "check", "module.py")
