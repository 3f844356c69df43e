"""A self-signed certificate, for HTTPS without a certificate authority."""

import ipaddress
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=825)
RENEW_BEFORE = timedelta(days=30)


def self_signed(folder: Path, host: str, now: datetime) -> tuple[Path, Path]:
    """Return certificate and key (PEM, 0600) for localhost and ``host``, made when missing or old.

    Clients have to be told to trust it, or not to verify.
    """
    cert, key = folder / "cert.pem", folder / "key.pem"
    if not _is_usable(cert, key, host, now):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(cert, key, host, now)
    return cert, key


def _is_usable(cert: Path, key: Path, host: str, now: datetime) -> bool:
    if not (cert.exists() and key.exists()):
        return False
    found = x509.load_pem_x509_certificate(cert.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.not_valid_after_utc - RENEW_BEFORE > now and _name(host) in names


def _make(cert: Path, key: Path, host: str, now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Standpipe")])
    names = {_name("localhost"), _name("127.0.0.1"), _name("::1"), _name(host)}
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(sorted(names, key=repr)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    _write(key, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    _write(cert, certificate.public_bytes(pem))


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
