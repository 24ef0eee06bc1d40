"""The plugin for PDM, which may let uv instead of virtualenv create its environments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pdm.signals import pdm_signals

from ._host import make_links_in, never_fail

if TYPE_CHECKING:
    from pdm.core import Core
    from pdm.project import Project


def connect(core: Core) -> None:  # noqa: ARG001
    """Connect to the signals after which there may be a new environment.

    :param core: PDM
    """
    for name in ("post_install", "post_lock", "post_run", "post_use"):
        pdm_signals.signal(name).connect(_make_links)


def _make_links(project: Project, **_: object) -> None:
    with never_fail():
        project = getattr(project, "workspace_project", None) or project
        if getattr(project, "_environment", None) is None:  # PDM has not needed one yet, and would create it
            return
        get_environment = getattr(project.environment.interpreter, "get_venv", None)  # new in PDM 2.6
        environment = get_environment() if get_environment else None
        if environment is not None:
            make_links_in(str(environment.root), os.environ, str(project.root))
