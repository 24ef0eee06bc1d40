"""Where an environment keeps things."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts._environment import Environment

if TYPE_CHECKING:
    from virtualenv_link_bin_scripts._link import Link

ROOT = Path("environment").resolve()


def laid_out(*scripts: str) -> Environment:
    """Return an environment of another system, by what virtualenv's creator would say of it."""
    creator: Any = SimpleNamespace(dest=ROOT, bin_dir=ROOT.joinpath(*scripts))
    return Environment.from_creator(creator)


def names(link: Link) -> tuple[str, str]:
    """Return alias and target as names below the environment."""
    return Path(link.alias).relative_to(ROOT).as_posix(), Path(link.target).relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        (["bin"], ("Scripts", "bin")),  # POSIX, and MSYS2 on Windows
        (["Scripts"], ("bin", "Scripts")),
        (["local", "bin"], ("Scripts", "local/bin")),  # as Debian's scheme for the whole system
    ],
)
def test_bin_scripts(scripts: list[str], expected: tuple[str, str]) -> None:
    """The alias has the other system's name, whatever this system is."""
    assert names(laid_out(*scripts).bin_scripts()) == expected


def test_creator(tmp_path: Path) -> None:
    """The scripts directory is the one that virtualenv's creator names."""
    creator = session_via_cli([str(tmp_path / "x")], setup_logging=False).creator

    link = Environment.from_creator(creator).bin_scripts()

    assert link.target == str(creator.bin_dir)
    assert os.path.dirname(link.alias) == str(creator.dest)
