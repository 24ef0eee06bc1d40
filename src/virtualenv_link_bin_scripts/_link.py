"""A link: the alias that this package adds to an environment, and the target that the alias points to.

This is about what may be replaced or removed; :mod:`._filesystem` knows how.

"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from functools import partial

from ._filesystem import LINK, NOTHING, OTHER, attempt, create_link, is_inside, is_link, is_same, locate, look, resolve

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable

#: Processes that complete one environment at the same time take each other's steps for failures: an alias comes, or
#: goes, between two calls. So a failure counts only if it is still there after this many tries, this many seconds
#: apart.
_TRIES = 10
_PAUSE = 0.01

#: What a link that is being replaced is called meanwhile, after the alias.
_ASIDE = ".virtualenv-link-bin-scripts"

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
    :param target: absolute path of what the alias points to; on Windows it is a directory

    """

    def __init__(self, root: str, alias: str, target: str) -> None:
        self._root = root
        self._parent = os.path.dirname(alias)
        self._aside = alias + _ASIDE
        self.alias = alias
        self.target = target

    def in_place(self) -> bool:
        """Tell whether nothing is left to do.

        :returns: ``True`` if the alias is the link that :meth:`make` makes, or if alias and target are one and the same
            without it, as they are when somebody made the target a link to a directory of the alias's name

        """
        return self._is_right(*look(self.alias))

    def make(self) -> tuple[bool, str | None]:
        """Make the alias point to the target, unless it does already.

        The link takes the place of nothing, of an empty directory, or of another link, and of nothing else.

        :returns: whether it was made now; and where the link pointed that was replaced, ``None`` if there was none or
            if it pointed to the target too
        :raises LinkError: if something else is in the alias's place, or if the system refuses; what was there stays

        """
        failures = 0
        while not self._is_right(*(seen := look(self.alias))):
            try:
                return True, self._replace(*seen)
            except OSError as error:
                failures += 1
                if failures == _TRIES:
                    raise self._error(error.strerror or str(error)) from error
                time.sleep(_PAUSE)
        self._remove_aside()
        return False, None

    def _is_right(self, kind: str, destination: str) -> bool:
        if kind == LINK and sys.platform != "win32":
            return destination == self.relative_target()
        return kind != NOTHING and is_same(self.alias, self.target)

    def _replace(self, kind: str, destination: str) -> str | None:
        """Put the link in the place of nothing, of an empty directory, or of another link.

        :param kind: what :func:`look` has found there
        :param destination: where it points, if it is a link

        :returns: where the other link pointed, ``None`` if there was none or if it pointed to the target too
        :raises LinkError: if something else is there
        :raises OSError: if the system refuses; what was there is put back

        """
        former = None
        put_back: Callable[[], None] = self._put_back
        if self._make_parent():
            put_back = partial(os.rmdir, self._parent)
        elif kind == OTHER:
            self._remove_empty_directory()
            put_back = partial(os.mkdir, self.alias)
        elif kind == LINK:
            former = None if is_same(self.alias, self.target) else destination
            self._move_aside()
        else:  # where another process may have moved a link aside, and been killed then
            kind, destination = look(self._aside)
            former = destination or None
        try:
            create_link(self.alias, self.target, self.relative_target())
        except FileExistsError:  # another process was faster, and its link may be right
            raise
        except OSError:
            attempt(put_back)
            raise
        if kind == LINK:
            self._remove_aside()
        return former

    def _move_aside(self) -> None:
        """Move the link in the alias's place aside, so that it can be put back.

        :raises LinkError: if there is something else where it is to go
        :raises OSError: if the system refuses, or if there is no link any more

        """
        if look(self._aside)[0] == OTHER:
            raise self._error(f"{self._aside} is in the way, and was left alone")
        if sys.platform == "win32":  # which renames nothing over what a process has left that was killed
            attempt(os.unlink, self._aside)
        os.rename(self.alias, self._aside)
        if not is_link(self._aside):  # something has taken the link's place since it was looked at
            os.rename(self._aside, self.alias)
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    def _put_back(self) -> None:
        if look(self.alias)[0] == NOTHING:
            os.rename(self._aside, self.alias)

    def _remove_aside(self) -> None:
        if is_link(self._aside):
            attempt(os.unlink, self._aside)

    def _make_parent(self) -> bool:
        """Make the directory that the alias is in.

        :returns: ``False`` if it is there
        :raises LinkError: if it is no directory, or points out of the root
        :raises OSError: if the system refuses

        """
        if self._parent == self._root:
            return False
        kind, _ = look(self._parent)
        if kind == NOTHING:
            os.mkdir(self._parent)
            return True
        if not os.path.isdir(self._parent):
            raise self._error(f"{self._parent} is not a directory, and was left alone")
        if kind == LINK and not is_inside(self._root, parent := resolve(self._parent)):
            raise self._error(f"{self._parent} points out of the environment, to {parent}")
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
            raise self._refusal(_KINDS.get(kind, "a special file")) from error
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                raise self._refusal("a non-empty directory") from error
            raise

    def _refusal(self, what: str) -> LinkError:
        if looks_like_copy(self.alias, self.target):
            return self._error(f"{what} is in the way; {describe_copy(self.alias, self.target)}")
        return self._error(f"{what} is in the way, and was left alone")

    def relative_target(self) -> str:
        """Tell what a symbolic link has to contain.

        :returns: the target as seen from the directory that the alias is in, so that the environment may be moved

        """
        directory, name = os.path.split(self.target)
        if directory == self._parent:  # most are, and the rest takes five times as long
            return name
        if self._parent != self._root and is_link(self._parent):
            return os.path.relpath(os.path.realpath(self.target), os.path.realpath(self._parent))
        return os.path.relpath(self.target, self._parent)

    def _error(self, reason: str) -> LinkError:
        return LinkError(f"could not link {self.alias} to {self.target} - {reason}")


