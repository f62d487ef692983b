"""The files that TLS is set up from: whether they can serve, and which one is at fault."""

import ssl
from pathlib import Path

import msgspec

from nomad_console.settings.values import Tls

FILES = ("ca_file", "cert_file", "key_file")
_MISMATCH = {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}
_ENCRYPTED = (b"ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED")  # PKCS 8, and before it
_SUFFIXES = {".pem", ".crt", ".cer"}


class Fault(msgspec.Struct, frozen=True):
    """`name` is the field of Tls at fault; `text` begins with its path."""

    name: str
    text: str


def authorities(folder: str) -> list[str]:
    """The PEM files of a folder of CAs; OpenSSL's hashed names in it are found without this."""
    found = [path for path in Path(folder).rglob("*") if path.suffix.lower() in _SUFFIXES]
    return sorted(str(path) for path in found if path.is_file())


def misplaced(tls: Tls) -> Fault | None:
    """The first file that is not there, or is none; nothing is opened."""
    for name in FILES:
        path = getattr(tls, name)
        if path and Path(path).is_dir():
            return Fault(name, f"{path} is a folder, not a file")
        if path and not Path(path).is_file():
            return Fault(name, f"there is no file {path}")
    if tls.ca_path and not Path(tls.ca_path).is_dir():
        return Fault("ca_path", f"there is no folder {tls.ca_path}")
    return None


def unusable(tls: Tls) -> Fault | None:
    """The first file that holds something else than what is wanted of it."""
    reading = "ca_file"
    try:
        for name in FILES:
            reading = name
            if path := getattr(tls, name):
                fault = _LOOKS[name](path, Path(path).read_bytes())
                if fault:
                    return Fault(name, f"{path} {fault}")
        reading = "ca_path"
        if tls.ca_path:
            return _folder(tls.ca_path)
    except OSError as error:
        return Fault(reading, f"{getattr(tls, reading)} cannot be read: {error.strerror}")
    return _pair(tls) if tls.cert_file else None


def _folder(path: str) -> Fault | None:
    hashed = any(one.suffix[1:].isdigit() for one in Path(path).iterdir())
    files = authorities(path)
    if not files and not hashed:
        return Fault("ca_path", f"{path} holds no CA: files named *.pem or *.crt are wanted")
    for file in files:
        if fault := _authority(file, Path(file).read_bytes()):
            return Fault("ca_path", f"{file} {fault}")
    return None


def _authority(path: str, content: bytes) -> str:
    if b"-----BEGIN CERTIFICATE-----" not in content:
        return "holds no certificate in PEM form"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds a damaged certificate"
    return ""


def _certificate(path: str, content: bytes) -> str:
    fault = _authority(path, content)
    swapped = fault and b"PRIVATE KEY-----" in content
    return "holds a key: its certificate is wanted here" if swapped else fault


def _key(_: str, content: bytes) -> str:
    if b"PRIVATE KEY-----" not in content:
        return "holds no private key in PEM form"
    encrypted = any(sign in content for sign in _ENCRYPTED)
    return "is encrypted: give a key without a passphrase" if encrypted else ""


def _pair(tls: Tls) -> Fault | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file or None, password=_no_password)
    except ssl.SSLError as error:
        at_fault = "key_file" if tls.key_file else "cert_file"
        if error.reason in _MISMATCH:
            text = f"is not the key of the certificate in {tls.cert_file}"
        else:
            text = "holds no usable private key"
        return Fault(at_fault, f"{getattr(tls, at_fault)} {text}")
    return None


def _no_password() -> str:
    return ""


_LOOKS = {"ca_file": _authority, "cert_file": _certificate, "key_file": _key}
