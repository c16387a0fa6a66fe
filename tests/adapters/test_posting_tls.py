"""Merchants' systems behind TLS: the name in the address is the one that has to be proven."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chalicelib.adapters import posting as adapter
from chalicelib.adapters.posting import HttpPoster
from tests.adapters.listening import Serve, listening, posting, request_on

HOST = "hook.shop.example"
TODAY = datetime.datetime.now(datetime.UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
UNTRUSTED = "its certificate is not trusted: "


def certificate(folder: Path, *, days: int = 1) -> Path:
    """A certificate of the usual host that its own key has signed, and the key; it is over when
    `days` is less than none."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(TODAY - datetime.timedelta(days=9))
        .not_valid_after(TODAY + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    return file


def trusted(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The certificate, trusted as if a public authority had signed it."""
    context = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(adapter, "_trusted", lambda: context)
    return file


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A certificate that is trusted."""
    return trusted(certificate(tmp_path), monkeypatch)


@dataclass
class Secured:
    """What a server behind TLS has heard."""

    port: int = 0
    names: list[str | None] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def secured(file: Path) -> Iterator[Secured]:
    """A server with this certificate."""
    heard, context = Secured(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _, name, __: heard.names.append(name)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as safe:
            heard.requests.append(request_on(safe))
            safe.sendall(OK)

    with listening(serve) as heard.port:
        yield heard


def posted(port: int, host: str = HOST) -> tuple[int | None, str | None]:
    """What comes of an event for a host that is on loopback."""
    poster = HttpPoster(private=True, resolve=lambda _, __: ["127.0.0.1"])
    (outcome,) = poster([posting(port, host, "https")])
    return outcome.status, outcome.error


def test_the_name_of_the_address_is_asked_for_and_proven_wherever_it_is(known: Path) -> None:
    with secured(known) as heard:
        assert posted(heard.port) == (200, None)
    assert heard.names == [HOST]
    (request,) = heard.requests
    assert request.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}:{heard.port}\r\n".encode() in request


@pytest.mark.parametrize("host", ["other.shop.example", "shop.example", "x.hook.shop.example"])
def test_another_name_than_the_certificate_has_is_told_nothing(known: Path, host: str) -> None:
    with secured(known) as heard:
        told = posted(heard.port, host)
    why = f"Hostname mismatch, certificate is not valid for '{host}'"
    assert told == (None, UNTRUSTED + why)
    assert (heard.names, heard.requests) == ([host], [])


def test_the_address_behind_the_name_proves_nothing(known: Path) -> None:
    with secured(known) as heard:
        told = posted(heard.port, "127.0.0.1")
    why = "IP address mismatch, certificate is not valid for '127.0.0.1'"
    assert (told, heard.requests) == ((None, UNTRUSTED + why), [])


def test_a_certificate_that_nobody_knows_is_told_nothing(tmp_path: Path) -> None:
    with secured(certificate(tmp_path)) as heard:
        told = posted(heard.port)
    assert told == (None, UNTRUSTED + "self-signed certificate")
    assert heard.requests == []


def test_a_certificate_that_is_over_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secured(trusted(certificate(tmp_path, days=-1), monkeypatch)) as heard:
        told = posted(heard.port)
    assert told == (None, UNTRUSTED + "certificate has expired")
    assert heard.requests == []


def test_who_speaks_no_tls_is_told_nothing(known: Path) -> None:
    with listening(lambda connection: connection.sendall(OK)) as port:
        assert posted(port) == (None, "no TLS connection")


def silent(connection: socket.socket) -> None:
    """Hears everything and says nothing."""
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize(
    ("serve", "told"),
    [(silent, "no answer in time"), (lambda connection: connection.recv(9), "no connection")],
    ids=["silent", "gone"],
)
def test_a_handshake_that_comes_to_nothing_is_told(
    known: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve, told: str
) -> None:
    monkeypatch.setattr(adapter, "LONGEST_S", 0.3)
    with listening(serve) as port:
        assert posted(port) == (None, told)


def test_certificates_are_checked_against_what_the_machine_trusts() -> None:
    context = adapter._trusted()
    assert context is adapter._trusted()
    assert context.check_hostname is True
    assert context.verify_mode is ssl.CERT_REQUIRED
