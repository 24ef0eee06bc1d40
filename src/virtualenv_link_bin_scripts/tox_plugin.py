"""The seam to tox: it completes the environments that uv has created, and those that existed before the plugin."""

from __future__ import annotations

import os
from weakref import WeakSet

from pluggy import HookimplMarker  # not tox.plugin, which tox 3 lacks: it, too, imports this

TYPE_CHECKING = False  # every start of tox imports this
if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

    from ._apply import Report

#: A tox that does not know a hook would refuse to start if the hook were not optional.
impl = HookimplMarker("tox")

#: Environments already handled.
_SEEN: WeakSet[ToxEnv] = WeakSet()


@impl(optionalhook=True)
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Complete the environment before its commands run.

    :param tox_env: tox's environment
    """
    _complete(tox_env)


@impl(optionalhook=True)
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Complete the environment when tox is done with it, also one that runs no commands: ``--notest`` and ``devenv``.

    :param tox_env: tox's environment
    """
    _complete(tox_env)


def _complete(tox_env: ToxEnv) -> None:
    from ._apply import run_in_host  # here, since most starts of tox come to no environment

    run_in_host(lambda log: _add_links(tox_env, log))


def _add_links(tox_env: ToxEnv, report: Report) -> None:
    from ._apply import add_links_to_existing

    # tox has no hook for the environments in which it builds packages.
    for environment in {tox_env, *getattr(tox_env, "package_envs", ())}.difference(_SEEN):
        _SEEN.add(environment)
        # set_env has precedence. What tox passes on to virtualenv by default, tox-uv does not.
        variables = {**os.environ, **environment.environment_variables}
        add_links_to_existing(str(environment.env_dir), variables, str(environment.core["tox_root"]), report)
