"""Sealed values open only where they belong, and fingerprints cannot be recomputed without the key."""

import hashlib
import hmac
from uuid import RFC_4122, UUID, uuid4

import pytest

from huzhu.shared.seals import (
    Place,
    SealBroken,
    fingerprint,
    fingerprint_many,
    new_seal_ids,
    open_seal,
    seal,
    seal_many,
)

NUMBER = "440106196501150019"
HERE = Place("roster.worker_document", "number")


def test_a_sealed_value_opens_where_it_was_sealed():
    seal_id = uuid4()
    assert open_seal(seal(NUMBER, place=HERE, seal_id=seal_id), place=HERE, seal_id=seal_id) == NUMBER


def test_nothing_of_the_value_can_be_read_in_the_sealed_one():
    assert NUMBER.encode() not in seal(NUMBER, place=HERE, seal_id=uuid4())


def test_two_swapped_values_do_not_open():
    one, other = uuid4(), uuid4()
    sealed_one, sealed_other = seal_many([NUMBER, "440106197501020024"], place=HERE, seal_ids=[one, other])
    with pytest.raises(SealBroken):
        open_seal(sealed_other, place=HERE, seal_id=one)
    with pytest.raises(SealBroken):
        open_seal(sealed_one, place=HERE, seal_id=other)


def test_a_value_moved_to_another_column_does_not_open():
    seal_id = uuid4()
    with pytest.raises(SealBroken):
        open_seal(seal(NUMBER, place=HERE, seal_id=seal_id), place=Place("claims.payee", "account"), seal_id=seal_id)


@pytest.mark.parametrize("index", [0, 1, 5, -1])
def test_one_changed_byte_is_noticed(index: int):
    seal_id = uuid4()
    sealed = bytearray(seal(NUMBER, place=HERE, seal_id=seal_id))
    sealed[index] ^= 1
    with pytest.raises(SealBroken):
        open_seal(bytes(sealed), place=HERE, seal_id=seal_id)


def test_an_older_key_of_the_ring_still_opens(settings):
    seal_id = uuid4()
    settings.HUZHU_SEAL_CURRENT = 1
    sealed = seal(NUMBER, place=HERE, seal_id=seal_id)
    settings.HUZHU_SEAL_CURRENT = 2
    assert open_seal(sealed, place=HERE, seal_id=seal_id) == NUMBER


def test_equal_values_have_equal_fingerprints_per_purpose():
    assert fingerprint(NUMBER, purpose="document") == fingerprint_many([NUMBER], purpose="document")[0]
    assert fingerprint(NUMBER, purpose="document") != fingerprint(NUMBER, purpose="account")


def test_a_fingerprint_is_not_a_bare_hash(settings):
    before = fingerprint(NUMBER, purpose="document")
    assert before.bytes != hashlib.sha256(NUMBER.encode()).digest()[:16]
    settings.HUZHU_FINGERPRINT_KEY = b"another fingerprint key, as long"
    assert fingerprint(NUMBER, purpose="document") != before


def test_a_fingerprint_is_the_hmac_of_the_standard_library(settings):
    for key in (b"short", settings.HUZHU_FINGERPRINT_KEY, b"k" * 64, b"longer than one block of the hash " * 4):
        settings.HUZHU_FINGERPRINT_KEY = key
        expected = hmac.new(key, b"document\0" + NUMBER.encode(), hashlib.sha256).digest()[:16]
        assert fingerprint(NUMBER, purpose="document").bytes == expected


def test_seal_ids_are_random_uuids_of_version_4():
    made = [UUID(bytes=each) for each in new_seal_ids(50)]
    assert {each.version for each in made} == {4}
    assert {each.variant for each in made} == {RFC_4122}
    assert len(set(made)) == 50
