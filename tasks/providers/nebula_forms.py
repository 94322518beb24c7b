"""What Nebula's create calls take. One path makes every video; the model's family decides what it understands."""

from collections.abc import Mapping

from tasks.providers.forms import Field, FieldType, Form
from tasks.vocabulary import Kind

TEXT, LONG, WHOLE, NUMBER, FLAG, MEDIA, OBJECT = (
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.WHOLE,
    FieldType.NUMBER,
    FieldType.FLAG,
    FieldType.MEDIA,
    FieldType.OBJECT,
)
SORA, VEO, WAN, SEEDANCE = ("sora",), ("veo",), ("wan",), ("seedance", "doubao-seedance")
KLING = ("kling", "doubao", "jimeng")

# fmt: off
VIDEO = Form(
    Kind.VIDEO, "Video",
    models=("sora-2", "sora-2-pro", "veo-3.1-generate-preview", "veo-3.1-fast-generate-preview",
            "wan2.5-t2v-preview", "wan2.5-i2v-preview", "kling-v2-master"),
    fields=(
        Field("model", TEXT, "Model", required=True, basic=True, max_length=200),
        Field("prompt", LONG, "Prompt", "What to make.", required=True, basic=True),
        Field("seconds", TEXT, "Length", "Seconds.", choices=("4", "8", "12"), models=SORA, basic=True),
        Field("size", TEXT, "Size", default="720x1280", choices=("720x1280", "1280x720"), open=True, models=SORA,
              basic=True),
        Field("input_reference", MEDIA, "Reference picture", "Its first frame, in the size of the video.",
              accepts=Kind.IMAGE, models=SORA, basic=True),
        Field("remix_from_video_id", TEXT, "Remix of", "The id of a Sora video, as in video_…", max_length=512,
              models=SORA),
        Field("durationSeconds", WHOLE, "Length", "Seconds: 4, 6 or 8, with some models 12.", minimum=1, maximum=60,
              models=VEO, basic=True),
        Field("aspectRatio", TEXT, "Shape", choices=("16:9", "9:16"), open=True, models=VEO, basic=True),
        Field("sampleCount", WHOLE, "How many", minimum=1, maximum=4, models=VEO, basic=True),
        Field("lastFrame", MEDIA, "Last frame", accepts=Kind.IMAGE, models=VEO),
        Field("generateAudio", FLAG, "With sound", models=VEO),
        Field("personGeneration", TEXT, "People", choices=("allow_adult", "dont_allow", "allow_all"), open=True,
              models=VEO),
        Field("addWatermark", FLAG, "Watermark", models=VEO),
        Field("image", MEDIA, "Picture", "The picture to begin from. Wan takes JPEG, PNG, BMP and WebP up to 10 MB, "
              "360 to 2,000 pixels a side.", accepts=Kind.IMAGE,
              models=(*VEO, *WAN, *SEEDANCE, *KLING), basic=True),
        Field("duration", WHOLE, "Length", "Seconds.", minimum=1, maximum=60, models=(*WAN, *SEEDANCE, *KLING),
              basic=True),
        Field("resolution", TEXT, "Resolution", choices=("480p", "720p", "1080p", "4k"), open=True,
              models=(*VEO, *WAN, *SEEDANCE, *KLING), basic=True),
        Field("aspect_ratio", TEXT, "Shape", choices=("16:9", "9:16", "1:1"), open=True,
              models=(*WAN, *SEEDANCE, *KLING), basic=True),
        Field("smart_rewrite", FLAG, "Let the model rewrite the prompt", models=WAN),
        Field("generate_audio", FLAG, "With sound", models=WAN),
        Field("audio_url", MEDIA, "Sound", "WAV or MP3 of 3 to 30 s.", accepts=Kind.AUDIO, max_bytes=15_000_000,
              models=WAN),
        Field("image_tail", MEDIA, "Last frame", accepts=Kind.IMAGE, models=KLING),
        Field("mode", TEXT, "Mode", choices=("std", "pro"), open=True, models=KLING),
        Field("cfg_scale", NUMBER, "Prompt strength", minimum=0, maximum=30, models=KLING),
        Field("n", WHOLE, "How many", minimum=1, maximum=10, models=KLING),
        Field("negative_prompt", LONG, "Negative prompt", "What should not be seen."),
        Field("fps", WHOLE, "Frames a second", minimum=1, maximum=120),
        Field("width", WHOLE, "Width", "Pixels.", minimum=1, maximum=8192),
        Field("height", WHOLE, "Height", "Pixels.", minimum=1, maximum=8192),
        Field("seed", WHOLE, "Seed", "The same seed and prompt give a similar result."),
        Field("user", TEXT, "End user", "Passed on to the provider for its abuse checks.", max_length=200,
              models=SORA),
        Field("metadata", OBJECT, "Metadata", "The model's own object, sent as it is."),
    ),
)
IMAGE = Form(
    Kind.IMAGE, "Image",
    models=("gemini-2.5-flash-image", "qwen-image", "grok-2-image"),
    fields=(
        Field("model", TEXT, "Model", required=True, basic=True, max_length=200),
        Field("prompt", LONG, "Prompt", "What to make.", required=True, basic=True),
        Field("n", WHOLE, "How many", default=1, minimum=1, maximum=10, basic=True),
        Field("size", TEXT, "Size", "Pixels, as in 1024x1024.", max_length=20,
              choices=("1024x1024", "1280x720", "720x1280"), open=True, basic=True),
        Field("quality", TEXT, "Quality", max_length=50),
        Field("response_format", TEXT, "Answer as", "A link, or the bytes themselves.", choices=("url", "b64_json")),
    ),
)
# fmt: on

FORMS: Mapping[Kind, Form] = {form.kind: form for form in (VIDEO, IMAGE)}

_PATHS = {Kind.VIDEO: "/v1/video/generations", Kind.IMAGE: "/v1/images/generations"}


KINDS_MADE = {path: kind for kind, path in _PATHS.items()}


def create_path(kind: Kind) -> str:
    return _PATHS[kind]


def create_body(kind: Kind, params: Mapping[str, object]) -> dict[str, object]:
    """As the family wants it: Seedance reads its prompt out of `metadata.content`."""
    model = str(params.get("model", "")).lower()
    if kind is not Kind.VIDEO or not model.startswith(SEEDANCE):
        return dict(params)
    body = {name: value for name, value in params.items() if name != "prompt"}
    metadata = params.get("metadata")
    given = dict(metadata) if isinstance(metadata, dict) else {}
    given.setdefault("content", [{"type": "text", "text": params.get("prompt", "")}])
    return body | {"metadata": given}
