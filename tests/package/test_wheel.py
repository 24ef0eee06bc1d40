"""The wheel, installed as a stranger does."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

ENTRY_POINTS = """
from importlib.metadata import distribution
for entry_point in distribution("virtualenv-link-bin-scripts").entry_points:
    print(entry_point.group, entry_point.name, entry_point.value)
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel that tox has built in a new environment, and return its interpreter."""
    (wheel,) = Path(os.environ["DIST"]).glob("*.whl")
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.check_call([python, "-m", "pip", "install", wheel], stdin=subprocess.DEVNULL)
    return python


def test_entry_point(python: Path) -> None:
    """The metadata names the plugins to virtualenv, tox and PDM, and the command."""
    output = subprocess.check_output([python, "-c", ENTRY_POINTS], text=True)

    assert sorted(output.splitlines()) == [
        "console_scripts virtualenv-link-bin-scripts virtualenv_link_bin_scripts._cli:main",
        "pdm virtualenv-link-bin-scripts virtualenv_link_bin_scripts.pdm_plugin:connect",
        "tox virtualenv-link-bin-scripts virtualenv_link_bin_scripts.tox_plugin",
        "virtualenv.activate link-bin-scripts virtualenv_link_bin_scripts.activator:LinkBinScriptsActivator",
    ]


def test_virtualenv_offers_the_option(python: Path) -> None:
    """The virtualenv that comes with the wheel offers the option."""
    output = subprocess.check_output([python, "-m", "virtualenv", "--help"], stdin=subprocess.DEVNULL, text=True)

    assert "--link-bin-scripts" in output


def test_typed(python: Path) -> None:
    """Type checkers see that the package is typed."""
    code = "import virtualenv_link_bin_scripts as package; print(package.__path__[0])"
    directory = subprocess.check_output([python, "-c", code], text=True).strip()

    assert Path(directory, "py.typed").exists()
