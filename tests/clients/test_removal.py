"""What deletes, makes anew, and copies environments gets along with the links."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, check, needs, posix, prefix, run, tree

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunVirtualenv

PYTHON = f"{sys.executable} -m"
ZIP = "zip -qry ../copy.zip .venv\nunzip -q ../copy.zip -d ..\nmv ../.venv COPY"
OPTIONS = "--without-pip --link-bin-scripts --link-python-exe --link-site-packages"


@pytest.fixture
def project(virtualenv: RunVirtualenv, tmp_path: Path) -> Path:
    """Return a project with an environment, which has all links, and a file that is to stay."""
    (project := tmp_path / "project").mkdir()
    virtualenv(*OPTIONS.split(), project / ".venv")
    (project / "tracked").write_text("precious", encoding="utf-8")
    (project / "tox.ini").write_text("[testenv]\nskip_install = true\nenv_dir = {tox_root}/.venv\n", encoding="utf-8")
    return project


def follow(lines: str, project: Path) -> None:
    """Run lines in a project."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TOX", "VIRTUAL_"))}
    for line in lines.splitlines():
        run(*line.split(), cwd=project, env=environ)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("", id="shutil.rmtree"),
        pytest.param("rm -r .venv", id="rm", marks=posix),
        pytest.param(
            "git init --quiet\ngit add tracked tox.ini\ngit clean --quiet -fdx", id="git clean", marks=needs("git")
        ),
    ],
)
def test_delete(project: Path, lines: str) -> None:
    """An environment is deleted whole, and nothing else."""
    before = tree(project)
    interpreter = (project / ".venv" / NATIVE / "python").resolve()

    follow(lines, project)

    shutil.rmtree(project / (".git" if lines else ".venv"), ignore_errors=lines != "")
    assert tree(project) == {name: found for name, found in before.items() if not name.startswith(".venv")}
    assert sys.platform == "win32" or interpreter.exists()


@pytest.mark.parametrize(
    ("line", "links"),
    [
        pytest.param(f"{PYTHON} virtualenv --clear {OPTIONS} .venv", True, id="virtualenv --clear"),
        pytest.param(f"{PYTHON} uv venv --quiet --clear --python {sys.executable}", False, id="uv venv --clear"),
        pytest.param(f"{PYTHON} tox run -q -r -e py", False, id="tox -r"),
    ],
)
def test_create_anew(project: Path, line: str, links: bool) -> None:
    """An environment that is made anew has nothing of the old one, so the links only if they are asked for."""
    if "tox" in line:
        follow(line.replace("-r ", ""), project)
    (project / ".venv" / NATIVE / "old").touch()

    follow(line, project)

    check(project / ".venv", asked=links)
    assert not (project / ".venv" / NATIVE / "old").exists()
    assert (project / "tracked").exists()


@posix
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("tar -C .venv -cf COPY.tar .\nmkdir COPY\ntar -C COPY -xf COPY.tar", id="tar"),
        pytest.param(ZIP, id="zip", marks=needs("zip", "unzip")),
        pytest.param("cp -a .venv COPY", id="cp"),
    ],
)
def test_copy(project: Path, tmp_path: Path, lines: str) -> None:
    """The aliases of a copied environment point into the copy."""
    copied = tmp_path / "copy"
    before = tree(project / ".venv")

    follow(lines.replace("COPY", str(copied)), project)

    assert tree(copied) == before
    shutil.rmtree(project)
    for path in (f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"):
        assert prefix(copied / path, cwd=tmp_path) == str(copied)
    assert (copied / "Lib" / "site-packages").resolve().is_relative_to(copied.resolve())
