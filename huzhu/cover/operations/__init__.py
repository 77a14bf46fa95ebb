"""Everything that writes about cover: making it."""

from huzhu.cover.operations.making import CreatedCovers, LeftOut, Source, create_covers

__all__ = ["CreatedCovers", "LeftOut", "Source", "create_covers"]
