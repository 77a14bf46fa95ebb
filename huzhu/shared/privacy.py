"""Every model field carries a class of data; a field without one fails the build (tests/shared/test_privacy.py)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataClasses:
    """
    Which class each field of a model belongs to.

    public: may be shown to anyone. internal: the society's and employer's own business. personal: about a person.
    sensitive: identity numbers, health, bank accounts (PIPL art. 28); stored sealed or as fingerprints only.
    """

    public: frozenset[str]
    internal: frozenset[str]
    personal: frozenset[str]
    sensitive: frozenset[str]

    def names(self) -> set[str]:
        """All classified field names."""
        return set(self.public | self.internal | self.personal | self.sensitive)


def data_classes(*, public: str = "", internal: str = "", personal: str = "", sensitive: str = "") -> DataClasses:
    """
    Classify a model's fields, each class as names separated by blanks.
    """
    return DataClasses(*(frozenset(names.split()) for names in (public, internal, personal, sensitive)))
