"""Prints what the last run of the peer tests passed, by version: print_counts.py DIRECTORY

run_tests.py left a file for each module there. ctest shows the output of failed tests alone, so
this is where a green run says how much it was.
"""

import json
import sys
from collections import Counter
from pathlib import Path


def main(directory: str) -> int:
    versions: dict[str, Counter[str]] = {}
    for file in sorted(Path(directory).glob("*.json")):
        counts = json.loads(file.read_text())
        versions.setdefault(counts.pop("version"), Counter()).update(counts)
    for version, counts in versions.items():
        print(f"mosaicolabs {version}: {counts['passed']} tests passed, "
              f"{counts['skipped']} not for this version")
    return 0 if versions else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
