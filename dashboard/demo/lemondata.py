"""A simulated LemonData: its shapes, as a real account would see them."""

from typing import Any

from dashboard.demo.cdn import Cdn, Media
from dashboard.demo.scenes import Ending, Form
from dashboard.demo.takes import Phase, Take

Json = dict[str, Any]

WORDS = {Phase.QUEUED: "pending", Phase.RUNNING: "processing", Phase.OVER: "completed"}
GONE = {
    "error": {
        "message": "Task not found or no longer available.",
        "type": "invalid_request_error",
        "code": "async_task_not_found",
    }
}
BAD_KEY = {
    "error": {"message": "Invalid API key provided.", "type": "invalid_api_key", "code": "invalid_api_key"}
}


def too_many(retry_after_s: int) -> Json:
    """The body of a 429."""
    return {
        "error": {
            "message": "Rate limit: 60 rpm exceeded",
            "type": "rate_limit_error",
            "code": "rate_limit_exceeded",
            "retryable": True,
            "retry_after": retry_after_s,
            "hint": f"Rate limited. Retry after {retry_after_s}s. Current limit: 60/min for user role.",
        }
    }


def created(take: Take) -> Json:
    """The answer of the create call."""
    begun = int(take.begun_s)
    if take.scene.form is Form.LEMON_OLD_VIDEO:
        return {
            "task_id": take.remote_id,
            "status": "pending",
            "model": take.scene.model,
            "created_at": begun,
        }
    body = _head(take) | {"status": "pending", "created": begun}
    if take.scene.form is Form.LEMON_IMAGE:
        return body | {"data": []}
    return body | {"model": take.scene.model}


def answer(take: Take, at_s: float, cdn: Cdn) -> tuple[int, Json]:
    """The answer of a poll: HTTP status and body."""
    phase = take.phase(at_s)
    if phase is Phase.OVER and take.scene.ending is Ending.LOST:
        return 404, GONE
    if take.scene.form is Form.LEMON_OLD_VIDEO:
        return 200, _old_video(take, phase, at_s, cdn)
    body = _head(take) | {"status": WORDS[phase], "created": int(take.begun_s)}
    if phase is Phase.OVER:
        return 200, body | _end(take, cdn)
    return 200, body | _meanwhile(take, at_s)


def _head(take: Take) -> Json:
    return {"id": take.remote_id, "task_id": take.remote_id, "poll_url": f"/v1/tasks/{take.remote_id}"}


def _meanwhile(take: Take, at_s: float) -> Json:
    if take.scene.form is Form.LEMON_IMAGE:
        return {"data": [{"url": "", "revised_prompt": take.scene.prompt}]}
    if take.scene.form is Form.LEMON_VIDEO:
        return {"model": take.scene.model, "progress": take.progress(at_s), "updated": int(at_s)}
    return {"model": take.scene.model, "updated": int(at_s)}


def _end(take: Take, cdn: Cdn) -> Json:
    updated = {"updated": int(take.ends_s), "model": take.scene.model}
    match take.scene.ending:
        case Ending.BLOCKED:
            error = {
                "code": "content_policy_violation",
                "message": "The prompt was refused by the content policy.",
            }
            return updated | {"status": "failed", "error": error}
        case Ending.FAILED:
            return updated | {"status": "failed", "error": "The upstream model timed out."}
        case Ending.CANCELED:
            flags = {"status": "failed", "cancelled": True, "cancellation_status": "cancelled"}
            return updated | flags | {"error": "Task cancelled before execution"}
    return updated | _made(take, cdn)


def _made(take: Take, cdn: Cdn) -> Json:
    files = [cdn.file(name) for name in take.scene.files]
    first = files[0]
    match take.scene.form:
        case Form.LEMON_IMAGE:
            return {"data": [{"url": first.url, "revised_prompt": take.scene.prompt}]}
        case Form.LEMON_MUSIC:
            visualizer = {"video_url": files[1].url} if len(files) > 1 else {}
            return {
                "audio_url": first.url,
                **visualizer,
                "title": take.scene.title,
                "lyrics": "[Instrumental]",
            }
        case Form.LEMON_MODEL3D:
            return {"model_url": first.url, "glb_url": first.url}
    return {"progress": 100, "video_url": first.url, "video": {"url": first.url, **_measures(first)}}


def _measures(file: Media) -> Json:
    return {"duration": file.seconds, "width": file.width, "height": file.height}


def _old_video(take: Take, phase: Phase, at_s: float, cdn: Cdn) -> Json:
    """The fields of March 2026."""
    body: Json = {"task_id": take.remote_id, "status": WORDS[phase], "model": take.scene.model}
    body |= {"created_at": int(take.begun_s), "progress": 100 if phase is Phase.OVER else take.progress(at_s)}
    if phase is not Phase.OVER:
        return body
    return body | {"video_url": cdn.file(take.scene.files[0]).url, "completed_at": int(take.ends_s)}
