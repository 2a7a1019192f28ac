"""How dates, times, money and numbers are said in English; another language is another module with these functions."""

from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_WITHOUT_CENTS = ("JPY", "KRW", "CLP", "VND", "ISK")
NOBODY = "an unknown number"


def say_date(day: date, *, weekday: bool, year: bool) -> str:
    """`Thursday, December 24, 2026`, with or without its ends."""
    said = f"{_MONTHS[day.month - 1]} {day.day}"
    return (f"{_DAYS[day.weekday()]}, " if weekday else "") + said + (f", {day.year}" if year else "")


def say_time(at: time) -> str:
    """`9:30 AM`, `9 AM`, `noon`, `midnight`; seconds are not said."""
    if at.minute == 0 and at.hour in (0, 12):
        return "noon" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{(at.hour - 1) % 12 + 1}{minutes} {'AM' if at.hour < 12 else 'PM'}"


def say_money(amount: Decimal, currency: str) -> str:
    """`$1,234.50`, `$12`, `minus $3`, `12.50 CHF`: speech engines read signs they know as words."""
    cents = Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")
    rounded = abs(amount).quantize(cents, rounding=ROUND_HALF_UP)
    written = f"{rounded:,.0f}" if rounded == rounded.to_integral_value() else f"{rounded:,}"
    sign = _SIGNS.get(currency)
    return ("minus " if amount < 0 and rounded else "") + (f"{sign}{written}" if sign else f"{written} {currency}")


def say_ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def say_phone(digits: str, *, international: bool) -> str:
    """`4 1 5, 5 5 5, 0 1 2 3`; a number of another country begins with `plus`."""
    if international and len(digits) == 11 and digits[0] == "1":  # North America says no country code
        digits, international = digits[1:], False
    groups = [digits]
    if len(digits) > 6:
        front = digits[:-4]
        first = len(front) % 3
        groups = [front[:first]] if first else []
        groups += [front[at : at + 3] for at in range(first, len(front), 3)] + [digits[-4:]]
    return ("plus " if international else "") + ", ".join(" ".join(group) for group in groups)
