"""Which addresses may be reached: those of the public internet, and networks that the installation names."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

_NAT64, _SIX_TO_FOUR, _TEREDO, _COMPATIBLE = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
    IPv6Network("::/96"),
)

_own: Networks = ()


def allow(own: Networks) -> None:
    """Say which networks may be reached besides the public internet."""
    global _own
    _own = own


def allowed(text: str) -> bool:
    """Whether an address may be connected to. What carries an IPv4 address inside is judged by that one."""
    address = ip_address(text.partition("%")[0])
    inner = _inside(address)
    if any(one.version == n.version and one in n for one in {address, inner} for n in _own):
        return True
    return all(_public(one) for one in {address, inner})


def _inside(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    if address in _TEREDO:
        return IPv4Address(~int(address) & 0xFFFF_FFFF)
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return True  # judged by what is inside
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not (isinstance(address, IPv6Address) and address.is_site_local)
    ) or (isinstance(address, IPv6Address) and address in _NAT64)
