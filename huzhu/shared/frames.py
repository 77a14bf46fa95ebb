"""Frames as bytes and back, in Arrow's own form."""

from __future__ import annotations

import io

import polars as pl


def to_bytes(frame: pl.DataFrame) -> bytes:
    """
    This function will write a frame as an Arrow stream.
    """
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer)
    return buffer.getvalue()


def from_bytes(content: bytes | memoryview) -> pl.DataFrame:
    """
    This function will read what `to_bytes` wrote.
    """
    return pl.read_ipc_stream(content if isinstance(content, bytes) else io.BytesIO(content))
