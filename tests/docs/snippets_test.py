"""Every C++ block of the README is part of the example that it names, to the letter."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:<!-- from (\S+) -->\n)?```cpp\n(.*?)```", re.DOTALL)


def strays(page: str, read) -> list[str]:
    """What is wrong with the C++ blocks of a page; `read` gives the text of a file or None."""
    wrong = []
    for source, code in BLOCK.findall(page):
        if not source:
            wrong.append(f"a block names no example:\n{code}")
        elif (text := read(source)) is None:
            wrong.append(f"{source} does not exist")
        elif code not in text:
            wrong.append(f"{source} has no such lines:\n{code}")
    return wrong


class Snippets(unittest.TestCase):
    def test_the_readme_shows_what_is_compiled(self):
        page = (ROOT / "README.md").read_text()
        self.assertGreater(len(BLOCK.findall(page)), 4)
        self.assertEqual([], strays(page, self.read))

    def test_a_stray_snippet_is_found(self):
        page = "<!-- from a.cpp -->\n```cpp\nint x;\n```\n```cpp\nint y;\n```\n"
        self.assertEqual(2, len(strays(page, lambda _: "int z;\n")))
        self.assertEqual(1, len(strays(page, lambda _: "int x;\n")))
        self.assertEqual(2, len(strays(page, lambda _: None)))

    def test_links_between_pages_lead_somewhere(self):
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page}: {target}")

    @staticmethod
    def read(source: str):
        path = ROOT / source
        return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(unittest.main())
