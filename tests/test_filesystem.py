"""What is in a place, on the real file system. How links are made is tested with what may be replaced by them."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from conftest import posix
from links import failing, next_descriptors, put

from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._filesystem import LINK, NOTHING, SOMETHING, exists, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VOLUME = r"\\?\Volume{11111111-2222-3333-4444-555555555555}\x"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gone", (NOTHING, "")),
        ("file", (SOMETHING, "")),
        ("file/below", (NOTHING, "")),
        (".", (SOMETHING, "")),
        ("x" * 300, (NOTHING, "")),
        pytest.param("link", (LINK, "gone"), marks=posix),
    ],
)
def test_look(tmp_path: Path, name: str, found: tuple[str, str]) -> None:
    """A link is found with what it contains, though it dangles; a file or a directory is something else."""
    (tmp_path / "file").touch()
    if name == "link":
        (tmp_path / "link").symlink_to("gone")

    assert look(str(tmp_path / name)) == found
    assert exists(str(tmp_path / name)) == (found[0] != NOTHING)


def test_look_finds_other_reparse_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Windows has for files in a cloud is something else; os.readlink calls it a wrong value there."""
    monkeypatch.setattr(os, "readlink", failing(ValueError("not a symbolic link")))
    assert look("place") == (SOMETHING, "")


@pytest.mark.parametrize("ask", [look, exists])
def test_look_does_not_pass_over_errors(as_ordinary_user: Path, ask: Callable[[str], object]) -> None:
    """What can't be looked at is an error, and neither nothing nor no link."""
    (as_ordinary_user / "closed").mkdir(mode=0o000)
    with pytest.raises(PermissionError):
        ask(str(as_ordinary_user / "closed" / "place"))


@pytest.mark.parametrize(
    ("verbatim", "expected"),
    [
        (r"\\?\C:\x\Scripts", r"C:\x\Scripts"),
        (r"\\?\UNC\srv\share\x", r"\\srv\share\x"),
        *((path, path) for path in (VOLUME, r"C:\x", "abcde:f", "../bin", "")),
    ],
)
def test_strip_prefix(verbatim: str, expected: str) -> None:
    """A path is written as people do, where that can be."""
    assert _filesystem.strip_prefix(verbatim) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("x/y", True), (".", True), ("../root-2", False), ("../xxxx/y", False), ("..", False)],
)
def test_is_inside(tmp_path: Path, path: str, expected: bool) -> None:
    """A directory is inside itself, and its name is no prefix of another's."""
    root = tmp_path.resolve() / "root"
    assert _filesystem.is_inside(str(root), os.path.normpath(root / path)) == expected


@posix
def test_link_is_not_taken_for_directory(tmp_path: Path) -> None:
    """What is below a link is not inside, though os.path.realpath, which fails to read the link, may say so."""
    put(tmp_path / "link", "link", tmp_path.parent)
    assert not _filesystem.is_inside(str(tmp_path), str(tmp_path / "link" / "below"))


@pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
def test_verbatim_path_is_inside(tmp_path: Path) -> None:  # pragma: win32 cover
    """A path is inside a directory that is named by its verbatim path, and the other way round."""
    (tmp_path / "x").mkdir()
    verbatim = f"\\\\?\\{tmp_path.resolve()}"
    assert _filesystem.is_inside(verbatim, _filesystem.locate(str(tmp_path.resolve()), "x"))
    assert _filesystem.is_inside(
        str(tmp_path), _filesystem.locate(verbatim, _filesystem.strip_prefix(f"{verbatim}\\x"))
    )


@posix
@pytest.mark.parametrize(
    ("destination", "expected"),
    [("way/last", "real/deep/last"), ("way/../up", "real/up"), ("way/..", "real"), ("way/", "real/deep")],
)
def test_locate_resolves_all_but_last_name(tmp_path: Path, destination: str, expected: str) -> None:
    """Links on the way to where a link points are followed, as the system does, and one at the end is not."""
    root = tmp_path.resolve()
    (root / "real" / "deep").mkdir(parents=True)
    (root / "way").symlink_to("real/deep")
    (root / "real" / "deep" / "last").symlink_to("gone")
    assert _filesystem.locate(str(root), destination) == str(root / expected)


