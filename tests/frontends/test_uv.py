"""uv, which has no plugins: the command completes what it creates, and keeps to what uv installs there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, check, posix, write
from readme import BLOCKS, PLUGIN, PROJECT, TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shell

LINKED = f"linked .venv/{OTHER} -> {NATIVE}"


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> None:
    """Ask for all links."""
    write(tmp_path, pyproject__toml=f"{PROJECT}{TABLE}")


@posix
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy's programs have more names")
def test_quick_start(shell: Shell, tmp_path: Path) -> None:
    """Whoever knows only uv gets a completed environment from the README's first block, and sees what it shows."""
    write(tmp_path, pyproject__toml=PROJECT)
    lines = BLOCKS["uv"].replace("python3.13", f"python3.{sys.version_info.minor}").splitlines()

    printed = shell("\n".join(line[2:] for line in lines if line.startswith("$ "))).splitlines()

    assert [line for line in printed if "linked" in line] == [line for line in lines if not line.startswith("$ ")]
    check(tmp_path / ".venv", asked=True)


def test_run(shell: Shell, tmp_path: Path) -> None:
    """The command is a development dependency, takes the project's environment, and the links survive uv sync."""
    shell(f"uv add --dev {PLUGIN}")
    check(tmp_path / ".venv", asked=False)

    assert LINKED in shell(f"uv run {PLUGIN}").splitlines()

    check(tmp_path / ".venv", asked=True)
    shell("uv add six\nuv sync")
    check(tmp_path / ".venv", asked=True)
    assert f"already {LINKED}" in shell(f"uv run {PLUGIN} --check")


@pytest.mark.parametrize(
    ("lines", "environment"),
    [
        pytest.param(f"uv sync\nuv run --with {PLUGIN} {PLUGIN}", ".venv", id="not the overlay of uv run --with"),
        pytest.param(f"uv venv venv\nVIRTUAL_ENV=PROJECT/venv uvx {PLUGIN}", "venv", id="uvx, active"),
    ],
)
def test_project_environment(shell: Shell, tmp_path: Path, lines: str, environment: str) -> None:
    """The command completes the project's environment, or the active one, whatever it is called, without .venv."""
    shell(lines.replace("PROJECT", str(tmp_path)))

    check(tmp_path / environment, asked=True)


def test_environment_elsewhere(shell: Shell, tmp_path: Path) -> None:
    """UV_PROJECT_ENVIRONMENT gets what the project requests, and --check says so only then."""
    environment, project = tmp_path / "elsewhere" / "venv", tmp_path / "project"
    project.mkdir()
    (tmp_path / "pyproject.toml").rename(project / "pyproject.toml")
    elsewhere = f"UV_PROJECT_ENVIRONMENT={environment}"

    shell(f"{elsewhere} uv sync", cwd=project)
    assert f"missing {environment / OTHER}" in shell(f"{elsewhere} uvx {PLUGIN} --check", cwd=project, status=1)
    shell(f"{elsewhere} uvx {PLUGIN}\n{elsewhere} uvx {PLUGIN} --check", cwd=project)

    check(environment, asked=True)


@posix
def test_directory_of_a_package(shell: Shell, tmp_path: Path) -> None:
    """A package that installs a directory with the alias's name is in the way of that link alone."""
    shell("uv venv\nuv pip install ahk-binary")

    assert "a non-empty directory is in the way" in shell(f"uvx {PLUGIN}", status=1)

    assert (tmp_path / ".venv" / "bin" / "python.exe").is_symlink()
    shell(f"uvx {PLUGIN} --remove")
    assert not os.path.lexists(tmp_path / ".venv" / "bin" / "python.exe")


@posix
def test_exe(shell: Shell, tmp_path: Path) -> None:
    """A program with a Windows name is upgraded and uninstalled, and the next run removes the name."""
    joke = tmp_path / ".venv" / "bin" / "pyjoke.exe"
    shell(f"uv venv\nuv pip install pyjokes==0.6.0\nuvx {PLUGIN}")

    assert shell("uv pip install --quiet --upgrade pyjokes") == ""
    subprocess.check_call([joke])
    shell("uv pip uninstall pyjokes")
    assert "removed .venv/bin/pyjoke.exe -> pyjoke" in shell(f"uvx {PLUGIN}")

    assert not os.path.lexists(joke)


@pytest.mark.parametrize("relocatable", ["", "--relocatable"], ids=["", "relocatable"])
def test_remove(shell: Shell, tmp_path: Path, relocatable: str) -> None:
    """Scripts that uv has installed through the alias keep it, until they are reinstalled."""
    shell(f"uv venv {relocatable}\nuvx {PLUGIN}\nuv pip install --python .venv/{OTHER}/python pyjokes")

    assert "these scripts run through it: pyjoke" in shell(f"uvx {PLUGIN} --remove", status=1)

    assert (tmp_path / ".venv" / OTHER).samefile(tmp_path / ".venv" / NATIVE)
    shell(f"uv pip install --python .venv/{NATIVE}/python --reinstall pyjokes\nuvx {PLUGIN} --remove")
    check(tmp_path / ".venv", asked=False)
