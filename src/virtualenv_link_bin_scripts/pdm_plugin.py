"""The seam to PDM: it completes a project's environment, also where uv has created it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pdm.signals import pdm_signals

from ._apply import add_links_to_existing, run_in_host

if TYPE_CHECKING:
    from pdm.core import Core
    from pdm.project import Project

    from ._apply import Report

#: The signals at which a project has an environment.
_SIGNALS = ("post_install", "post_lock", "post_run", "post_use")


def connect(core: Core) -> None:  # noqa: ARG001
    """Ask PDM for a call when an environment is ready.

    :param core: PDM
    """
    for name in _SIGNALS:
        pdm_signals.signal(name).connect(_complete)


def _complete(project: Project, **_: object) -> None:
    run_in_host(lambda log: _add_links(project, log))


def _add_links(project: Project, report: Report) -> None:
    project = getattr(project, "workspace_project", None) or project
    if getattr(project, "_environment", None) is None:  # so PDM does without one, and would create it if asked
        return
    get_environment = getattr(project.environment.interpreter, "get_venv", None)  # which PDM has since 2.6
    environment = get_environment() if get_environment else None
    if environment is not None:
        add_links_to_existing(str(environment.root), os.environ, str(project.root), report)
