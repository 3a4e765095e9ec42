"""Files of a folder as bytes: zips opened, kinds told by their first bytes, each hashed once."""

import codecs
import fnmatch
import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

import numpy as np

__all__ = ["NOT_TEXT", "UNPACKED", "Blob", "Survey", "find_blobs", "nature", "survey", "wide"]

LARGE_MEMBER = 1 << 24  # bytes of a member of a zip from which on it is unpacked to disk
UNPACKED = ".unpacked-"
BLOCK = 1 << 18  # small enough to stay in the processor's cache between the checks
QUOTE, NEWLINE = ord('"'), ord("\n")
SCARS = (
    b"\xef\xbb\xbf",
    b"\xc3\x83",
    b"\xc3\xa2\xe2\x82\xac",
)  # a byte order mark within; \u00c3 and \u00e2\u20ac, misread
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GZIP = b"\x1f\x8b\x08"
HTML = re.compile(
    rb"^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?"
    rb"<(!doctype html|html|head|meta|table|style|body|div|center|font|span)\b",
    re.I | re.S,
)
NOT_TEXT = {
    "binary": "not a table: its bytes are not text",
    "gzip": "not read: packed with gzip; unpack it, or pack it as zip",
}
HIDDEN = re.compile(r"^(\.|~\$|__MACOSX$|Thumbs\.db$|desktop\.ini$)")


@dataclass(frozen=True)
class Blob:
    """One file, or one member of a zip: its name inside the exports folder and where its bytes are."""

    name: str
    path: Path | None = None
    data: bytes | None = None

    def open(self) -> BinaryIO:
        """Return the bytes as a stream from the start."""
        return self.path.open("rb", buffering=0) if self.path else io.BytesIO(self.data or b"")

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes."""
        with self.open() as stream:
            return stream.read(size)

    def read(self) -> bytes:
        """Return all bytes."""
        return self.path.read_bytes() if self.path else (self.data or b"")


@dataclass(frozen=True)
class Survey:
    """What one pass over all bytes tells: their hash and number, whether they are strict UTF-8, with NULs, with a
    quote too many, how many lines they end, and whether they may bear marks of pasting or of a wrong encoding.
    """

    sha256: str
    size: int
    is_utf8: bool
    has_nul: bool
    odd_quotes: bool
    newlines: int
    scarred: bool = False


def find_blobs(folder: Path, ignore: tuple[str, ...], aside: Path | None = None) -> Iterator[tuple[Blob, str]]:
    """Yield every file below `folder` in order of name, with why it is not to be read (blank where it is).

    Large members of zips are unpacked into the folder `aside`, where there is one, under names that begin with
    UNPACKED; all others are held in memory.
    """
    for path in sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink()):
        blob = Blob(_shown(path.relative_to(folder).as_posix()), path=path)
        if why := _ignored(blob.name, ignore) or _unreadable(blob):
            yield blob, why
        elif nature(blob.head(4096)) == "zip":
            yield from _members(blob, ignore, aside)
        else:
            yield blob, ""


def nature(head: bytes) -> str:
    """Return what the first bytes say a file is: empty, zip (or workbook), gzip, old workbook, html, binary or text."""
    if not head:
        return "empty"
    if head.startswith(ZIP):
        return "zip"
    if head.startswith(OLE):
        return "old workbook"
    if head.startswith(GZIP):
        return "gzip"
    if HTML.match(head):
        return "html"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or wide(head):
        return "text"
    control = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return "binary" if head.startswith(b"%PDF") or control * 20 > len(head) else "text"


def wide(head: bytes) -> str:
    """Return utf-16-le or utf-16-be where bytes without its mark look like it: every other byte of Latin text is 0."""
    sample = head[:400]
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if len(sample) < 20 or max(first, second) * 2.2 < len(sample) or min(first, second) * 10 > len(sample):
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


def survey(blob: Blob) -> Survey:
    """Return the hash, size, encoding check and NUL check of a file in one pass over its bytes."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")("strict")
    size, is_utf8, has_nul, quotes, newlines, scarred = 0, True, False, 0, 0, False
    block = bytearray(BLOCK)
    view, marks = memoryview(block), np.frombuffer(block, np.uint8)
    with blob.open() as stream:
        while n := stream.readinto(view):  # type: ignore[attr-defined]
            part = view[:n]
            digest.update(part)
            has_nul = has_nul or block.find(0, 0, n) >= 0
            quotes += int(np.count_nonzero(marks[:n] == QUOTE))
            newlines += int(np.count_nonzero(marks[:n] == NEWLINE))
            if not _plain_ascii(block, n, decoder):
                is_utf8 = is_utf8 and _decodes(decoder, part)
                scarred = scarred or any(block.find(scar, 0 if size else 1, n) >= 0 for scar in SCARS)
            size += n
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Survey(digest.hexdigest(), size, is_utf8, has_nul, quotes % 2 == 1, newlines, scarred)


