"""Philox4x32-10 against the known-answer vectors that its authors published with it (Random123, kat_vectors)."""

import numpy as np
import pytest

from leadin.engine.kernels.philox import fill_words, philox

KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words_of(text: str) -> list[np.uint32]:
    return [np.uint32(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize(("given", "answer"), KNOWN_ANSWERS)
def test_the_published_known_answers(given, answer):
    assert [f"{int(word):08x}" for word in philox(*words_of(given))] == answer.split()


def test_a_word_depends_on_its_place_alone():
    address = words_of("00000007 00000003 00000000 00000001 00000000")
    short, long = np.zeros(16, dtype=np.uint64), np.zeros(64, dtype=np.uint64)
    fill_words(short, 3, *address)
    fill_words(long, 64, *address)
    assert short.tolist() == long[:16].tolist()
    assert len(set(long.tolist())) == 64
    a, b, c, d = (int(word) for word in philox(np.uint32(1), *address))
    assert [int(word) for word in long[2:4]] == [a << 32 | b, c << 32 | d]


@pytest.mark.parametrize("place", range(5))
def test_every_part_of_the_address_makes_another_stream(place):
    address = words_of("00000000 00000000 00000000 00000000 00000000")
    other = list(address)
    other[place] = np.uint32(1)
    one, two = np.zeros(32, dtype=np.uint64), np.zeros(32, dtype=np.uint64)
    fill_words(one, 32, *address)
    fill_words(two, 32, *other)
    assert not set(one.tolist()) & set(two.tolist())


def test_philox_is_copied_into_its_callers_so_that_their_loops_use_vector_registers():
    assert philox.targetoptions["forceinline"] is True
    assert fill_words.targetoptions["forceinline"] is False


def test_words_of_plain_whole_numbers_are_the_same():
    typed, plain = np.zeros(16, dtype=np.uint64), np.zeros(16, dtype=np.uint64)
    fill_words(typed, 8, *words_of("00000007 ffffffff 00000000 80000001 00000000"))
    fill_words(plain, 8, 7, 2**32 - 1, 0, 2**31 + 1, 0)
    assert typed.tolist() == plain.tolist()
