"""What is in a place, on the real file system. How links are made is tested with what may be replaced by them."""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from conftest import posix

from virtualenv_link_bin_scripts._filesystem import (
    LINK,
    NOTHING,
    SOMETHING,
    exists,
    is_inside,
    is_same,
    locate,
    look,
    open_directory,
    persist,
    strip_prefix,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_look_finds_nothing(tmp_path: Path) -> None:
    """Nothing is not something."""
    assert look(str(tmp_path / "gone")) == (NOTHING, "")


def test_look_finds_other_things(tmp_path: Path) -> None:
    """A file or a directory is no link."""
    (tmp_path / "file").touch()
    assert look(str(tmp_path / "file")) == (SOMETHING, "")
    assert look(str(tmp_path)) == (SOMETHING, "")


@posix
def test_look_finds_link(tmp_path: Path) -> None:
    """A link is found with what it contains, though it dangles."""
    (tmp_path / "link").symlink_to("gone")
    assert look(str(tmp_path / "link")) == (LINK, "gone")


@pytest.mark.parametrize(
    ("verbatim", "expected"),
    [
        (r"\\?\C:\x\Scripts", r"C:\x\Scripts"),
        (r"\\?\UNC\srv\share\x", r"\\srv\share\x"),
        (r"\\?\Volume{11111111-2222-3333-4444-555555555555}\x", r"\\?\Volume{11111111-2222-3333-4444-555555555555}\x"),
        (r"C:\x", r"C:\x"),
        ("abcd:e:f", "abcd:e:f"),
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
    """A directory is inside itself, and its name is no prefix of another's."""
    root = tmp_path.resolve()
    assert is_inside(str(root), str(root / "x" / "y"))
    assert is_inside(str(root), str(root))
    assert not is_inside(str(root), f"{root}-2")
    assert not is_inside(str(root), str(root.parent / "xx" / "y"))
    assert not is_inside(str(root), str(root.parent))


@posix
def test_locate_resolves_all_but_last_name(tmp_path: Path) -> None:
    """Links on the way to where a link points are followed, and one at the end is not."""
    root = tmp_path.resolve()
    (root / "real").mkdir()
    (root / "way").symlink_to("real")
    (root / "real" / "last").symlink_to("gone")
    assert locate(str(root), "way/last") == str(root / "real" / "last")


def test_is_same_of_missing_paths(tmp_path: Path) -> None:
    """What does not exist is not the same as anything, nor is what can't be a path."""
    assert is_same(str(tmp_path), os.path.join(tmp_path, "."))
    assert not is_same(str(tmp_path), str(tmp_path / "gone"))
    assert not is_same(str(tmp_path), "\0")


def test_look_finds_other_reparse_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Windows has for files in a cloud is something else; os.readlink calls it a wrong value there."""

    def refuse(*_: object, **__: object) -> str:
        raise ValueError("not a symbolic link")

    monkeypatch.setattr(os, "readlink", refuse)
    assert look("place") == (SOMETHING, "")


@posix
def test_look_does_not_pass_over_errors(as_ordinary_user: Path) -> None:
    """What can't be looked at is an error, and neither nothing nor no link."""
    (as_ordinary_user / "closed").mkdir(mode=0o000)
    with pytest.raises(PermissionError):
        look(str(as_ordinary_user / "closed" / "place"))


def test_look_below_file(tmp_path: Path) -> None:
    """Below a file there is nothing."""
    (tmp_path / "file").touch()
    assert look(str(tmp_path / "file" / "place")) == (NOTHING, "")


@posix
@pytest.mark.parametrize("reason", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_persist_gives_up_at_once(reason: int) -> None:
    """What waiting does not change is not tried again."""
    failures: list[int] = []

    def step(failed: int) -> None:
        failures.append(failed)
        raise OSError(reason, os.strerror(reason))

    with pytest.raises(OSError, match=os.strerror(reason)):
        persist(step)
    assert failures == [0]


def test_name_that_is_too_long(tmp_path: Path) -> None:
    """Nothing has a name that is too long."""
    assert look(str(tmp_path / ("x" * 300))) == (NOTHING, "")
    assert not exists(str(tmp_path / ("x" * 300)))


def test_persist() -> None:
    """A step that fails is taken again, ten times in all, and knows how often it has failed."""
    failures: list[int] = []

    def step(failed: int) -> str:
        failures.append(failed)
        if failed < limit:
            raise OSError(failed)
        return "done"

    limit = 9
    start = time.monotonic()
    assert persist(step) == "done"
    assert time.monotonic() - start > 0.08  # the others need time
    assert failures == list(range(10))

    limit = 10
    with pytest.raises(OSError, match="9"):
        persist(step)


@posix
def test_open_directory_follows_no_link(tmp_path: Path) -> None:
    """A link below the root, even one on the way, is not followed, and no descriptor is left open."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a")
    free = os.dup(1)
    os.close(free)
    descriptor = open_directory(str(tmp_path), str(tmp_path / "a" / "b"))
    assert descriptor is not None
    assert os.fstat(descriptor).st_ino == (tmp_path / "a" / "b").stat().st_ino
    os.close(descriptor)
    with pytest.raises(OSError):  # noqa: PT011 - ENOTDIR or ELOOP
        open_directory(str(tmp_path), str(tmp_path / "link" / "b"))
    assert os.dup(1) == free
    os.close(free)


def test_exists(tmp_path: Path) -> None:
    """Everything exists that has a name, even a link to nothing, but nothing below a file does."""
    (tmp_path / "file").touch()
    assert exists(str(tmp_path / "file"))
    assert not exists(str(tmp_path / "gone"))
    assert not exists(str(tmp_path / "file" / "below"))


@posix
def test_exists_does_not_pass_over_errors(as_ordinary_user: Path) -> None:
    """What can't be looked at is an error."""
    (as_ordinary_user / "closed").mkdir(mode=0o000)
    with pytest.raises(PermissionError):
        exists(str(as_ordinary_user / "closed" / "place"))
    (as_ordinary_user / "link").symlink_to("gone")
    assert exists(str(as_ordinary_user / "link"))


def test_locate_asks_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of Windows is not asked where it is."""
    monkeypatch.setattr(os.path, "realpath", pytest.fail)
    assert locate("directory", r"\\server\share\Scripts") == r"\\server\share\Scripts"
