"""How a confined child and its caller talk: messages of one letter, one JSON head and any number of bare parts. Never pickles."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

ASK, NOTE, ANSWER, REFUSAL, FAILURE = b"Q", b"N", b"A", b"R", b"F"
MOST_BYTES = 512 * 1024 * 1024  # of one part: whoever is on the other side may have been taken over by a file
_PREFIX = struct.Struct("!cII")
_LENGTH = struct.Struct("!Q")


class Hung(Exception):
    """The other side ended, or sent what is no message."""


def send(peer: socket.socket, letter: bytes, head: object, parts: tuple[bytes, ...] = ()) -> None:
    """
    This function will send one message whole.
    """
    words = json.dumps(head, ensure_ascii=False).encode()
    peer.sendall(_PREFIX.pack(letter, len(words), len(parts)) + words)
    for part in parts:
        peer.sendall(_LENGTH.pack(len(part)))
        peer.sendall(part)


def receive(peer: socket.socket) -> tuple[bytes, Any, tuple[memoryview, ...]]:
    """
    This function will wait for one message: letter, head, parts.

    :raises Hung: if there comes no whole message any more
    """
    letter, length, count = _PREFIX.unpack(_read(peer, _PREFIX.size))
    try:
        head = json.loads(bytes(_read(peer, length)))
    except ValueError as error:
        raise Hung from error
    if count > 16:
        raise Hung
    return letter, head, tuple(_read(peer, *_LENGTH.unpack(_read(peer, _LENGTH.size))) for _ in range(count))


def _read(peer: socket.socket, length: int) -> memoryview:
    if length > MOST_BYTES:
        raise Hung
    whole = memoryview(bytearray(length))
    at = 0
    while at < length:
        try:
            taken = peer.recv_into(whole[at:])
        except OSError as error:
            raise Hung from error
        if not taken:
            raise Hung
        at += taken
    return whole
