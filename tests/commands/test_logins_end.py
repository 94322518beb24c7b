"""What ends a login in one process ends its sockets in another."""

from pathlib import Path

import aiohttp
import pytest

from dashboard.live.outbox import NOT_ALLOWED
from tests.processes import PASSWORD, Served, ended

pytestmark = pytest.mark.apart

CUT_OFF = 1006
"""What a client sees that does not answer the server's goodbye within a second."""


class Browser:
    """Somebody signed in at one of the processes."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def post(self, path: str, **form: str) -> int:
        token = {one.key: one.value for one in self._session.cookie_jar}["dailies_csrf"]
        data = form | {"csrfmiddlewaretoken": token}
        async with self._session.post(self._url + path, data=data, headers={"Origin": self._url}) as answer:
            return answer.status

    async def sign_in(self, username: str) -> None:
        async with self._session.get(self._url + "/login"):
            pass
        assert await self.post("/login", username=username, password=PASSWORD) == 200


@pytest.mark.parametrize("layer", ["redis", "none"])
async def test_a_token_revoked_in_one_process_ends_its_socket_in_another(
    data_dir: Path, request: pytest.FixtureRequest, layer: str
) -> None:
    """With Redis by a message, without it by the look at the database that both share."""
    more = {"REDIS_URL": request.getfixturevalue("redis_url")} if layer == "redis" else {}
    bearer = {"Authorization": f"Bearer {(data_dir / 'token').read_text()}"}
    with (
        ended(Served(data_dir, "--no-poller", **more)) as one,
        ended(Served(data_dir, "--no-poller", **more)) as two,
    ):
        assert isinstance(one, Served)
        assert isinstance(two, Served)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            boss = Browser(session, two.url)
            await boss.sign_in("boss")
            async with session.ws_connect(f"{one.url}/ws/tasks/?format=json", headers=bearer) as socket:
                await socket.send_str('{"type":"sync","have":{}}')
                assert (await socket.receive_json(timeout=10))["type"] == "sync"
                assert await boss.post("/profile/tokens/1/revoke") == 200
                while (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                    pass
                assert socket.close_code in {NOT_ALLOWED, CUT_OFF}
