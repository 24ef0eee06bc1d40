"""Links on Windows: any user may make a junction or a hard link, but not a symbolic link."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from ._link import Link, Outcome
from ._path import NOTHING


class Junction(Link):
    """A link to a directory by its absolute path.

    ``CreateJunction`` makes a directory, and then turns it into a junction. On a file system without junctions, such as
    exFAT, it leaves the directory behind.
    """

    #: Another process may hold a file open for a moment, which Windows reports as a lack of permission.
    transient = (*Link.transient, PermissionError)
    of_directory = ()

    def _put(self, kind: str) -> None:  # noqa: ARG002 - nobody may see a new junction half made, either
        import _winapi  # here, since only Windows has it

        create_junction = getattr(_winapi, "CreateJunction", None)
        if create_junction is None:
            raise OSError(errno.ENOSYS, "PyPy cannot make junctions; use CPython")
        create_junction(os.path.realpath(self.target).removeprefix("\\\\?\\"), self._temporary)
        os.stat(self._temporary)  # fails unless it leads somewhere
        with suppress(FileNotFoundError):
            os.rmdir(self.path)  # fails unless it is a junction or an empty directory
        os.rename(self._temporary, self.path)

    def _remove_temporary(self) -> None:
        with suppress(OSError):  # fails unless it is a junction or an empty directory
            os.rmdir(self._temporary)


class HardLink(Link):
    """``python3.exe`` in a scripts directory that has only ``python.exe``: a second name of the same file.

    Anything of that name will do: virtualenv makes a ``python3.exe`` itself, and an older one than ``python.exe``, as
    after an upgrade, still finds the environment by pyvenv.cfg. Only a second name of ``python.exe`` is removed.
    """

    transient, of_directory = Junction.transient, Junction.of_directory

    def _judge(self, kind: str, destination: str) -> Outcome | None:  # noqa: ARG002 - a file has none
        return Outcome("missing" if kind == NOTHING else "already linked", self)

    def _put(self, kind: str) -> None:  # noqa: ARG002 - fails if something has appeared there
        os.link(self.target, self.path)

    def _is_ours(self, kind: str) -> bool:
        return kind != NOTHING and os.path.samestat(os.lstat(self.path), os.lstat(self.target))
