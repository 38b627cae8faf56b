"""Amounts as people write them and as things count them: whole minor units of a currency."""

from decimal import Decimal

# Digits after the point, where they are not two (ISO 4217).
EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


def exponent(currency: str) -> int:
    """How many digits after the point an amount of this currency has."""
    return EXPONENTS.get(currency, 2)


def minor(amount: int | Decimal, currency: str) -> int:
    """The amount in minor units; ValueError when it has more digits than the currency."""
    scaled = Decimal(amount).scaleb(exponent(currency))
    if scaled != int(scaled):
        raise ValueError(f"{amount} has more than {exponent(currency)} digits after the point")
    return int(scaled)


def shown(amount_minor: int, currency: str) -> str:
    """ "45.50 EUR"."""
    digits = exponent(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    return f"{whole}.{rest:0{digits}} {currency}" if digits else f"{whole} {currency}"
