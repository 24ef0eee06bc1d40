"""A link of an environment: how it is checked, made and removed, and what it may replace."""

from __future__ import annotations

import errno
import os
import stat

from ._environment import LayoutError
from ._filesystem import (
    LINK,
    LINKS,
    NOTHING,
    SOMETHING,
    TEMPORARY,
    OpenDirectory,
    exists,
    is_inside,
    is_same,
    locate,
    look,
    persist,
    resolve,
)

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._environment import Environment, Listed

#: How many links the system follows before it calls them a loop.
_LONGEST_CHAIN = 40


class LinkError(Exception):
    """A link could not be checked, made or removed; the message names the alias and the reason."""


class _RefusalError(Exception):
    """Something in the environment prevents it; the message is the reason."""


class Result:
    """What was found out about a link, or done to it.

    :param verb: ``linked``, ``already linked``, ``missing``, ``stale`` or ``removed``
    :param alias: absolute path of the alias
    :param destination: where the link points, or would point
    :param replaced: where the link pointed that it replaced, ``None`` if there was none
    """

    def __init__(self, verb: str, alias: str, destination: str, replaced: str | None = None) -> None:
        self.verb = verb
        self.alias = alias
        self.destination = destination
        self.replaced = replaced


class Link:
    """An alias and its target: a relative symbolic link or, on Windows, a junction.

    :param environment: the environment; nothing is written or removed outside its directory
    :param alias: absolute path of the extra name, in the environment's directory or in a directory of that
    :param target: what the alias should point to, as seen from its directory; ``None`` for the site-packages
    :param listed: what is known of the alias's place
    """

    def __init__(self, environment: Environment, alias: str, target: str | None, listed: Listed | None = None) -> None:
        self.alias = alias
        self._listed = listed
        self._target = self._found = target
        self._environment = environment
        self._parent = os.path.dirname(alias)
        self._temporary = alias + TEMPORARY
        #: A link beside the alias's directory, if that comes and goes with the alias, while it has nothing else in it.
        self._marker = "" if self._parent in (environment.directory, environment.scripts) else self._parent + TEMPORARY
        self._replaced: str | None = None

    @property
    def target(self) -> str:
        """Absolute path of what the alias should point to.

        :raises LayoutError: if it is unknown
        """
        return os.path.normpath(os.path.join(self._parent, self._find_target()))

    def check(self) -> Result | None:
        """Find out whether the link is in place.

        :returns: ``already linked``, ``missing``, or ``stale`` if the link's program is gone; ``None`` if both are gone
        :raises LayoutError: if the target is unknown
        :raises LinkError: if it can't be found out
        """
        if self._listed and self._listed.is_stale:
            is_own = self._listed.place == (LINK, self._target)
            return Result("stale", self.alias, self._find_target()) if is_own else None
        try:
            _, kind, destination, relative_target = self._inspect(self._listed)
            in_place = self._is_in_place(kind, destination, relative_target)
            if not in_place and self._is_gone():
                return None
            return Result("already linked" if in_place else "missing", self.alias, relative_target)
        except (OSError, _RefusalError) as error:
            raise LinkError(f"could not check {self.alias} - {_reason(error)}") from error

    def make(self) -> Result | None:
        """Make the alias point to the target, unless it does already.

        The link takes the place of nothing, of an empty directory, or of another link, and of nothing else. A link to a
        program that is gone is removed.

        :returns: ``linked``, ``already linked`` or ``removed``; ``None`` if the link and its program are gone
        :raises LayoutError: if the target is unknown
        :raises LinkError: if something else is in the alias's place, or if the system refuses; everything stays, except
            a former junction if Windows refuses to rename the new one again and again
        """
        self._replaced = None  # kept from one try to the next
        try:
            if self._listed and self._listed.is_stale:
                if self._listed.place == (LINK, self._target) and not exists(self.target):
                    return self.remove()
                self._clear_temporary()
                return None
            return persist(self._make)
        except (OSError, _RefusalError) as error:
            self._clear_temporary()
            if self._is_gone():
                return None
            target = self._known_target()
            what = f"{self.alias} to {target}" if target else self.alias
            raise LinkError(f"could not link {what} - {_reason(error)}") from error

    def remove(self, scripts: Sequence[str] = (), *, force: bool = False) -> Result | None:
        """Remove the link, and the directory that it was in if that is empty then.

        :param scripts: names of the scripts that run through the alias, for which it is kept
        :param force: whether to remove the link in spite of them, or if it points elsewhere
        :returns: ``removed``, or ``None`` if there is no link
        :raises LinkError: if the link is kept, or if the system refuses
        """
        try:
            return persist(lambda _: self._remove(scripts, force=force))
        except _RefusalError as error:
            raise LinkError(f"kept {self.alias} - {error}") from error
        except OSError as error:
            raise LinkError(f"could not remove {self.alias} - {_reason(error)}") from error

    def _make(self, failures: int) -> Result:
        listed = None if failures else self._listed
        parent, kind, destination, relative_target = self._inspect(listed)
        if self._is_in_place(kind, destination, relative_target):
            if not listed or listed.has_left_over:
                self._clear_temporary()
            return Result("already linked", self.alias, relative_target)
        if kind == LINK:
            self._refuse_if_needed(self.alias)
            self._replaced = None if is_same(self.alias, self.target) else destination
        try:
            if parent == NOTHING and self._marker:
                self._mark_parent()
                os.mkdir(self._parent)
            path = resolve(self._parent) if parent == LINK else self._parent
            with OpenDirectory(self._environment.directory, path) as opened:
                if kind == NOTHING and LINKS.made_at_once:
                    LINKS.create(opened.place(self.alias), self.target, relative_target, opened.dir_fd)
                else:
                    self._make_aside(opened, kind, relative_target, failures)
        except BaseException as error:
            if parent == NOTHING:
                self._remove_empty_parent()
                self._clear_temporary()
            elif isinstance(error, OSError) and os.path.isfile(self._parent):
                raise _RefusalError(self._no_directory()) from error
            raise
        if not listed or listed.has_left_over:
            self._clear_temporary()
        return Result("linked", self.alias, relative_target, self._replaced)

    def _inspect(self, listed: Listed | None) -> tuple[str, str, str, str]:
        """Return what the alias's directory is, what is in its place, where that points, and where it should point."""
        kind, destination = listed.place if listed else look(self.alias)
        is_right = not self._marker and (kind, destination) == (LINK, self._target)
        # A directory that was just listed is opened as such, or it is looked at after all.
        parent = SOMETHING if listed or is_right else self._look_at_parent()
        return parent, kind, destination, self._relative_target(parent)

    def _make_aside(self, parent: OpenDirectory, kind: str, relative_target: str, failures: int) -> None:
        """Make the link beside the alias, and move it there once it is known to work.

        A file that somebody else puts into the alias's place between the last look and the renaming, which is
        microseconds, is lost, as with ``ln -sfn``: no system renames on condition that there is a link.
        """
        if kind == SOMETHING:
            self._check_empty()
        alias, temporary, dir_fd = parent.place(self.alias), parent.place(self._temporary), parent.dir_fd
        try:
            LINKS.create(temporary, self.target, relative_target, dir_fd)
        except FileExistsError as error:
            if failures:  # else another process may be about to finish
                self._clear_temporary()
            raise OSError(errno.EEXIST, f"{self._temporary} is in the way, and was left alone") from error
        try:
            if kind == SOMETHING:
                os.rmdir(alias, dir_fd=dir_fd)
            elif look(alias, dir_fd=dir_fd)[0] == SOMETHING:
                raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
            LINKS.replace(alias, temporary, dir_fd)
        except BaseException:
            self._clear_temporary()
            raise

    def _check_empty(self) -> None:
        """Refuse what is in the alias's place unless it is an empty directory."""
        is_directory = stat.S_ISDIR(os.lstat(self.alias).st_mode)
        if is_directory and not os.listdir(self.alias):
            return
        if look(self.alias)[0] != SOMETHING:  # another process was faster
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        what = "a non-empty directory" if is_directory else "a file"
        name = os.path.basename(self.target)
        raise _RefusalError(f"{what} is in the way, and was left alone; if it is a copy of {name}, delete it")

    def _remove(self, scripts: Sequence[str], *, force: bool) -> Result | None:
        try:
            if look(self.alias)[0] != LINK:
                return None
            self._refuse_if_needed(self.alias)
            if scripts and not force:
                from ._scripts import describe_scripts  # here, since nothing else needs it

                raise _RefusalError(describe_scripts(scripts, self._environment.scripts))
            return self._remove_link(force=force)
        finally:
            self._clear_temporary()

    def _remove_link(self, *, force: bool) -> Result | None:
        """Look at the link a last time, and remove it from the very directory that it was seen in."""
        self._look_at_parent()
        real_parent = resolve(self._parent)
        with OpenDirectory(self._environment.directory, real_parent) as parent:
            place = parent.place(self.alias)
            kind, destination = look(place, dir_fd=parent.dir_fd)
            if kind != LINK:
                return None
            located = locate(real_parent, destination)
            own = self._is_own(located)
            if not own and not force:
                raise _RefusalError(f"it points to {destination}; pass --force to remove it anyway")
            self._refuse_if_needed(self.alias)
            self._mark_parent()
            os.unlink(place, dir_fd=parent.dir_fd)
            self._remove_empty_parent()
        return Result("removed", self.alias, os.path.relpath(located, real_parent) if own else destination)

    def _mark_parent(self) -> None:
        """Let the next process know that the empty directory is not somebody's own, in case this one is killed."""
        try:
            if self._marker:
                os.symlink(os.path.basename(self._parent), self._marker)
        except OSError:  # without it, only that is lost
            pass

    def _clear_temporary(self) -> None:
        """Remove what a killed process left, if possible: the link beside the alias, and the directory that it made."""
        try:
            if look(self._temporary)[0] != NOTHING:
                self._look_at_parent()
                with OpenDirectory(self._environment.directory, resolve(self._parent)) as parent:
                    self._refuse_if_needed(self._temporary)
                    self._mark_parent()
                    LINKS.clear(parent.place(self._temporary), parent.dir_fd)
            if self._marker and look(self._marker)[0] == LINK:
                self._remove_empty_parent()
                os.unlink(self._marker)
        except (OSError, _RefusalError):
            pass

    def _remove_empty_parent(self) -> None:
        """Remove the alias's directory if it is there for the alias alone, and empty."""
        try:
            if self._marker and look(self._parent)[0] != LINK:  # a junction would be removed, too
                os.rmdir(self._parent)
        except OSError:
            pass

    def _look_at_parent(self) -> str:
        """Return what the alias's directory is; anything but a directory in the environment is refused."""
        if self._parent == self._environment.directory:
            return SOMETHING
        kind, _ = look(self._parent)
        if kind == LINK:
            parent = resolve(self._parent)
            if not os.path.isdir(parent):
                raise _RefusalError(self._no_directory())
            if not is_inside(self._environment.directory, parent):
                raise _RefusalError(f"{self._parent} points out of the environment, to {parent}")
        return kind

    def _no_directory(self) -> str:
        return f"{self._parent} is not a directory, and was left alone"

    def _relative_target(self, parent: str) -> str:
        """Return what the link should contain, given what its directory is."""
        if parent == LINK:
            return os.path.relpath(resolve(self.target), resolve(self._parent))
        return self._find_target()

    def _find_target(self) -> str:
        """Return the target as seen from the alias's directory."""
        if self._found is None:
            self._found = self._environment.find_site_packages()
        return self._found

    def _is_in_place(self, kind: str, destination: str, relative_target: str) -> bool:
        """Return whether nothing is left to do.

        This includes that alias and target are one directory, as lib and Lib on macOS, and that the target is reached
        through the alias, as in the environments that Python 3.9 and 3.10 make by ``bin/python.exe -m venv``.
        """
        if kind == NOTHING:
            return False
        if kind == SOMETHING:
            try:
                return os.path.samefile(self.alias, self.target)
            except FileNotFoundError:
                return False
        if destination == relative_target or (LINKS.may_be_absolute and is_same(self.alias, self.target)):
            return True
        return is_same(self.alias, self.target) and self._leads_through(self.target, self.alias)

    def _is_own(self, destination: str) -> bool:
        """Return whether a link is one that make makes, if only for another Python, as before an upgrade."""
        target = self._target
        if target is None:
            target = os.path.join(os.pardir, "lib", os.path.basename(os.path.dirname(destination)), "site-packages")
        directory, name = os.path.split(os.path.normpath(os.path.join(self._parent, target)))
        return os.path.normcase(os.path.join(resolve(directory), name)) == os.path.normcase(destination)

    def _refuse_if_needed(self, place: str) -> None:
        """Refuse to touch a link that the interpreter, or the target, leads through: they would not work without it."""
        for start in (self._environment.python, self._known_target(), *self._environment.list_site_packages()):
            if start and self._leads_through(start, place):
                raise _RefusalError(f"{start} points to it")

    def _leads_through(self, path: str, place: str) -> bool:
        """Return whether the system comes through a place in this environment when it resolves a path."""
        identity = _identify(place)
        place = os.path.normcase(os.path.join(resolve(os.path.dirname(place)), os.path.basename(place)))
        drive, rest = os.path.splitdrive(path)
        current, pending, links = drive + os.sep, rest.split(os.sep), 0
        while pending:
            name = pending.pop(0)
            if name == os.pardir:
                current = os.path.dirname(current)
            elif name not in {"", os.curdir}:
                step = os.path.join(current, name)
                kind, destination = look(step)
                # Or in another case, or by another mount.
                if os.path.normcase(step) == place or (kind == LINK and _identify(step) == identity):
                    return True
                if kind != LINK:
                    current = step
                    continue
                links += 1
                if links > _LONGEST_CHAIN:
                    return False
                drive, rest = os.path.splitdrive(destination)
                pending = rest.split(os.sep) + pending
                if os.path.isabs(destination):
                    current = drive + os.sep
        return False

    def _is_gone(self) -> bool:
        """Return whether the link's program has been removed since it was listed, so that there is nothing to link."""
        try:
            return self._listed is not None and not exists(self.target)
        except OSError:
            return False

    def _known_target(self) -> str:
        try:
            return self.target
        except LayoutError:
            return ""


def _identify(path: str) -> tuple[int, int] | None:
    """Return what tells a link from all others, however its path is spelt; ``None`` if there is nothing."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
