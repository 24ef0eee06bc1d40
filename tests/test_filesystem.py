"""What is in a place, on the real file system. How links are made is tested with what may be replaced by them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import posix

from virtualenv_link_bin_scripts._filesystem import LINK, NOTHING, OTHER, is_inside, is_same, locate, look, strip_prefix

if TYPE_CHECKING:
    from pathlib import Path


def test_look_finds_nothing(tmp_path: Path) -> None:
    """Nothing is told from something."""
    assert look(str(tmp_path / "gone")) == (NOTHING, "")


def test_look_finds_other_things(tmp_path: Path) -> None:
    """A file or a directory is no link."""
    (tmp_path / "file").touch()
    assert look(str(tmp_path / "file")) == (OTHER, "")
    assert look(str(tmp_path)) == (OTHER, "")


@posix
def test_look_finds_link(tmp_path: Path) -> None:
    """A link is told with what it contains, though it dangles."""
    (tmp_path / "link").symlink_to("gone")
    assert look(str(tmp_path / "link")) == (LINK, "gone")


@pytest.mark.parametrize(
    ("verbatim", "expected"),
    [
        (r"\\?\C:\x\Scripts", r"C:\x\Scripts"),
        (r"\\?\UNC\srv\share\x", r"\\srv\share\x"),
        (r"\\?\Volume{11111111-2222-3333-4444-555555555555}\x", r"\\?\Volume{11111111-2222-3333-4444-555555555555}\x"),
        (r"C:\x", r"C:\x"),
        ("../bin", "../bin"),
        ("", ""),
    ],
)
def test_strip_prefix(verbatim: str, expected: str) -> None:
    """A path is written as people do, where that can be."""
    assert strip_prefix(verbatim) == expected


@pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
def test_verbatim_path_is_inside(tmp_path: Path) -> None:  # pragma: win32 cover
    """A path is inside a directory that is named by its verbatim path, and the other way round."""
    (tmp_path / "x").mkdir()
    verbatim = f"\\\\?\\{tmp_path.resolve()}"
    assert is_inside(verbatim, locate(str(tmp_path.resolve()), "x"))
    assert is_inside(str(tmp_path), locate(verbatim, strip_prefix(f"{verbatim}\\x")))


def test_is_inside(tmp_path: Path) -> None:
    """A directory is not inside itself, and its name is no prefix of another's."""
    root = tmp_path.resolve()
    assert is_inside(str(root), str(root / "x"))
    assert not is_inside(str(root), str(root))
    assert not is_inside(str(root), f"{root}-2")


@posix
def test_locate_resolves_all_but_last_name(tmp_path: Path) -> None:
    """Where a link points is told by itself; links on the way are followed, and one at the end is not."""
    root = tmp_path.resolve()
    (root / "real").mkdir()
    (root / "way").symlink_to("real")
    (root / "real" / "last").symlink_to("gone")
    assert locate(str(root), "way/last") == str(root / "real" / "last")


def test_is_same_tells_what_is_not_there(tmp_path: Path) -> None:
    """What is not there is not the same as anything, nor is what can't be a path."""
    assert is_same(str(tmp_path), os.path.join(tmp_path, "."))
    assert not is_same(str(tmp_path), str(tmp_path / "gone"))
    assert not is_same(str(tmp_path), "\0")
