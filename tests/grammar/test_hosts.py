"""Addresses that lead into somebody's own network are known, however they are written."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grammar.hosts import inward, judge, literal


@given(st.ip_addresses(v=4))
def test_no_address_that_python_calls_private_is_asked(address):
    if not address.is_global or address.is_multicast:
        assert judge(address)
    assert judge(IPv6Address(f"::ffff:{address}")) == judge(address)
    assert judge(IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))) == judge(address)
    assert judge(IPv6Address(0x2002 << 112 | int(address) << 80)) == judge(address)


@given(st.ip_addresses(v=6))
def test_nor_one_of_ipv6(address):
    assert isinstance(address, IPv6Address)
    if not judge(address):
        carrying = address.ipv4_mapped or address.sixtofour or address in IPv6Network("64:ff9b::/96")
        assert carrying or (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=4), st.integers(1, 4), st.data())
def test_every_spelling_of_an_address_is_that_address(address, parts, data):
    """As inet_aton(3) reads them: one to four numbers, each decimal, octal or hexadecimal, the last takes what is left."""
    assert isinstance(address, IPv4Address)
    value = int(address)
    numbers = [value >> (24 - 8 * place) & 255 for place in range(parts - 1)]
    numbers.append(value & (1 << (8 * (5 - parts))) - 1)
    forms = data.draw(st.lists(st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:X}"]), min_size=parts, max_size=parts))
    text = ".".join(form.format(number) for form, number in zip(forms, numbers, strict=True))
    assert literal(text) == literal(f"{text}.") == address


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.1", "[::1]", "fe80::1%eth0", "::1%25lo"]
)
def test_the_reader_of_flows_knows_them_too(host):
    assert inward(host)


@pytest.mark.parametrize(
    "host", ["example.com", "8.8.8.8", "1.2.3.4.5", "0x", "08.1", "1e3", "", "localhost.example.com"]
)
def test_and_takes_no_name_for_one(host):
    assert not inward(host)
