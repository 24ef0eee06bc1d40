"""What is in a place, and how a link is made there, on POSIX and on Windows."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable

#: What :func:`look` finds in a place.
NOTHING = "nothing"
LINK = "a link"
OTHER = "something else"

_VERBATIM = "\\\\?\\"  # what precedes a path that Windows is to take as it is
_VERBATIM_SHARE = "\\\\?\\UNC\\"


def look(path: str) -> tuple[str, str]:
    r"""Look what is in a place.

    :param path: path of the place

    :returns: :data:`NOTHING`, :data:`LINK` or :data:`OTHER`; and for a symbolic link or a junction what it contains, as
        a path that people read: Windows has a junction's as ``\\?\C:\...``

    """
    try:
        return LINK, strip_prefix(os.readlink(path))
    except FileNotFoundError:
        return NOTHING, ""
    except (OSError, ValueError):  # ValueError: one of Windows's other reparse points
        return OTHER, ""


def is_link(path: str) -> bool:
    """Tell whether there is a symbolic link or a junction.

    :param path: path of the place

    :returns: whether there is one

    """
    return look(path)[0] == LINK


def strip_prefix(path: str) -> str:
    r"""Write a path as people do.

    :param path: a path, which on Windows may be a verbatim one: ``\\?\C:\...`` or ``\\?\UNC\server\share\...``

    :returns: the same without the prefix; ``\\?\Volume{...}`` can't be written in another way

    """
    if path.startswith(_VERBATIM_SHARE):
        return f"\\\\{path[len(_VERBATIM_SHARE) :]}"
    if path.startswith(_VERBATIM) and path[len(_VERBATIM) + 1 : len(_VERBATIM) + 2] == ":":
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
    """Tell where a link points by itself; further links may point further from there.

    :param directory: absolute path of the directory that the link is in, whose links are resolved
    :param destination: what the link contains, as :func:`look` returns it

    :returns: an absolute path, whose links are resolved but for the last name
    :raises OSError: if the system refuses

    """
    if destination.startswith("\\\\"):  # Windows's share or volume: to ask for it may take long
        return destination
    head, tail = os.path.split(os.path.normpath(os.path.join(directory, destination)))
    return os.path.join(resolve(head), tail)


def is_inside(root: str, path: str) -> bool:
    """Tell whether a path is below a directory.

    :param root: path of the directory
    :param path: a path whose links are resolved

    :returns: whether it is, which the directory itself is not
    :raises OSError: if the system refuses to resolve the directory

    """
    return os.path.normcase(path).startswith(os.path.normcase(os.path.join(resolve(root), "")))


def is_same(path: str, other: str) -> bool:
    """Tell whether two paths mean one file or directory.

    :param path: a path
    :param other: another one

    :returns: whether they do, which they don't if one of them means nothing

    """
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def create_link(alias: str, target: str, content: str) -> None:
    """Create a link where there is nothing: a symbolic link or, on Windows, a junction if that can be had.

    :param alias: absolute path of the link
    :param target: absolute path of what it points to; on Windows it is a directory
    :param content: what a symbolic link contains

    :raises FileExistsError: if there is something by now
    :raises OSError: why the first way failed, if all did; nothing is left behind

    """
    reasons = []
    for create in (_create_junction, _create_symlink) if sys.platform == "win32" else (_create_symlink,):
        try:
            create(alias, target, content)
            # A call that reports success is no proof: Wine's os.symlink does so and makes nothing.
            if os.path.samefile(alias, target):
                return
            raise OSError(errno.EIO, "the system reports success, but the alias does not point there")
        except ImportError:  # PyPy makes no junctions
            continue
        except FileExistsError:  # another process was faster: nothing here is ours to clear away
            raise
        except OSError as error:
            reasons.append(error)
            attempt(os.unlink if is_link(alias) else os.rmdir, alias)
    raise reasons[0]


def _create_junction(alias: str, target: str, _: str) -> None:
    if sys.platform == "win32":  # pragma: no branch - tells mypy; nothing else gets here
        from _winapi import CreateJunction  # CPython has it, on Windows

        # It stores an absolute path, so the real one: else it would break with a link on the way, or a drive that is
        # substituted. It takes no verbatim path. It needs no privilege, and where it fails, it leaves a directory.
        CreateJunction(resolve(target), alias)


def _create_symlink(alias: str, _: str, content: str) -> None:
    os.symlink(content, alias, target_is_directory=True)  # which POSIX ignores


def attempt(function: Callable[..., None], *arguments: str) -> None:
    """Call a function of the system that may fail.

    :param function: the function
    :param arguments: its arguments

    """
    try:  # noqa: SIM105 - contextlib costs an import
        function(*arguments)
    except OSError:
        pass
