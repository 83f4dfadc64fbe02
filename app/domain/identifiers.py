"""MPRN, postcode and contact reference: shape, check and canonical form."""

import re
from operator import mul

POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
SHORT_CODE = re.compile(r"[A-Z0-9]{3}")

# Crockford's base 32: no I, L, O or U, so nothing is misheard or misread.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_DIGITS = 8
_HALF_BITS = _DIGITS * 5 // 2
_HALF_MASK = (1 << _HALF_BITS) - 1


def mprn_check_digits(body: str) -> str:
    """The two check digits of an MPRN's other digits: weighted sum modulus 11.

    Source: "Meter Point Reference Number" (a secondary source; 3938424403 is its worked example).
    """
    total = sum(map(mul, map(int, body), range(len(body), 0, -1)))
    return f"{total % 11:02d}"


def parse_mprn(text: str) -> str:
    """The MPRN without spaces and leading zeros; ValueError, with a sentence, when it cannot be one.

    6 to 10 digits; check digits are proved on 10-digit numbers only, since older short ones may not
    follow the rule.
    """
    digits = "".join(text.split()).lstrip("'")
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"{_quote(text)} is not an MPRN. An MPRN is 6 to 10 digits, with no letters.")
    digits = digits.lstrip("0")
    if not 6 <= len(digits) <= 10:
        raise ValueError(f"{_quote(text)} has {len(digits)} digits. An MPRN is 6 to 10 digits.")
    if len(digits) == 10 and mprn_check_digits(digits[:-2]) != digits[-2:]:
        raise ValueError(
            f"{_quote(text)} is not a valid MPRN: its last two digits do not check. Look for a typing slip."
        )
    return digits


def parse_postcode(text: str) -> str:
    """The postcode in capitals with one space; ValueError, with a sentence, when it cannot be one."""
    match = POSTCODE.fullmatch("".join(text.split()).upper())
    if not match:
        raise ValueError(f"{_quote(text)} is not a postcode. Write it like SW1A 1AA.")
    return f"{match[1]} {match[2]}"


def _quote(text: str) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f"“{shown}”"


# -- Contact references -------------------------------------------------------------------------
# Nine symbols in three groups, the last a check symbol: 4F7-K2M-9QX. The number behind it is spread
# by a keyed Feistel network, so that two references tell nobody how many contacts lie between them.


def make_reference(number: int, key: int) -> str:
    """The reference of contact `number` (0 <= number < 2**40); `key` (64 bits) is this database's own."""
    left, right = number >> _HALF_BITS, number & _HALF_MASK
    for turn in range(4):
        left, right = right, left ^ _mix(right, key, turn)
    a, b, c, d = left >> 10, left & 1023, right >> 10, right & 1023
    first, second, third, fourth = _CHECKS
    text = _PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d]
    return f"{text[:3]}-{text[3:6]}-{text[6:]}{ALPHABET[first[a] ^ second[b] ^ third[c] ^ fourth[d]]}"


def reference_number(reference: str, key: int) -> int:
    """The number behind a canonical reference made with this key."""
    spread = 0
    for symbol in reference.replace("-", "")[:_DIGITS]:
        spread = spread << 5 | _VALUES[symbol]
    left, right = spread >> _HALF_BITS, spread & _HALF_MASK
    for turn in reversed(range(4)):
        left, right = right ^ _mix(left, key, turn), left
    return left << _HALF_BITS | right


def parse_reference(text: str) -> str | None:
    """The canonical form of what was typed or read out, or None when it cannot be a reference."""
    symbols = [_VALUES.get(symbol) for symbol in text.upper() if symbol not in " -"]
    if len(symbols) != _DIGITS + 1 or None in symbols:
        return None
    known = [symbol for symbol in symbols if symbol is not None]
    if _check_symbol(known[:-1]) != known[-1]:
        return None
    canonical = "".join(ALPHABET[symbol] for symbol in known)
    return f"{canonical[:3]}-{canonical[3:6]}-{canonical[6:]}"


def _mix(half: int, key: int, turn: int) -> int:
    mixed = (half + 1) * 0x9E3779B97F4A7C15 ^ (key >> turn * 8 | key << 64 - turn * 8) & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 31) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return (mixed ^ mixed >> 29) & _HALF_MASK


def _times_two(value: int) -> int:
    """Multiply by x in GF(32) with the polynomial x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _check_symbol(symbols: list[int]) -> int:
    """Each place has its own power of x as weight, so one wrong or any two swapped symbols are caught."""
    total = 0
    for symbol in symbols:
        total = _times_two(total ^ symbol)
    return total


# Ten bits at a time: the two symbols, and what they bring to the check symbol at each of the four places.
_PAIRS = [ALPHABET[pair >> 5] + ALPHABET[pair & 31] for pair in range(1024)]
_CHECKS = [
    [_check_symbol([0] * before + [pair >> 5, pair & 31] + [0] * (_DIGITS - 2 - before)) for pair in range(1024)]
    for before in range(0, _DIGITS, 2)
]
