"""Run a command that does not outlive the process that wanted it: `tether.py PARENT PROGRAM ARGUMENT...`.

A script of its own, with nothing but the standard library, because the kernel's promise must be asked for between
fork and exec. Only Linux makes that promise; elsewhere a killed parent leaves its children running.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    die_with_parent()
    if os.getppid() != int(sys.argv[1]):
        sys.exit("The process that wanted this one has ended.")
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
