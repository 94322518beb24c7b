import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.archive import sniffing
from tasks.archive.sniffing import HEAD_BYTES, Sniffed, safe_inline, sniff
from tasks.vocabulary import Kind

MEDIA = Path(__file__).parents[2] / "dashboard" / "demo" / "media"


@pytest.mark.parametrize("path", sorted(MEDIA.iterdir()), ids=lambda path: path.name)
def test_the_demo_files_are_known_by_their_bytes(path: Path) -> None:
    names = {"tide.ogg": "opus"}
    found = sniff(path.read_bytes()[:HEAD_BYTES])
    assert found.extension == names.get(path.name, path.suffix[1:])
    assert safe_inline(found.content_type)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_pictures_are_known(name: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(file, name)
    found = sniff(file.getvalue())
    assert found.content_type == f"image/{name.lower()}"
    assert found.kind is Kind.IMAGE


def _box(brand: bytes, *compatible: bytes) -> bytes:
    return struct.pack(">I4s4sI", 16 + 4 * len(compatible), b"ftyp", brand, 0) + b"".join(compatible)


def _stl(facets: int, normal: tuple[float, float, float] = (0, 0, 1)) -> bytes:
    facet = struct.pack("<12fH", *normal, *range(9), 0)
    return b"made by a tool".ljust(80) + struct.pack("<I", facets) + facet * facets


def _zip(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "content")
    return file.getvalue()


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
AAC_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (_box(b"isom", b"avc1", b"mp41"), sniffing.MP4),
        (_box(b"qt  "), sniffing.MOV),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", sniffing.MOV),
        (_box(b"M4A ", b"isom"), sniffing.M4A),
        (_box(b"mif1", b"avif", b"miaf"), sniffing.AVIF),
        (_box(b"mif1", b"heic"), sniffing.HEIC),
        (_box(b"heix"), sniffing.HEIC),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87", sniffing.WEBM),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska\x42", sniffing.MKV),
        (b"RIFF\x00\x10\x00\x00AVI LIST", sniffing.AVI),
        (b"RF64\xff\xff\xff\xffWAVEds64", sniffing.WAV),
        (b"OggS" + bytes(24) + b"\x01vorbis", sniffing.OGG),
        (b"OggS" + bytes(24) + b"\x80theora", sniffing.OGV),
        (b"fLaC\x00\x00\x00\x22", sniffing.FLAC),
        (b"ID3\x04" + bytes(100), sniffing.MP3),
        (MP3_FRAME * 2, sniffing.MP3),
        (AAC_FRAME * 2, sniffing.AAC),
        (b"glTF\x02\x00\x00\x00", sniffing.GLB),
        (b"Kaydara FBX Binary  \x00\x1a\x00", sniffing.FBX),
        (b"; FBX 7.3.0 project file\n; ----\n", sniffing.FBX),
        (b"ply\nformat ascii 1.0\n", sniffing.PLY),
        (b"solid cube\n facet normal 0 0 1\n  outer loop\n", sniffing.STL),
        (_stl(3), sniffing.STL),
        (_stl(200)[:HEAD_BYTES], sniffing.STL),
        (b"# a cube\nmtllib cube.mtl\no Cube\nv 1.0 1.0 -1.0\nvn 0 1 0\nf 1/1/1 2/2/2 3/3/3\n", sniffing.OBJ),
        (json.dumps({"asset": {"version": "2.0"}, "meshes": []}).encode(), sniffing.GLTF),
        (_zip("scene.usdc"), sniffing.USDZ),
        (_zip("notes.txt"), sniffing.ZIP),
        (b"%PDF-1.7\n", sniffing.PDF),
        (b'{"lyrics": "la la"}', sniffing.JSON),
        (b'[{"text": "' + b"la " * 2_000, sniffing.JSON),
        (b"\xef\xbb\xbfWEBVTT\n\n00:00.000 --> 00:01.000\n<i>la</i>", sniffing.VTT),
        (b"1\r\n00:00:00,000 --> 00:00:02,500\r\n<b>la</b>\r\n", sniffing.SRT),
        ("Über allen Gipfeln\nist Ruh".encode(), sniffing.PLAIN),
        ("\ufeffla la".encode("utf-16-le"), sniffing.PLAIN),
        (b"[Verse 1]\nLa la\n[Chorus]\n", sniffing.PLAIN),
        (b"[00:12.00] La la\n[00:14.00] La\n", sniffing.PLAIN),
        (b"v for victory\nv 1 2 3\n", sniffing.PLAIN),
        (b"<3 is a heart", sniffing.PLAIN),
        (("é" * HEAD_BYTES).encode()[1:][: HEAD_BYTES + 3], sniffing.UNKNOWN),
        (("a" + "é" * HEAD_BYTES).encode()[:HEAD_BYTES], sniffing.PLAIN),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, expected: Sniffed) -> None:
    assert sniff(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><title>Sorry</title>",
        b"\n\t <HTML lang=en>",
        b"\xef\xbb\xbf<!-- hello --><html>",
        b"<script>alert(1)</script>",
        b"<img src=x onerror=alert(1)>",
        b"<custom-thing></custom-thing><script src=x></script>",
        b"Dear reader, <script>alert(1)</script>",
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">',
        b"<html><svg></svg></html>",
        "\ufeff<html><script>".encode("utf-16-le"),
        "\ufeff<html><script>".encode("utf-16-be"),
    ],
)
def test_a_page_is_known_as_one_and_never_shown(head: bytes) -> None:
    assert sniff(head) == sniffing.HTML
    assert not safe_inline(sniff(head).content_type)


