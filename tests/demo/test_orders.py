"""The demo's providers make what one asks of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from dashboard.demo.scenes import LEMON, NEBULA, PRINTER, STUDIO
from dashboard.demo.simulators import KEYS, Simulators, open_sockets
from dashboard.demo.takes import Take
from tasks.providers import PROVIDERS
from tasks.providers.contract import Answer, ProviderError
from tasks.vocabulary import Kind

OURS = UUID("01930000-0000-7000-8000-000000000000")


@pytest.fixture
async def simulators() -> AsyncIterator[Simulators]:
    found, stop = open_sockets({}), asyncio.Event()
    running = asyncio.create_task(found.run(stop))
    yield found
    stop.set()
    await running
    found.close()


async def make(simulators: Simulators, account: str, provider: str, kind: Kind, **params: Any) -> Answer:
    request = PROVIDERS[provider].create_request(kind, params, OURS)
    headers = PROVIDERS[provider].auth_headers(KEYS.get(account, ""))
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            simulators.origin(account) + request.target, content=request.body, headers=dict(headers)
        )
    return Answer(answer.status_code, answer.headers, answer.content)


@pytest.mark.parametrize(
    ("account", "provider", "kind", "model"),
    [
        (LEMON, "lemondata", Kind.VIDEO, "veo3.1"),
        (STUDIO, "lemondata", Kind.AUDIO, "suno_music"),
        (LEMON, "lemondata", Kind.IMAGE, "flux-1.1-pro"),
        (STUDIO, "lemondata", Kind.MODEL3D, "tripo3d-v2.5"),
        (NEBULA, "nebula", Kind.VIDEO, "sora-2"),
        (NEBULA, "nebula", Kind.VIDEO, "veo-3.1-generate-preview"),
        (PRINTER, "moneyprinter", Kind.VIDEO, ""),
        (PRINTER, "moneyprinter", Kind.AUDIO, ""),
    ],
)
async def test_a_create_call_begins_a_take(
    simulators: Simulators, account: str, provider: str, kind: Kind, model: str
) -> None:
    answer = await make(simulators, account, provider, kind, model=model, prompt="A fox")
    adoption = PROVIDERS[provider].read_created(answer)
    take = Take.of(adoption.remote_id)
    assert take is not None
    assert take.scene.kind is kind
    assert account != PRINTER or take.remote_id in simulators.printed


async def test_what_it_cannot_play_is_refused(simulators: Simulators) -> None:
    answer = await make(simulators, NEBULA, "nebula", Kind.IMAGE, model="qwen-image", prompt="A fox")
    with pytest.raises(ProviderError, match="nothing of this kind"):
        PROVIDERS["nebula"].read_created(answer)
