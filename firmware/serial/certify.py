"""Certificates by which things prove themselves to a broker, issued by their maker's authority.

Over the key that the thing made at provisioning and whose public half its desk knows: no key has to
travel, and no request either. On the host only.
"""

import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SLACK = datetime.timedelta(days=1)  # a broker's clock may be behind ours


class CertifyError(ValueError):
    """The authority cannot be used; says why."""


class Authority(NamedTuple):
    """What signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def authority(certificate: Path, key: Path) -> Authority:
    """Both from files in PEM. Raises CertifyError."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError as error:
        raise CertifyError(f"{certificate}: is no certificate in PEM") from error
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise CertifyError(f"{key}: is no private key in PEM without a passphrase") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CertifyError(f"{key}: signs in a way that not every broker knows; use EC or RSA")
    if private.public_key() != found.public_key():
        raise CertifyError(f"{key} is not the key of {certificate}")
    if not _signs(found):
        raise CertifyError(f"{certificate} is of no authority: brokers take nothing that it signed")
    if found.not_valid_after_utc <= datetime.datetime.now(datetime.UTC):
        raise CertifyError(f"{certificate} ended {found.not_valid_after_utc:%F}")
    return Authority(found, private)


def _signs(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def certify(signer: Authority, thing: str, public_key: bytes, days: int) -> str:
    """The certificate of a thing, in PEM; it ends with its authority at the latest.

    public_key: X || Y on P-256.
    """
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public_key)
    now = datetime.datetime.now(datetime.UTC)
    ends = min(now + datetime.timedelta(days=days), signer.certificate.not_valid_after_utc)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, thing)]))
        .issuer_name(signer.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
