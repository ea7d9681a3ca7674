"""A network namespace that has one globally shaped address and no way out, held by a process that runs this file.
Programs enter it with `prefix`; sockets made in it are handed out, so that a test listens there and stays outside."""

import fcntl
import os
import socket
import struct
import subprocess
import sys

ADDRESS = "93.184.216.34"
# <linux/sockios.h>, <net/if.h>
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8914, 0x8916, 0x891C, 1
# Who is not root is it in a user namespace of its own.
AS_ROOT = [] if os.geteuid() == 0 else ["--map-root-user"]
UNSHARE = ["unshare", "--net", *AS_ROOT]


def why_not():
    """What stands against such a namespace on this machine; nothing where it can be made."""
    return subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, timeout=20, check=False).stderr.strip()


class OwnNetwork:
    def __init__(self):
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.keeper = subprocess.Popen([*UNSHARE, sys.executable, __file__, str(theirs.fileno())],
                                           pass_fds=[theirs.fileno()])
        self.prefix = ["nsenter", f"--target={self.keeper.pid}", "--net",
                       *(["--user", "--preserve-credentials"] if AS_ROOT else [])]

    def listener(self):
        """A socket that listens at ADDRESS, on a port that the system chooses."""
        self.channel.sendall(b"?")
        _, (descriptor,), _, _ = socket.recv_fds(self.channel, 1, 1)
        return socket.socket(fileno=descriptor)

    def close(self):
        self.channel.close()
        self.keeper.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def bring_up():
    def ask(request, name, value):
        fcntl.ioctl(control, request, struct.pack("16s24s", name, value))

    def address(text):
        return struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(text))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        ask(SIOCSIFFLAGS, b"lo", struct.pack("=H", IFF_UP))
        ask(SIOCSIFADDR, b"lo:1", address(ADDRESS))
        ask(SIOCSIFNETMASK, b"lo:1", address("255.255.255.255"))


def keep(channel):
    bring_up()
    while channel.recv(1):
        with socket.create_server((ADDRESS, 0), backlog=16) as listener:
            socket.send_fds(channel, [b"!"], [listener.fileno()])


if __name__ == "__main__":
    keep(socket.socket(fileno=int(sys.argv[1])))
