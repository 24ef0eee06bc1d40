"""The plugin for PDM, for environments that uv creates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pdm.signals import pdm_signals

from ._host import complete_directory, never_fail

if TYPE_CHECKING:
    from pdm.core import Core
    from pdm.project import Project

#: The signals at which a project has an environment.
_SIGNALS = ("post_install", "post_lock", "post_run", "post_use")


def connect(core: Core) -> None:  # noqa: ARG001
    """Ask PDM for a call when an environment is ready.

    :param core: PDM
    """
    for name in _SIGNALS:
        pdm_signals.signal(name).connect(_complete)


def _complete(project: Project, **_: object) -> None:
    with never_fail():
        project = getattr(project, "workspace_project", None) or project
        if getattr(project, "_environment", None) is None:  # PDM does without, and would create one if asked
            return
        get_environment = getattr(project.environment.interpreter, "get_venv", None)  # which PDM has since 2.6
        environment = get_environment() if get_environment else None
        if environment is not None:
            complete_directory(str(environment.root), os.environ, str(project.root))
