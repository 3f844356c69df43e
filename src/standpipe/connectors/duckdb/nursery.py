"""The template process: imports DuckDB once, opens nothing, and forks a child whenever it is asked.

Run as ``python -m standpipe.connectors.duckdb.nursery FD``, where FD is a socket on which every
request is one byte and a process id. ``F`` comes with the child's end of a socket and is answered
with the new process id or a negative error number; ``R`` waits for that child's end and is answered
with its wait status.
A dead child stays a zombie until then, so that nobody else gets its process id meanwhile.
It ends when the socket does.
"""

import gc
import os
import socket
import sys

from standpipe.connectors.duckdb.child import live
from standpipe.connectors.duckdb.messages import FORK, FORK_ANSWER, FORK_REQUEST

__all__ = ["serve"]


def serve(control: socket.socket) -> None:
    """Answer requests until the other end hangs up."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, FORK_REQUEST.size, 1)
        if len(message) < FORK_REQUEST.size:
            return
        verb, process_id = FORK_REQUEST.unpack(message)
        answer = _fork(descriptors[0]) if verb == FORK else _reap(process_id)
        control.sendall(FORK_ANSWER.pack(answer))


def _fork(descriptor: int) -> int:
    try:
        process_id = os.fork()
    except OSError as error:
        process_id = -(error.errno or 1)
    if process_id:
        os.close(descriptor)
        return process_id
    try:
        live(descriptor)
    finally:
        os._exit(1)


def _reap(process_id: int) -> int:
    try:
        return os.waitpid(process_id, 0)[1]
    except ChildProcessError:
        return 0


if __name__ == "__main__":
    gc.disable()
    gc.freeze()  # what was imported stays shared between the children
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # DuckDB's bindings complain about an orderly end
