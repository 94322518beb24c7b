"""A simulated MoneyPrinterTurbo: numbers for states, fixed steps of progress, files of its own."""

from typing import Any
from uuid import uuid4

from dashboard.demo.scenes import Ending, Form
from dashboard.demo.takes import Phase, Take

Json = dict[str, Any]

STEPS = (
    (0.0, 0),
    (0.02, 5),
    (0.05, 10),
    (0.09, 20),
    (0.13, 30),
    (0.17, 40),
    (0.2, 50),
    (0.8, 75),
    (0.96, 100),
)
"""Share of the time gone, and the progress it then shows: it stands at 50 for most of it."""
EMPTY = dict.fromkeys(
    (
        "videos",
        "combined_videos",
        "failed_stage",
        "error",
        "cross_post_state",
        "cross_post_results",
        "cross_post_error",
    )
)


def created(take: Take) -> Json:
    """The answer of the create call."""
    return _good({"task_id": take.remote_id})


def answer(take: Take, at_s: float) -> tuple[int, Json]:
    """The answer of a poll: HTTP status and body."""
    return 200, _good(_record(take, at_s))


def listing(takes: list[Take], at_s: float, *, page: int, page_size: int) -> Json:
    """One page of all tasks, oldest first. It names files by their place on the server's disk."""
    begin = (page - 1) * page_size
    rows = [_record(take, at_s, folder="/srv/mpt/storage") for take in takes[begin : begin + page_size]]
    return _good({"tasks": rows, "total": len(takes), "page": page, "page_size": page_size})


def unknown() -> Json:
    """The body of its 404."""
    return {"status": 404, "message": f"{uuid4()}: task not found"}


def script(take: Take) -> Json:
    """`script.json` beside the video: the only place that knows the subject."""
    return {"script": take.scene.prompt, "params": {"video_subject": take.scene.title}}


def _good(data: Json) -> Json:
    return {"status": 200, "message": "success", "data": data}


def _record(take: Take, at_s: float, folder: str = "") -> Json:
    gone = (at_s - take.begun_s) / take.seconds if take.seconds else 0.0
    progress = max(step for share, step in STEPS if share <= max(gone, 0.0))
    body = {"task_id": take.remote_id, "state": 4, "progress": progress, **EMPTY}
    if take.phase(at_s) is not Phase.OVER:
        return body
    if take.scene.ending is Ending.FAILED:
        why = "No material found for the terms: desert, dune, sand.\nCheck the keys in /srv/mpt/config.toml"
        return body | {"state": -1, "progress": 50, "failed_stage": "materials", "error": why}
    made: Json = {"state": 1, "progress": 100, "script": take.scene.prompt, "terms": take.scene.title.split()}
    made |= {"audio_file": f"/srv/mpt/storage/tasks/{take.remote_id}/audio.mp3", "audio_duration": 6}
    if take.scene.form is Form.PRINTER_AUDIO:
        return body | made
    place = f"{folder}/tasks/{take.remote_id}"
    return body | made | {"videos": [f"{place}/final-1.mp4"], "combined_videos": [f"{place}/combined-1.mp4"]}
