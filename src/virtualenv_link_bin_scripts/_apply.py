"""Adding the requested links to an environment, and removing them: for the command and for host tools alike."""

from __future__ import annotations

import os

from ._config import find_requested, read_settings
from ._environment import Environment, LayoutError
from ._filesystem import exists
from ._link import Link, LinkError
from ._options import NAME

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Protocol

    from ._link import Result

    class Report(Protocol):
        """Where results and errors go."""

        def done(self, results: Sequence[Result]) -> None:
            """Take the results of an option's links."""

        def error(self, problem: object) -> None:
            """Take what went wrong."""


#: How many errors of one option are reported; of more the number is.
_REPORTED = 10


def apply(
    environment: Environment, options: Iterable[str], act: Callable[[Link], Result | None], report: Report
) -> None:
    """Do something to each link of an environment; one that fails does not stop the others.

    :param environment: the environment
    :param options: names of :data:`._options.OPTIONS`
    :param act: what to do, such as :meth:`.Link.make`
    :param report: where results and errors go
    """
    for option in options:
        results: list[Result] = []
        errors: list[object] = []
        try:
            links = environment.links(option)
        except LayoutError as error:
            report.error(error)
            continue
        for alias, target, listed in links:
            try:
                result = act(Link(environment, alias, target, listed))
            except (LayoutError, LinkError) as error:
                errors.append(error)
            else:
                results += [result] if result else []
        report.done(results)
        for problem in errors[:_REPORTED]:
            report.error(problem)
        if len(errors) > _REPORTED:
            report.error(f"and {len(errors) - _REPORTED} more links of {environment.directory}")


def remove_links(environment: Environment, options: Collection[str], report: Report, *, force: bool) -> None:
    """Remove the links of an environment, except those that scripts run through.

    :param environment: the environment
    :param options: names of :data:`._options.OPTIONS`
    :param report: where results and errors go
    :param force: whether to remove those that scripts run through, too, and links that point elsewhere
    """
    from ._scripts import find_scripts  # here, since nothing else needs it

    try:
        links = [] if force else [link for option in options for link in environment.links(option)]
        scripts = find_scripts(environment.scripts, [alias for alias, *_ in links if _may_exist(alias)])
    except LayoutError as error:
        report.error(error)
    except OSError as error:
        report.error(f"{error.filename}: could not be searched - {error.strerror}")
    else:
        apply(environment, options, lambda link: link.remove(scripts.get(link.alias, ()), force=force), report)


def _may_exist(alias: str) -> bool:
    try:
        return exists(alias)
    except OSError:  # which is reported when it is to be removed
        return True


def run_in_host(step: Callable[[Report], None]) -> list[str]:
    """Take a step on behalf of a host tool, which must never fail because of it: whatever goes wrong is logged.

    :param step: the step, called with where results and errors go
    :returns: the aliases that are in place
    """
    report = _Log()
    try:
        step(report)
    except Exception as error:  # noqa: BLE001 - which would leave virtualenv without activation scripts, and end tox
        report.error(f"could not add links - {repr(error)[:200]}")
    return report.in_place


def add_links(environment: Environment, explicit: Mapping[str, bool], report: Report) -> None:
    """Add the requested links to an environment that virtualenv has created.

    :param environment: the environment
    :param explicit: what has precedence over pyproject.toml
    :param report: where results and errors go
    """
    apply(environment, find_requested(environment.directory, explicit, report.error), Link.make, report)


def add_links_to_existing(directory: str, variables: Mapping[str, str], project: str, report: Report) -> None:
    """Add the requested links to an existing environment.

    :param directory: absolute path of the environment; a directory without a pyvenv.cfg is passed over
    :param variables: environment variables, which with virtualenv.ini have precedence over pyproject.toml
    :param project: absolute path of the project whose pyproject.toml counts if there is none above the environment
    :param report: where results and errors go
    """
    if not os.path.isfile(os.path.join(directory, "pyvenv.cfg")):
        return
    explicit = read_settings(variables, report.error)
    requested = find_requested(directory, explicit, report.error, projects=[project])
    if requested:
        try:
            environment = Environment.from_directory(directory)
        except LayoutError as error:
            report.error(error)
        else:
            apply(environment, requested, Link.make, report)


class _Log:
    """Logs what a user of a host tool should know, and who says so."""

    def __init__(self) -> None:
        self.in_place: list[str] = []

    def done(self, results: Sequence[Result]) -> None:
        for result in results:
            if result.replaced is not None:
                self.error(f"replaced {result.alias}, which pointed to {result.replaced}")
            if result.verb != "removed":
                self.in_place.append(result.alias)

    def error(self, problem: object) -> None:
        import logging  # here, since the command does not need it

        logging.getLogger(__name__).warning("%s: %s", NAME, problem)
