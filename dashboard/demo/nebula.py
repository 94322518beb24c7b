"""A simulated Nebula Lab: Sora's, Wan's, Veo's and the legacy form behind one path."""

import base64
from datetime import UTC, datetime
from typing import Any

from dashboard.demo.cdn import Cdn
from dashboard.demo.scenes import Ending, Form
from dashboard.demo.takes import Phase, Take

Json = dict[str, Any]

WORDS = {Phase.QUEUED: "queued", Phase.RUNNING: "in_progress", Phase.OVER: "succeeded"}
LEGACY_WORDS = {Phase.QUEUED: "SUBMITTED", Phase.RUNNING: "IN_PROGRESS", Phase.OVER: "SUCCESS"}
UNKNOWN = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
BAD_KEY = {"error": {"message": "Invalid API key", "type": "authentication_error", "code": "invalid_api_key"}}


def created(take: Take) -> Json:
    """The answer of the create call."""
    remote_id = take.remote_id
    match take.scene.form:
        case Form.VEO:
            return {"task_id": remote_id}
        case Form.KLING:
            task = {"task_id": remote_id, "action": "video_generation", "status": "SUBMITTED"}
            return {"code": "success", "message": "", "data": task | {"submit_time": int(take.begun_s)}}
        case Form.WAN:
            output = {"task_id": remote_id, "task_status": "PENDING"}
            about = {"model_price": 0.0738, "billing_pending": True, "output": output}
            return {"task_id": remote_id, "status": "submitted", "format": "mp4", "metadata": about}
    about = {"id": remote_id, "model": take.scene.model, "object": "video", "progress": 0, "status": "queued"}
    about |= {"created_at": int(take.begun_s), "completed_at": None, "error": None, "seconds": "4"}
    return {"format": "mp4", "metadata": about, "status": "submitted", "task_id": remote_id}


def answer(take: Take, at_s: float, cdn: Cdn) -> tuple[int, Json]:
    """The answer of a poll: HTTP status and body."""
    phase = take.phase(at_s)
    match take.scene.form:
        case Form.SORA:
            return 200, _sora(take, phase, at_s)
        case Form.WAN:
            return 200, _wan(take, phase, cdn)
        case Form.KLING:
            return 200, _kling(take, phase, at_s, cdn)
    return 200, _veo(take, phase, cdn)


def download(take: Take, cdn: Cdn) -> Json:
    """Sora's file, which comes as text inside JSON."""
    content = cdn.file(take.scene.files[0]).path.read_bytes()
    text = base64.b64encode(content).decode()
    about = {"success": True, "generation_id": take.remote_id, "task_id": take.remote_id, "format": "mp4"}
    return about | {"size": len(content), "base64": text, "data_url": f"data:video/mp4;base64,{text}"}


def _sora(take: Take, phase: Phase, at_s: float) -> Json:
    body: Json = {"task_id": take.remote_id, "id": take.remote_id, "object": "video_generation"}
    body |= {"model": take.scene.model, "created_at": int(take.begun_s), "prompt": take.scene.prompt}
    if phase is not Phase.OVER:
        return body | {
            "status": WORDS[phase],
            "progress": take.progress(at_s),
            "seconds": "4",
            "size": "1280x720",
        }
    if take.scene.ending is Ending.BLOCKED:
        reason = "Your request was blocked by our moderation system."
        error = {"message": reason, "code": "content_policy_violation"}
        return body | {"status": "failed", "progress": 100, "failure_reason": reason, "error": error}
    end = {"status": "succeeded", "progress": 100, "completed_at": int(take.ends_s)}
    return body | end | {"seconds": "4", "size": "480x270", "width": 480, "height": 270, "n_seconds": 4}


def _wan(take: Take, phase: Phase, cdn: Cdn) -> Json:
    """It says `in_progress` even while it waits, and never how far it is."""
    body = {"task_id": take.remote_id, "status": "in_progress", "format": "mp4"}
    if phase is not Phase.OVER:
        word = "PENDING" if phase is Phase.QUEUED else "RUNNING"
        return body | {"metadata": {"billing_pending": True, "output": {"task_status": word}}}
    if take.scene.ending is Ending.FAILED:
        output: Json = {"task_status": "FAILED", "code": "InvalidParameter.ImageFormat"}
        output["message"] = "The input image must be JPEG, PNG or WEBP."
        return body | {"status": "failed", "metadata": {"output": output}}
    file = cdn.file(take.scene.files[0])
    url = f"{file.url}?Expires={int(take.ends_s) + 86400}"
    output = {"task_status": "SUCCEEDED", "video_url": url, "submit_time": _local(take.begun_s)}
    usage = {"video_count": 1, "duration": file.seconds, "resolution": "720p"}
    return body | {"status": "succeeded", "url": url, "metadata": {"usage": usage, "output": output}}


def _veo(take: Take, phase: Phase, cdn: Cdn) -> Json:
    """Two takes come as links, a single one inside the answer; what was kept too long is called "expired"."""
    body: Json = {"task_id": take.remote_id, "status": WORDS[phase], "format": "mp4"}
    if phase is not Phase.OVER:
        return body
    if take.scene.ending is Ending.EXPIRED:
        return body | {"url": "expired"}
    files = [cdn.file(name) for name in take.scene.files]
    if len(files) > 1:
        return body | {"url": [file.url for file in files], "metadata": {"durationSeconds": files[0].seconds}}
    text = base64.b64encode(files[0].path.read_bytes()).decode()
    return body | {"url": f"data:video/mp4;base64,{text}"}


def _kling(take: Take, phase: Phase, at_s: float, cdn: Cdn) -> Json:
    """The older envelope, in capitals."""
    task: Json = {"task_id": take.remote_id, "action": "video_generation", "status": LEGACY_WORDS[phase]}
    task |= {"fail_reason": "", "submit_time": int(take.begun_s), "progress": f"{take.progress(at_s)}%"}
    if phase is Phase.OVER:
        file = cdn.file(take.scene.files[0])
        made = {"video_url": file.url, "duration": file.seconds, "width": file.width, "height": file.height}
        task |= {"progress": "100%", "finish_time": int(take.ends_s), "data": made}
    return {"code": "success", "message": "", "data": task}


def _local(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S.000")
