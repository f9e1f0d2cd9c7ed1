"""What `make demo` runs shows the whole platform at work, and says so where it cannot."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def demo(port: int, tables: str = "") -> subprocess.CompletedProcess:
    environment = os.environ | {"BIN": os.environ["MOSAICO_TEST_BIN_DIR"], "PORT": str(port),
                                "SECONDS_OF_DRIVE": "2", "TABLES": tables}
    return subprocess.run([ROOT / "tools/demo"], env=environment, text=True, capture_output=True,
                          timeout=240, check=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Demo(unittest.TestCase):
    def test_shows_a_drive_and_a_table_from_recording_to_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "imu.csv"
            table.write_text("timestamp_ns,acceleration_x,angular_velocity_x\n5,1.5,0\n6,2.5,0\n")
            shown = demo(free_port(), f"imu={table}")
        self.assertEqual(0, shown.returncode, shown.stdout + shown.stderr)
        for part in ("city_drive", "MotorTemperature", "rows/s", "/sensors/gps", "flight", "/imu",
                     "the server drained and ended with exit code 0"):
            self.assertIn(part, shown.stdout)

    def test_a_taken_port_is_named_with_the_way_out(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            shown = demo(port)
        self.assertEqual(1, shown.returncode)
        self.assertIn(f"port {port} is taken; choose another one: make demo PORT=", shown.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
