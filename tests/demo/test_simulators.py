import asyncio
import base64
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from dashboard.demo.cdn import FOLDER
from dashboard.demo.scenes import DEAD, LEMON, NEBULA, PRINTER, SCENES, STUDIO, Ending, Form, Scene
from dashboard.demo.simulators import (
    BUSY_EVERY_S,
    BUSY_FOR_S,
    KEYS,
    REFUSED_KEY,
    Simulators,
    busy_for,
    open_sockets,
)
from dashboard.demo.takes import Take
from tasks.providers.contract import Answer
from tasks.providers.model_lists import parse_models


@pytest.fixture
async def simulators() -> AsyncIterator[Simulators]:
    found, stop = open_sockets({}), asyncio.Event()
    running = asyncio.create_task(found.run(stop))
    yield found
    stop.set()
    await running
    found.close()


async def get(url: str, key: str = "", **headers: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url, headers=bearer | headers)


def finished(scene: Scene) -> Take:
    return Take.begin(scene, time.time() - 2 * scene.seconds)


def scene_of(form: Form) -> Scene:
    return next(scene for scene in SCENES if scene.form is form and scene.ending is Ending.DONE)


@pytest.mark.parametrize(("account", "path"), [(LEMON, "/v1/tasks/x"), (NEBULA, "/v1/video/generations/x")])
@pytest.mark.parametrize("key", ["", REFUSED_KEY])
async def test_a_wrong_key_is_refused(simulators: Simulators, account: str, path: str, key: str) -> None:
    answer = await get(simulators.origin(account) + path, key)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_tasks_are_told_where_they_were_made(simulators: Simulators) -> None:
    take = finished(scene_of(Form.LEMON_VIDEO))
    path = simulators.created(take)["poll_url"]
    answer = await get(simulators.origin(LEMON) + path, KEYS[LEMON])
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    elsewhere = await get(simulators.origin(NEBULA) + f"/v1/video/generations/{take.remote_id}", KEYS[NEBULA])
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "task_not_exist")
    unknown = await get(simulators.origin(LEMON) + "/v1/tasks/ldtask_unknown", KEYS[LEMON])
    assert unknown.json()["error"]["code"] == "async_task_not_found"


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
async def test_files_are_small_real_and_served_in_parts(simulators: Simulators, path: object) -> None:
    name = str(path).rpartition("/")[2]
    file = simulators.cdn.file(name)
    whole = await get(file.url)
    part = await get(file.url, Range="bytes=2-5")
    assert whole.content == file.path.read_bytes()
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert whole.content.startswith(MAGIC[file.path.suffix]) or whole.content[4:8] == b"ftyp"


MAGIC = {
    ".mp4": b"\0\0\0",
    ".webp": b"RIFF",
    ".wav": b"RIFF",
    ".png": b"\x89PNG",
    ".mp3": b"ID3",
    ".ogg": b"OggS",
    ".glb": b"glTF",
}


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000
    assert {name for scene in SCENES for name in scene.files} <= {path.name for path in FOLDER.iterdir()}


async def test_sora_hands_its_file_over_as_text(simulators: Simulators) -> None:
    take = finished(scene_of(Form.SORA))
    url = f"{simulators.origin(NEBULA)}/v1/video/generations/download?id={take.remote_id}"
    answer = (await get(url, KEYS[NEBULA])).json()
    content = base64.b64decode(answer["base64"])
    assert content == simulators.cdn.file(take.scene.files[0]).path.read_bytes()
    assert answer["size"] == len(content)


async def test_the_printer_lists_its_tasks_oldest_first_and_serves_their_files(
    simulators: Simulators,
) -> None:
    takes = [finished(scene_of(Form.PRINTER)) for _ in range(3)]
    simulators.printed.update((take.remote_id, take) for take in takes)
    origin = simulators.origin(PRINTER)
    page = (await get(f"{origin}/api/v1/tasks?page=2&page_size=2")).json()["data"]
    assert page["total"] == 3
    assert [one["task_id"] for one in page["tasks"]] == [takes[2].remote_id]
    assert page["tasks"][0]["videos"][0].startswith("/srv/")
    detail = (await get(f"{origin}/api/v1/tasks/{takes[0].remote_id}")).json()["data"]
    assert (await get(origin + detail["videos"][0])).content[4:8] == b"ftyp"
    script = (await get(f"{origin}/tasks/{takes[0].remote_id}/script.json")).json()
    assert script["params"]["video_subject"] == takes[0].scene.title
    assert (await get(f"{origin}/api/v1/tasks/unknown")).status_code == 404


async def test_nobody_answers_at_the_dead_account(simulators: Simulators) -> None:
    with pytest.raises(httpx.ConnectError):
        await get(simulators.origin(DEAD))


def test_the_studio_is_told_to_slow_down_now_and_then() -> None:
    waits = [busy_for(second) for second in range(2 * BUSY_EVERY_S)]
    assert waits[: BUSY_FOR_S + 1] == [*range(BUSY_FOR_S, 0, -1), 0]
    assert sum(1 for wait in waits if wait) == 2 * BUSY_FOR_S


async def test_a_busy_studio_says_when_to_come_again(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.demo.simulators.busy_for", lambda at_s: 7)
    answer = await get(simulators.origin(STUDIO) + "/v1/tasks/x", KEYS[STUDIO])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"


async def test_links_go_on_working_over_a_restart_and_yield_to_others(simulators: Simulators) -> None:
    beside = open_sockets(simulators.ports())
    assert not set(beside.ports().values()) & set(simulators.ports().values())
    ports = beside.ports()
    beside.close()
    again = open_sockets(ports)
    assert again.ports() == ports
    again.close()


async def test_models_are_listed_for_a_key(simulators: Simulators) -> None:
    answer = await get(simulators.origin(LEMON) + "/v1/models", KEYS[LEMON])
    names = [one.name for one in parse_models("LemonData", Answer(200, {}, answer.content))]
    assert {"veo3.1", "suno_music"} <= set(names)
