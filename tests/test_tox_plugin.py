"""The seam to tox, run by the real tox; the front ends run tox-uv."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, run_merged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

pytest.importorskip("tox", reason="tox needs a newer virtualenv")
pytestmark = pytest.mark.usefixtures("links")

INI = "[testenv]\nskip_install = true\n"
TABLE = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run tox in the project, and return what it prints."""

    def run(*arguments: str, **variables: str) -> str:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TOX")}
        command = [sys.executable, "-m", "tox", *arguments]
        done = run_merged(command, cwd=tmp_path, env={**environ, "PYTHONIOENCODING": "utf-8", **variables})
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def write(tmp_path: Path, ini: str, table: str = "") -> None:
    """Write the project's configuration."""
    (tmp_path / "tox.ini").write_text(ini, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")


def is_complete(environment: Path) -> bool:
    """Return whether an environment has the alias."""
    assert (environment / "pyvenv.cfg").exists()
    return os.path.lexists(environment / OTHER) and (environment / OTHER).samefile(environment / NATIVE)


def test_existing_environment(run: Run, tmp_path: Path) -> None:
    """An environment that existed before links were requested gets them, without being created again."""
    write(tmp_path, INI)
    run("run", "-e", "py")
    assert not is_complete(tmp_path / ".tox" / "py")
    write(tmp_path, INI, TABLE)

    run("run", "-e", "py")

    assert is_complete(tmp_path / ".tox" / "py")


def test_before_commands(run: Run, tmp_path: Path) -> None:
    """Its commands meet the alias."""
    write(tmp_path, INI)
    run("run", "-e", "py")
    show = "import os, sys; print('seen', os.path.exists(os.path.join(sys.prefix, sys.argv[1])))"
    write(tmp_path, f'{INI}commands = python -c "{show}" {OTHER}\n', TABLE)

    assert "seen True" in run("run", "-e", "py").splitlines()


def test_work_directory_elsewhere(run: Run, tmp_path: Path) -> None:
    """The table beside tox.ini counts for environments that are elsewhere."""
    project = tmp_path / "project"
    project.mkdir()
    write(project, INI, TABLE)

    run("run", "-c", str(project), "--workdir", str(tmp_path / "elsewhere"), "-e", "py")

    assert is_complete(tmp_path / "elsewhere" / "py")


@pytest.mark.parametrize("value", ["0", "1"])
def test_set_env(run: Run, tmp_path: Path, value: str) -> None:
    """set_env has precedence over the shell's variable, and over pyproject.toml."""
    write(tmp_path, INI)
    run("run", "-e", "py")
    write(tmp_path, f"{INI}set_env = VIRTUALENV_LINK_BIN_SCRIPTS = {value}\n", TABLE)

    run("run", "-e", "py", VIRTUALENV_LINK_BIN_SCRIPTS=str(1 - int(value)))

    assert is_complete(tmp_path / ".tox" / "py") == (value == "1")


def test_no_commands(run: Run, tmp_path: Path) -> None:
    """An environment that runs no commands is completed, too."""
    write(tmp_path, INI)
    run("run", "-e", "py")
    write(tmp_path, INI, TABLE)

    run("run", "--notest", "-e", "py")

    assert is_complete(tmp_path / ".tox" / "py")


def test_refused(run: Run, tmp_path: Path) -> None:
    """Obstacles are logged, and the commands run."""
    write(tmp_path, f"{INI}commands = python -c \"print('ran')\"\n")
    run("run", "-e", "py")
    (tmp_path / ".tox" / "py" / OTHER).write_text("precious", encoding="utf-8")

    output = run("run", "-e", "py", VIRTUALENV_LINK_BIN_SCRIPTS="1")

    assert output.count("a file is in the way, and was left alone") == 1
    assert "ran" in output.splitlines()
    assert (tmp_path / ".tox" / "py" / OTHER).read_text(encoding="utf-8") == "precious"


def test_skipped_environment(run: Run, tmp_path: Path) -> None:
    """Nothing is said of an environment that tox does not create, for want of its interpreter."""
    write(tmp_path, f"[tox]\nskip_missing_interpreters = true\n{INI}", TABLE)

    output = run("run", "-e", "3.1,py")

    assert "3.1: SKIP" in output
    assert "could not add" not in output
    assert is_complete(tmp_path / ".tox" / "py")


def test_never_raises(run: Run, tmp_path: Path) -> None:
    """An unexpected error is logged, and the commands run."""
    write(tmp_path, f"{INI}commands = python -c \"print('ran')\"\n")
    break_it = """
from virtualenv_link_bin_scripts import _apply

def add_links_to_existing(*_):
    raise RuntimeError("not thought of")

_apply.add_links_to_existing = add_links_to_existing
"""
    (tmp_path / "toxfile.py").write_text(break_it, encoding="utf-8")

    output = run("run", "-e", "py")

    assert "virtualenv-link-bin-scripts: could not add links - RuntimeError('not thought of')" in output
    assert "ran" in output.splitlines()


def test_imports_little() -> None:
    """At every start of tox the plugin imports nothing but itself."""
    code = """
import sys, tox.run
before = set(sys.modules)
import virtualenv_link_bin_scripts.tox_plugin
print(*sorted(set(sys.modules) - before))
"""
    done = run_merged([sys.executable, "-c", code])
    assert done.stdout.split() == ["virtualenv_link_bin_scripts", "virtualenv_link_bin_scripts.tox_plugin"]
