"""Relative URLs: as they are written in a step, and as they stand in a document."""

LOCAL = ("/", "./", "../")  # how an address on this server begins; the last two are relative to a step


def from_folder(flow: str, url: str) -> str:
    """A relative URL that was written in a step of `flow`, as it is relative to the folder of flows (RFC 3986, 4.2 and 5.2).

    `./x` is `flow/x`, `../x` is `x`, `../../x` is `../x`; one that begins with neither is relative to the folder already.
    """
    if url.startswith("./"):
        return f"{flow}/{url[2:]}"
    if not url.startswith("../"):
        return url
    rest = url[3:]
    segment = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    # Without a name in front, or with a colon in it, the rest by itself would mean another address.
    return f"./{rest}" if not segment or ":" in segment else rest
