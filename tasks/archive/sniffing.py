"""What a file is, told from its first bytes: never from its name, nor from what its sender called it."""

import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.vocabulary import Kind

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Sniffed:
    """`content_type` without parameters, `extension` without dot."""

    content_type: str
    extension: str
    kind: Kind


UNKNOWN = Sniffed("application/octet-stream", "bin", Kind.OTHER)

MP4 = Sniffed("video/mp4", "mp4", Kind.VIDEO)
MOV = Sniffed("video/quicktime", "mov", Kind.VIDEO)
WEBM = Sniffed("video/webm", "webm", Kind.VIDEO)
MKV = Sniffed("video/x-matroska", "mkv", Kind.VIDEO)
AVI = Sniffed("video/x-msvideo", "avi", Kind.VIDEO)
OGV = Sniffed("video/ogg", "ogv", Kind.VIDEO)
PNG = Sniffed("image/png", "png", Kind.IMAGE)
JPEG = Sniffed("image/jpeg", "jpg", Kind.IMAGE)
WEBP = Sniffed("image/webp", "webp", Kind.IMAGE)
GIF = Sniffed("image/gif", "gif", Kind.IMAGE)
AVIF = Sniffed("image/avif", "avif", Kind.IMAGE)
HEIC = Sniffed("image/heic", "heic", Kind.IMAGE)
BMP = Sniffed("image/bmp", "bmp", Kind.IMAGE)
TIFF = Sniffed("image/tiff", "tif", Kind.IMAGE)
MP3 = Sniffed("audio/mpeg", "mp3", Kind.AUDIO)
WAV = Sniffed("audio/wav", "wav", Kind.AUDIO)
OGG = Sniffed("audio/ogg", "ogg", Kind.AUDIO)
OPUS = Sniffed("audio/ogg", "opus", Kind.AUDIO)
FLAC = Sniffed("audio/flac", "flac", Kind.AUDIO)
M4A = Sniffed("audio/mp4", "m4a", Kind.AUDIO)
AAC = Sniffed("audio/aac", "aac", Kind.AUDIO)
GLB = Sniffed("model/gltf-binary", "glb", Kind.MODEL3D)
GLTF = Sniffed("model/gltf+json", "gltf", Kind.MODEL3D)
FBX = Sniffed("application/vnd.autodesk.fbx", "fbx", Kind.MODEL3D)
OBJ = Sniffed("model/obj", "obj", Kind.MODEL3D)
USDZ = Sniffed("model/vnd.usdz+zip", "usdz", Kind.MODEL3D)
PLY = Sniffed("application/x-ply", "ply", Kind.MODEL3D)
STL = Sniffed("model/stl", "stl", Kind.MODEL3D)
ZIP = Sniffed("application/zip", "zip", Kind.OTHER)
PDF = Sniffed("application/pdf", "pdf", Kind.OTHER)
HTML = Sniffed("text/html", "html", Kind.OTHER)
SVG = Sniffed("image/svg+xml", "svg", Kind.OTHER)
XML = Sniffed("application/xml", "xml", Kind.OTHER)
JSON = Sniffed("application/json", "json", Kind.TEXT)
SRT = Sniffed("application/x-subrip", "srt", Kind.TEXT)
VTT = Sniffed("text/vtt", "vtt", Kind.TEXT)
PLAIN = Sniffed("text/plain", "txt", Kind.TEXT)

_RUN_NOTHING = (
    *(MP4, MOV, WEBM, MKV, AVI, OGV),
    *(PNG, JPEG, WEBP, GIF, AVIF, HEIC, BMP, TIFF),
    *(MP3, WAV, OGG, FLAC, M4A, AAC),
    *(GLB, JSON, SRT, VTT, PLAIN),
)
_INLINE = frozenset(sniffed.content_type for sniffed in _RUN_NOTHING)

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
    (b"glTF", GLB),
    (b"Kaydara FBX Binary  ", FBX),
    (b"ply\n", PLY),
    (b"ply\r\n", PLY),
    (b"%PDF-", PDF),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
