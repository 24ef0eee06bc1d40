"""Releases that are too old for a plugin work as without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shell import Shell

VARIABLE = "VIRTUALENV_LINK_BIN_SCRIPTS=1"


@pytest.mark.parametrize("release", ["3.28.0", "4.0.0", "4.0.9"])
def test_tox(shell: Shell, release: str) -> None:
    """An old tox works, and its virtualenv makes the links."""
    shell.install(f"tox=={release} setuptools virtualenv-link-bin-scripts")
    shell.write("tox.ini", "[tox]\nskipsdist = true\n[testenv]\nskip_install = true\ncommands = python -V\n")

    assert release in shell("tox --version")
    shell(f"{VARIABLE} tox -e py")

    assert (shell.project / ".tox" / "py" / "Scripts").is_symlink()


@pytest.mark.parametrize("release", ["2.0.0", "2.5.6"])
def test_pdm(shell: Shell, release: str) -> None:
    """An old PDM works."""
    shell.install(f"pdm=={release} setuptools virtualenv-link-bin-scripts")
    project = f'[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.{sys.version_info.minor}"\n'
    shell.write("pyproject.toml", f"{project}[tool.pdm]\ndistribution = false\n")

    output = shell(f"{VARIABLE} pdm install --no-self")

    assert "All complete" in output
    assert "virtualenv-link-bin-scripts" not in output
