"""Installs a published client into a virtual environment, once.

Usage: install_client.py VENV REQUIREMENTS... The environment is made under another name and appears
by one rename, so that one that exists is whole.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ADVICE = """
The packages in tests/peers/requirements could not be installed, see above.
These tests need python3-venv (tools/setup installs it) and a package index that pip can reach.
Without one the published clients cannot be tested here, and that is a failure, not a skip.
"""


def install(target: Path, requirements: list[str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{target.name}.part-", dir=target.parent))
    try:
        venv.create(part, with_pip=True)
        command = [part / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps",
                   "--only-binary=:all:", "--require-hashes"]
        for file in requirements:
            command += ["--requirement", file]
        subprocess.run(command, check=True)
        try:
            os.rename(part, target)
        except OSError:
            if not target.exists():  # Else another build made the same one at the same time.
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def main() -> int:
    target, *requirements = sys.argv[1:]
    if Path(target).exists():
        return 0
    try:
        install(Path(target), requirements)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, ADVICE, sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
