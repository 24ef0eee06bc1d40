"""Adding links to an existing environment on behalf of a host tool."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, tree

from virtualenv_link_bin_scripts._apply import add_requested_links_to

if TYPE_CHECKING:
    from pathlib import Path

ASK = {"VIRTUALENV_LINK_BIN_SCRIPTS": "1"}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a minimal environment, in a project that requests nothing."""
    environment = tmp_path / ".venv"
    (environment / NATIVE).mkdir(parents=True)
    (environment / NATIVE / "python").touch()
    (environment / "pyvenv.cfg").touch()
    return environment


def write_table(environment: Path, line: str) -> Path:
    """Write a project's table."""
    path = environment.parent / "pyproject.toml"
    path.write_text(f"[tool.virtualenv-link-bin-scripts]\n{line}\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("ask", ["variable", "table"])
def test_asked_for(environment: Path, caplog: pytest.LogCaptureFixture, ask: str) -> None:
    """The environment is completed if a variable or the project asks for it."""
    if ask == "table":
        write_table(environment, "bin-scripts = true")

    add_requested_links_to(str(environment), ASK if ask == "variable" else {})

    assert (environment / OTHER).samefile(environment / NATIVE)
    assert caplog.messages == []


@pytest.mark.parametrize("variables", [{}, {"VIRTUALENV_LINK_BIN_SCRIPTS": "0"}])
def test_not_asked_for(environment: Path, caplog: pytest.LogCaptureFixture, variables: dict[str, str]) -> None:
    """Nothing changes if nobody asks, or if a variable refuses what the project asks for."""
    if variables:
        write_table(environment, "bin-scripts = true")
    (environment / OTHER).mkdir()
    before = tree(environment)

    add_requested_links_to(str(environment), variables)

    assert tree(environment) == before
    assert caplog.messages == []


def test_no_environment(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A directory without a pyvenv.cfg is passed over."""
    (tmp_path / NATIVE).mkdir()
    (tmp_path / NATIVE / "python").touch()

    add_requested_links_to(str(tmp_path), ASK)

    assert os.listdir(tmp_path) == [NATIVE]
    assert caplog.messages == []


def test_mistakes(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Mistakes in a variable and in the project's table are warnings."""
    path = write_table(environment, "python-exe = 1")

    add_requested_links_to(str(environment), {"VIRTUALENV_LINK_BIN_SCRIPTS": "maybe"})

    assert caplog.messages == [
        "VIRTUALENV_LINK_BIN_SCRIPTS is 'maybe', expected 1 or 0",
        f"{path}: tool.virtualenv-link-bin-scripts.python-exe is 1, expected true or false",
    ]


def test_refused(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Obstacles are logged."""
    (environment / OTHER).touch()

    add_requested_links_to(str(environment), ASK)

    (message,) = caplog.messages
    assert message.endswith(f" - a file is in the way, and was left alone; if it is a copy of {NATIVE}, delete it")


def test_unknown_layout(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown layout is logged, if links are requested."""
    (environment / NATIVE / "python").unlink()

    add_requested_links_to(str(environment), {})
    assert caplog.messages == []

    add_requested_links_to(str(environment), ASK)
    assert caplog.messages == [f"{environment}: there is no interpreter in bin or Scripts"]


@pytest.mark.skipif(os.name == "nt", reason="on Windows the site-packages is known")
def test_unknown_site_packages(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown site-packages is logged, and the other links are made."""
    add_requested_links_to(str(environment), {**ASK, "VIRTUALENV_LINK_SITE_PACKAGES": "1"})

    assert (environment / OTHER).samefile(environment / NATIVE)
    assert caplog.messages == [f"{environment / 'lib'}: no such directory"]
