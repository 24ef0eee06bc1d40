"""The README's blocks, and what projects are made of to try them."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text(encoding="utf-8")
BLOCKS = {
    name: f"{textwrap.dedent(text).strip()}\n"
    for name, text in re.findall(r"^\.\. code-block:: .+\n    :name: (.+)\n\n((?:    .*\n|\n)+)", README, re.MULTILINE)
}
PLUGIN = "virtualenv-link-bin-scripts"
TABLE = BLOCKS["pyproject.toml"]
OPTIONS = "--link-bin-scripts --link-exe --link-site-packages"
VARIABLES = " ".join(f"VIRTUALENV_LINK_{name}=1" for name in ("BIN_SCRIPTS", "PYTHON_EXE", "EXE", "SITE_PACKAGES"))
PROJECT = f"""[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.{sys.version_info.minor}"\n"""
BUILT = f"[build-system]\nbuild-backend = 'hatchling.build'\nrequires = ['hatchling']\n{PROJECT}"
TESTENV = "[testenv]\nskip_install = true\n"
