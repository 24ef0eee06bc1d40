"""The plugin for tox, for environments that uv creates, and for those that are older than the plugin."""

from __future__ import annotations

import os
from weakref import WeakSet

from pluggy import HookimplMarker  # not tox.plugin, which tox 3 lacks: it, too, imports this

TYPE_CHECKING = False  # every start of tox imports this
if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnv

#: A tox that does not know a hook would refuse to start if the hook were not optional.
impl = HookimplMarker("tox")

#: The environments that have been handled.
_SEEN: WeakSet[ToxEnv] = WeakSet()


@impl(optionalhook=True)
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Add the links before the commands run.

    :param tox_env: tox's environment
    """
    _complete(tox_env)


@impl(optionalhook=True)
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Add the links to an environment that runs no commands, as with ``--notest`` and ``devenv``.

    :param tox_env: tox's environment
    """
    _complete(tox_env)


def _complete(tox_env: ToxEnv) -> None:
    from ._host import complete_directory, never_fail  # here, since most starts of tox do not need an environment

    # tox has no hook for the environments in which it builds packages.
    for environment in {tox_env, *getattr(tox_env, "package_envs", ())}.difference(_SEEN):
        _SEEN.add(environment)
        with never_fail():
            # set_env has precedence. What tox passes on to virtualenv by default, tox-uv does not.
            variables = {**os.environ, **environment.environment_variables}
            complete_directory(str(environment.env_dir), variables, str(environment.core["tox_root"]))
