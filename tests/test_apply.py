"""Adding links on behalf of a host tool."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, posix, tree

from virtualenv_link_bin_scripts._apply import add_links_to_existing, run_in_host

if TYPE_CHECKING:
    from pathlib import Path

    from virtualenv_link_bin_scripts._apply import Report

ASK = {"VIRTUALENV_LINK_BIN_SCRIPTS": "1"}
NAME = "virtualenv-link-bin-scripts"


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a minimal environment, in a project that requests nothing."""
    environment = tmp_path / "project" / ".venv"
    (environment / NATIVE).mkdir(parents=True)
    (environment / NATIVE / "python").touch()
    (environment / "pyvenv.cfg").touch()
    return environment


def write_table(directory: Path, line: str) -> Path:
    """Write a project's table."""
    path = directory / "pyproject.toml"
    path.write_text(f"[tool.virtualenv-link-bin-scripts]\n{line}\n", encoding="utf-8")
    return path


def add_links(environment: Path, variables: dict[str, str], project: Path | None = None) -> list[str]:
    """Add the requested links, and return the aliases that are in place."""
    project = project or environment.parent
    return run_in_host(lambda log: add_links_to_existing(str(environment), variables, str(project), log))


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("source", ["variable", "table", "table of the project"])
def test_requested(environment: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str) -> None:
    """The links are added if a variable or a table requests them, above the environment or in the project."""
    project = tmp_path / "elsewhere"
    project.mkdir()
    if source != "variable":
        write_table(environment.parent if source == "table" else project, "bin-scripts = true")

    assert add_links(environment, ASK if source == "variable" else {}, project) == [str(environment / OTHER)]

    assert (environment / OTHER).samefile(environment / NATIVE)
    assert caplog.messages == []


@pytest.mark.parametrize("variables", [{}, {"VIRTUALENV_LINK_BIN_SCRIPTS": "0"}])
def test_not_requested(environment: Path, caplog: pytest.LogCaptureFixture, variables: dict[str, str]) -> None:
    """Nothing changes if nobody asks, or if a variable refuses what the project requests."""
    if variables:
        write_table(environment.parent, "bin-scripts = true")
    (environment / OTHER).mkdir()
    before = tree(environment)

    assert add_links(environment, variables) == []

    assert tree(environment) == before
    assert caplog.messages == []


def test_no_environment(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A directory without a pyvenv.cfg is passed over."""
    (tmp_path / NATIVE).mkdir()
    (tmp_path / NATIVE / "python").touch()

    assert add_links(tmp_path, ASK) == []

    assert os.listdir(tmp_path) == [NATIVE]
    assert caplog.messages == []


def test_mistakes(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Mistakes in a variable and in the project's table are logged, with the name of the package."""
    path = write_table(environment.parent, "python-exe = 1")

    add_links(environment, {"VIRTUALENV_LINK_BIN_SCRIPTS": "maybe"})

    assert caplog.messages == [
        f"{NAME}: VIRTUALENV_LINK_BIN_SCRIPTS is 'maybe', expected true or false",
        f"{NAME}: {path}: tool.virtualenv-link-bin-scripts.python-exe is 1, expected true or false",
    ]


def test_refused(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Obstacles are logged."""
    (environment / OTHER).touch()

    assert add_links(environment, ASK) == []

    (message,) = caplog.messages
    assert message.startswith(f"{NAME}: could not link {environment / OTHER} ")
    assert message.endswith(f" - a file is in the way, and was left alone; if it is a copy of {NATIVE}, delete it")


def test_unknown_layout(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown layout is logged, if links are requested."""
    (environment / NATIVE / "python").unlink()

    add_links(environment, {})
    assert caplog.messages == []

    add_links(environment, ASK)
    assert caplog.messages == [f"{NAME}: {environment}: there is no interpreter in bin or Scripts"]


@pytest.mark.skipif(os.name == "nt", reason="on Windows the site-packages is known")
def test_unknown_site_packages(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown site-packages is logged, and the other links are made."""
    made = add_links(environment, {**ASK, "VIRTUALENV_LINK_SITE_PACKAGES": "1"})

    assert made == [str(environment / OTHER)]
    assert caplog.messages == [f"{NAME}: {environment / 'lib'}: no such directory"]


@posix
def test_stale(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A link to a program that is gone is removed, and not in place."""
    (environment / NATIVE / "gone.exe").symlink_to("gone")
    (environment / NATIVE / "python").chmod(0o755)

    made = add_links(environment, {"VIRTUALENV_LINK_EXE": "1"})

    assert made == [str(environment / NATIVE / "python.exe")]
    assert not os.path.lexists(environment / NATIVE / "gone.exe")
    assert caplog.messages == []


def test_unexpected_error(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, cut to a sensible length, and never raised."""

    def step(_: Report) -> None:
        raise RuntimeError("x" * 10_000)

    assert run_in_host(step) == []

    (message,) = caplog.messages
    assert message.startswith(f"{NAME}: could not add links - RuntimeError('xxx")
    assert len(message) < 300
