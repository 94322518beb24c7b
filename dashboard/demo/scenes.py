"""What the simulated providers make: believable tasks, each with the shape of answer it comes in and how it ends."""

from dataclasses import dataclass
from enum import StrEnum

from tasks.vocabulary import Kind


class Form(StrEnum):
    """A shape of answers, as `dashboard/demo/lemondata.py` and its neighbours speak it."""

    LEMON_VIDEO = "lemon-video"
    LEMON_OLD_VIDEO = "lemon-old-video"
    LEMON_IMAGE = "lemon-image"
    LEMON_MUSIC = "lemon-music"
    LEMON_MODEL3D = "lemon-3d"
    SORA = "sora"
    WAN = "wan"
    VEO = "veo"
    KLING = "kling"
    PRINTER = "printer"
    PRINTER_AUDIO = "printer-audio"


class Ending(StrEnum):
    """How a task ends. Those that are no success come about half way."""

    DONE = "done"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"
    EXPIRED = "expired"
    NEVER = "never"


LEMON, STUDIO, NEBULA, PRINTER = "lemon", "lemon-studio", "nebula", "printer"
REFUSED, DEAD = "nebula-old-key", "printer-attic"


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that a team would ask for. `seconds` is how long it takes; `files` are in `demo/media`."""

    account: str
    form: Form
    model: str
    kind: Kind
    title: str
    prompt: str
    seconds: float
    files: tuple[str, ...] = ()
    ending: Ending = Ending.DONE
    tags: tuple[str, ...] = ()


VIDEO, IMAGE, AUDIO, MODEL3D = Kind.VIDEO, Kind.IMAGE, Kind.AUDIO, Kind.MODEL3D

# fmt: off
SCENES = (
    Scene(LEMON, Form.LEMON_VIDEO, "veo3.1", VIDEO, "Opening shot, desert at dawn",
          "Slow dolly over red dunes at dawn, long shadows, a single line of footprints, 35 mm", 46,
          ("dunes.mp4",), tags=("trailer",)),
    Scene(LEMON, Form.LEMON_VIDEO, "sora-2", VIDEO, "Lanterns rising",
          "Hundreds of paper lanterns rise over a dark river, warm light on the water, handheld", 58,
          ("lanterns.mp4",), tags=("trailer", "night")),
    Scene(LEMON, Form.LEMON_IMAGE, "gpt-image-2", IMAGE, "Poster, northern lights",
          "Minimal travel poster: green aurora above a black ridge, fine grain, no text", 11,
          ("aurora.webp",), tags=("poster",)),
    Scene(PRINTER, Form.PRINTER, "", VIDEO, "Five facts about city lights",
          "Why do cities never get dark? A short for the science channel", 75,
          ("street.mp4",), tags=("shorts",)),
    Scene(NEBULA, Form.SORA, "sora-2", VIDEO, "Night sea, moon glint",
          "A calm sea at night, the moon's path on the waves, static tripod shot, no people", 52,
          ("sea.mp4",), tags=("b-roll",)),
    Scene(STUDIO, Form.LEMON_MUSIC, "suno_music", AUDIO, "Night Drive",
          "Slow synthwave, warm bass, no drums until the second verse, 92 bpm", 34,
          ("night-drive.mp3", "sea.mp4"), tags=("score",)),
    Scene(STUDIO, Form.LEMON_MODEL3D, "tripo3d-v2.5", MODEL3D, "Terracotta vase",
          "A hand-thrown terracotta vase, slightly uneven rim, game-ready", 41,
          ("vase.glb",), tags=("props",)),
    Scene(NEBULA, Form.WAN, "wan2.5-i2v-preview", VIDEO, "Aurora time-lapse",
          "Animate the still: curtains of light drift slowly to the left, stars stay fixed", 38,
          ("aurora.mp4",)),
    Scene(LEMON, Form.LEMON_IMAGE, "flux-1.1-pro", IMAGE, "Dune cover, square",
          "Flat layered dunes in terracotta and plum, low sun, album cover", 8,
          ("dunes.webp",), tags=("poster",)),
    Scene(LEMON, Form.LEMON_VIDEO, "kling-v2.6-pro", VIDEO, "Crowd at the gate",
          "News footage of a riot at a city gate, recognisable politicians in the crowd", 44,
          ending=Ending.BLOCKED),
    Scene(NEBULA, Form.VEO, "veo-3.1-generate-preview", VIDEO, "Two takes of the pier",
          "A wooden pier in fog, gulls, slow push in; give me two variants", 49,
          ("sea.mp4", "aurora.mp4"), tags=("b-roll",)),
    Scene(LEMON, Form.LEMON_IMAGE, "gpt-image-2", IMAGE, "Lantern pattern",
          "Seamless pattern of glowing paper lanterns on aubergine, soft bokeh", 10, ("lanterns.webp",)),
    Scene(PRINTER, Form.PRINTER, "", VIDEO, "How tides work",
          "The moon, the sea and you: tides in forty seconds", 88, ("sea.mp4",), tags=("shorts",)),
    Scene(LEMON, Form.LEMON_OLD_VIDEO, "sora-2", VIDEO, "Street at dusk, portrait",
          "Drive through an empty boulevard at dusk, neon windows, 9:16", 40,
          ("street.mp4",), tags=("shorts",)),
    Scene(STUDIO, Form.LEMON_MUSIC, "suno_music", AUDIO, "Tide, ambient bed",
          "Ambient pad with slow swells like a tide, no melody, loopable", 29,
          ("tide.ogg",), tags=("score",)),
    Scene(NEBULA, Form.WAN, "wan2.5-t2v-preview", VIDEO, "Sand in slow motion",
          "Macro shot of sand running through fingers, backlit, 120 fps look", 33, ending=Ending.FAILED),
    Scene(NEBULA, Form.SORA, "sora-2-pro", VIDEO, "Hotel corridor",
          "One continuous tracking shot down a hotel corridor, doors closing in sequence", 66,
          ("street.mp4",), tags=("trailer",)),
    Scene(LEMON, Form.LEMON_VIDEO, "veo3.1", VIDEO, "Glacier flyover",
          "Aerial of a glacier calving, slow motion, overcast light", 36, ending=Ending.LOST),
    Scene(LEMON, Form.LEMON_IMAGE, "flux-1.1-pro", IMAGE, "Skyline icon",
          "Tiny pixel skyline at dusk, 32 colours, transparent feeling, app icon", 7, ("street.png",)),
    Scene(NEBULA, Form.KLING, "kling-v2-master", VIDEO, "Product turntable",
          "A matte black bottle turns once on a stone plinth, studio light, seamless loop", 45,
          ("dunes.mp4",)),
    Scene(PRINTER, Form.PRINTER, "", VIDEO, "Ten deserts in a minute",
          "A quick tour of the world's deserts for the travel channel", 80, ending=Ending.FAILED),
    Scene(STUDIO, Form.LEMON_MODEL3D, "tripo3d-v2.5", MODEL3D, "Tall floor vase",
          "Tall floor vase with a narrow waist, glazed, low poly", 37, ("vase.glb",), tags=("props",)),
    Scene(LEMON, Form.LEMON_VIDEO, "seedance-2.0", VIDEO, "Alternative ending, dawn",
          "The same dunes, the sun does not rise; hold on black for two seconds", 30, ending=Ending.CANCELED),
    Scene(NEBULA, Form.VEO, "veo-3.1-fast-generate-preview", VIDEO, "Lantern close-up",
          "Close-up of one lantern's flame, shallow depth of field", 35, ("lanterns.mp4",)),
    Scene(NEBULA, Form.SORA, "sora-2", VIDEO, "Portrait of a minister",
          "A photo-real interview with a serving minister, studio background", 40, ending=Ending.BLOCKED),
    Scene(LEMON, Form.LEMON_IMAGE, "gpt-image-2", IMAGE, "Ridge line study",
          "Three ridge lines in ink wash, generous negative space", 9, ("aurora.webp",)),
    Scene(PRINTER, Form.PRINTER_AUDIO, "", AUDIO, "Narration, tides",
          "The narration alone, for the editor", 24, ("night-drive.mp3",)),
    Scene(STUDIO, Form.LEMON_MUSIC, "suno_music", AUDIO, "End titles",
          "Piano and tape hiss, resolves on the tonic, forty seconds", 31,
          ("night-drive.mp3",), tags=("score",)),
    Scene(NEBULA, Form.WAN, "wan2.5-t2v-preview", VIDEO, "Rain on a tram window",
          "Raindrops race down a tram window, city bokeh behind, no camera movement", 42, ("lanterns.mp4",)),
    Scene(LEMON, Form.LEMON_VIDEO, "veo3.1", VIDEO, "Aurora over the ridge, 8 s",
          "Time-lapse aurora over a ridge, subtle parallax, no people", 54,
          ("aurora.mp4",), tags=("b-roll",)),
    Scene(NEBULA, Form.VEO, "veo-3.0-generate-001", VIDEO, "Waves, kept too long",
          "Waves rolling in at night, locked-off shot", 28, ending=Ending.EXPIRED),
    Scene(STUDIO, Form.LEMON_MUSIC, "suno_music", AUDIO, "Chase cue",
          "Fast percussion, in the manner of a famous film score", 22, ending=Ending.BLOCKED),
)

STUCK = (
    Scene(REFUSED, Form.SORA, "sora-2", VIDEO, "Storm over the pier",
          "Storm clouds over a pier, lightning far out at sea", 0, ending=Ending.NEVER),
    Scene(DEAD, Form.PRINTER, "", VIDEO, "Why the attic server is off",
          "A short about saving electricity", 0, ending=Ending.NEVER),
)
# fmt: on
"""At the account whose key is refused, and at the one where nobody answers."""
