"""First step of `docker compose up`: what is secret is made here, once, each part into the volume of those alone who need it.

What is there stays as it is; a certificate is made anew half a year before it ends. Run as `python -m compose.make_secrets FOLDER`;
with `incoming-key` after it, it takes from its input the key of a store that papers come from, which is not ours to make.
"""

import datetime
import ipaddress
import os
import secrets
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVERS = ("s3", "postgres", "elasticsearch", "prefect")
"""Each is asked for by this name, which is its service's in docker-compose.yml."""
SHARED = (
    ("s3/secret_key", "sijill/sijill_s3_secret_key", "worker/sijill_s3_secret_key"),
    ("postgres/superuser_password",),
    ("postgres/sijill_password", "sijill/sijill_catalogue_password", "worker/sijill_catalogue_password"),
    ("postgres/prefect_password", "prefect/database_password"),
    ("elasticsearch/elastic_password",),
)
"""Files that hold the same password: its server's, and its users'."""
LOGIN = ("prefect/login", "sijill/sijill_prefect_auth", "worker/sijill_prefect_auth", "people/prefect-login")
"""NAME:PASSWORD for Prefect, also given to people."""
INCOMING = ("sijill/sijill_incoming_secret_key", "worker/sijill_incoming_secret_key")
TRUSTING = (*SERVERS, "sijill", "worker", "people")
AUTHORITY_DAYS, SERVER_DAYS, RENEW_DAYS = 3650, 730, 180
KEY = Path("keep/ca.key")  # in a volume that no other service has


class Differ(Exception):
    """Two files that must hold the same secret do not."""


def make(folder: Path, days: int = SERVER_DAYS) -> list[str]:
    """Make what is missing below ``folder``, certificates for so many days; returns the names of what was made. Raises Differ, OSError."""
    made = [name for names in SHARED for name in _same(folder, names, secrets.token_hex(24))]
    made += _same(folder, LOGIN, f"sijill:{secrets.token_hex(24)}")
    made += _authority(folder)
    return made + [name for server in SERVERS for name in _server(folder, server, days)]


def keep_incoming(folder: Path, secret: bytes) -> None:
    """The secret key of the store that papers come from, to who fetches them, in place of an earlier one. Raises ValueError, OSError."""
    if not secret.strip():
        raise ValueError("no key came in")
    for name in INCOMING:
        write(folder / name, secret.strip())


def _same(folder: Path, names: tuple[str, ...], fresh: str) -> list[str]:
    found = {path.read_text(encoding="ascii") for name in names if (path := folder / name).exists()}
    if len(found) > 1:
        raise Differ(f"{' and '.join(names)} are not the same: bring back the volumes of one backup")
    missing = [name for name in names if not (folder / name).exists()]
    for name in missing:
        write(folder / name, (found or {fresh}).copy().pop().encode("ascii"))
    return missing


def _authority(folder: Path) -> list[str]:
    """The archive's own certificate authority: its key stays in a volume of its own, its certificate goes to all."""
    missing = [f"{place}/ca.pem" for place in TRUSTING if not (folder / place / "ca.pem").exists()]
    if (folder / KEY).exists():
        certificate = (folder / KEY).with_suffix(".pem").read_bytes()
    else:
        key, missing = ec.generate_private_key(ec.SECP256R1()), [f"{place}/ca.pem" for place in TRUSTING]
        certificate = _pem(_authority_certificate(key))
        write((folder / KEY).with_suffix(".pem"), certificate)
        write(folder / KEY, _private(key))  # last: where it is, the certificate is
    for name in missing:
        write(folder / name, certificate)
    return missing


def _server(folder: Path, name: str, days: int) -> list[str]:
    path = folder / name / "server.pem"
    issuer = x509.load_pem_x509_certificate((folder / name / "ca.pem").read_bytes())
    if path.exists() and _lasts(x509.load_pem_x509_certificate(path.read_bytes()), issuer):
        return []
    authority = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)  # noqa: S101  # made above
    key = ec.generate_private_key(ec.SECP256R1())
    write(path.with_suffix(".key"), _private(key))
    write(path, _pem(_server_certificate(name, key, issuer, authority, days)))
    return [f"{name}/server.pem"]


def _lasts(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return certificate.issuer == issuer.subject and left > datetime.timedelta(days=RENEW_DAYS)


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    # a number in the name: two authorities must not be taken for one another
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sijill archive {secrets.token_hex(4)}")])
    described = _described(name, name, key.public_key(), AUTHORITY_DAYS)
    return (
        described.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, authority: ec.EllipticCurvePrivateKey, days: int
) -> x509.Certificate:
    hosts = [x509.DNSName(name), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        _described(subject, issuer.subject, key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )


def _described(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    begins, ends = now - datetime.timedelta(days=1), now + datetime.timedelta(days=days)
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), begins, ends)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner's eyes only (0400: Elasticsearch refuses a password file with more)."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


if __name__ == "__main__":
    try:
        if sys.argv[2:] == ["incoming-key"]:
            keep_incoming(Path(sys.argv[1]), sys.stdin.buffer.read())
            sys.exit()
        names = make(Path(sys.argv[1]))
    except (Differ, ValueError) as why:
        sys.exit(str(why))
    sys.stdout.write("".join(f"made {name}\n" for name in names) or "everything is there\n")
