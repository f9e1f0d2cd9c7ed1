"""Feeds tools/check_layers.py trees with one flaw each: a check that cannot fail is a defect."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_layers  # noqa: E402  (the path above makes it importable)

TABLE = """
mosaico_folder(core   LINKS deps::arrow)
mosaico_folder(engine MAY_INCLUDE core
                      LINKS deps::parquet)  # a comment
mosaico_folder(client MAY_INCLUDE core
                      ONLY embedded_transport MAY_ALSO_INCLUDE engine)
"""
COMPILER = sys.argv.pop() if len(sys.argv) > 1 and not sys.argv[-1].startswith("-") else None


class CheckLayers(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.write("src/CMakeLists.txt", TABLE)
        self.write("src/core/error.hpp", "#include <string>\n#include <arrow/status.h>\n")
        self.write("src/engine/engine.hpp", '#include "core/error.hpp"\n')
        self.write("src/engine/engine.cpp", "#include <parquet/api/reader.h>\n")
        self.write("src/client/embedded_transport.cpp", '#include "engine/engine.hpp"\n')
        self.write("include/mosaico/mosaico.hpp", "#pragma once\n#include <string>\n")
        self.write("examples/one.cpp", "#include <mosaico/mosaico.hpp>\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_refused(self, *words, compiler=None):
        problems = check_layers.check(self.root, compiler)
        self.assertTrue(problems, "nothing was refused")
        for word in words:
            self.assertIn(word, "\n".join(problems))

    def test_a_tree_whose_includes_point_downwards_passes(self):
        self.assertEqual(check_layers.check(self.root, COMPILER), [])

    def test_an_include_that_points_upwards_is_refused(self):
        self.write("src/core/names.cpp", '#include "engine/engine.hpp"\n')
        self.assert_refused("src/core/names.cpp", "core may not include engine/engine.hpp")

    def test_an_include_of_a_neighbour_is_refused_one_level_down_too(self):
        self.write("src/client/flight/stream.cpp", '#  include "engine/engine.hpp"\n')
        self.assert_refused("src/client/flight/stream.cpp")

    def test_only_the_named_file_has_the_exception(self):
        self.write("src/client/writer.cpp", '#include "engine/engine.hpp"\n')
        self.assert_refused("src/client/writer.cpp")

    def test_a_library_that_the_folder_does_not_link_is_refused(self):
        self.write("src/core/names.cpp", "#include <parquet/api/reader.h>\n")
        self.assert_refused("deps::parquet")

    def test_a_cycle_among_folders_is_refused_even_where_each_include_is_allowed(self):
        self.write("src/CMakeLists.txt", TABLE.replace("core   LINKS", "core MAY_INCLUDE engine LINKS"))
        self.write("src/core/names.hpp", '#include "engine/engine.hpp"\n')
        self.assert_refused("the table has a cycle", "folders include each other")

    def test_a_cycle_among_files_is_refused(self):
        self.write("src/core/a.hpp", '#include "core/b.hpp"\n')
        self.write("src/core/b.hpp", '#include "core/a.hpp"\n')
        self.assert_refused("core/a.hpp → core/b.hpp → core/a.hpp")

    def test_a_folder_without_a_row_is_refused(self):
        self.write("src/misc/thing.cpp", "")
        self.assert_refused("the folder misc has no row")

    def test_an_arrow_header_in_a_public_header_is_refused(self):
        self.write("include/mosaico/writer.hpp", "#include <arrow/type_fwd.h>\n")
        self.assert_refused("include/mosaico/writer.hpp")

    def test_a_private_header_in_a_public_header_is_refused(self):
        self.write("include/mosaico/writer.hpp", '#include "core/error.hpp"\n')
        self.assert_refused("include/mosaico/writer.hpp")

    def test_an_example_that_looks_inside_is_refused(self):
        self.write("examples/two.cpp", '#include "core/error.hpp"\n')
        self.assert_refused("examples/two.cpp")

    @unittest.skipUnless(COMPILER, "needs a compiler")
    def test_an_arrow_header_reached_through_a_macro_is_refused(self):
        self.write("include/arrow/api.h", "#define ARROW_EXPORT\n")
        self.write("include/mosaico/a.hpp", "#define HEADER <arrow/api.h>\n#include HEADER\n")
        self.assert_refused("reach", "leak the macro ARROW_EXPORT", compiler=COMPILER)


if __name__ == "__main__":
    unittest.main()
