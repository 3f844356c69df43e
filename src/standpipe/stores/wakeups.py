"""Wake-ups between processes of one machine: a Unix datagram socket per listener, in one folder.

A listener's socket is called ``wake-<pid>-<random>`` while it sleeps and ``busy-<pid>-<random>``
while it does not. Whoever has work pokes one sleeper; only when nobody sleeps he pokes all others,
so that one who is just going to sleep looks once more.
"""

import os
import select
import socket
import stat
import threading
from pathlib import Path
from secrets import token_hex

from standpipe.core.errors import ConfigurationInvalid

_ASLEEP = "wake-"
_AWAKE = "busy-"
_POKE = b"."
_LONGEST_PATH = 100  # sun_path holds 104 bytes on some systems, 108 on Linux


class DatagramWakeups:
    """Pokes sleeping workers; with ``listens`` False it binds nothing and only sends.

    Open it in the process that uses it, after a fork. Sending is safe from several threads,
    ``wait`` belongs to one.
    """

    def __init__(self, run_dir: Path, *, listens: bool = True) -> None:
        """Bind in ``run_dir``, which is made if it is missing."""
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._run_dir = run_dir
        self._folder = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY)
        self._prefix = self._address_prefix()
        self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sender.setblocking(False)
        self._turn = 0
        self._stopped = threading.Event()
        self._name = f"{os.getpid()}-{token_hex(4)}"
        self._listener = self._bind() if listens else None

    def wake_worker(self) -> None:
        """Poke one sleeper, another one each time; all others if there is none. Never fails."""
        sleepers, others = self._listeners()
        self._turn += 1
        start = self._turn % len(sleepers) if sleepers else 0
        for name in sleepers[start:] + sleepers[:start]:
            if self._poke(name):
                return
        for name in others:
            self._poke(name)

    def wait(self, seconds: float) -> None:
        """Sleep until poked, closed, or the time is over; pokes that came before count."""
        if self._listener is None:
            self._stopped.wait(seconds)
            return
        self._rename(_AWAKE, _ASLEEP)
        try:
            poll = select.poll()
            poll.register(self._listener, select.POLLIN)
            poll.poll(max(0.0, seconds) * 1000)
        finally:
            self._rename(_ASLEEP, _AWAKE)
        # Drained last: whoever was poked until now will look for work after this.
        if not self._stopped.is_set():
            _drain(self._listener)

    def close(self) -> None:
        """Stop listening and free the folder; closing twice is fine."""
        self._stopped.set()
        if self._listener is not None:
            self._remove(_AWAKE + self._name)
            self._remove(_ASLEEP + self._name)
            self._listener.close()
        self._sender.close()
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def _address_prefix(self) -> str:
        """Return a short way to the folder: the kernel takes no long socket paths."""
        longest = f"{self._run_dir}/{_ASLEEP}{2**22}-{'0' * 8}"
        if len(os.fsencode(longest)) <= _LONGEST_PATH:
            return f"{self._run_dir}/"
        short = f"/proc/self/fd/{self._folder}/"
        if not Path(short).exists():
            os.close(self._folder)
            raise ConfigurationInvalid(
                f"The path of the run folder is too long for sockets: {self._run_dir}",
                hint=f"Use one of at most {_LONGEST_PATH - 24} bytes.",
            )
        return short

    def _bind(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.setblocking(False)
        listener.bind(self._prefix + _AWAKE + self._name)
        return listener

    def _listeners(self) -> tuple[list[str], list[str]]:
        """Return the names of sleeping and of other sockets; this one is never among them."""
        if self._folder < 0:
            return [], []
        names = sorted(os.listdir(self._folder))  # noqa: PTH208  (a folder's descriptor is no path)
        sleepers = [name for name in names if name.startswith(_ASLEEP)]
        others = [name for name in names if name.startswith(_AWAKE)]
        return (
            [name for name in sleepers if name != _ASLEEP + self._name],
            [name for name in others if name != _AWAKE + self._name],
        )

    def _poke(self, name: str) -> bool:
        """Send to one socket; a dead one is removed, a full one has been poked enough."""
        try:
            self._sender.sendto(_POKE, self._prefix + name)
        except ConnectionRefusedError:
            self._remove(name)
        except OSError:  # gone, renamed, full, or not ours
            return False
        else:
            return True
        return False

    def _rename(self, before: str, after: str) -> None:
        if self._stopped.is_set():  # a signal handler closed it during the sleep
            return
        try:
            os.rename(
                before + self._name,
                after + self._name,
                src_dir_fd=self._folder,
                dst_dir_fd=self._folder,
            )
        except FileNotFoundError:  # somebody emptied the folder: the poll time still holds
            return

    def _remove(self, name: str) -> None:
        try:
            if stat.S_ISSOCK(os.stat(name, dir_fd=self._folder).st_mode):
                os.unlink(name, dir_fd=self._folder)
        except OSError:
            return


def _drain(listener: socket.socket) -> None:
    try:
        while listener.recv(1):
            pass
    except BlockingIOError:
        return
