"""Everything that writes plans."""

from huzhu.plans.operations.catalogue import CATALOGUE, load_catalogue

__all__ = ["CATALOGUE", "load_catalogue"]
