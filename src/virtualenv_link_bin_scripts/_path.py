"""What is at a path."""

from __future__ import annotations

import errno
import os

#: What :func:`look` finds.
NOTHING, LINK, OTHER = "nothing", "a link", "something else"


def look(path: str) -> tuple[str, str]:
    """Find out what is at a path.

    :param path: the path
    :returns: :data:`NOTHING`, :data:`LINK` or :data:`OTHER`, and where a link points
    :raises OSError: if the system refuses to look
    """
    try:
        return LINK, os.readlink(path).removeprefix("\\\\?\\")  # Windows stores this prefix in a junction
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING, ""
    except ValueError:  # a reparse point of Windows that is not a link
        return OTHER, ""
    except OSError as error:
        if error.errno != errno.EINVAL:  # "not a link"
            raise
        return OTHER, ""


def is_same(path: str, other: str) -> bool:
    """Return whether two paths lead to the same file or directory, ``False`` if one leads to nothing."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