@pytest.mark.parametrize(
    "head",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg">',
        b'<?xml version="1.0"?>\n<!-- by a tool -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg>',
        b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg">',
        b"<svg/onload=alert(1)><p>",
    ],
)
def test_a_drawing_is_known_as_one_and_never_shown(head: bytes) -> None:
    assert sniff(head) == sniffing.SVG
    assert not safe_inline(sniff(head).content_type)


def test_other_markup_is_never_shown() -> None:
    assert sniff(b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a1/>') == sniffing.XML
    assert not safe_inline("application/xml")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"   \n",
        b"\x00" * HEAD_BYTES,
        bytes(range(256)),
        b"\xff\xfb\x90\x00" + b"\x01" * 600,
        b"RIFF\x00\x00\x00\x00????",
        b"BM and so on, in no way a picture\xff",
        _stl(2, normal=(5, 5, 5)),
        _stl(0),
    ],
)
def test_what_fits_nothing_stays_unknown(head: bytes) -> None:
    assert sniff(head) == sniffing.UNKNOWN
    assert not safe_inline(sniff(head).content_type)


@pytest.mark.parametrize("name", ["Video/MP4", "text/plain; charset=utf-8", " image/png "])
def test_parameters_and_case_do_not_matter(name: str) -> None:
    assert safe_inline(name)


@pytest.mark.parametrize(
    "name", ["", "text/html; charset=utf-8", "IMAGE/SVG+XML", "text/xml", "text/javascript"]
)
def test_only_listed_types_are_shown(name: str) -> None:
    assert not safe_inline(name)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xf1", b"\xff\xfb", b"PK\x03\x04", b"OggS", b"<", b"{"]),
)
def test_no_bytes_make_it_fail(tail: bytes, start: bytes) -> None:
    assert sniff(start + tail).extension


@given(
    st.text(" \t\r\n", max_size=20),
    st.sampled_from(["<script>", "<HTML>", "<!doctype html>", "<svg/>"]),
    st.text(),
)
def test_nothing_that_begins_as_a_page_is_shown(space: str, tag: str, rest: str) -> None:
    assert not safe_inline(sniff((space + tag + rest).encode()).content_type)