def looks_like_copy(alias: str, target: str) -> bool:
    """Tell whether a tool that follows links has copied the environment, so that there is a copy in a link's place.

    :param alias: absolute path of what may be the copy
    :param target: absolute path of what it may be a copy of

    :returns: whether the directory has no name that the target lacks, or the file is equal to the target

    """
    try:
        if os.path.isdir(alias):
            return set(os.listdir(alias)) <= set(os.listdir(target))
        from filecmp import cmp  # here, since it is hardly ever needed

        return os.path.isfile(alias) and cmp(alias, target, shallow=False)
    except OSError:
        return False


def describe_copy(alias: str, target: str) -> str:
    """Tell what to do with a copy.

    :param alias: absolute path of the copy
    :param target: absolute path of what it is a copy of

    :returns: the end of a message

    """
    return (
        f"it looks like a copy of {os.path.basename(target)}, made by a tool that follows links:"
        f" delete {alias} and try again"
    )


def remove(root: str, alias: str, *, scripts: str, force: bool) -> str | None:
    """Remove an alias that is a link, and the directory that it was in if that is empty then.

    :param root: absolute path of the directory that nothing is removed outside of
    :param alias: absolute path of the alias
    :param scripts: absolute path of the directory of the programs that may start with the alias
    :param force: whether to remove a link, too, that programs start with, or that points out of the root

    :returns: where the link pointed, ``None`` if there was none
    :raises LinkError: if the link is kept, or if the system refuses

    """
    try:
        return _remove(root, alias, scripts, force=force)
    except OSError as error:
        raise LinkError(f"could not remove {alias} - {error.strerror or error}") from error


def _remove(root: str, alias: str, scripts: str, *, force: bool) -> str | None:
    aside = alias + _ASIDE
    if is_link(aside):  # left by a process that was killed
        attempt(os.unlink if is_link(alias) else partial(os.rename, dst=alias), aside)
    kind, destination = look(alias)
    if kind != LINK:
        return None
    parent = os.path.dirname(alias)
    real_parent = resolve(parent)
    if not (parent == root or is_inside(root, real_parent)):
        raise LinkError(f"kept {alias} - {parent} points out of the environment, to {real_parent}")
    target = locate(real_parent, destination)
    inside = is_inside(root, target)
    if not force:
        if not inside:
            raise LinkError(f"kept {alias} - it points out of the environment, to {destination}; --force removes it")

        from ._programs import describe_programs, find_programs  # here, since nothing else needs them

        programs = find_programs(scripts, alias)
        if programs:
            raise LinkError(f"kept {alias} - {describe_programs(programs, scripts)}")
    os.unlink(alias)
    # On a file system that does not tell Lib from lib, the directory is not one that was made for the alias.
    if parent != root and not is_link(parent) and os.path.basename(parent) in os.listdir(root):
        attempt(os.rmdir, parent)
    return os.path.relpath(target, real_parent) if inside else destination
