"""What MoneyPrinterTurbo's create calls take: a whole video, only its speech, or only its subtitles."""

from collections.abc import Mapping

from tasks.providers.forms import Field, FieldType, Form
from tasks.vocabulary import Kind

TEXT, LONG, WHOLE, NUMBER, FLAG, OBJECT = (
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.WHOLE,
    FieldType.NUMBER,
    FieldType.FLAG,
    FieldType.OBJECT,
)

# fmt: off
_VOICE = (
    Field("voice_name", TEXT, "Voice", "As the server names it, such as en-US-AriaNeural.", max_length=200, basic=True),
    Field("voice_volume", NUMBER, "Voice volume", minimum=0, maximum=10),
    Field("voice_rate", NUMBER, "Voice speed", minimum=0.1, maximum=5),
)
_MUSIC = (
    Field("bgm_type", TEXT, "Music", choices=("random", "custom"), open=True),
    Field("bgm_file", TEXT, "Music file", "A file on the server.", max_length=500),
    Field("bgm_volume", NUMBER, "Music volume", minimum=0, maximum=10),
)
_LETTERS = (
    Field("font_name", TEXT, "Font", max_length=200),
    Field("text_fore_color", TEXT, "Letter colour", max_length=20),
    Field("font_size", WHOLE, "Letter size", minimum=1, maximum=500),
    Field("stroke_color", TEXT, "Outline colour", max_length=20),
    Field("stroke_width", NUMBER, "Outline width", minimum=0, maximum=50),
    Field("subtitle_position", TEXT, "Subtitle place", choices=("top", "center", "bottom", "custom"), open=True),
)
_SCRIPT = Field("video_script", LONG, "Script", "What is spoken.", required=True, basic=True)

VIDEO = Form(
    Kind.VIDEO, "Short video", prompt="video_subject",
    fields=(
        Field("video_subject", TEXT, "Subject", "What the short is about.", required=True, basic=True),
        Field("video_script", LONG, "Script", "What is spoken; the server writes one when it is left out.", basic=True),
        Field("video_terms", TEXT, "Search words", "For the footage; the server chooses them when left out."),
        Field("video_aspect", TEXT, "Shape", default="9:16", choices=("16:9", "9:16", "1:1"), basic=True),
        Field("video_count", WHOLE, "How many", default=1, minimum=1, maximum=20, basic=True),
        Field("video_language", TEXT, "Language", "As in en-US; the subject's own when left out.", max_length=20,
              basic=True),
        *_VOICE,
        Field("paragraph_number", WHOLE, "Paragraphs", default=1, minimum=1, maximum=10, basic=True),
        Field("video_source", TEXT, "Footage from", default="pexels", choices=("pexels", "pixabay", "local"),
              open=True),
        Field("video_clip_duration", WHOLE, "Longest clip", "Seconds.", default=5, minimum=1, maximum=60),
        Field("video_concat_mode", TEXT, "Order of clips", choices=("random", "sequential")),
        Field("video_transition_mode", TEXT, "Transition", max_length=50),
        Field("video_materials", OBJECT, "Own footage", "The server's own list of objects.", many=True),
        Field("custom_audio_file", TEXT, "Own sound", "A file on the server.", max_length=500),
        *_MUSIC,
        Field("subtitle_enabled", FLAG, "Subtitles", default=True, basic=True),
        *_LETTERS,
    ),
)
AUDIO = Form(
    Kind.AUDIO, "Speech", prompt="video_script",
    fields=(
        _SCRIPT,
        Field("video_language", TEXT, "Language", max_length=20, basic=True),
        *_VOICE,
        *_MUSIC,
    ),
)
SUBTITLE = Form(
    Kind.TEXT, "Subtitles", prompt="video_script",
    fields=(
        _SCRIPT,
        Field("video_language", TEXT, "Language", max_length=20, basic=True),
        *_VOICE,
        Field("subtitle_enabled", TEXT, "Subtitles", "This call wants the word.", default="true",
              choices=("true", "false")),
        *_LETTERS,
    ),
)
# fmt: on

FORMS: Mapping[Kind, Form] = {form.kind: form for form in (VIDEO, AUDIO, SUBTITLE)}

_PATHS = {Kind.VIDEO: "/api/v1/videos", Kind.AUDIO: "/api/v1/audio", Kind.TEXT: "/api/v1/subtitle"}


KINDS_MADE = {path: kind for kind, path in _PATHS.items()}


def create_path(kind: Kind) -> str:
    return _PATHS[kind]
