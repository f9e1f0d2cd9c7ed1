"""Runs modules of tests against one server: run_tests.py MODULE...

Run it with the Python of a client's virtual environment, and MOSAICO_TEST_BIN_DIR set to the folder
of the programs under test. With MOSAICO_PEER_COUNTS, a folder, it leaves its counts there. The server must still be there in the end and leave with exit code 0.
"""

import importlib.metadata
import json
import logging
import os
import sys
import unittest
from pathlib import Path

from client_case import ClientCase
from running_server import RunningServer


# Published clients expect deletion to work; small batches make the tests quick.
FLAGS = ("--allow-delete-finalized", "--max-decode-bytes", "17MiB")


def leave_counts(modules: list[str], version: str, result: unittest.TestResult) -> None:
    if not (directory := os.environ.get("MOSAICO_PEER_COUNTS")):
        return
    Path(directory).mkdir(parents=True, exist_ok=True)
    bad = len(result.failures) + len(result.errors)
    counts = {"version": version, "failed": bad, "skipped": len(result.skipped),
              "passed": result.testsRun - bad - len(result.skipped)}
    Path(directory, f"{version}.{'-'.join(modules)}.json").write_text(json.dumps(counts))


def main(modules: list[str]) -> int:
    logging.getLogger("mosaicolabs").setLevel(logging.CRITICAL)  # Many tests provoke errors.
    server = ClientCase.server = RunningServer(*FLAGS)
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    alive = server.is_running()
    code = server.stop()
    version = importlib.metadata.version("mosaicolabs")
    leave_counts(modules, version, result)
    print(f"mosaicolabs {version}: {result.testsRun} tests, "
          f"{len(result.failures)} failures, {len(result.errors)} errors, "
          f"{len(result.skipped)} skipped", file=sys.stderr)
    if not alive or code != 0:
        print(f"the server {'ended' if alive else 'had died'}, exit code {code}:\n{server.log()}",
              file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
