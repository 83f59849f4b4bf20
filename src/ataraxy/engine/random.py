"""Random numbers that belong to a person, not to the order of a computation.

Philox4x64-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11,
doi:10.1145/2063384.2063405) turns a counter and a key into four words, with no state between calls. Key and counter
are

    key     = (seed, 64-bit hash of the purpose)
    counter = (number of the block of four draws + 1, person, replicate, 0)

so that the numbers of a person depend on seed, purpose, replicate and person alone: not on who else is asked for, in
which order or chunk, on which worker, nor on how many draws are taken. Different seeds, replicates, people and draws
never share a counter; two purposes share a key only if their hashes collide. The words are those of
`numpy.random.Philox` with the same key and a counter that starts one lower.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, SupportsIndex

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Numbers = range | Sequence[int] | npt.NDArray[np.integer]

LARGEST_WORD: Final = 2**64 - 1
WORDS_PER_BLOCK: Final = 4
ROUNDS: Final = 10
MULTIPLIERS: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL_STEPS: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
# Blocks that are computed together: their words and the intermediates stay in the processor's cache.
SLAB: Final = 8192

_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


def normals(seed: SupportsIndex, purpose: str, replicate: SupportsIndex, people: Numbers, n: int) -> Floats:
    """Independent standard-normal draws, f8[people, n]: the first `n` of each person's endless row.

    Normals are the inverse distribution function at `uniforms`, so that the k-th normal comes from the k-th uniform.

    Args:
        seed: 0 to 2**64 - 1.
        purpose: what the numbers are for, such as ``between-subject``; purposes are independent of each other.
        replicate: 0 to 2**64 - 1, such as the number of an occasion or of a draw of parameters.
        people: their numbers, each 0 to 2**63 - 1, in any order; a number may occur twice.
        n: draws for each person.

    Raises:
        InputError: ``random.seed``, ``random.replicate``, ``random.people``, ``random.draws`` or ``random.purpose``.
    """
    return np.asarray(ndtri(uniforms(seed, purpose, replicate, people, n)), np.float64)


def uniforms(seed: SupportsIndex, purpose: str, replicate: SupportsIndex, people: Numbers, n: int) -> Floats:
    """Independent draws from the open interval (0, 1), f8[people, n]: odd multiples of 2**-53.

    Arguments and errors are those of `normals`.
    """
    key = _key(seed, purpose)
    occasion = _word(replicate, "replicate")
    numbers = _person_numbers(people)
    if n < 0:
        raise _refused(f"{n} draws for each person", "draws", "Ask for 0 or more")
    blocks = -(-n // WORDS_PER_BLOCK)
    result = np.empty((len(numbers), n))
    if result.size == 0:
        return result
    block = np.arange(1, blocks + 1, dtype=np.uint64)
    rows = max(1, SLAB // blocks)
    for first in range(0, len(numbers), rows):
        chunk = numbers[first : first + rows]
        words = philox(
            key, (np.tile(block, len(chunk)), np.repeat(chunk, blocks), np.uint64(occasion), np.uint64(0))
        ).reshape(len(chunk), blocks * WORDS_PER_BLOCK)
        # the middle of one of 2**52 equal cells: neither 0 nor 1 can occur, and no rounding takes place
        result[first : first + rows] = ((words[:, :n] >> np.uint64(12)) + 0.5) * 2.0**-52
    return result


def generator(
    seed: SupportsIndex, purpose: str, replicate: SupportsIndex, person: SupportsIndex
) -> np.random.Generator:
    """NumPy generator on the words that `uniforms` draws from for one person, for what needs other distributions.

    Its methods use the words in numpy's own ways, which may change with numpy's version.
    """
    counter = np.array([0, _word(person, "person"), _word(replicate, "replicate"), 0], np.uint64)
    return np.random.Generator(
        np.random.Philox(key=np.array(_key(seed, purpose), np.uint64), counter=counter)
    )


def philox(key: tuple[int, int], counter: tuple[npt.ArrayLike, ...]) -> Words:
    """Philox4x64-10 of many counters.

    Args:
        key: two words.
        counter: four words, arrays of uint64 that broadcast to one shape.

    Returns:
        u8[..., 4].
    """
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(c, np.uint64) for c in counter))
    k0, k1 = key
    for _ in range(ROUNDS):
        high0, low0 = _multiply(c0, MULTIPLIERS[0])
        high1, low1 = _multiply(c2, MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0 = (k0 + WEYL_STEPS[0]) & LARGEST_WORD
        k1 = (k1 + WEYL_STEPS[1]) & LARGEST_WORD
    return np.stack([c0, c1, c2, c3], axis=-1)


def _multiply(x: Words, factor: int) -> tuple[Words, Words]:
    """High and low words of the 128-bit products, from products of half words."""
    f_low, f_high = np.uint64(factor & 0xFFFFFFFF), np.uint64(factor >> 32)
    x_low, x_high = x & _LOW, x >> _HALF
    middle = x_low * f_high + ((x_low * f_low) >> _HALF)
    other = x_high * f_low + (middle & _LOW)
    high = x_high * f_high + (middle >> _HALF) + (other >> _HALF)
    with np.errstate(over="ignore"):
        return high, x * np.uint64(factor)


def check_seed(seed: SupportsIndex) -> None:
    """Refuse what is no seed, before anything is made with it.

    Raises:
        InputError: ``random.seed``.
    """
    _word(seed, "seed")


def _key(seed: SupportsIndex, purpose: str) -> tuple[int, int]:
    if not purpose:
        raise _refused("the purpose of random numbers is empty", "purpose", "Name what they are for")
    return _word(seed, "seed"), _hash(purpose)


@lru_cache(maxsize=256)
def _hash(purpose: str) -> int:
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")


def _word(value: SupportsIndex, name: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise _refused(f"{name} {value!r} is not a whole number", name, "Give a whole number") from None
    if isinstance(value, bool | np.bool_) or not 0 <= number <= LARGEST_WORD:
        raise _refused(f"{name} {value} is out of range", name, "Give a whole number from 0 to 2**64 - 1")
    return number


def _person_numbers(people: Numbers) -> Words:
    if isinstance(people, range):
        numbers = np.arange(people.start, people.stop, people.step)
    else:
        numbers = np.asarray(people)
        if numbers.size == 0:
            numbers = numbers.astype(np.int64)
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise _refused(
            "numbers of people are not a list of whole numbers", "people", "Give whole numbers from 0 up"
        )
    if numbers.size and int(numbers.min()) < 0:
        raise _refused(f"there is no person {int(numbers.min())}", "people", "Give whole numbers from 0 up")
    return numbers.astype(np.uint64)


def _refused(message: str, name: str, remedy: str) -> InputError:
    return InputError(message, code=f"random.{name}", remedy=remedy, where="random numbers")
