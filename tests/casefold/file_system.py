"""A POSIX file system that keeps the case of names and does not tell names by it, as macOS has it by default.

It shows a directory of another file system, through FUSE. Run ``file_system.py DIRECTORY MOUNTPOINT`` as root; it ends
when it is unmounted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from unicodedata import normalize

import mfusepy

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = ("st_atime", "st_mtime", "st_ctime")
_ATTRIBUTES = ("st_mode", "st_ino", "st_nlink", "st_uid", "st_gid", "st_size")


def folded(name: str) -> str:
    """Return what is the same for all spellings that mean one name: in any case, composed or decomposed."""
    return normalize("NFD", normalize("NFD", name).casefold())


class CaseInsensitive(mfusepy.Operations):  # type: ignore[misc] # of a module without types
    """What FUSE asks of a file system that shows a directory; an OSError goes back to the caller."""

    use_ns = True

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def _find(self, path: str) -> str:
        """Return the path of what has the name in another spelling, else the path by the name as it is given."""
        if os.path.lexists(self._directory + path):
            return self._directory + path
        found = self._directory
        for name in path.split("/")[1:]:
            spelt = name
            if not os.path.lexists(os.path.join(found, name)) and os.path.isdir(found):
                spelt = next((other for other in os.listdir(found) if folded(other) == folded(name)), name)
            found = os.path.join(found, spelt)
        return found

    def _give_to_caller(self, path: str) -> None:
        """Let something new belong to the user whose process has asked for it, and not to this one's."""
        user, group, _ = mfusepy.fuse_get_context()
        os.lchown(path, user, group)

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Return what is known of a file, with the times in nanoseconds."""
        found = os.lstat(self._find(path)) if fh is None else os.fstat(fh)
        attributes = {name: getattr(found, name) for name in _ATTRIBUTES}
        return {**attributes, **{name: getattr(found, f"{name}_ns") for name in _TIMES}}

    def readdir(self, path: str, fh: int) -> Iterator[tuple[str, dict[str, int], int]]:  # noqa: ARG002
        """Return the names in a directory, each with what a listing needs: without a number it would not be seen."""
        found = self._find(path)
        for name in [".", "..", *os.listdir(found)]:
            entry = os.lstat(os.path.join(found, name))
            yield name, {"st_ino": entry.st_ino, "st_mode": entry.st_mode}, 0

    def readlink(self, path: str) -> str:
        """Return what a symbolic link contains."""
        return os.readlink(self._find(path))

    def mkdir(self, path: str, mode: int) -> None:
        """Make a directory."""
        os.mkdir(found := self._find(path), mode)
        self._give_to_caller(found)

    def mknod(self, path: str, mode: int, dev: int) -> None:
        """Make a FIFO, a socket or a device."""
        os.mknod(found := self._find(path), mode, dev)
        self._give_to_caller(found)

    def symlink(self, target: str, source: str) -> None:
        """Make a symbolic link; FUSE's target is its place."""
        os.symlink(source, found := self._find(target))
        self._give_to_caller(found)

    def link(self, target: str, source: str) -> None:
        """Make a hard link; FUSE's target is its place."""
        os.link(self._find(source), self._find(target), follow_symlinks=False)

    def rmdir(self, path: str) -> None:
        """Remove an empty directory."""
        os.rmdir(self._find(path))

    def unlink(self, path: str) -> None:
        """Remove a file."""
        os.unlink(self._find(path))

    def rename(self, old: str, new: str) -> None:
        """Move a file, in the new spelling if that alone is new."""
        source, target = self._find(old), self._find(new)
        os.rename(source, os.path.join(os.path.dirname(target), os.path.basename(new)) if source == target else target)

    def chmod(self, path: str, mode: int) -> None:
        """Set the permissions."""
        os.chmod(self._find(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Set the owner."""
        os.lchown(self._find(path), uid, gid)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        """Set the times, in nanoseconds."""
        os.utime(self._find(path), ns=times, follow_symlinks=False)  # type: ignore[arg-type] # None is now

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        """Set the size."""
        os.truncate(self._find(path) if fh is None else fh, length)

    def create(self, path: str, mode: int, fi: object = None) -> int:  # noqa: ARG002
        """Make a file and open it."""
        descriptor = os.open(found := self._find(path), os.O_RDWR | os.O_CREAT, mode)
        self._give_to_caller(found)
        return descriptor

    def open(self, path: str, flags: int) -> int:
        """Open a file."""
        return os.open(self._find(path), flags)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:  # noqa: ARG002
        """Read from a file."""
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:  # noqa: ARG002
        """Write to a file."""
        return os.pwrite(fh, data, offset)

    def fsync(self, path: str, datasync: int, fh: int) -> None:  # noqa: ARG002
        """Write a file to the disk."""
        os.fsync(fh)

    def release(self, path: str, fh: int) -> None:  # noqa: ARG002
        """Close a file."""
        os.close(fh)


if __name__ == "__main__":
    # The kernel is to keep no name: it would not know the other spellings of one that has come or gone.
    keep = {"attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    kernel = {"allow_other": True, "default_permissions": True, "use_ino": True}
    mfusepy.FUSE(CaseInsensitive(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True, **keep, **kernel)
