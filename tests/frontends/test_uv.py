"""uv, which has no plugins: the command finds its environments, and gets along with what uv installs there."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from pages import README
from shell import check_links

if TYPE_CHECKING:
    from shell import Shell

PROJECT = f'[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.{sys.version_info.minor}"\n'


@pytest.fixture(autouse=True)
def _project_asks_for_links(shell: Shell) -> None:
    """Ask for all links in the project."""
    shell.write("pyproject.toml", f"{PROJECT}{README['pyproject.toml']}")


def test_overlay(shell: Shell) -> None:
    """By ``uv run --with``, it takes the project's environment, and not uv's overlay."""
    shell("uv sync")

    shell("uv run --with virtualenv-link-bin-scripts virtualenv-link-bin-scripts")

    check_links(shell.project / ".venv")


def test_active(shell: Shell) -> None:
    """By ``uvx``, it takes the active environment if there is no ``.venv``."""
    shell("uv venv other")

    shell("source other/bin/activate && uvx virtualenv-link-bin-scripts")

    check_links(shell.project / "other")


def test_project_environment(shell: Shell) -> None:
    """It takes the environment that UV_PROJECT_ENVIRONMENT names, with what the project asks for."""
    environment = shell.project.parent / "elsewhere"

    shell(f"export UV_PROJECT_ENVIRONMENT={environment}; uv sync && uvx virtualenv-link-bin-scripts")

    check_links(environment)


def test_directory_of_a_package(shell: Shell) -> None:
    """A package that installs a directory ``Scripts`` is in the way of that link, and of no other."""
    shell("uv venv && uv pip install ahk-binary")

    output = shell("uvx virtualenv-link-bin-scripts", status=1)

    assert "Scripts: a directory of that name exists; move or delete it" in output
    assert (shell.project / ".venv" / "bin" / "python.exe").is_symlink()


def test_programs(shell: Shell) -> None:
    """A program with a link is upgraded and uninstalled without a warning, and the next run removes its link."""
    link = shell.project / ".venv" / "bin" / "pyjoke.exe"
    shell("uv venv && uv pip install pyjokes==0.6.0 && uvx virtualenv-link-bin-scripts")
    assert "warning" not in shell("uv pip install --upgrade pyjokes")
    assert shell(".venv/bin/pyjoke.exe") != ""
    assert "warning" not in shell("uv pip uninstall pyjokes")

    assert "removed .venv/bin/pyjoke.exe -> pyjoke" in shell("uvx virtualenv-link-bin-scripts")

    assert not os.path.lexists(link)


@pytest.mark.parametrize("options", ["", "--relocatable"])
@pytest.mark.parametrize("path", ["Scripts/python", "bin/python.exe"])
def test_scripts_that_run_through_a_link(shell: Shell, options: str, path: str) -> None:
    """A link that uv has installed a script through is kept, until the script is reinstalled."""
    shell(f"uv venv {options} && uvx virtualenv-link-bin-scripts && uv pip install --python .venv/{path} pyjokes")

    output = shell("uvx virtualenv-link-bin-scripts --remove", status=1)

    assert "pyjoke, pyjokes run through it" in output
    shell(".venv/bin/pyjoke")
    shell("uv pip install --python .venv/bin/python --reinstall pyjokes && uvx virtualenv-link-bin-scripts --remove")
    shell(".venv/bin/pyjoke")
    assert not os.path.lexists(shell.project / ".venv" / path)
