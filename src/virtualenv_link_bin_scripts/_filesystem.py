"""What is in a place, and how a link is made there, on POSIX and on Windows."""

from __future__ import annotations

import errno
import os
import sys
import time

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from typing_extensions import Self

    _T = TypeVar("_T")

#: Processes that complete one environment at the same time mistake each other's intermediate states for failures, so a
#: failure counts only after this many tries, this many seconds apart.
_TRIES = 10
_PAUSE = 0.01

#: What does not change by waiting; on Windows a lack of permission does, since another process may hold a file open.
_FINAL = {
    *(errno.EDQUOT, errno.ENAMETOOLONG, errno.ENOSPC, errno.ENOSYS, errno.EOPNOTSUPP, errno.EROFS),
    *(() if sys.platform == "win32" else (errno.EACCES, errno.EPERM)),
}

#: What :func:`look` finds in a place.
NOTHING = "nothing"
LINK = "a link"
SOMETHING = "something else"

#: A new link that takes the place of something is made under this name first, after the alias's.
TEMPORARY = ".virtualenv-link-bin-scripts"

_VERBATIM = "\\\\?\\"  # precedes a path that Windows takes literally
_VERBATIM_SHARE = "\\\\?\\UNC\\"


def look(path: str, *, dir_fd: int | None = None) -> tuple[str, str]:
    r"""Look what is in a place.

    :param path: path of the place
    :param dir_fd: descriptor of the directory that a relative path starts from, if any
    :returns: :data:`NOTHING`, :data:`LINK` or :data:`SOMETHING`; and where a symbolic link or a junction points, as
        people write it: Windows stores ``\\?\C:\...`` in a junction
    :raises OSError: if the system does not say: an error must not pass for "nothing" or "no link"
    """
    try:
        return LINK, strip_prefix(os.readlink(path, dir_fd=dir_fd))
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING, ""
    except UnicodeEncodeError as error:
        raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ), path) from error
    except ValueError:  # one of Windows's other reparse points
        return SOMETHING, ""
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # so nothing is called that
            return NOTHING, ""
        if error.errno != errno.EINVAL:  # which says that there is no link
            raise
        return SOMETHING, ""


def exists(path: str) -> bool:
    """Return whether there is something, if only a link to nothing.

    :param path: path of the place
    :returns: whether there is
    :raises OSError: if the system does not say
    """
    return look(path)[0] != NOTHING


def strip_prefix(path: str) -> str:
    r"""Write a path as people do.

    :param path: a path, which on Windows may be a verbatim one: ``\\?\C:\...`` or ``\\?\UNC\server\share\...``
    :returns: the path without the prefix; ``\\?\Volume{...}`` has no other spelling
    """
    if path.startswith(_VERBATIM):
        if path.startswith(_VERBATIM_SHARE):
            return f"\\\\{path[len(_VERBATIM_SHARE) :]}"
        if path[len(_VERBATIM) + 1 : len(_VERBATIM) + 2] == ":":
            return path[len(_VERBATIM) :]
    return path


def resolve(path: str) -> str:
    """Resolve all links of a path.

    :param path: a path
    :returns: the absolute path that people would write
    :raises OSError: if the system refuses
    """
    return strip_prefix(os.path.realpath(path))


def locate(directory: str, destination: str) -> str:
    """Return the path that a link names, which may be another link.

    :param directory: absolute path of the directory that the link is in
    :param destination: what the link contains, as :func:`look` returns it
    :returns: an absolute path, resolved except for its last name
    :raises OSError: if the system refuses
    """
    if destination.startswith("\\\\"):  # a share or a volume of Windows: asking for it may take long
        return destination
    path = os.path.join(resolve(directory), destination)
    head, tail = os.path.split(path)
    return resolve(path) if tail in {"", os.curdir, os.pardir} else os.path.join(resolve(head), tail)


def is_inside(directory: str, path: str) -> bool:
    """Return whether a directory is another one, or below it.

    :param directory: path of the other directory
    :param path: path of the directory, as :func:`resolve` returns it
    :returns: whether it is
    :raises OSError: if the system does not say
    """
    directory = os.path.normcase(resolve(directory))
    path = os.path.normcase(path)
    # os.path.realpath takes a link that the system fails to read for a directory, so look again on the way up.
    while len(path) > len(directory) and look(path)[0] != LINK:
        path = os.path.dirname(path)
    return path == directory


class OpenDirectory:
    """A directory in another one, which stays the same one while it is open, whatever takes its name.

    On Windows, which opens no directories for this, its name is used instead, and so it is where the system has no flag
    for it and the user may not list the directory.

    :param directory: path of the other directory
    :param path: path of the directory to open, which is that directory, or in it without a link on the way
    :raises OSError: if there is a link on the way by now, or if the system refuses
    """

    def __init__(self, directory: str, path: str) -> None:
        #: The directory's descriptor, ``None`` where its name is used.
        self.dir_fd: int | None = None
        try:
            self.dir_fd = _open_directory(directory, path)
        except PermissionError:
            if hasattr(os, "O_PATH"):
                raise
            # Else the system asks for a permission that nothing else needs, though not of root, so the name does.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.dir_fd is not None:
            os.close(self.dir_fd)

    def place(self, path: str) -> str:
        """Name a place in the directory for the functions that get its descriptor, too.

        :param path: path of the place
        :returns: its name, or the path where there is no descriptor
        """
        return path if self.dir_fd is None else os.path.basename(path)