def _shown(name: str) -> str:
    """Return a file name as text that can be written down: bytes that are no UTF-8 are replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _ignored(name: str, ignore: tuple[str, ...]) -> str:
    if any(HIDDEN.match(part) for part in name.split("/")):
        return "not read: a hidden file"
    base = name.rsplit("/", 1)[-1]
    pattern = next((p for p in ignore if fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(base, p)), None)
    return f"not read: exports.ignore has {pattern}" if pattern else ""


def _unreadable(blob: Blob) -> str:
    """Return why a file cannot be read, or is no file."""
    assert blob.path is not None
    if blob.path.is_dir():
        return "not read: a link to a folder; put its files here, or name that folder in exports.folder of company.yml"
    if not blob.path.exists():
        return "not read: a link to a file that is not there"
    try:
        blob.head(1)
    except OSError as error:
        return (
            f"refused: must be readable; found that it is not ({error.strerror}). Change who may read it, or remove it."
        )
    return ""


def _members(blob: Blob, ignore: tuple[str, ...], aside: Path | None) -> Iterator[tuple[Blob, str]]:
    """Yield the members of a zip, zips inside it included; a workbook is a zip too and is yielded whole."""
    try:
        with zipfile.ZipFile(blob.path or io.BytesIO(blob.data or b"")) as archive:
            names = sorted(info.filename for info in archive.infolist() if not info.is_dir())
            if "[Content_Types].xml" in names:
                yield blob, ""
                return
            locked = any(info.flag_bits & 1 for info in archive.infolist())
            members = [] if locked else [_unpacked(archive, name, blob, aside) for name in names]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        yield blob, f"refused: must be a whole zip file; found one that cannot be opened ({error}). Copy it again."
        return
    if locked:
        yield blob, "refused: must be a zip without a password; found one with. Unpack it into the folder."
    for member in members:
        if why := _ignored(member.name, ignore):
            yield member, why
        elif nature(member.head(4096)) == "zip":
            yield from _members(member, ignore, aside)
        else:
            yield member, ""


def _unpacked(archive: zipfile.ZipFile, name: str, blob: Blob, aside: Path | None) -> Blob:
    """Return one member of a zip."""
    called = f"{blob.name}/{name}"
    if aside is None or archive.getinfo(name).file_size < LARGE_MEMBER:
        return Blob(called, data=archive.read(name))
    with archive.open(name) as packed, NamedTemporaryFile(dir=aside, prefix=UNPACKED, delete=False) as out:
        shutil.copyfileobj(packed, out, BLOCK)
    return Blob(called, path=Path(out.name))


def _plain_ascii(block: bytearray, n: int, decoder: codecs.IncrementalDecoder) -> bool:
    """Return whether the first `n` bytes are ASCII and no character is left open from the block before."""
    return (block if n == len(block) else block[:n]).isascii() and not decoder.getstate()[0]


def _decodes(decoder: codecs.IncrementalDecoder, part: bytes | memoryview, final: bool = False) -> bool:
    try:
        decoder.decode(part, final)  # type: ignore[arg-type]
    except UnicodeDecodeError:
        return False
    return True
