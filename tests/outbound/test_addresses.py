"""Which addresses may be called: the table of standards.md X4, and what is public."""

from ipaddress import ip_address, ip_network

import pytest

from app.outbound.addresses import is_public, permitted

TABLE = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 169.254.169.254 169.254.0.1
172.16.0.1 172.31.255.254 192.168.0.1 192.0.0.1 192.0.0.8 192.0.2.1 192.88.99.1
198.18.0.1 198.19.255.254 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:0:0 ::ffff:0:127.0.0.1 ::ffff:0:a00:1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1:: 2002:c0a8:1::1
2001:0:7f00:1::
2001:db8::1 3fff::1 5f00::1 100::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1
"""
INNER = TABLE.split()
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]


class TestPublicAddress:
    @pytest.mark.parametrize("text", INNER)
    def test_leaves_out_what_only_an_inner_network_reaches(self, text: str) -> None:
        assert not is_public(ip_address(text))

    @pytest.mark.parametrize("text", PUBLIC)
    def test_holds_for_the_internet(self, text: str) -> None:
        assert is_public(ip_address(text))


class TestPermission:
    def test_is_what_the_operator_allows_beside_the_public(self) -> None:
        allow = [ip_network("10.1.0.0/16"), ip_network("::1/128")]
        verdicts = {
            text: permitted(ip_address(text), allow) for text in ("10.1.2.3", "10.2.0.1", "::1", "::ffff:10.1.0.9", "1.1.1.1")
        }
        assert verdicts == {"10.1.2.3": True, "10.2.0.1": False, "::1": True, "::ffff:10.1.0.9": True, "1.1.1.1": True}
