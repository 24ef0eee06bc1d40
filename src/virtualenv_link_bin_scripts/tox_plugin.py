"""The seam to tox: it completes the environments that uv has created, and those that were there before the plugin."""

from __future__ import annotations

import logging
import os
from weakref import WeakSet

from tox.plugin import impl

TYPE_CHECKING = False  # every start of tox imports this
if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

LOGGER = logging.getLogger(__name__)

#: Environments already handled.
_SEEN: WeakSet[ToxEnv] = WeakSet()


@impl
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Complete the environment before its commands run.

    :param tox_env: tox's environment

    """
    _complete(tox_env)


@impl
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Complete the environment when tox is done with it, also one that runs no commands: ``--notest`` and ``devenv``.

    :param tox_env: tox's environment

    """
    _complete(tox_env)


def _complete(tox_env: ToxEnv) -> None:
    try:
        from ._apply import add_requested_links_to  # here, since most starts of tox come to no environment

        # tox has no hook for the environments in which it builds packages.
        for environment in {tox_env, *getattr(tox_env, "package_envs", ())}.difference(_SEEN):
            _SEEN.add(environment)
            # set_env has precedence. What tox passes on to virtualenv by default, tox-uv does not.
            add_requested_links_to(str(environment.env_dir), {**os.environ, **environment.environment_variables})
    except Exception as error:  # noqa: BLE001 - which would end all of tox's environments
        LOGGER.warning("could not complete %s - %r", tox_env.conf.name, error)