_QUICKTIME_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_M4A_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_EBML_TYPE = re.compile(rb"\x42\x82[\x80-\xff](webm|matroska)")

_MARKUP = (
    r"!doctype\s+html|html|head|body|script|style|title|iframe|object|embed|meta|link|base|form|table|div|"
    r"span|font|h[1-6]|p|a|b|i|br|img|video|audio|math|template|frameset"
)
_HTML = re.compile(rf"<(?:{_MARKUP})(?=[\s/>])|xmlns\s*=\s*.http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|script|iframe|svg)(?=[\s/>])", re.IGNORECASE)
_SVG = re.compile(r"<(?:[\w-]+:)?svg(?=[\s/>])", re.IGNORECASE)
_JSON = re.compile(r'\{\s*["}]|(?:\[\s*)+(?:["{\]]|(?:-?\d[\d.eE+-]*|true|false|null)\s*[,\]])')
_GLTF_WORD = re.compile(r'"(?:asset|scenes|nodes|meshes|accessors|bufferViews|buffers)"\s*:')
_SRT = re.compile(r"\d+[ \t]*\r?\n\d{1,2}:\d\d:\d\d[,.]\d{1,3} +--> ")
_OBJ = re.compile(r"^(?:mtllib \S|v(?: +-?\d+\.?\d*(?:[eE][+-]?\d+)?){3})", re.MULTILINE)
_OBJ_LINE = re.compile(r"(?:#|mtllib |usemtl |[ogs] |v[tnp]? +[-\d.]|[fl] +-?\d|\s*$)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_KBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_HERTZ = (44_100, 48_000, 32_000)


def sniff(head: bytes) -> Sniffed:
    """What the file is that begins with `head`: its first 4 KB, or all of it. `UNKNOWN` when nothing fits."""
    head = head[:HEAD_BYTES]
    return (
        next((sniffed for magic, sniffed in _MAGIC if head.startswith(magic)), None)
        or _container(head)
        or _sound(head)
        or _text(head)
        or (STL if _is_binary_stl(head) else UNKNOWN)
    )


def safe_inline(content_type: str) -> bool:
    """Whether a browser runs nothing when it shows this type. Never for HTML, SVG, XML, PDF and unknown ones."""
    return content_type.partition(";")[0].strip().lower() in _INLINE


def _container(head: bytes) -> Sniffed | None:
    """Formats that hold others, or that want more than their first letters."""
    mark = head[:4]
    if mark in (b"RIFF", b"RF64", b"BW64"):
        return _RIFF.get(head[8:12])
    if mark == b"OggS":
        return _ogg(head[:256])
    if mark == b"\x1a\x45\xdf\xa3":
        return _matroska(head[:256])
    if mark in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip(head)
    if head[:2] == b"BM" and head[6:10] == bytes(4) and _number("<I", head, 14) in _BMP_HEADERS:
        return BMP
    return _boxes(head)


def _boxes(head: bytes) -> Sniffed | None:
    mark = head[4:8]
    if mark == b"ftyp":
        return _ftyp(head)
    return MOV if mark in _QUICKTIME_BOXES else None


def _matroska(head: bytes) -> Sniffed:
    found = _EBML_TYPE.search(head)
    return WEBM if found and found[1] == b"webm" else MKV


def _ftyp(head: bytes) -> Sniffed:
    """The major brand first; the compatible ones where it says little."""
    brand = head[8:12]
    length = min(_number(">I", head, 0), 256)
    brands = {brand, *(head[at : at + 4] for at in range(16, length, 4))}
    if brand in _AVIF_BRANDS or (brand in _HEIC_BRANDS and brands & _AVIF_BRANDS):
        return AVIF
    if brand in _HEIC_BRANDS:
        return HEIC
    if brand in _M4A_BRANDS:
        return M4A
    return MOV if brand == b"qt  " else MP4


def _ogg(head: bytes) -> Sniffed:
    if b"OpusHead" in head:
        return OPUS
    return OGV if b"\x80theora" in head else OGG


def _zip(head: bytes) -> Sniffed:
    """USDZ is a zip whose first file is the scene, stored as it is."""
    name = head[30 : 30 + _number("<H", head, 26)].lower()
    return USDZ if name.endswith((b".usdc", b".usda", b".usd")) else ZIP


def _sound(head: bytes) -> Sniffed | None:
    """MP3 and AAC have no magic number: two frames must follow each other."""
    for length_of, sniffed in ((_mp3_frame_bytes, MP3), (_aac_frame_bytes, AAC)):
        length = length_of(head)
        if length and (len(head) <= length or length_of(head[length:])):
            return sniffed
    return None


def _mp3_frame_bytes(head: bytes) -> int:
    """The length of the MPEG layer III frame that begins here; 0 when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, frequency = (head[1] >> 3) & 3, head[2] >> 4, (head[2] >> 2) & 3
    if version == 1 or rate in (0, 15) or frequency == 3:
        return 0
    half = version != 3
    hertz = _HERTZ[frequency] // {3: 1, 2: 2, 0: 4}[version]
    return (72 if half else 144) * _KBITS[half][rate] * 1000 // hertz + (head[2] >> 1 & 1)


def _aac_frame_bytes(head: bytes) -> int:
    """The length of the ADTS frame that begins here; 0 when none does."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or (head[2] >> 2) & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _text(head: bytes) -> Sniffed | None:
    text = _decoded(head)
    if text is None or not text.strip() or _CONTROL.search(text):
        return None
    text = text.lstrip("\ufeff").lstrip()
    if text.startswith("; FBX "):
        return FBX
    if text.startswith("<"):
        return _markup(text)
    if text.startswith("solid") and "facet normal" in text:
        return STL
    return _notation(text, whole=len(head) < HEAD_BYTES)


def _decoded(head: bytes) -> str | None:
    """As text, or None. The last character may be cut."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        cut = len(head) >= HEAD_BYTES and error.start >= len(head) - 3
        return head[: error.start].decode() if cut else None


def _markup(text: str) -> Sniffed:
    """HTML before SVG: a page may hold drawings, and a drawing that holds HTML runs all the same."""
    svg, html = _SVG.search(text), _HTML.search(text)
    if svg and (html is None or svg.start() < html.start()):
        return SVG
    if html:
        return HTML
    if text.startswith("<?xml"):
        return XML
    return HTML if text.startswith(("<!", "<?")) else PLAIN


def _notation(text: str, *, whole: bool) -> Sniffed:
    if text.startswith("WEBVTT") and text[6:7] in ("", " ", "\t", "\r", "\n"):
        return VTT
    if _SRT.match(text):
        return SRT
    if _JSON.match(text) and not (whole and not _parses(text)):
        return GLTF if len(set(_GLTF_WORD.findall(text))) >= 2 else JSON
    if _OBJ.search(text) and all(_OBJ_LINE.match(line) for line in _whole_lines(text, whole)):
        return OBJ
    return HTML if _PAGE.search(text) else PLAIN


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _whole_lines(text: str, whole: bool) -> Iterator[str]:
    lines = text.splitlines()
    yield from lines if whole else lines[:-1]


def _is_binary_stl(head: bytes) -> bool:
    """No magic number either: a count, then facets with normals of length one or zero and no attributes."""
    count = min(_number("<I", head, 80), (len(head) - 84) // 50)
    facets = (struct.unpack_from("<12fH", head, 84 + 50 * index) for index in range(count))
    return count > 0 and any(head[84:]) and all(_is_facet(*facet) for facet in facets)


def _is_facet(x: float, y: float, z: float, *rest: float) -> bool:
    *corners, attributes = rest
    length = math.sqrt(x * x + y * y + z * z) if all(map(math.isfinite, (x, y, z))) else -1
    return (abs(length - 1) < 0.02 or length == 0) and attributes == 0 and all(map(math.isfinite, corners))


def _number(shape: str, head: bytes, at: int) -> int:
    """0 where the head is too short."""
    if len(head) < at + struct.calcsize(shape):
        return 0
    return int(struct.unpack_from(shape, head, at)[0])
