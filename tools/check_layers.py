#!/usr/bin/env python3
"""Checks that includes point downwards only.

The table in src/CMakeLists.txt says which folder may include which, and which libraries a folder
links; this script holds every #include against it:

- a folder includes itself, the folders its row names, and the public headers;
- a library's headers are included only by the folders whose row links it;
- no cycle among folders, none among files;
- include/mosaico/ and examples/ see the standard library, nlohmann/json and mosaico/ alone, in the
  text and in what a real preprocessor reaches, macros included.

Usage: check_layers.py [--root DIR] [--compiler CXX]. Without a compiler only the text is checked.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
ROW = re.compile(r"^\s*mosaico_folder\(([^)]*)\)", re.MULTILINE)

# Whose headers start with what; the longest match counts.
LIBRARY_OF_HEADER = {
    "arrow/flight/": "deps::flight",
    "arrow/acero/": "deps::acero",
    "arrow/compute/": "deps::compute",
    "arrow/": "deps::arrow",
    "parquet/": "deps::parquet",
    "sqlite3.h": "SQLite::SQLite3",
    "libpq-fe.h": "deps::pq",
    "spdlog/": "spdlog::spdlog",
    "CLI/": "CLI11::CLI11",
    "jpeglib.h": "JPEG::JPEG",
    "png.h": "PNG::PNG",
    "zlib.h": "ZLIB::ZLIB",
    "openssl/": "OpenSSL::Crypto",
}
# Arrow's own types are the project's vocabulary inside: every folder may name them.
EVERYWHERE = {"deps::arrow"}

FOREIGN_PATH = re.compile(r"/(arrow|parquet|grpc\w*|google/protobuf|absl)/")
# The C Data Interface is no library: its specification asks every user to define these few macros.
FOREIGN_MACRO = re.compile(
    r"^#define ((?!ARROW_C_(?:DATA|STREAM)_INTERFACE\b|ARROW_FLAG_)"
    r"(?:ARROW|PARQUET|GRPC|GOOGLE|ABSL)_\w*)", re.MULTILINE)


@dataclass
class Row:
    """What one folder may include."""

    folders: set = field(default_factory=set)
    libraries: set = field(default_factory=set)
    only_file: str = ""
    only_folders: set = field(default_factory=set)

    def allows(self, path, folder):
        return folder in self.folders or (
            path.stem == self.only_file and folder in self.only_folders
        )


def read_table(text):
    rows = {}
    for match in ROW.finditer(re.sub(r"#.*", "", text)):
        folder, *words = match.group(1).split()
        row = rows[folder] = Row()
        key = ""
        for word in words:
            if word in ("MAY_INCLUDE", "ONLY", "MAY_ALSO_INCLUDE", "LINKS"):
                key = word
            elif key == "MAY_INCLUDE":
                row.folders.add(word)
            elif key == "ONLY":
                row.only_file = word
            elif key == "MAY_ALSO_INCLUDE":
                row.only_folders.add(word)
            elif key == "LINKS":
                row.libraries.add(word)
    return rows


def includes(path):
    """The (quote, target) pairs of a file's #include lines."""
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def cxx_files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".hpp", ".cpp", ".h", ".cc", ".inc"))


def library_of(target):
    best = max((p for p in LIBRARY_OF_HEADER if target.startswith(p)), key=len, default=None)
    return LIBRARY_OF_HEADER.get(best)


def find_cycle(edges):
    """A list of nodes that ends where it starts, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(edges.get(node, ())):
            cycle = visit(following)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for node in sorted(edges):
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def check_sources(root, rows):
    problems = []
    source = root / "src"
    edges = {}
    for path in cxx_files(source):
        relative = path.relative_to(source)
        folder = relative.parts[0]
        row = rows.get(folder)
        if row is None:
            problems.append(f"src/{relative}: the folder {folder} has no row in src/CMakeLists.txt")
            continue
        for _, target in includes(path):
            head = target.split("/")[0]
            library = library_of(target)
            if head in rows:
                if not (source / target).exists():
                    problems.append(f"src/{relative}: {target} does not exist")
                edges.setdefault(folder, set())
                if head != folder:
                    edges[folder].add(head)
                    if not row.allows(relative, head):
                        problems.append(f"src/{relative}: {folder} may not include {target}")
            elif library and library not in row.libraries | EVERYWHERE:
                problems.append(f"src/{relative}: {folder} does not link {library}: {target}")
            elif "/" not in target and (path.parent / target).exists():
                problems.append(f"src/{relative}: write {folder}/… for {target}")
    table_cycle = find_cycle({name: row.folders | row.only_folders for name, row in rows.items()})
    if table_cycle:
        problems.append("the table has a cycle: " + " → ".join(table_cycle))
    cycle = find_cycle(edges)
    if cycle:
        problems.append("folders include each other: " + " → ".join(cycle))
    return problems


def check_file_cycles(root):
    edges = {}
    for base in (root / "src", root / "include"):
        for path in cxx_files(base):
            name = str(path.relative_to(base))
            edges[name] = {
                target for _, target in includes(path) if (root / "src" / target).exists()
                or (root / "include" / target).exists()
            }
    cycle = find_cycle(edges)
    return ["files include each other: " + " → ".join(cycle)] if cycle else []


def check_public(root):
    problems = []
    for path in cxx_files(root / "include") + cxx_files(root / "examples"):
        for _, target in includes(path):
            standard = re.fullmatch(r"[a-z0-9_]+(\.h)?", target)
            ours = target.startswith("mosaico/") and (root / "include" / target).exists()
            ours = ours or (path.parent.name == "examples" and (path.parent / target).exists())
            if not (standard or ours or target.startswith("nlohmann/")) or library_of(target):
                problems.append(
                    f"{path.relative_to(root)}: users have the standard library, nlohmann/json and "
                    f"mosaico/ alone: {target}"
                )
    return problems


def check_preprocessed(root, compiler):
    """Holds what a preprocessor reaches from each public header against the same rule."""
    headers = cxx_files(root / "include" / "mosaico")
    text = "".join(f"#include <{h.relative_to(root / 'include')}>\n" for h in headers)
    command = [compiler, "-std=c++20", "-I", str(root / "include"), "-x", "c++", "-"]
    problems = []
    for flags, pattern, what in (
        (["-M"], FOREIGN_PATH, "reach"),
        (["-E", "-dM"], FOREIGN_MACRO, "leak the macro"),
    ):
        run = subprocess.run(command + flags, input=text, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            problems.append("the public headers do not preprocess alone:\n" + run.stderr)
            break
        found = run.stdout.replace("\\\n", " ").split() if flags == ["-M"] else [run.stdout]
        for item in found:
            match = pattern.search(item)
            if match:
                name = item if flags == ["-M"] else match.group(1)
                problems.append(f"the public headers {what} {name}")
    return problems


def check(root, compiler=None):
    rows = read_table((root / "src" / "CMakeLists.txt").read_text(encoding="utf-8"))
    problems = [] if rows else ["src/CMakeLists.txt has no mosaico_folder row"]
    problems += check_sources(root, rows)
    problems += check_file_cycles(root)
    problems += check_public(root)
    if compiler:
        problems += check_preprocessed(root, compiler)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--compiler", default=None)
    arguments = parser.parse_args()
    problems = check(arguments.root, arguments.compiler)
    for problem in problems:
        print(f"layers: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
