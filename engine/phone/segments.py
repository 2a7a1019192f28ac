"""How many messages a text is sent as."""

# GSM 03.38, the alphabet of text messages; those in the second line count twice
BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
EXTENDED = "\f^{}\\[~]|€"


def segments(body: str) -> int:
    """The segments of a text: of 160 letters of the GSM alphabet (153 if several), else of 70 (67)."""
    if all(letter in BASIC or letter in EXTENDED for letter in body):
        length, one, many = sum(2 if letter in EXTENDED else 1 for letter in body), 160, 153
    else:
        length, one, many = len(body.encode("utf-16-be", "surrogatepass")) // 2, 70, 67
    return 1 if length <= one else -(-length // many)
