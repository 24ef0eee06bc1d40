"""What several test modules need."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links of POSIX")
windows = pytest.mark.skipif(sys.platform != "win32", reason="junctions of Windows")

SCRIPTS, PYTHON = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of whoever runs the tests out of them, and run each in a directory of its own."""
    settings = [name for name in os.environ if name.startswith("VIRTUALENV_")]
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", *settings):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(tmp_path / "virtualenv.ini"))
    monkeypatch.setenv("VIRTUALENV_NO_PERIODIC_UPDATE", "1")  # which would outlive the test
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return an environment of Python 3.13 with this system's layout, ``.venv`` in the working directory."""
    return make_environment(tmp_path / ".venv", SCRIPTS, PYTHON)


def make_environment(directory: Path, scripts: str = "bin", python: str = "python") -> Path:
    """Make the files by which an environment is recognized: it has no working interpreter."""
    site_packages = directory / ("Lib" if scripts == "Scripts" else "lib/python3.13") / "site-packages"
    site_packages.mkdir(parents=True)
    (directory / scripts).mkdir()
    (directory / scripts / python).touch(mode=0o755)
    (directory / "pyvenv.cfg").write_text("version = 3.13.0\n", encoding="utf-8")
    return directory


def add_program(environment: Path, name: str) -> Path:
    """Install a program in an environment of POSIX."""
    program = environment / "bin" / name
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def tree(directory: Path) -> dict[str, str]:
    """Return each path below a directory with what a link points to, or a file contains."""
    found = {}
    for path in sorted(directory.rglob("*")):
        try:
            content = f"-> {os.readlink(path)}"
        except OSError:
            content = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        found[path.relative_to(directory).as_posix()] = content
    return found


def run(*command: str | Path, status: int = 0, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program without input, in an environment with more variables, and return all that it prints."""
    done = subprocess.run(
        [*map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.fixture
def junctions(tmp_path: Path) -> None:
    """Skip a test of Windows where the file system has no junctions, as in Wine."""
    if sys.platform == "win32":  # pragma: win32 cover
        import _winapi

        try:
            _winapi.CreateJunction(str(tmp_path), str(tmp_path / "probe"))
        except OSError as error:
            pytest.skip(f"the file system has no junctions: {error}")
        finally:
            (tmp_path / "probe").rmdir()


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """Run a test without root's privileges, which no permission stops, in a directory that such a user owns."""
    if sys.platform == "win32":  # pragma: win32 cover
        pytest.skip("permissions of POSIX")
    user = os.geteuid()
    ordinary = user or 65534
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, ordinary, -1)
        os.seteuid(ordinary)
        yield Path(directory)
        os.seteuid(user)
