"""Which environment the command is for, if the command line does not name one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from ._config import ancestors
from ._environment import LayoutError, MissingError, layout_errors, read_config
from ._path import is_same


def find_environment(variables: Mapping[str, str]) -> str:
    """Find the environment that the command is for.

    In this order: the environment that this process runs in (``uv run``), or the one that uv's overlay extends; the one
    that ``UV_PROJECT_ENVIRONMENT`` names, in the working directory or above; ``.venv`` there; the active one.

    :param variables: environment variables
    :returns: path of the environment, or of a file ``.venv`` that names it
    :raises MissingError: if there is none
    """
    active = variables.get("VIRTUAL_ENV", "")
    if active and is_same(active, sys.prefix):
        active = _leave_overlay(active)
        if active:
            return active
    chosen = variables.get("UV_PROJECT_ENVIRONMENT")
    start = os.getcwd()
    for directory in ancestors(start):
        path = os.path.join(directory, chosen or ".venv")
        if os.path.lexists(path):
            return path
    if chosen:
        raise MissingError(f"no {chosen}, which UV_PROJECT_ENVIRONMENT names, in {start} or any directory above")
    if active and os.path.isdir(active):
        return active
    reason = f"{active}, which VIRTUAL_ENV names, does not exist" if active else "no environment is active"
    raise MissingError(f"no .venv in {start} or any directory above, and {reason}; create one, or pass its path")


def _leave_overlay(active: str) -> str:
    """Return what an overlay of ``uv run --with`` extends, ``""`` if unknown; or the active one if it is no overlay."""
    below = read_config(active).get("extends-environment")
    if below:
        return below if os.path.exists(os.path.join(below, "pyvenv.cfg")) else ""
    # uv before 0.7.9 marks an overlay by this file alone, and does not say what it extends.
    marks = (os.path.join(path, "_uv_ephemeral_overlay.pth") for path in sys.path)
    return "" if any(map(os.path.exists, marks)) else active


def follow_redirect(path: str) -> str:
    """Return the environment that a file ``.venv`` names on its first line, or the path itself if it is no such file.

    :param path: absolute path of the environment, or of such a file
    :returns: absolute path of the environment
    :raises LayoutError: if the file can't be read, or names nothing
    """
    if os.path.basename(path) != ".venv" or not os.path.isfile(path):
        return path
    with layout_errors(), open(path, encoding="utf-8-sig", errors="replace") as file:
        line = file.readline().rstrip("\n")
    if not line or "\0" in line:  # PowerShell 5.1 redirects to UTF-16
        raise LayoutError(f"{path}: expected the path of an environment on its first line, in UTF-8")
    return os.path.normpath(os.path.join(os.path.dirname(path), line))