def test_locate_asks_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of Windows is not asked where it is."""
    monkeypatch.setattr(os.path, "realpath", pytest.fail)
    assert _filesystem.locate("directory", r"\\server\share\Scripts") == r"\\server\share\Scripts"


@pytest.mark.parametrize(("other", "expected"), [(".", True), ("gone", False), ("\0", False)])
def test_is_same(tmp_path: Path, other: str, expected: bool) -> None:
    """What does not exist is not the same as anything, nor is what can't be a path."""
    assert _filesystem.is_same(str(tmp_path), os.path.join(tmp_path, other)) == expected


@posix
@pytest.mark.parametrize("path", ["", "a", "a/b"])
def test_open_directory(tmp_path: Path, path: str) -> None:
    """A directory that has lost its name stays the one that it was, and its descriptor is closed in the end."""
    (root := tmp_path / "root").mkdir()
    (root / "a" / "b").mkdir(parents=True)
    free = next_descriptors()

    with _filesystem.OpenDirectory(str(root), os.path.join(root, path).rstrip("/")) as directory:
        root.rename(tmp_path / "moved")
        assert os.path.samestat(os.stat(os.curdir, dir_fd=directory.dir_fd), (tmp_path / "moved" / path).stat())

    assert next_descriptors() == free


@posix
@pytest.mark.parametrize("path", ["link", "link/b", "../outside"])
def test_open_directory_follows_no_link(tmp_path: Path, path: str) -> None:
    """A link below the other directory, even one on the way, is not followed, nor is what is outside opened."""
    (tmp_path / "root" / "a" / "b").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "link").symlink_to("a")
    free = next_descriptors()

    with pytest.raises(OSError):  # noqa: PT011 - ENOTDIR, ELOOP or EBUSY
        _filesystem.OpenDirectory(str(tmp_path / "root"), os.path.normpath(tmp_path / "root" / path))

    assert next_descriptors() == free


@posix
@pytest.mark.parametrize("mode", [0o300, 0o700])
def test_open_directory_without_a_flag(as_ordinary_user: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """Where the system has no flag for it, a directory that the user may not list goes by its name."""
    monkeypatch.delattr(os, "O_PATH", raising=False)
    (path := as_ordinary_user / "directory").mkdir(mode=mode)
    with _filesystem.OpenDirectory(str(as_ordinary_user), str(path)) as directory:
        assert (directory.dir_fd is None) == (mode == 0o300)
        assert (directory.place(str(path / "x")) == "x") == (mode == 0o700)


@posix
def test_open_directory_refused(as_ordinary_user: Path) -> None:
    """A directory that the user may not enter is refused where the flag exists, and goes by its name where not."""
    (as_ordinary_user / "closed").mkdir(mode=0o000)
    expected = pytest.raises(PermissionError) if hasattr(os, "O_PATH") else nullcontext()
    with expected:
        _filesystem.OpenDirectory(str(as_ordinary_user), str(as_ordinary_user / "closed" / "x"))


FINAL = [pytest.param(reason, 1, marks=posix) for reason in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)]


@pytest.mark.parametrize(("reason", "tries"), [(errno.EIO, 10), *FINAL])
def test_persist(reason: int, tries: int) -> None:
    """A step that fails is taken ten times in all, with time for others, but what stays so is not tried again."""
    failed: list[int] = []

    def step(failures: int) -> str:
        failed.append(failures)
        if failures < limit:
            raise OSError(reason, os.strerror(reason))
        return "done"

    start = time.monotonic()
    limit = tries
    with pytest.raises(OSError, match=os.strerror(reason)):
        _filesystem.persist(step)
    limit = tries - 1
    assert _filesystem.persist(step) == "done"
    assert failed == [*range(tries)] * 2
    assert time.monotonic() - start > 0.08 * (tries == 10) * 2
