"""One link of an environment: check it, make it, remove it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from ._path import LINK, NOTHING, OTHER, is_same, look

#: A link that replaces something is made under the alias's name with this suffix first.
TEMPORARY = ".virtualenv-link-bin-scripts"

_TRIES = 10
_PAUSE = 0.01  # seconds, on average


class LinkError(Exception):
    """A link could not be made or removed; the message names its path and the reason."""


class Outcome:
    """What happened to a link.

    :param verb: ``linked``, ``already linked``, ``missing``, ``stale``, ``removed`` or ``failed``
    :param link: the link, ``None`` if the failure is not about a particular one
    :param detail: where the replaced or removed link pointed, or why it failed
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

    #: Another process that works on the same link can cause these errors, so they are tried again.
    transient: tuple[type[OSError], ...] = (FileExistsError, FileNotFoundError, NotADirectoryError)

    #: These errors are about the alias's directory, so the message names that, and is the same for every link in it.
    of_directory: tuple[int, ...] = (errno.EACCES, errno.EPERM, errno.EROFS)

    def __init__(self, directory: str, alias: str, destination: str, *, is_stale: bool = False) -> None:
        self.path = os.path.join(directory, alias)
        self.destination = destination
        self._is_stale = is_stale
        self._parent = os.path.dirname(self.path)
        self._temporary = self.path + TEMPORARY
        self._is_in_lib = alias.startswith("Lib")  # which may have to be made for it

    @property
    def target(self) -> str:
        """Absolute path of the target."""
        return os.path.normpath(os.path.join(self._parent, self.destination))

    def check(self) -> Outcome | None:
        """Find out what :meth:`make` would do.

        :returns: ``already linked``, ``missing``, ``stale`` if its program has been uninstalled, ``None`` if it is gone
        :raises LinkError: if a file or a non-empty directory is in the way
        """
        return self._persist("link", lambda: self._judge(*look(self.path)))

    def make(self) -> Outcome | None:
        """Make the link, and remove one whose program has been uninstalled.

        :returns: ``linked``, ``already linked``, ``removed`` if its program is uninstalled, ``None`` if it is gone
        :raises LinkError: if a file or a non-empty directory is in the way, which stays, or the system refuses
        """
        return self._persist("link", self._make)

    def remove(self, reason_to_keep: str = "") -> Outcome | None:
        """Remove whatever link has the alias's name, and ``Lib`` if it is empty.

        :param reason_to_keep: why a link must stay, if it must
        :returns: ``removed``, with where the link pointed; ``None`` if there is no link
        :raises LinkError: if a link must stay, or the system refuses
        """
        return self._persist("remove", lambda: self._remove(reason_to_keep))

    def _persist(self, verb: str, act: Callable[[], Outcome | None]) -> Outcome | None:
        tries = 1
        while True:
            try:
                return act()
            except OSError as error:
                if tries == _TRIES or not isinstance(error, self.transient):
                    is_general = error.errno in self.of_directory
                    what = f"change the links in {self._parent}" if is_general else f"{verb} {self.path}"
                    raise LinkError(f"could not {what}: {error.strerror}") from error
            tries += 1
            time.sleep(_PAUSE * os.urandom(1)[0] / 128)  # at random, or processes that have met would meet again

    def _judge(self, kind: str, destination: str) -> Outcome | None:
        """Return what :meth:`check` returns, given what :func:`look` has found."""
        if self._is_stale:
            return Outcome("stale", self) if destination == self.destination else None
        if destination == self.destination or (kind != NOTHING and is_same(self.path, self.target)):
            return Outcome("already linked", self)
        if self._is_out_of_reach():
            raise OSError(errno.ELOOP, f"{self._parent} is a file or a link; move or delete it and run this again")
        what = "directory" if os.path.isdir(self.path) else "file"
        # Look again: another process may just have put the link there.
        if kind == OTHER and (what == "file" or os.listdir(self.path)) and look(self.path)[0] == OTHER:
            raise OSError(errno.ENOTEMPTY, f"a {what} of that name exists; move or delete it and run this again")
        return Outcome("missing", self, destination)

    def _is_out_of_reach(self) -> bool:
        """Return whether ``Lib`` is a file, or a link, which may lead out of the environment."""
        return self._is_in_lib and (os.path.islink(self._parent) or os.path.isfile(self._parent))

    def _make(self) -> Outcome | None:
        kind, destination = look(self.path)
        outcome = self._judge(kind, destination)
        if outcome and outcome.verb == "stale":
            return self._remove()
        self._remove_temporary()
        if outcome and outcome.verb == "missing":
            try:
                if self._is_in_lib and not os.path.isdir(self._parent):
                    os.mkdir(self._parent)
                self._put(kind)
            except OSError:
                self._clean_up()
                raise
            return Outcome("linked", self, destination)
        return outcome

    def _put(self, kind: str) -> None:
        """Put the link in its place; replace something only by a link that leads somewhere."""
        if kind == NOTHING:
            os.symlink(self.destination, self.path)  # fails if something has appeared there
            return
        os.symlink(self.destination, self._temporary)
        os.stat(self._temporary)  # fails unless it leads somewhere
        if not os.path.islink(self.path):
            os.rmdir(self.path)  # fails unless it is an empty directory
        os.rename(self._temporary, self.path)

    def _remove(self, reason_to_keep: str = "") -> Outcome | None:
        kind, destination = look(self.path)
        is_ours = self._is_ours(kind)
        if is_ours and reason_to_keep:
            raise LinkError(f"kept {self.path}: {reason_to_keep}")
        if is_ours:
            os.unlink(self.path)
        self._clean_up()
        return Outcome("removed", self, destination or self.destination) if is_ours else None

    def _is_ours(self, kind: str) -> bool:
        return kind == LINK and not self._is_out_of_reach()

    def _remove_temporary(self) -> None:
        """Remove a temporary link, such as a killed process leaves behind, and nothing else of that name."""
        try:
            if os.path.islink(self._temporary) and not self._is_out_of_reach():
                os.unlink(self._temporary)
        except FileNotFoundError:  # another process has removed it
            pass

    def _clean_up(self) -> None:
        self._remove_temporary()
        try:
            if self._is_in_lib:
                os.rmdir(self._parent)
        except OSError:  # it is not an empty directory
            pass
