"""Hamming distances of 512 codes at once, by adding bit planes, as vector instructions.

The distance of a query to a code is the number of planes in which they differ. Full adders
(`aehash.index.carry_save`) add these planes up to the binary digits of the distance, for all lanes
at once and with nothing but logical instructions.

Two things make it fast for a ranking:

- What the first adders give for three planes depends only on the query's three bits, so it is
  made once for a block (`triple`): two sums, eight majorities. Each query of a batch then picks
  its own, and two thirds of the planes are left to add.
- 2^p - t is added as well, where p is the number of digits. A distance of t or more carries into
  digit p, which marks the lanes below t without a comparison.

The functions here are numba intrinsics: they write LLVM code with vectors of 512 bits, which
LLVM splits as the processor needs. Arrays must begin at a multiple of 32 bytes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from aehash.index.carry_save import CarrySave, digits

WORDS = 8
"""Words of 64 bits in a plane of a block."""
VARIANTS = 10
"""Vectors kept for three planes: 2 sums and 8 majorities."""

_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, WORDS)
_HALF = 32
_ALIGN = 32


def triples(bits: int) -> int:
    """Count the groups of three planes, the last of them perhaps incomplete."""
    return -(-bits // 3)


class _Code:
    """A function being written: its LLVM builder, and its array arguments by position."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self._context = context
        self._types = signature.args
        self._arguments = arguments
        self.builder = builder

    def pointer(self, argument: int, offset: Any, kind: ir.Type = _VECTOR) -> Any:
        """Point at an array's element, as a vector or another type."""
        make = self._context.make_array(self._types[argument])
        data = make(self._context, self.builder, value=self._arguments[argument]).data
        element = self.builder.gep(data, [offset])
        return self.builder.bitcast(element, kind.as_pointer())

    def step(self, pointer: Any, words: int) -> Any:
        """Move a pointer on by so many words."""
        word = self.builder.bitcast(pointer, _WORD.as_pointer())
        return self.builder.bitcast(
            self.builder.gep(word, [ir.Constant(_WORD, words)]), pointer.type
        )

    def load(self, pointer: Any) -> Any:
        """Load a vector."""
        value = self.builder.load(pointer)
        value.align = _ALIGN
        return value

    def store(self, value: Any, pointer: Any) -> None:
        """Store a vector."""
        self.builder.store(value, pointer).align = _ALIGN

    def spread(self, word: Any) -> Any:
        """Fill a vector with one value."""
        return _spread(self.builder, word, WORDS)


def _spread(builder: Any, value: Any, count: int) -> Any:
    kind = ir.VectorType(value.type, count)
    undefined = ir.Constant(kind, ir.Undefined)
    index = ir.IntType(32)
    one = builder.insert_element(undefined, value, ir.Constant(index, 0))
    zeros = ir.Constant(ir.VectorType(index, count), [0] * count)
    return builder.shuffle_vector(one, undefined, zeros)


