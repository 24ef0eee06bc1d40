"""The seam to tox, run by the real tox; the front ends run tox-uv."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, run, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tox = Callable[..., str]

pytest.importorskip("tox", reason="tox needs a newer virtualenv")
pytestmark = pytest.mark.usefixtures("links")

INI = "[testenv]\nskip_install = true\n"
TABLE = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
PRINT = "commands = python -c \"print('ran')\"\n"


@pytest.fixture
def tox(tmp_path: Path) -> Tox:
    """Run tox in the project, and return what it prints."""

    def call(*arguments: str, **variables: str) -> str:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
        command = [sys.executable, "-m", "tox", "run", *arguments]
        return run(*command, cwd=tmp_path, env={**environ, "PYTHONIOENCODING": "utf-8", **variables})

    return call


@pytest.fixture
def environment(tox: Tox, tmp_path: Path) -> Path:
    """Return an environment that tox has made before links were requested."""
    write(tmp_path, tox__ini=INI)
    tox("-e", "py")
    environment = tmp_path / ".tox" / "py"
    assert not is_complete(environment)
    return environment


def is_complete(environment: Path) -> bool:
    """Return whether an environment has the alias."""
    assert (environment / "pyvenv.cfg").exists()
    return os.path.lexists(environment / OTHER) and (environment / OTHER).samefile(environment / NATIVE)


@pytest.mark.parametrize(("options", "seen"), [([], 1), (["--notest"], 0)], ids=["commands", "no commands"])
def test_existing_environment(tox: Tox, environment: Path, tmp_path: Path, options: list[str], seen: int) -> None:
    """An environment that existed before links were requested gets them, before its commands, if it runs any."""
    show = "import os, sys; print('seen', os.path.exists(os.path.join(sys.prefix, sys.argv[1])))"
    write(tmp_path, tox__ini=f'{INI}commands = python -c "{show}" {OTHER}\n', pyproject__toml=TABLE)
    before = (environment / "pyvenv.cfg").stat().st_mtime_ns

    assert tox(*options, "-e", "py").splitlines().count("seen True") == seen

    assert is_complete(environment)
    assert (environment / "pyvenv.cfg").stat().st_mtime_ns == before


def test_work_directory_elsewhere(tox: Tox, tmp_path: Path) -> None:
    """The table beside tox.ini counts for environments that are elsewhere."""
    project = tmp_path / "project"
    project.mkdir()
    write(project, tox__ini=INI, pyproject__toml=TABLE)

    tox("-c", str(project), "--workdir", str(tmp_path / "elsewhere"), "-e", "py")

    assert is_complete(tmp_path / "elsewhere" / "py")


@pytest.mark.parametrize("value", ["0", "1"])
def test_set_env(tox: Tox, environment: Path, tmp_path: Path, value: str) -> None:
    """set_env has precedence over the shell's variable, and over pyproject.toml."""
    write(tmp_path, tox__ini=f"{INI}set_env = VIRTUALENV_LINK_BIN_SCRIPTS = {value}\n", pyproject__toml=TABLE)

    tox("-e", "py", VIRTUALENV_LINK_BIN_SCRIPTS=str(1 - int(value)))

    assert is_complete(environment) == (value == "1")


def test_refused(tox: Tox, environment: Path, tmp_path: Path) -> None:
    """Obstacles are logged, and the commands run."""
    write(tmp_path, tox__ini=f"{INI}{PRINT}")
    (environment / OTHER).write_text("precious", encoding="utf-8")

    output = tox("-e", "py", VIRTUALENV_LINK_BIN_SCRIPTS="1")

    assert output.count("a file is in the way, and was left alone") == 1
    assert "ran" in output.splitlines()
    assert (environment / OTHER).read_text(encoding="utf-8") == "precious"


def test_skipped_environment(tox: Tox, tmp_path: Path) -> None:
    """Nothing is said of an environment that tox does not create, for want of its interpreter."""
    write(tmp_path, tox__ini=f"[tox]\nskip_missing_interpreters = true\n{INI}", pyproject__toml=TABLE)

    output = tox("-e", "3.1,py")

    assert "3.1: SKIP" in output
    assert "could not add" not in output
    assert is_complete(tmp_path / ".tox" / "py")


def test_never_raises(tox: Tox, tmp_path: Path) -> None:
    """An unexpected error is logged, and the commands run."""
    write(tmp_path, tox__ini=f"{INI}{PRINT}")
    code = "from virtualenv_link_bin_scripts import _apply\n_apply.add_links_to_existing = lambda *_: 1 / 0\n"
    (tmp_path / "toxfile.py").write_text(code, encoding="utf-8")

    output = tox("-e", "py")

    assert "virtualenv-link-bin-scripts: could not add links - ZeroDivisionError('division by zero')" in output
    assert "ran" in output.splitlines()


def test_imports_little() -> None:
    """At every start of tox the plugin imports nothing but itself."""
    code = """
import sys, tox.run
before = set(sys.modules)
import virtualenv_link_bin_scripts.tox_plugin
print(*sorted(set(sys.modules) - before))
"""
    imported = run(sys.executable, "-c", code).split()
    assert imported == ["virtualenv_link_bin_scripts", "virtualenv_link_bin_scripts.tox_plugin"]
