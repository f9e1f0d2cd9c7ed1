#!/usr/bin/env python3
"""Runs clang-tidy over our sources, in parallel, and remembers what passed.

A source that passed is not looked at again until it, a header of ours that it reaches, its flags,
.clang-tidy or the tool changes: the result is a stamp named by the hash of all of them.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
INCLUDE_ROOTS = [ROOT / "include", ROOT / "src", ROOT / "tests"]


class Hasher:
    """Hashes a source together with every header of ours that it reaches."""

    def __init__(self, seed):
        self.seed = seed
        self.files = {}  # path → (hash of its bytes, the headers of ours it names)

    def read(self, path):
        if path not in self.files:
            data = path.read_bytes()
            headers = []
            for name in INCLUDE.findall(data):
                for base in [path.parent] + INCLUDE_ROOTS:
                    header = base / name.decode()
                    if header.is_file():
                        headers.append(header.resolve())
                        break
            self.files[path] = (hashlib.sha256(data).digest(), headers)
        return self.files[path]

    def of(self, source, command):
        top = ROOT / source.relative_to(ROOT).parts[0]
        configs = [path / ".clang-tidy" for path in (ROOT, top)]
        seen, waiting = set(), [source] + [path for path in configs if path.is_file()]
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting += self.read(path)[1]
        result = hashlib.sha256(self.seed + command.encode())
        for path in sorted(seen):
            result.update(str(path.relative_to(ROOT)).encode() + self.read(path)[0])
        return result.hexdigest()


def sources(build):
    """Our sources and their compile commands, each once."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = Path(entry["file"]).resolve()
        if ROOT in path.parents and (ROOT / "build") not in path.parents:
            words = shlex.split(entry["command"])
            commands.setdefault(path, " ".join(words[1:words.index("-o")]))
    return sorted(commands.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--clang-tidy", required=True)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    version = subprocess.run([arguments.clang_tidy, "--version"], capture_output=True, check=True)
    hasher = Hasher(version.stdout)
    stamps = arguments.build / "tidy"
    stamps.mkdir(exist_ok=True)

    waiting, kept = [], set()
    for source, command in sources(arguments.build):
        stamp = stamps / hasher.of(source, command)
        kept.add(stamp)
        if not stamp.exists():
            waiting.append((source, stamp))
    for stamp in set(stamps.iterdir()) - kept:
        stamp.unlink()

    def run(work):
        source, stamp = work
        result = subprocess.run(
            [arguments.clang_tidy, "--quiet", "-p", str(arguments.build), str(source)],
            capture_output=True, text=True, check=False)
        if result.returncode == 0:
            stamp.touch()
        return result.returncode, result.stdout, result.stderr

    failures, shown = 0, set()
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for (source, _), (code, output, errors) in zip(waiting, pool.map(run, waiting)):
            if code == 0:
                continue
            failures += 1
            # A header's flaw is reported by each source that reaches it; once is enough.
            for block in re.split(r"(?m)^(?=/\S+:\d+:\d+: (?:error|warning):)", output):
                if block.strip() and block not in shown:
                    shown.add(block)
                    print(block.replace(f"{ROOT}/", ""), end="")
            if not output.strip():
                print(f"{source.relative_to(ROOT)}: clang-tidy failed\n{errors}")
    if failures:
        print(f"tidy: {failures} of {len(waiting)} sources have findings", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
