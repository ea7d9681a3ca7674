"""Time that a test moves: a gateway started with `environment()` sees the wall clock shifted by as much as the test says,
so that what takes minutes is over at once. See clock_shift.c."""

import atexit
import functools
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).with_name("clock_shift.c")


@functools.cache
def library():
    """Built once per run of the tests, with the compiler that the gateway itself needs."""
    compiler = next(found for name in ("cc", "gcc", "clang") if (found := shutil.which(name)))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sealpost-clock-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "clock_shift.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, SOURCE, "-ldl"], check=True, timeout=60)
    return made


class Clock:
    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "clock"
        self.shift(0)

    def shift(self, seconds):
        """Away from the real time; in place, since the file is mapped."""
        octets = struct.pack("=q", int(seconds * 1000))
        if not self.path.exists():
            self.path.write_bytes(octets)
        with open(self.path, "r+b", buffering=0) as file:
            file.write(octets)

    def environment(self):
        # A sanitized program wants its runtime to come first; ours calls nothing before it.
        options = os.environ.get("ASAN_OPTIONS", "")
        return {**os.environ, "LD_PRELOAD": str(library()), "SEALPOST_TEST_CLOCK": str(self.path),
                "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".lstrip(":")}
