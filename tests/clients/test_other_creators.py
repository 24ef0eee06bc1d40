"""The command, on environments that uv and venv made for every installed Python."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, tree
from virtualenv.run import session_via_cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "pypy3"]
UV = [sys.executable, "-m", "uv", "--no-config"]
COMMAND = [sys.executable, "-m", "virtualenv_link_bin_scripts", "--link-python-exe", "--link-site-packages"]


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the path of each Python that virtualenv finds."""
    try:
        session = session_via_cli(["--python", request.param, str(tmp_path / "x")], setup_logging=False)
    except RuntimeError as error:
        pytest.skip(str(error))
    return str(session.interpreter.system_executable)


def run(*command: str | Path, cwd: Path) -> list[str]:
    """Run a command and return the lines that it prints."""
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.check_output(
        list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, encoding="utf-8", env=environ
    ).splitlines()


def create_with_venv(project: Path, python: str) -> None:
    """Create .venv with venv."""
    run(python, "-m", "venv", ".venv", cwd=project)


def create_with_uv(project: Path, python: str) -> None:
    """Create .venv with uv."""
    run(*UV, "venv", "--python", python, cwd=project)


@pytest.mark.parametrize("create", [create_with_venv, create_with_uv])
def test_link_and_remove(tmp_path: Path, python: str, create: Callable[[Path, str], None]) -> None:
    """The links are made, found again, and removed with nothing left, and the environment works through them."""
    create(tmp_path, python)
    before = tree(tmp_path)

    lines = run(*COMMAND, cwd=tmp_path)

    assert all(line.startswith("linked .venv") for line in lines)
    assert len(lines) == (1 if sys.platform == "win32" else 3)
    for path in {f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"}:
        printed = run(tmp_path / ".venv" / path, "-c", "import sys; print(sys.prefix)", cwd=tmp_path)
        assert printed == [str(tmp_path / ".venv")]
    assert run(*COMMAND, cwd=tmp_path) == [f"already {line}" for line in lines]
    assert run(*COMMAND[:3], "--remove", cwd=tmp_path) == [line.replace("linked", "removed", 1) for line in lines]
    assert tree(tmp_path) == before


def test_pip_install(tmp_path: Path, python: str) -> None:
    """Pip installs into the environment, through whatever path it is run."""
    create_with_venv(tmp_path, python)
    run(*COMMAND, cwd=tmp_path)

    for path in {f"{NATIVE}/python", "Scripts/python.exe", "bin/python.exe"}:
        run(tmp_path / ".venv" / path, "-m", "pip", "install", "six", cwd=tmp_path)

        assert (tmp_path / ".venv" / "Lib" / "site-packages" / "six.py").exists()
        run(tmp_path / ".venv" / NATIVE / "python", "-c", "import six", cwd=tmp_path)
        run(tmp_path / ".venv" / path, "-m", "pip", "uninstall", "--yes", "six", cwd=tmp_path)


def test_uv_pip_install(tmp_path: Path, python: str) -> None:
    """Uv pip installs into the environment, through whatever path it is named."""
    create_with_uv(tmp_path, python)
    run(*COMMAND, cwd=tmp_path)

    for path in {f"{NATIVE}/python", "Scripts/python.exe", "bin/python.exe"}:
        run(*UV, "pip", "install", "--python", f".venv/{path}", "six", cwd=tmp_path)

        assert (tmp_path / ".venv" / "Lib" / "site-packages" / "six.py").exists()
        assert run(*COMMAND, cwd=tmp_path)[0].startswith("already linked")
        run(*UV, "pip", "uninstall", "--python", f".venv/{path}", "six", cwd=tmp_path)


def test_uv_sync(tmp_path: Path, python: str) -> None:
    """Uv sync keeps the links, and the environment current."""
    project = '[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = [{}]\n'
    (tmp_path / "pyproject.toml").write_text(project.format(""), encoding="utf-8")
    run(*UV, "sync", "--python", python, cwd=tmp_path)
    run(*COMMAND, cwd=tmp_path)
    (tmp_path / "pyproject.toml").write_text(project.format('"six"'), encoding="utf-8")

    run(*UV, "sync", "--python", python, cwd=tmp_path)

    assert all(line.startswith("already linked") for line in run(*COMMAND, cwd=tmp_path))
    assert (tmp_path / ".venv" / "Lib" / "site-packages" / "six.py").exists()
