"""One link of an environment: check it, make it, remove it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress

from ._path import LINK, NOTHING, OTHER, is_same, look

#: What a new link is called, after the alias, until it takes the place of something.
TEMPORARY = ".virtualenv-link-bin-scripts"

_TRIES, _PAUSE = 10, 0.01  # seconds


class LinkError(Exception):
    """A link could not be made or removed; the message names its path and the reason."""


class Outcome:
    """What happened to a link.

    :param verb: ``linked``, ``already linked``, ``missing``, ``stale``, ``removed`` or ``failed``
    :param link: the link, ``None`` if the failure is not about a particular one
    :param detail: where a replaced or removed link pointed, or why it failed
    """

    def __init__(self, verb: str, link: Link | None, detail: str = "") -> None:
        self.verb = verb
        self.link = link
        self.detail = detail


class Link:
    """An extra name in an environment: what ``ln -s DESTINATION ALIAS`` makes.

    ``Link(environment, "Scripts", "bin")``, ``Link(environment, "bin/python.exe", "python")`` and
    ``Link(environment, "Lib/site-packages", "../lib/python3.13/site-packages")``.

    :param directory: absolute path of the environment
    :param alias: path of the extra name, relative to the environment
    :param destination: path of the target, relative to the alias's directory
    :param is_stale: whether the target is a program that has been uninstalled
    """

    #: Processes that work on the same link cause each other these errors, so they count only at the last of ten tries.
    transient: tuple[type[OSError], ...] = (FileExistsError, FileNotFoundError)

    #: These are about the directory, so they are the same for every link in it.
    of_directory: tuple[int, ...] = (errno.EACCES, errno.EPERM, errno.EROFS)

    def __init__(self, directory: str, alias: str, destination: str, *, is_stale: bool = False) -> None:
        self.path = os.path.join(directory, alias)
        self.destination = destination
        self._is_stale = is_stale
        self._parent = os.path.dirname(self.path)
        self._temporary = self.path + TEMPORARY
        self._owns_parent = alias.startswith("Lib")  # which is made for this link

    @property
    def target(self) -> str:
        """Absolute path of the target."""
        return os.path.normpath(os.path.join(self._parent, self.destination))

    def check(self) -> Outcome | None:
        """Return ``already linked`` or ``missing``, or ``stale`` if a link's program has been uninstalled.

        :returns: the outcome, ``None`` if there is neither a program nor a link
        :raises LinkError: if a file or a non-empty directory is in the way
        """
        return self._persist("link", lambda: self._judge(*look(self.path)))

    def make(self) -> Outcome | None:
        """Make the link, and remove one whose program has been uninstalled.

        :returns: ``linked``, ``already linked`` or ``removed``, ``None`` if there is neither a program nor a link
        :raises LinkError: if a file or a non-empty directory is in the way, or the system refuses; nothing has changed
        """
        return self._persist("link", self._make)

    def remove(self) -> Outcome | None:
        """Remove whatever link has the alias's name, and ``Lib`` if that leaves it empty.

        :returns: ``removed``, with where the link pointed, ``None`` if there is no link
        :raises LinkError: if the system refuses
        """
        return self._persist("remove", self._remove)

    def _persist(self, verb: str, act: Callable[[], Outcome | None]) -> Outcome | None:
        tries = 1
        while True:
            try:
                return act()
            except OSError as error:
                if tries == _TRIES or not isinstance(error, self.transient):
                    place = f"anything in {self._parent}" if error.errno in self.of_directory else self.path
                    raise LinkError(f"could not {verb} {place}: {error.strerror}") from error
            tries += 1
            time.sleep(_PAUSE)

    def _judge(self, kind: str, destination: str) -> Outcome | None:
        """Return what to do, given what is there: nothing if ``already linked``."""
        if self._is_stale:
            return Outcome("stale", self) if destination == self.destination else None
        if destination == self.destination or (kind != NOTHING and is_same(self.path, self.target)):
            return Outcome("already linked", self)
        if self._is_behind_link():
            raise OSError(errno.ENOTDIR, f"{self._parent} is a link; remove it and run this again")
        if kind == OTHER and not os.path.isdir(self.path):
            raise OSError(errno.ENOTDIR, "a file of that name exists; move or delete it and run this again")
        # Look again: on Windows, another process may just have turned it into the junction.
        if kind == OTHER and os.listdir(self.path) and look(self.path)[0] == OTHER:
            raise OSError(errno.ENOTEMPTY, "a directory of that name exists; move or delete it and run this again")
        return Outcome("missing", self, destination)

    def _is_behind_link(self) -> bool:
        """Return whether ``Lib`` is a link, made by hand, which may lead out of the environment."""
        return self._owns_parent and os.path.islink(self._parent)

    def _make(self) -> Outcome | None:
        kind, destination = look(self.path)
        outcome = self._judge(kind, destination)
        if outcome and outcome.verb == "stale":
            return self._remove()
        self._clear()
        if outcome and outcome.verb == "missing":
            try:
                if self._owns_parent:
                    with suppress(FileExistsError):
                        os.mkdir(self._parent)
                self._put(kind)
            except OSError:
                self._clean_up()
                raise
            return Outcome("linked", self, destination)
        return outcome

    def _put(self, kind: str) -> None:
        """Put the link in its place: over something else only when it is known to lead somewhere."""
        if kind == NOTHING:
            os.symlink(self.destination, self.path)  # fails if there is something by now
            return
        os.symlink(self.destination, self._temporary)
        os.stat(self._temporary)
        if not os.path.islink(self.path):
            os.rmdir(self.path)  # fails unless it is an empty directory
        os.rename(self._temporary, self.path)

    def _remove(self) -> Outcome | None:
        if self._is_behind_link():
            return None
        kind, destination = look(self.path)
        if kind == LINK:
            os.unlink(self.path)
        self._clean_up()
        return Outcome("removed", self, destination) if kind == LINK else None

    def _clear(self) -> None:
        """Remove the temporary link of a killed process, and nothing else of that name."""
        if os.path.islink(self._temporary) and not self._is_behind_link():
            with suppress(FileNotFoundError):  # another process was faster
                os.unlink(self._temporary)

    def _clean_up(self) -> None:
        self._clear()
        if self._owns_parent:
            with suppress(OSError):  # there is something else in it
                os.rmdir(self._parent)
