"""Lock and unlock of a free id with plantdb: PYTHON directory_locks.py FOLDER exclusive|shared SECONDS prints cycles a second."""

import sys
import time

from plantdb.commons.fsdb.lock import LockLevel, LockManager, LockType

folder, mode, seconds = sys.argv[1], LockType(sys.argv[2]), float(sys.argv[3])
locks = LockManager(folder, log_level="CRITICAL")
start, count = time.perf_counter(), 0
while time.perf_counter() - start < seconds:
    for _ in range(100):
        with locks.acquire_lock("scan1", mode, "bench", LockLevel.SCAN):
            pass
    count += 100
print(count / (time.perf_counter() - start))
