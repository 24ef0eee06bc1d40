"""The seam to PDM, with a fake of its signals: PDM is unavailable for some Pythons. The front ends run the real one."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, OTHER, make_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Receiver = Callable[..., None]


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Receiver]:
    """Return what the plugin connects to PDM's signals, by the signals' names."""
    receivers: dict[str, Receiver] = {}

    def signal(name: str) -> SimpleNamespace:
        return SimpleNamespace(connect=lambda receiver: receivers.update({name: receiver}))

    signals: Any = ModuleType("pdm.signals")
    signals.pdm_signals = SimpleNamespace(signal=signal)
    monkeypatch.setitem(sys.modules, "pdm", ModuleType("pdm"))
    monkeypatch.setitem(sys.modules, "pdm.signals", signals)
    monkeypatch.delitem(sys.modules, "virtualenv_link_bin_scripts.pdm_plugin", raising=False)
    importlib.import_module("virtualenv_link_bin_scripts.pdm_plugin").connect(None)
    return receivers


def make_project(root: Path, environment: Path | None) -> SimpleNamespace:
    """Return a project of PDM's that uses an environment, or none."""
    virtual_environment = environment and SimpleNamespace(root=environment)
    interpreter = SimpleNamespace(get_venv=lambda: virtual_environment)
    used = SimpleNamespace(interpreter=interpreter)
    return SimpleNamespace(root=root, environment=used, _environment=used)


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("is_member", [False, True])
@pytest.mark.parametrize("signal", ["post_install", "post_lock", "post_run", "post_use"])
def test_completes_environment(receivers: dict[str, Receiver], tmp_path: Path, signal: str, is_member: bool) -> None:
    """The environment of a project, or of its workspace, is completed at each signal at which it exists."""
    environment = make_environment(tmp_path / "environment")
    root = tmp_path / "project"
    root.mkdir()
    table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
    (root / "pyproject.toml").write_text(table, encoding="utf-8")
    project = make_project(root, environment)

    receivers[signal](SimpleNamespace(workspace_project=project) if is_member else project, hooks=None)

    assert (environment / OTHER).samefile(environment / NATIVE)


def test_no_environment(receivers: dict[str, Receiver], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A project without an environment is passed over, also by a PDM that can't say, and none is created."""
    project = make_project(tmp_path, None)
    receivers["post_run"](project, dry_run=False)
    del project.environment.interpreter.get_venv  # before PDM 2.6
    receivers["post_run"](project, dry_run=False)
    receivers["post_run"](SimpleNamespace(_environment=None))  # as for a script; more must not be asked
    assert caplog.messages == []


def test_error(receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong is logged, and never raised."""
    receivers["post_install"](SimpleNamespace(_environment=True))
    (message,) = caplog.messages
    assert message.startswith("virtualenv-link-bin-scripts: could not add links - AttributeError")
