"""A link: the alias that this package adds to an environment, and the target that the alias leads to."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from functools import partial

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable

#: Processes that complete one environment at the same time take each other's steps for failures: an alias comes, or
#: goes, between two calls. So a failure counts only if it is still there after this many tries, this many seconds
#: apart.
_TRIES = 10
_PAUSE = 0.01

#: What :func:`_look` sees in a file or a directory. No link contains nothing.
_NO_LINK = ""

#: What may be in the alias's place, besides a link or a directory.
_KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a FIFO",
}


class LinkError(Exception):
    """A link could not be made or removed; the message names the alias and the reason."""


class Link:
    """An alias and its target: a relative symbolic link or, on Windows, a junction.

    :param root: absolute path of the directory that nothing is written outside of
    :param alias: absolute path of the extra name, in the root or in a directory of the root, which need not be there
    :param target: absolute path of what the alias leads to; on Windows it is a directory

    """

    def __init__(self, root: str, alias: str, target: str) -> None:
        self._root = root
        self._parent = os.path.dirname(alias)
        self.alias = alias
        self.target = target

    def in_place(self) -> bool:
        """Tell whether nothing is left to do.

        :returns: ``True`` if the alias is the link that :meth:`make` makes, or if alias and target are one and the same
            without it, as they are when somebody made the target a link to a directory of the alias's name

        """
        return self._is_right(_look(self.alias))

    def make(self) -> str | None:
        """Make the alias lead to the target, unless it does already.

        The link takes the place of nothing, of an empty directory, or of another link, and of nothing else.

        :returns: where the link led that was replaced, ``None`` if there was none or if it led to the target too
        :raises LinkError: if something else is in the alias's place, or if the system refuses; what was there stays

        """
        failures = 0
        while not self._is_right(led_to := _look(self.alias)):
            try:
                return self._replace(led_to)
            except OSError as error:
                failures += 1
                if failures == _TRIES:
                    raise self._error(error.strerror or str(error)) from error
                time.sleep(_PAUSE)
        return None

    def _is_right(self, led_to: str | None) -> bool:
        if led_to is None:
            return False
        if led_to == _NO_LINK or sys.platform == "win32":
            return self._leads_to_target()
        return led_to == self.relative_target()

    def _replace(self, led_to: str | None) -> str | None:
        """Put the link in the place of nothing, of an empty directory, or of another link.

        :param led_to: what :func:`_look` has seen there

        :returns: where the other link led, ``None`` if there was none or if it led to the target too
        :raises LinkError: if something else is there
        :raises OSError: if the system refuses; what was there is put back

        """
        former = None
        put_back: Callable[[], None] | None = None
        if self._make_parent():
            put_back = partial(os.rmdir, self._parent)
        elif led_to == _NO_LINK:
            self._remove_empty_directory()
            put_back = partial(os.mkdir, self.alias)
        elif led_to is not None:
            if not self._leads_to_target():
                former = _readable(led_to)
            os.unlink(self.alias)  # takes a junction too, and never what it leads to
            put_back = partial(os.symlink, led_to, self.alias)
        try:
            self._create()
        except OSError:
            if put_back is not None:
                _attempt(put_back)
            raise
        return former

    def _make_parent(self) -> bool:
        """Make the directory that the alias is in.

        :returns: ``False`` if it is there
        :raises LinkError: if it is no directory, or leads out of the root
        :raises OSError: if the system refuses

        """
        if self._parent == self._root:
            return False
        seen = _look(self._parent)
        if seen is None:
            os.mkdir(self._parent)
            return True
        if not os.path.isdir(self._parent):
            raise self._error(f"{self._parent} is no directory, and stays as it is")
        if seen != _NO_LINK:
            parent = os.path.realpath(self._parent)
            if not _is_inside(self._root, parent):
                raise self._error(f"{self._parent} leads out of the environment, to {parent}")
        return False

    def _remove_empty_directory(self) -> None:
        """Remove the empty directory in the alias's place.

        :raises LinkError: if there is something else, or something in the directory
        :raises OSError: if the system refuses

        """
        try:
            os.rmdir(self.alias)
        except NotADirectoryError as error:
            kind = stat.S_IFMT(os.lstat(self.alias).st_mode)
            if kind == stat.S_IFLNK:  # another process has just made it
                raise
            raise self._error(f"{_KINDS.get(kind, 'a special file')} is in its place, and stays there") from error
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                raise self._error("a directory with something in it is in its place, and stays there") from error
            raise

    def _create(self) -> None:
        """Create the link where there is nothing.

        :raises OSError: why the first way failed, if all did; none leaves a trace

        """
        reasons = []
        symlink, junction = self._create_symlink, self._create_junction
        for create in (junction, symlink) if sys.platform == "win32" else (symlink,):
            try:
                create()
                # A call that reports success is no proof: Wine's os.symlink does so and makes nothing.
                if os.path.samefile(self.alias, self.target):
                    return
                raise OSError(errno.EIO, "the system reports success, but the alias does not lead there")
            except ImportError:  # PyPy makes no junctions
                continue
            except FileExistsError:  # another process was faster: nothing here is ours to clear away
                raise
            except OSError as error:
                reasons.append(error)
                _attempt(os.rmdir if destination(self.alias) is None else os.unlink, self.alias)
        raise reasons[0]

    def _create_junction(self) -> None:
        if sys.platform == "win32":  # pragma: no branch - tells mypy; nothing else gets here
            from _winapi import CreateJunction  # CPython has it, on Windows

            CreateJunction(self.target, self.alias)  # needs no privilege; where it fails, it leaves an empty directory

    def _create_symlink(self) -> None:
        os.symlink(self.relative_target(), self.alias, target_is_directory=True)  # which POSIX ignores

    def relative_target(self) -> str:
        """Tell what a symbolic link has to contain.

        :returns: the target as seen from the directory that the alias is in, so that the environment may be moved

        """
        if self._parent != self._root and destination(self._parent) is not None:
            return os.path.relpath(os.path.realpath(self.target), os.path.realpath(self._parent))
        return os.path.relpath(self.target, self._parent)

    def _leads_to_target(self) -> bool:
        try:
            return os.path.samefile(self.alias, self.target)
        except OSError:
            return False

    def _error(self, reason: str) -> LinkError:
        return LinkError(f"could not link {self.alias} to {self.target} - {reason}")


def remove(root: str, alias: str) -> str | None:
    """Remove an alias that is a link into the root, and the directory that it was in if that is empty then.

    :param root: absolute path of the directory that nothing is removed outside of
    :param alias: absolute path of the alias

    :returns: where the link led, ``None`` if there is none, or one that leads elsewhere
    :raises LinkError: if the system refuses

    """
    led_to = destination(alias)
    if led_to is None:
        return None
    parent = os.path.dirname(alias)
    real_parent = os.path.realpath(parent)
    if not (parent == root or _is_inside(root, real_parent)):
        return None
    # Where the link itself leads, not where further links lead from there: the interpreter leads out.
    head, tail = os.path.split(os.path.normpath(os.path.join(real_parent, _readable(led_to))))
    target = os.path.join(os.path.realpath(head), tail)
    if not _is_inside(root, target):
        return None
    try:
        os.unlink(alias)
        # On a file system that does not tell Lib from lib, the directory is not one that was made for the alias.
        if parent != root and destination(parent) is None and os.path.basename(parent) in os.listdir(root):
            _attempt(os.rmdir, parent)
    except OSError as error:
        raise LinkError(f"could not remove {alias} - {error.strerror}") from error
    return os.path.relpath(target, real_parent)


def destination(path: str) -> str | None:
    """Tell where a link leads.

    :param path: path of anything

    :returns: what the symbolic link or junction contains, ``None`` if there is neither

    """
    return _look(path) or None


def _look(path: str) -> str | None:
    """Return what the symbolic link or junction contains, ``_NO_LINK`` for anything else, ``None`` for nothing."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):  # ValueError: one of Windows's other reparse points
        return _NO_LINK


def _is_inside(root: str, real_path: str) -> bool:
    return os.path.normcase(real_path).startswith(os.path.normcase(os.path.join(os.path.realpath(root), "")))


def _readable(path: str) -> str:
    """Return a path without the prefix that Windows stores in a junction."""
    return path.removeprefix("\\\\?\\")


def _attempt(function: Callable[..., None], *arguments: str) -> None:
    try:  # noqa: SIM105 - contextlib costs an import
        function(*arguments)
    except OSError:
        pass
