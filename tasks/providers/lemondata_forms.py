"""What LemonData's create calls take, one description for each kind."""

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
SEEDANCE = ("seedance", "doubao-seedance")
WORLD = ("marble",)
SHAPES = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")
OPERATIONS = (
    "text-to-video",
    "image-to-video",
    "reference-to-video",
    "start-end-to-video",
    "video-to-video",
    "video-extension",
    "audio-to-video",
    "motion-control",
)

_USER = Field("user", TEXT, "End user", "Passed on to the provider for its abuse checks.", max_length=200)
_SEED = Field("seed", WHOLE, "Seed", "The same seed and prompt give a similar result.")
_PROMPT = Field("prompt", LONG, "Prompt", "What to make.", required=True, basic=True)

# fmt: off
VIDEO = Form(
    Kind.VIDEO, "Video",
    models=("veo3.1", "sora-2", "sora-2-pro", "kling-v2.6-pro", "seedance-2.0", "wan2.5-t2v-preview"),
    fields=(
        Field("model", TEXT, "Model", default="veo3.1", basic=True, max_length=200),
        _PROMPT,
        Field("operation", TEXT, "Operation", "What the inputs are for; the provider guesses when it is left out.",
              choices=OPERATIONS),
        Field("image_url", MEDIA, "Picture", "The picture to begin from.", accepts=Kind.IMAGE, basic=True),
        Field("duration", WHOLE, "Length", "Seconds; -1 lets Seedance choose.", minimum=-1, maximum=600, basic=True),
        Field("aspect_ratio", TEXT, "Shape", choices=SHAPES, open=True, basic=True),
        Field("resolution", TEXT, "Resolution", choices=("480p", "720p", "1080p", "4k"), open=True, basic=True),
        Field("start_image", MEDIA, "First frame", accepts=Kind.IMAGE),
        Field("end_image", MEDIA, "Last frame", accepts=Kind.IMAGE),
        Field("reference_images", MEDIA, "Reference pictures", accepts=Kind.IMAGE, many=True),
        Field("video_url", MEDIA, "Video", "The video to change or extend.", accepts=Kind.VIDEO),
        Field("audio_url", MEDIA, "Sound", accepts=Kind.AUDIO),
        Field("task_id", TEXT, "Continue task", "The provider's id of the task to go on from.", max_length=512),
        Field("output_audio", FLAG, "With sound"),
        Field("fps", WHOLE, "Frames a second", minimum=1, maximum=120),
        _SEED,
        Field("cfg_scale", NUMBER, "Prompt strength", minimum=0, maximum=30),
        Field("negative_prompt", LONG, "Negative prompt", "What should not be seen."),
        Field("watermark", FLAG, "Watermark"),
        Field("priority", WHOLE, "Priority", minimum=0, maximum=9, models=SEEDANCE),
        Field("execution_expires_after", WHOLE, "Expires after", "Seconds it may wait for its turn.",
              default=172_800, minimum=1, models=SEEDANCE),
        _USER,
    ),
)
IMAGE = Form(
    Kind.IMAGE, "Image",
    models=("gpt-image-2", "flux-1.1-pro", "seedream-4.0", "gemini-2.5-flash-image"),
    fields=(
        Field("model", TEXT, "Model", basic=True, max_length=200),
        _PROMPT,
        Field("n", WHOLE, "How many", default=1, minimum=1, maximum=10, basic=True),
        Field("size", TEXT, "Size", "Pixels, as in 1024x1024.", max_length=20,
              choices=("1024x1024", "1536x1024", "1024x1536"), open=True, basic=True),
        Field("aspect_ratio", TEXT, "Shape", choices=SHAPES, open=True),
        Field("resolution", TEXT, "Resolution", choices=("1k", "2k", "4k"), open=True),
        Field("quality", TEXT, "Quality", choices=("low", "medium", "high", "auto"), open=True),
        Field("style", TEXT, "Style", max_length=200),
        Field("response_format", TEXT, "Answer as", "A link, or the bytes themselves.", choices=("url", "b64_json")),
        Field("async", FLAG, "As a task", "Answer at once and let it be asked about, where the model can."),
        _USER,
    ),
)
AUDIO = Form(
    Kind.AUDIO, "Music",
    models=("suno_music", "suno_lyrics"),
    fields=(
        Field("model", TEXT, "Model", default="suno_music", choices=("suno_music", "suno_lyrics"), open=True,
              basic=True),
        _PROMPT,
        Field("title", TEXT, "Song title", max_length=200, basic=True),
        Field("tags", TEXT, "Style words", "Comma separated, as in “synthwave, slow”.", max_length=1_000, basic=True),
        Field("action", TEXT, "Make", choices=("MUSIC", "LYRICS")),
        Field("mv", TEXT, "Version", max_length=50),
        Field("continue_clip_id", TEXT, "Continue clip", max_length=200),
        Field("continue_at", NUMBER, "Continue at", "Seconds into the clip.", minimum=0),
        _USER,
    ),
)
MODEL3D = Form(
    Kind.MODEL3D, "3D model or world",
    models=("tripo3d-v2.5", "marble-1.1-plus", "marble-1.1", "marble-1.0"),
    fields=(
        Field("model", TEXT, "Model", "Models called “marble” make a world.", default="tripo3d-v2.5", basic=True,
              max_length=200),
        Field("prompt", LONG, "Prompt", "What to make; a world may be made from pictures alone.", basic=True),
        Field("image_url", MEDIA, "Picture", accepts=Kind.IMAGE, basic=True),
        Field("format", TEXT, "Format", choices=("glb", "fbx", "obj", "usdz"), basic=True),
        Field("quality", TEXT, "Quality", choices=("draft", "standard", "high"), basic=True),
        Field("style", TEXT, "Style", max_length=200),
        _SEED,
        Field("images", MEDIA, "Pictures", accepts=Kind.IMAGE, many=True, models=WORLD),
        Field("video_url", MEDIA, "Video", accepts=Kind.VIDEO, models=WORLD),
        Field("is_pano", FLAG, "The picture is a panorama", models=WORLD),
        Field("display_name", TEXT, "Name", max_length=64, models=WORLD),
        Field("tags", TEXT, "Tags", max_length=100, many=True, models=WORLD),
        Field("world_prompt", OBJECT, "World prompt", "The provider's own object.", models=WORLD),
        Field("permission", OBJECT, "Permission", "The provider's own object.", models=WORLD),
        _USER,
    ),
)
# fmt: on

FORMS: Mapping[Kind, Form] = {form.kind: form for form in (VIDEO, IMAGE, AUDIO, MODEL3D)}

_PATHS = {
    Kind.VIDEO: "/v1/videos/generations",
    Kind.IMAGE: "/v1/images/generations",
    Kind.AUDIO: "/v1/music/generations",
    Kind.MODEL3D: "/v1/3d/generations",
}
_WORLDS_PATH = "/v1/worlds/generations"


KINDS_MADE = {path: kind for kind, path in _PATHS.items()} | {
    _WORLDS_PATH: Kind.MODEL3D,
    "/api/v3/contents/generations/tasks": Kind.VIDEO,
}
"""What a POST to each of its paths makes; the last one is the Volc dialect."""


def create_path(kind: Kind, model: str) -> str:
    """Where a create call goes: worlds have an address of their own."""
    if kind is Kind.MODEL3D and model.lower().startswith(WORLD):
        return _WORLDS_PATH
    return _PATHS[kind]
