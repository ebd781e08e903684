"""A process of plantdb, that does what it is told over its standard input. See ../suite/plantdb.rs."""

import json
import os
import sys
import time
from types import SimpleNamespace

import plantdb.commons.fsdb.lock as plantdb
from plantdb.commons.fsdb.lock import LockError, LockLevel, LockManager, LockTimeoutError, LockType

FOLDER, KEEPS_FILES = sys.argv[1], sys.argv[2] == "keeps-files"
# It looks every 100 ms whether a lock is free. To meet others more often, it looks every millisecond here.
plantdb.time = SimpleNamespace(time=time.time, sleep=lambda _: time.sleep(0.001))


class KeepingOs:
    """What it is without the unlinking of lock files, which is what lets two in."""

    def __getattr__(self, name):
        return getattr(os, name)

    @staticmethod
    def unlink(path):
        if not path.endswith(".lock"):
            os.unlink(path)


if KEEPS_FILES:
    plantdb.os = KeepingOs()


def manager():
    return LockManager(FOLDER, log_level="CRITICAL")


locks, held = manager(), {}


def named(mode):
    return LockType.EXCLUSIVE if mode == "write" else LockType.SHARED


def lock(name, mode, ms):
    entered = locks.acquire_lock(name, named(mode), "python", LockLevel.SCAN, timeout=float(ms) / 1000)
    try:
        entered.__enter__()
    except LockTimeoutError:
        return "timed out"
    held[name] = entered
    return "held"


def release(name):
    held.pop(name).__exit__(None, None, None)
    return "released"


def info(name):
    with open(os.path.join(FOLDER, ".locks", name + ".info")) as file:
        text = json.load(file)
    return f"{text['lock_type']} {text['user']} {text['pid']} {text['resource_id']} {text['level']}"


def visit(arena, mode, inode):
    """The same as `visit` in ../suite/arena.rs."""
    inside = os.path.join(arena, "inside")
    me = f"{'w' if mode == 'write' else 'r'}-plantdb-{inode}-{os.getpid()}"
    open(os.path.join(inside, me), "w").close()
    for other in os.listdir(inside):
        if other != me and (mode == "write" or other.startswith("w")):
            with open(os.path.join(arena, "meetings", str(os.getpid())), "a") as file:
                file.write(f"{me} {other}\n")
    os.remove(os.path.join(inside, me))


def compete(arena, ms):
    until, entries = time.time() + float(ms) / 1000, 0
    while time.time() < until:
        mode = "write" if entries % 3 == 0 else "read"
        try:
            with locks.acquire_lock("scan1", named(mode), "python", LockLevel.SCAN, timeout=1):
                [locked] = locks._lock_files.values()
                visit(arena, mode, os.fstat(locked).st_ino)
                entries += 1
        except (LockTimeoutError, LockError):
            pass
    return entries


def status(name):
    return locks.get_lock_status(name, LockLevel.SCAN)


def clean():
    manager()  # cleans up as it starts
    locks.cleanup_all_locks()
    return "cleaned"


orders = {f.__name__: f for f in (lock, release, info, compete, status, clean)}
print("> ready", flush=True)
for order in sys.stdin:
    name, *words = order.split()
    print(">", orders[name](*words), flush=True)
