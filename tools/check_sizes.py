#!/usr/bin/env python3
"""Checks the sizes and the names of files and folders.

A header has at most 250 lines, a source 600, a test 800; a folder at most 25 files; src/ at most two
levels below it. No file, folder or namespace is named util, helper, common, misc or manager: past a
limit, or short of a name, look for the noun that wants its own file. Exceptions, with their reasons,
are in tools/size_exceptions.txt. (clang-tidy sees to functions and parameters.)
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("include", "src", "tests", "examples", "bench")
FILES_MAX = 25
LEVELS_MAX = 2
EMPTY_NAME = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?)(_|$)", re.IGNORECASE)
EMPTY_TYPE = re.compile(r"\b(?:class|struct|namespace)\s+(\w*(?:Util|Helper|Common|Misc|Manager)s?)\b"
                        r"|\bnamespace\s+(?:\w+::)*(utils?|helpers?|common|misc)\b")


def lines_max(path):
    if path.parts[0] == "tests":
        return 800
    return 250 if path.suffix == ".hpp" else 600


def read_exceptions():
    exceptions = {}
    text = (ROOT / "tools" / "size_exceptions.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            path, number, reason = line.split(maxsplit=2)
            exceptions[path] = (int(number), reason)
    return exceptions


def our_files():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *FOLDERS],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [Path(name) for name in sorted(set(names)) if (ROOT / name).is_file()]


def main():
    exceptions = read_exceptions()
    problems, needed = [], set()

    def limit(path, actual, bound, what):
        if actual <= bound:
            return
        if str(path) in exceptions and actual <= exceptions[str(path)][0]:
            needed.add(str(path))
        else:
            problems.append(f"{path}: {actual} {what}, at most {bound}")

    files = our_files()
    code = [path for path in files if path.suffix in (".hpp", ".cpp")]
    for path in code:
        text = (ROOT / path).read_text(encoding="utf-8")
        limit(path, text.count("\n"), lines_max(path), "lines")
        for match in EMPTY_TYPE.finditer(text):
            problems.append(f"{path}: {match.group(0)}: the name says nothing")
        if path.parts[0] == "src" and len(path.parts) > LEVELS_MAX + 2:
            problems.append(f"{path}: more than {LEVELS_MAX} levels below src/")
    for folder, number in sorted(Counter(path.parent for path in code).items()):
        limit(folder, number, FILES_MAX, "files")
    for name in sorted({part.split(".")[0] for path in files for part in path.parts}):
        if EMPTY_NAME.search(name):
            problems.append(f"{name}: the name of a file or folder says nothing")
    for path in sorted(set(exceptions) - needed):
        problems.append(f"tools/size_exceptions.txt: {path} needs no exception, or a larger one")

    for problem in problems:
        print(f"sizes: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
