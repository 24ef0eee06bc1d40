"""Random environments, and whatever may be in the places of the links: no file is ever lost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from helpers import add_program, make_environment, posix, tree
from hypothesis import given, settings
from hypothesis import strategies as st

from virtualenv_link_bin_scripts import _link
from virtualenv_link_bin_scripts._cli import main
from virtualenv_link_bin_scripts._link import TEMPORARY

pytestmark = posix


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for other processes."""
    monkeypatch.setattr(_link, "_PAUSE", 0)


#: How many environments are tried. ``EXAMPLES=4000`` takes minutes.
EXAMPLES = int(os.environ.get("EXAMPLES", "300"))

ALIASES = ["Lib", "Scripts", "bin/python.exe", "bin/tool.exe", "bin/gone.exe", "Lib/site-packages"]
PLACES = [*ALIASES, *(f"{alias}{TEMPORARY}" for alias in ALIASES)]

#: What may be in a place: a link with such a destination, or one of the others.
DESTINATIONS = ["bin", "python", "tool", "gone", ".", "lib", "..", "../outside", "../lib/python3.13/site-packages"]
things = st.sampled_from(["nothing", "file", "directory", "empty directory", *DESTINATIONS])

commands = st.sampled_from(
    [
        [],
        ["--link-exe", "--link-site-packages"],
        ["--check", "--link-exe", "--link-site-packages"],
        ["--remove"],
        ["--remove", "--force"],
    ]
)


contents = st.fixed_dictionaries(dict.fromkeys(PLACES, things))


def make_random_environment(directory: Path, content: dict[str, str]) -> Path:
    """Make an environment with a program, and put a thing in each place that is not taken."""
    environment = make_environment(directory)
    add_program(environment, "tool")
    for place, thing in content.items():
        put(environment / place, thing)
    return environment


def put(place: Path, thing: str) -> None:
    """Put a thing in a place, unless that is taken."""
    if thing == "nothing" or os.path.lexists(place) or not place.parent.is_dir():
        return
    if thing == "file":
        place.write_text("precious", encoding="utf-8")
    elif thing.endswith("directory"):
        place.mkdir()
        if thing == "directory":
            (place / "file").write_text("precious", encoding="utf-8")
    else:
        place.symlink_to(thing)


def files(directory: Path) -> dict[Path, bytes]:
    """Return each file below a directory with its content."""
    found = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return {path: path.read_bytes() for path in found}


@settings(deadline=None, max_examples=EXAMPLES)
@given(contents, st.lists(commands, min_size=1, max_size=4))
def test_nothing_is_lost(content: dict[str, str], calls: list[list[str]]) -> None:
    """No file is lost or changed, whatever is in the links' places, and nothing changes outside the environment."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory).resolve()
        environment = make_random_environment(base / "environment", content)
        put(base / "outside", "directory")
        before = files(base)
        outside = tree(base / "outside")

        for arguments in calls:
            main(["--quiet", *arguments, str(environment)])

        assert files(base) == before
        assert tree(base / "outside") == outside


@settings(deadline=None, max_examples=EXAMPLES)
@given(contents, commands)
def test_second_run(content: dict[str, str], arguments: list[str]) -> None:
    """Whatever is in the links' places, a second run changes nothing, and has the same status."""
    with tempfile.TemporaryDirectory() as directory:
        environment = make_random_environment(Path(directory) / "environment", content)
        status = main(["--quiet", *arguments, str(environment)])
        after = tree(environment)

        assert main(["--quiet", *arguments, str(environment)]) == status

        assert tree(environment) == after


@settings(deadline=None, max_examples=EXAMPLES)
@given(contents)
def test_check_agrees(content: dict[str, str]) -> None:
    """Whatever is in the links' places, ``--check`` has the status that linking had."""
    options = ["--quiet", "--link-exe", "--link-site-packages"]
    with tempfile.TemporaryDirectory() as directory:
        environment = make_random_environment(Path(directory) / "environment", content)
        status = main([*options, str(environment)])

        assert main([*options, "--check", str(environment)]) == status
