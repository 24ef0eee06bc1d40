"""What deletes, makes anew, and copies environments gets along with the links."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, check, posix, run, tree

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunVirtualenv, Shell

PYTHON = f"{sys.executable} -m"
OPTIONS = "--without-pip --link-bin-scripts --link-python-exe --link-site-packages"


@pytest.fixture
def project(virtualenv: RunVirtualenv, tmp_path: Path) -> Path:
    """Return a project with an environment, which has all links, and a file that is to stay."""
    (project := tmp_path / "project").mkdir()
    virtualenv(*OPTIONS.split(), project / ".venv")
    (project / "tracked").write_text("precious", encoding="utf-8")
    (project / "tox.ini").write_text("[testenv]\nskip_install = true\nenv_dir = {tox_root}/.venv\n", encoding="utf-8")
    return project


def needs(program: str) -> pytest.MarkDecorator:
    """Skip a row whose program is not there."""
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not there")


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
def test_delete(shell: Shell, project: Path, lines: str) -> None:
    """An environment is deleted whole, and nothing else."""
    before = tree(project)
    interpreter = (project / ".venv" / NATIVE / "python").resolve()

    shell(lines, cwd=project)

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
def test_create_anew(shell: Shell, project: Path, line: str, links: bool) -> None:
    """An environment that is made anew has nothing of the old one, so the links only if they are asked for."""
    if "tox" in line:
        shell(line.replace("-r ", ""), cwd=project)
    (project / ".venv" / NATIVE / "old").touch()

    shell(line, cwd=project)

    check(project / ".venv", asked=links)
    assert not (project / ".venv" / NATIVE / "old").exists()
    assert (project / "tracked").exists()


@posix
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("tar -C .venv -cf COPY.tar .\nmkdir COPY\ntar -C COPY -xf COPY.tar", id="tar"),
        pytest.param(
            "zip -qry ../copy.zip .venv\nunzip -q ../copy.zip -d ..\nmv ../.venv COPY", id="zip", marks=needs("zip")
        ),
        pytest.param("cp -a .venv COPY", id="cp"),
    ],
)
def test_copy(shell: Shell, project: Path, tmp_path: Path, lines: str) -> None:
    """The aliases of a copied environment point into the copy."""
    copied = tmp_path / "copy"
    before = tree(project / ".venv")

    shell(lines.replace("COPY", str(copied)), cwd=project)

    assert tree(copied) == before
    shutil.rmtree(project)
    for path in (f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"):
        assert run(copied / path, "-c", "import sys; print(sys.prefix)", cwd=tmp_path).strip() == str(copied)
    assert (copied / "Lib" / "site-packages").resolve().is_relative_to(copied.resolve())
