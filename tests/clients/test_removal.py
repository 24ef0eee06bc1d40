"""What deletes, makes anew, and copies environments gets along with the links."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, posix, tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RunVirtualenv

OPTIONS = ["--without-pip", "--link-bin-scripts", "--link-python-exe", "--link-site-packages"]


@pytest.fixture
def project(virtualenv: RunVirtualenv, tmp_path: Path) -> Path:
    """Return a project with an environment, which has all links, and a file that is to stay."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "tracked").write_text("precious", encoding="utf-8")
    virtualenv(*OPTIONS, project / ".venv")
    return project


def call(*command: str | Path, cwd: Path) -> None:
    """Run a program in a project."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TOX", "VIRTUAL"))}
    subprocess.run(list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, env=environ, check=True)


def git_clean(project: Path) -> None:
    """Delete with git clean."""
    if not shutil.which("git"):
        pytest.skip("git is not there")
    call("git", "init", "--quiet", cwd=project)
    call("git", "add", "tracked", cwd=project)
    call("git", "clean", "--quiet", "-fdx", cwd=project)
    shutil.rmtree(project / ".git")


class TestDelete:
    """An environment is deleted whole, and nothing else."""

    def check(self, project: Path, delete: Callable[[Path], object]) -> None:
        """Delete, and look what is left."""
        interpreter = (project / ".venv" / NATIVE / "python").resolve()

        delete(project)

        assert os.listdir(project) == ["tracked"]
        assert (project / "tracked").read_text(encoding="utf-8") == "precious"
        if sys.platform != "win32":
            assert interpreter.exists()

    def test_rmtree(self, project: Path) -> None:
        """With Python's shutil.rmtree."""
        self.check(project, lambda project: shutil.rmtree(project / ".venv"))

    @posix
    def test_rm(self, project: Path) -> None:
        """With rm -r."""
        self.check(project, lambda project: call("rm", "-r", ".venv", cwd=project))

    def test_git_clean(self, project: Path) -> None:
        """With git clean -fdx."""
        self.check(project, git_clean)


class TestAnew:
    """An environment that is made anew has nothing of the old one."""

    def check(self, project: Path, *command: str, links: bool) -> None:
        """Create it again, and check what exists."""
        (project / ".venv" / NATIVE / "old").touch()

        call(sys.executable, "-m", *command, cwd=project)

        assert (project / ".venv" / "pyvenv.cfg").exists()
        assert not (project / ".venv" / NATIVE / "old").exists()
        assert os.path.lexists(project / ".venv" / OTHER) == links
        assert (project / "tracked").exists()

    def test_virtualenv(self, project: Path) -> None:
        """By virtualenv --clear."""
        self.check(project, "virtualenv", "--clear", *OPTIONS, ".venv", links=True)

    def test_uv(self, project: Path) -> None:
        """By uv venv --clear, which knows nothing of the links."""
        self.check(project, "uv", "venv", "--quiet", "--clear", "--python", sys.executable, links=False)

    def test_tox(self, project: Path) -> None:
        """By tox -r."""
        text = "[testenv]\nskip_install = true\nenv_dir = {tox_root}/.venv\n"
        (project / "tox.ini").write_text(text, encoding="utf-8")
        call(sys.executable, "-m", "tox", "run", "-q", "-e", "py", cwd=project)
        self.check(project, "tox", "run", "-q", "-r", "-e", "py", links=False)


def tar(source: Path, target: Path) -> None:
    """Copy with a tar archive."""
    call("tar", "-cf", f"{target}.tar", ".", cwd=source)
    target.mkdir()
    call("tar", "-xf", f"{target}.tar", cwd=target)


def info_zip(source: Path, target: Path) -> None:
    """Copy with a zip archive that keeps symbolic links."""
    if not shutil.which("zip"):
        pytest.skip("zip is not there")
    call("zip", "-qry", f"{target}.zip", ".", cwd=source)
    call("unzip", "-q", f"{target}.zip", "-d", target, cwd=source)


def cp(source: Path, target: Path) -> None:
    """Copy with cp -a."""
    call("cp", "-a", source, target, cwd=source)


@posix
@pytest.mark.parametrize("copy", [tar, info_zip, cp])
def test_copy(project: Path, tmp_path: Path, copy: Callable[[Path, Path], None]) -> None:
    """The aliases of a copied environment point into the copy."""
    copied = tmp_path / "copy"
    before = tree(project / ".venv")

    copy(project / ".venv", copied)

    assert tree(copied) == before
    shutil.rmtree(project)
    for alias, target in (("Scripts", "bin"), ("bin/python.exe", "bin/python")):
        assert os.path.realpath(copied / alias) == os.path.realpath(copied / target)
    assert (copied / "Lib" / "site-packages").resolve().is_relative_to(copied.resolve())
    code = "import sys; print(sys.prefix)"
    for path in ("Scripts/python", "bin/python.exe", "Scripts/python.exe"):
        assert Path(subprocess.check_output([copied / path, "-c", code], text=True).strip()) == copied