def _full_adder(builder: Any, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    """Add three planes: the sum, and the carry of twice its weight."""
    differ = builder.xor(x, y)
    carry = builder.or_(builder.and_(x, y), builder.and_(differ, z))
    return builder.xor(differ, z), carry


def _half_adder(builder: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Add two planes."""
    return builder.xor(x, y), builder.and_(x, y)


def _sum(builder: Any) -> CarrySave[Any]:
    """Begin a sum."""
    return CarrySave(partial(_full_adder, builder), partial(_half_adder, builder))


def _intrinsic(function: Callable[..., Any]) -> Any:
    return intrinsic(prefer_literal=True)(function)


@_intrinsic
def triple(typing, planes, plane, count, table, entry):  # type: ignore[no-untyped-def]
    """Write the ten variants of up to three planes into a table.

    Args (in compiled code): planes, index of the first plane's first word, how many planes
    (a constant), table, index of the entry's first word.
    """

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        code = _Code(context, builder, signature, arguments)
        source = code.pointer(0, arguments[1])
        target = code.pointer(3, arguments[4])
        nothing = ir.Constant(_VECTOR, [0] * WORDS)
        given = [code.load(code.step(source, WORDS * i)) for i in range(count.literal_value)]
        given += [nothing] * (3 - len(given))
        total = builder.xor(builder.xor(given[0], given[1]), given[2])
        code.store(total, target)
        code.store(builder.not_(total), code.step(target, WORDS))
        for pattern in range(4):
            flipped = [
                builder.not_(plane) if pattern >> i & 1 else plane for i, plane in enumerate(given)
            ]
            carry = _full_adder(builder, *flipped)[1]
            code.store(carry, code.step(target, WORDS * (2 + pattern)))
            code.store(builder.not_(carry), code.step(target, WORDS * (2 + 7 - pattern)))
        return context.get_dummy_value()

    return types.void(planes, plane, count, table, entry), write


def _finish(code: _Code, total: CarrySave[Any], limit: Any, out: Any, bits: int) -> Any:
    """Add the limit, store the lanes below it and the digits, and say whether there are any."""
    builder = code.builder
    count = digits(bits)
    for digit in range(count):
        total.add(digit, code.spread(builder.load(code.step(limit, digit))))
    nothing = ir.Constant(_VECTOR, [0] * WORDS)
    sums = [nothing if plane is None else plane for plane in total.finish(count)]
    below = builder.not_(sums[count])
    wide = ir.IntType(64 * WORDS)
    found = builder.icmp_unsigned("!=", builder.bitcast(below, wide), ir.Constant(wide, 0))
    with builder.if_then(found, likely=False):
        code.store(below, out)
        for digit in range(count):
            code.store(sums[digit], code.step(out, WORDS * (1 + digit)))
    return builder.zext(found, _WORD)


@_intrinsic
def scan_table(typing, table, picks, pick, limits, limit, out, bits):  # type: ignore[no-untyped-def]
    """Find the lanes of a block below a query's limit, from the block's table.

    Args (in compiled code): table; the query's picks (uint16 word offsets into the table, a sum
    and a majority for each triple) and the index of its first; limits and the index of its
    first digit; out, (1 + digits) · 8 words: the lanes below the limit, then the digits of
    distance + 2^digits - limit; bits (a constant). Returns 1 if there are any, else 0 and
    nothing is written.
    """

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        code = _Code(context, builder, signature, arguments)
        total = _sum(builder)
        short = ir.IntType(16)
        first = code.pointer(1, arguments[2], short)
        for index in range(triples(bits.literal_value)):
            weights = (0,) if 3 * index + 1 == bits.literal_value else (0, 1)
            for weight in weights:
                place = builder.gep(first, [ir.Constant(_WORD, 2 * index + weight)])
                offset = builder.zext(builder.load(place), _WORD)
                total.add(weight, code.load(code.pointer(0, offset)))
        limit = code.pointer(3, arguments[4], _WORD)
        return _finish(code, total, limit, code.pointer(5, _zero()), bits.literal_value)

    return types.uint64(table, picks, pick, limits, limit, out, bits), write


@_intrinsic
def scan_planes(typing, planes, plane, masks, mask, limits, limit, out, bits):  # type: ignore[no-untyped-def]
    """Find the lanes of a block below a query's limit, from the planes themselves.

    Args (in compiled code): planes and the index of the block's first word; the query's masks
    (uint64, all ones where its bit is set) and the index of its first; the rest as in
    `scan_table`.
    """

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        code = _Code(context, builder, signature, arguments)
        total = _sum(builder)
        block = code.pointer(0, arguments[1])
        flips = code.pointer(2, arguments[3], _WORD)
        for bit in range(bits.literal_value):
            flip = code.spread(builder.load(code.step(flips, bit)))
            total.add(0, builder.xor(code.load(code.step(block, WORDS * bit)), flip))
        limit = code.pointer(4, arguments[5], _WORD)
        return _finish(code, total, limit, code.pointer(6, _zero()), bits.literal_value)

    return types.uint64(planes, plane, masks, mask, limits, limit, out, bits), write


@_intrinsic
def spell_out(typing, out, word, limit, distances, bits):  # type: ignore[no-untyped-def]
    """Turn the digits of 64 lanes into 64 numbers.

    Args (in compiled code): out, as a scan wrote it; which of its 8 words; the limit of that
    scan; distances, (64,) uint16, written; bits (a constant).
    """

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        code = _Code(context, builder, signature, arguments)
        count = digits(bits.literal_value)
        number = ir.IntType(8 if count <= 8 else 16)
        numbers = ir.VectorType(number, _HALF)
        lanes = ir.VectorType(ir.IntType(1), _HALF)
        base = builder.trunc(
            builder.sub(arguments[2], ir.Constant(arguments[2].type, 1 << count)), number
        )
        for half in range(2):
            total = _spread(builder, base, _HALF)
            for digit in range(count):
                place = code.pointer(0, arguments[1], _WORD)
                plane = code.step(place, WORDS * (1 + digit))
                bits32 = builder.gep(
                    builder.bitcast(plane, ir.IntType(_HALF).as_pointer()),
                    [ir.Constant(_WORD, half)],
                )
                ones = builder.sext(builder.bitcast(builder.load(bits32), lanes), numbers)
                value = ir.Constant(numbers, [1 << digit] * _HALF)
                total = builder.add(total, builder.and_(ones, value))
            result = ir.VectorType(ir.IntType(16), _HALF)
            target = code.pointer(3, ir.Constant(_WORD, half * _HALF), result)
            wide = total if number.width == 16 else builder.zext(total, result)
            builder.store(wide, target).align = 2
        return context.get_dummy_value()

    return types.void(out, word, limit, distances, bits), write


@_intrinsic
def count_ones(typing, word):  # type: ignore[no-untyped-def]
    """Count the bits set in a word."""

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), write


@_intrinsic
def lowest_one(typing, word):  # type: ignore[no-untyped-def]
    """Give the place of the lowest bit set in a word that is not 0."""

    def write(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), write


def _zero() -> Any:
    return ir.Constant(_WORD, 0)