def _open_directory(directory: str, path: str) -> int | None:
    if sys.platform == "win32":  # pragma: win32 cover
        return None
    flags = os.O_DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)  # Linux has a flag that asks for no permission
    if path == directory:
        return os.open(path, flags)
    if os.path.dirname(path) == directory:
        return os.open(path, flags | os.O_NOFOLLOW)
    directory = resolve(directory)
    descriptor = os.open(directory, flags)
    try:
        for name in os.path.relpath(path, directory).split(os.sep):
            if name == os.pardir:  # somebody has moved it
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            below = os.open(name, flags | os.O_NOFOLLOW, dir_fd=descriptor)
            descriptor, above = below, descriptor
            os.close(above)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_same(path: str, other: str) -> bool:
    """Return whether two paths mean one file or directory.

    :param path: a path
    :param other: another one
    :returns: whether they do; ``False`` if one of them can't be looked at
    """
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def persist(step: Callable[[int], _T]) -> _T:
    """Take a step that may have to wait for another process.

    :param step: the step, called with the number of times it has failed
    :returns: what the step returns
    :raises OSError: if it fails again and again
    """
    failures = 0
    while True:
        try:
            return step(failures)
        except OSError as error:
            failures += 1
            if failures == _TRIES or error.errno in _FINAL:
                raise
        time.sleep(_PAUSE)


class _SymbolicLinks:
    """How POSIX makes links: relative, at once, and replaced at once.

    A target is an absolute path, and so is an alias, unless its directory has a descriptor; ``relative_target`` is the
    target as seen from that directory.
    """

    #: Whether a link appears in its place as a whole, and never where there is something.
    made_at_once = True

    #: Whether a link that contains an absolute path is as good.
    may_be_absolute = False

    def create(self, alias: str, target: str, relative_target: str, dir_fd: int | None = None) -> None:
        """Create a link that points to the target, or raise OSError and leave nothing behind."""
        os.symlink(relative_target, alias, dir_fd=dir_fd)
        try:
            _verify(alias, target, dir_fd)
        except OSError:
            if look(alias, dir_fd=dir_fd) == (LINK, relative_target):  # and not what somebody has put there by now
                os.unlink(alias, dir_fd=dir_fd)
            raise

    def replace(self, alias: str, new: str, dir_fd: int | None = None) -> None:
        """Move a new link to the place of another one, or of nothing."""
        os.rename(new, alias, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    def clear(self, path: str, dir_fd: int | None = None) -> None:
        """Remove what a killed process may have left of create, and nothing else."""
        if look(path, dir_fd=dir_fd)[0] == LINK:
            os.unlink(path, dir_fd=dir_fd)


class _Junctions(_SymbolicLinks):
    """How Windows makes links: junctions or, where there are none, symbolic links if the user may.

    ``CreateJunction`` makes a directory, opens it for itself alone, and then turns it into a junction. It stores an
    absolute path: the real one, since a link on the way to it, or a substituted drive, might go away.
    """

    made_at_once = False
    may_be_absolute = True

    def create(self, alias: str, target: str, relative_target: str, dir_fd: int | None = None) -> None:
        reasons = []
        for create in (_create_junction, _create_directory_symlink):
            try:
                create(alias, target, relative_target)
                return _verify(alias, target, dir_fd)
            except (AttributeError, ImportError):  # PyPy makes no junctions
                continue
            except FileExistsError:
                raise
            except OSError as error:
                reasons.append(error)
                self.clear(alias)  # a junction that fails leaves the directory
        raise reasons[0]

    def replace(self, alias: str, new: str, dir_fd: int | None = None) -> None:  # noqa: ARG002 - has none
        if look(alias)[0] == LINK:  # which Windows does not rename over
            os.unlink(alias)
        os.rename(new, alias)
        if look(alias)[0] != LINK:  # but what another process was about to make under the same temporary name
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    def clear(self, path: str, dir_fd: int | None = None) -> None:  # noqa: ARG002 - has none
        kind, _ = look(path)
        if kind != NOTHING:
            (os.unlink if kind == LINK else os.rmdir)(path)


#: How links are made on this system.
LINKS = _Junctions() if sys.platform == "win32" else _SymbolicLinks()


def _create_junction(alias: str, target: str, _: str) -> None:
    import _winapi  # here, since only CPython on Windows has it

    create_junction: Callable[[str, str], None] = getattr(_winapi, "CreateJunction")  # noqa: B009 - unknown elsewhere
    create_junction(resolve(target), alias)


def _create_directory_symlink(alias: str, _: str, relative_target: str) -> None:
    os.symlink(relative_target, alias, target_is_directory=True)


def _verify(alias: str, target: str, dir_fd: int | None) -> None:
    """Raise OSError unless the alias points to the target: a call's success is no proof, Wine makes nothing."""
    if not os.path.samestat(os.stat(alias, dir_fd=dir_fd), os.stat(target)):
        raise OSError(errno.EIO, "created, but it does not point to the target")
