"""The seam to PDM: it completes a project's environment, also where uv has created it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pdm.signals import post_install, post_use

from ._apply import add_requested_links_to

if TYPE_CHECKING:
    from pdm.core import Core
    from pdm.project import Project


def connect(core: Core) -> None:  # noqa: ARG001
    """Ask PDM to tell when an environment is ready.

    :param core: PDM

    """
    post_install.connect(_complete)
    post_use.connect(_complete)


def _complete(project: Project, **_: object) -> None:
    environment = project.environment.interpreter.get_venv()
    if environment is not None:
        add_requested_links_to(str(environment.root), os.environ)
