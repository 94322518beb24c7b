"""What the simulated providers make of a create call: one of their scenes, of the kind that was asked for."""

import time
from collections.abc import Callable, Collection
from random import SystemRandom
from typing import Any

from aiohttp import web

from dashboard.demo.scenes import SCENES, Ending, Form
from dashboard.demo.takes import Take
from tasks.vocabulary import Kind

FAMILIES = {"sora": Form.SORA, "wan": Form.WAN, "veo": Form.VEO, "kling": Form.KLING}
"""At Nebula the model's name decides the shape of the answers."""
_random = SystemRandom()


def order(accounts: Collection[str], kind: Kind, model: str = "") -> Take | None:
    """A new take of a scene that ends well; None when none of these accounts plays one of this kind."""
    family = next((form for start, form in FAMILIES.items() if model.lower().startswith(start)), None)
    fits = [
        scene
        for scene in SCENES
        if scene.account in accounts and scene.kind is kind and scene.ending is Ending.DONE
    ]
    of_family = [scene for scene in fits if scene.form is family]
    fits = of_family or fits
    return Take.begin(_random.choice(fits), time.time()) if fits else None


def taking(
    accounts: Collection[str],
    kind: Kind,
    created: Callable[[Take], dict[str, Any]],
    began: Callable[[Take], None] = lambda _: None,
) -> Callable[[web.Request], Any]:
    """The handler of a create call."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        take = order(accounts, kind, str(body.get("model", "")))
        if take is None:
            message = "The demo has nothing of this kind."
            return web.json_response(
                {"error": {"message": message, "type": "invalid_request_error"}}, status=400
            )
        began(take)
        return web.json_response(created(take))

    return handle
