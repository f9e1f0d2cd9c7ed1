"""A mosaicod of the build under test, on a free port of 127.0.0.1."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path


def program(name: str) -> str:
    return str(Path(os.environ["MOSAICO_TEST_BIN_DIR"]) / name)


class RunningServer:
    """Runs until stop() or kill(); its store is `store`, or a temporary one that goes with it."""

    def __init__(self, *flags: str, store: str | None = None) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="mosaico-peers-")
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [program("mosaicod"), "--host", "127.0.0.1", "--port", "0", "--log-level", "warn",
             "--store", store or self._directory.name, *flags],
            stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("listening on 127.0.0.1:"):
            self._process.kill()
            raise RuntimeError(f"mosaicod did not start: {line}{self.log()}")
        self.port = int(line.rsplit(":", 1)[1])

    def is_running(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def stop(self) -> int:
        """Asks it to end and gives its exit code, which sanitizers make other than 0."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        return self._end()

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def _end(self) -> int:
        code = self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._directory.cleanup()
        return code
