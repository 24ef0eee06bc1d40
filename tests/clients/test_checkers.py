"""Type checkers and linters take the paths that are the same on every system."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import jedi
import pytest
from conftest import run

if TYPE_CHECKING:
    from pathlib import Path

#: Those of the three spellings that are aliases on this system, so not a path that exists anyway.
PATHS = [".venv/bin/python.exe", ".venv/bin/python" if sys.platform == "win32" else ".venv/Scripts/python.exe"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose one module depends on what is installed in its environment."""
    project = tmp_path_factory.mktemp("project")
    options = ["--without-pip", "--link-bin-scripts", "--link-python-exe", "--link-site-packages"]
    run(sys.executable, "-m", "virtualenv", *options, project / ".venv")
    installed = project / ".venv" / "Lib" / "site-packages" / "installed"
    installed.mkdir()
    (installed / "py.typed").touch()
    (installed / "__init__.py").write_text("number: int = 0\n", encoding="utf-8")
    (project / "pyrefly.toml").touch()  # or it looks for syntax errors only
    (project / "module.py").write_text("import installed\n\ntext: str = installed.number\n", encoding="utf-8")
    return project


@pytest.mark.parametrize("python", PATHS)
@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        pytest.param(
            "mypy --python-executable",
            'expression has type "int", variable has type "str"',
            marks=pytest.mark.skipif(sys.implementation.name != "cpython", reason="mypy has wheels for CPython only"),
        ),
        ("pyright --pythonpath", '"int" is not assignable to "str"'),
        ("ty check --python", "`int` is not assignable to `str`"),
        ("pyrefly check --python-interpreter-path", "`int` is not assignable to `str`"),
    ],
)
def test_checker(project: Path, command: str, complaint: str, python: str) -> None:
    """A type checker finds what is installed, and sees its types."""
    assert complaint in run(sys.executable, "-m", *command.split(), python, "module.py", cwd=project, status=1)


@pytest.mark.parametrize("python", PATHS)
def test_jedi(project: Path, python: str) -> None:
    """Jedi finds what is installed, and knows its types."""
    environment = jedi.create_environment(str(project / python), safe=False)
    script = jedi.Script("import installed\ninstalled.number", environment=environment)
    assert [name.full_name for name in script.infer(2, 12)] == ["builtins.int"]
