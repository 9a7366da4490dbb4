"""Becomes a child process: dies with its parent, steps down from root where asked to, then executes the real command.

Run as a file with `python -I -S`, so that it costs a few milliseconds and imports nothing but the standard library.
It stands between fork and exec because code run there by a parent with threads may deadlock, and because the kernel
forgets the death signal when a process changes its user.
"""

import argparse
import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4  # a change of user touches no capability, and neither does access(2)
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def step_down(user: str) -> None:
    """Turns from root into `user`, keeping one right of root: to pass folders that belong to root alone.

    PostgreSQL refuses to run as root, and a checkout below a closed folder such as root's home is out of reach for
    anyone else. The alternative is to open all of those folders to the world.
    """
    import pwd  # absent on Windows, where nobody is root

    entry = pwd.getpwnam(user)
    libc = ctypes.CDLL(None, use_errno=True)
    keeps_rights = libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if keeps_rights and not keep_rights(libc, 1 << CAP_DAC_OVERRIDE):
        _check(-1 if not keep_rights(libc, 0) else 0, "dropping root's rights")


def keep_rights(libc: ctypes.CDLL, mask: int) -> bool:
    """Drops every capability but those of `mask`, and makes these ambient: the command and its children inherit them.

    False where the container had taken them from root before; folders that are open to all can be passed without.
    """
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    low_and_high = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, low_and_high) != 0:
        return False
    if mask:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    return True


def die_with(parent: int, death_signal: int) -> None:
    """Asks the kernel for `death_signal` when the parent ends in whatever way; only Linux knows how."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0), "asking to die with the parent")
    if os.getppid() != parent:
        sys.exit("The parent ended before its child began.")


def launch() -> None:
    parser = argparse.ArgumentParser(description="Run a command as a child that does not outlive its parent.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--user", default="")
    parser.add_argument("command", nargs="+")
    wish = parser.parse_args()
    os.umask(0o077)
    if wish.user:
        step_down(wish.user)
    die_with(wish.parent, wish.death_signal)
    os.execv(wish.command[0], wish.command)  # noqa: S606 the command is ours, given as a list


if __name__ == "__main__":
    launch()
