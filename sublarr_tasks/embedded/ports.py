"""Whether a port is free, asked before anything starts that needs it."""

import errno
import socket

from sublarr_tasks.errors import StartError


def check_port(host: str, port: int, setting: str) -> None:
    """Raise StartError, naming the setting to change, if nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do: a port that a server has just left is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror as error:
        raise StartError(f"The address {host} is unknown: {error.strerror}.") from error
    except OSError as error:
        raise StartError(_sentence(error, host, port, setting)) from error


def _sentence(error: OSError, host: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program; set {setting} to a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for root; set {setting} to one above 1023."
    return f"Nothing can listen on {host}, port {port} ({setting}): {error.strerror}."
