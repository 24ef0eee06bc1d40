"""The fixtures of several test modules."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import PYTHON, SCRIPTS, make_environment

if TYPE_CHECKING:
    from shell import Shell


@pytest.fixture(autouse=True)
def _no_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep the settings of whoever runs the tests out of them, and run each in a directory of its own."""
    settings = [name for name in os.environ if name.startswith("VIRTUALENV_")]
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", *settings):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(tmp_path / "virtualenv.ini"))
    monkeypatch.setenv("VIRTUALENV_OVERRIDE_APP_DATA", str(tmp_path_factory.getbasetemp() / "app-data"))
    monkeypatch.setenv("VIRTUALENV_NO_PERIODIC_UPDATE", "1")  # which would outlive the test
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return an environment of Python 3.13 with this system's layout, ``.venv`` in the working directory."""
    return make_environment(tmp_path / ".venv", SCRIPTS, PYTHON)


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


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:  # pragma: no cover - for tests that tox runs apart
    """Build our wheel, and return its directory."""
    directory = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", str(directory)]
    subprocess.run([*build, str(Path(__file__).parents[1])], check=True)
    return directory


@pytest.fixture
def shell(tmp_path: Path, wheels: Path) -> Shell:  # pragma: no cover - likewise
    """Return a new user's shell."""
    from shell import Shell

    return Shell(tmp_path, wheels)
