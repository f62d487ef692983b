"""Which file of TLS is at fault, and why."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from nomad_console.settings.pem import Fault, authorities, misplaced, unusable
from nomad_console.settings.values import Tls
from tests.support.certificates import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


def test_a_pair_with_its_authority_is_usable(certificates: Certificates) -> None:
    assert misplaced(certificates.settings()) is None
    assert unusable(certificates.settings()) is None
    assert unusable(Tls()) is None


def test_what_is_not_there_is_told_from_a_folder(tmp_path: Path) -> None:
    path = str(tmp_path)
    assert misplaced(Tls(key_file=path)) == Fault("key_file", f"{path} is a folder, not a file")
    assert misplaced(Tls(cert_file="/no")) == Fault("cert_file", "there is no file /no")
    assert misplaced(Tls(ca_path="/no")) == Fault("ca_path", "there is no folder /no")


def encrypted(key: str, path: Path) -> None:
    loaded = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    path.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"s3cret"),
        )
    )


def test_the_key_at_fault_is_named_and_why(tmp_path: Path, certificates: Certificates) -> None:
    key = tmp_path / "key.pem"
    encrypted(certificates.settings().key_file, key)
    tls = certificates.settings(key_file=str(key))
    words = f"{key} is encrypted: give a key without a passphrase"
    assert unusable(tls) == Fault("key_file", words)
    key.write_bytes(Path(certificates.settings("foreign").key_file).read_bytes())
    words = f"{key} is not the key of the certificate in {tls.cert_file}"
    assert unusable(tls) == Fault("key_file", words)
    key.write_bytes(bytes(range(256)))
    assert unusable(tls) == Fault("key_file", f"{key} holds no private key in PEM form")
    key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert unusable(tls) == Fault("key_file", f"{key} holds no usable private key")


def test_the_certificate_at_fault_is_named(tmp_path: Path, certificates: Certificates) -> None:
    tls = certificates.settings()
    swapped = certificates.settings(cert_file=tls.key_file, key_file=tls.cert_file)
    words = f"{tls.key_file} holds a key: its certificate is wanted here"
    assert unusable(swapped) == Fault("cert_file", words)
    broken = tmp_path / "ca.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    words = f"{broken} holds a damaged certificate"
    assert unusable(Tls(ca_file=str(broken))) == Fault("ca_file", words)
    broken.write_text("bastion")
    words = f"{broken} holds no certificate in PEM form"
    assert unusable(Tls(ca_file=str(broken))) == Fault("ca_file", words)


def test_a_folder_of_authorities_needs_some(tmp_path: Path, certificates: Certificates) -> None:
    tls = Tls(ca_path=str(tmp_path))
    words = f"{tmp_path} holds no CA: files named *.pem or *.crt are wanted"
    assert unusable(tls) == Fault("ca_path", words)
    (tmp_path / "1a2b3c4d.0").write_bytes(Path(certificates.ca).read_bytes())
    assert unusable(tls) is None
    (tmp_path / "ca.PEM").write_bytes(Path(certificates.ca).read_bytes())
    assert authorities(str(tmp_path)) == [str(tmp_path / "ca.PEM")]
    assert unusable(tls) is None
    (tmp_path / "b.crt").write_text("notes")
    assert unusable(tls) == Fault(
        "ca_path", f"{tmp_path / 'b.crt'} holds no certificate in PEM form"
    )
