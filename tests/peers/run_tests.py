"""Runs modules of tests against one server: run_tests.py MODULE...

Run it with the Python of a client's virtual environment, and MOSAICO_TEST_BIN_DIR set to the folder
of the programs under test. The server must still be there in the end and leave with exit code 0.
"""

import importlib.metadata
import logging
import sys
import unittest

from client_case import ClientCase
from running_server import RunningServer


# Published clients expect deletion to work; small batches make the tests quick.
FLAGS = ("--allow-delete-finalized", "--max-decode-bytes", "17MiB")


def main(modules: list[str]) -> int:
    logging.getLogger("mosaicolabs").setLevel(logging.CRITICAL)  # Many tests provoke errors.
    server = ClientCase.server = RunningServer(*FLAGS)
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    alive = server.is_running()
    code = server.stop()
    print(f"mosaicolabs {importlib.metadata.version('mosaicolabs')}: {result.testsRun} tests, "
          f"{len(result.failures)} failures, {len(result.errors)} errors, "
          f"{len(result.skipped)} skipped", file=sys.stderr)
    if not alive or code != 0:
        print(f"the server {'ended' if alive else 'had died'}, exit code {code}:\n{server.log()}",
              file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
