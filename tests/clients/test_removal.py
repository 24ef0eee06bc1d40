"""What deletes and copies environments gets along with the links."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import posix, run, tree

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = posix


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a linked environment, and a file that is to stay."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "precious").touch()
    environment = tmp_path / "project" / ".venv"
    run(sys.executable, "-m", "virtualenv", "--without-pip", "--link-bin-scripts", "--link-site-packages", environment)
    return tmp_path / "project"


@pytest.mark.parametrize(
    "line", ["rm -r .venv", "git init --quiet && git add precious && git clean --quiet -fdx && rm -r .git"]
)
def test_delete(project: Path, line: str) -> None:
    """The environment is deleted, and neither the interpreter that its links lead to nor anything else."""
    run("bash", "-ec", line, cwd=project)

    assert tree(project) == {"precious": ""}
    run(sys.executable, "--version")  # the base interpreter is still there


def test_uv_clear(project: Path) -> None:
    """``uv venv --clear`` creates an environment without links."""
    run(sys.executable, "-m", "uv", "venv", "--quiet", "--clear", cwd=project)

    assert not (project / ".venv" / "Scripts").exists()
    assert (project / "precious").exists()


@pytest.mark.parametrize(
    "line",
    [
        "cp -a .venv ../copy",
        "mkdir ../copy && tar -C .venv -cf - . | tar -C ../copy -xf -",
        "zip -qry ../copy.zip .venv && unzip -q ../copy.zip -d .. && mv ../.venv ../copy",
    ],
    ids=["cp", "tar", "zip"],
)
def test_copy(project: Path, tmp_path: Path, line: str) -> None:
    """The links of a copied environment lead into the copy."""
    if line.startswith("zip") and not (shutil.which("zip") and shutil.which("unzip")):
        pytest.skip("zip or unzip is not installed")
    run("bash", "-ec", line, cwd=project)

    shutil.rmtree(project)

    code = "import sys; print(sys.prefix)"
    assert run(tmp_path / "copy" / "Scripts" / "python.exe", "-c", code) == f"{tmp_path / 'copy'}\n"
    assert (tmp_path / "copy" / "Lib" / "site-packages").resolve().is_relative_to(tmp_path / "copy")
