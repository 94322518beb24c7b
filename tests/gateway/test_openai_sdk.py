"""The OpenAI SDK, pointed at the gateway, for the calls that providers share with it."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from openai import AuthenticationError, OpenAI, RateLimitError

from tests.processes import Served, ended, eventually, manage, rows
from tests.threads import PATIENCE_S, Call, answering

pytestmark = pytest.mark.apart

KEY = "sk-sdk-0123456789abcdef"
PICTURE = "https://cdn.example.com/fox.png"
WORDS = ["A red ", "fox ", "in snow."]
MODELS = {"object": "list", "data": [{"id": "veo3.1", "object": "model", "created": 1, "owned_by": "google"}]}


class Shop:
    """A provider that speaks OpenAI's dialect, as far as such providers do."""

    def __init__(self) -> None:
        self.url = ""
        self.called: list[str] = []
        self.wrong_key = 0
        self.go_on = threading.Event()

    def answer(self, call: Call) -> None:
        self.called.append(call.path)
        self.wrong_key += call.headers.get("Authorization") != f"Bearer {KEY}"
        if call.path.endswith("/chat/completions"):
            self._tell(call)
        elif call.json().get("prompt") == "too much":
            call.reply(429, {"error": {"message": "Slow down.", "code": "rate_limit", "type": "requests"}})
        elif call.path.endswith("/images/generations"):
            call.reply(200, {"created": 1, "data": [{"url": PICTURE}]})
        else:
            call.reply(200, MODELS)

    def _tell(self, call: Call) -> None:
        """The first words at once, the others when the caller has read them."""
        call.send_response(200)
        call.send_header("Content-Type", "text/event-stream")
        call.end_headers()
        for number, word in enumerate(WORDS):
            if number and not self.go_on.wait(PATIENCE_S):
                return
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            _say(call, json.dumps(chunk | {"choices": [choice]}))
        _say(call, "[DONE]")


def _say(call: Call, text: str) -> None:
    call.wfile.write(f"data: {text}\n\n".encode())
    call.wfile.flush()


@pytest.fixture(scope="module")
def served(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    process = Served(Path(shutil.copytree(prepared_dir, tmp_path_factory.mktemp("gateway") / "data")))
    with ended(process):
        yield process


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    with answering(made.answer) as made.url:
        yield made
        made.go_on.set()


@pytest.fixture
def sdk(served: Served, shop: Shop) -> Iterator[OpenAI]:
    """As its documentation has it: a base URL, and a token in the place of the key."""
    slug = f"sdk-{uuid4().hex[:8]}"
    made = manage(
        served.data_dir,
        *("add_account", "lemondata", slug, "--base-url", shop.url, "--api-key-env", "SDK_KEY"),
        SDK_KEY=KEY,
    )
    assert made.returncode == 0, made.stderr
    token = (served.data_dir / "token").read_text()
    with OpenAI(base_url=f"{served.url}/gateway/{slug}/v1", api_key=token, max_retries=0) as client:
        yield client


def test_a_picture_is_made_and_tracked(sdk: OpenAI, served: Served, shop: Shop) -> None:
    prompt = f"A red fox {uuid4().hex}"
    made = sdk.images.generate(model="gpt-image-2", prompt=prompt, n=1)
    assert [one.url for one in made.data or []] == [PICTURE]
    assert shop.called == ["/v1/images/generations"]
    sql = "SELECT status, model, kind FROM tasks_task WHERE prompt = ?"
    found = eventually(lambda: rows(served.data_dir, sql, prompt), "the task")
    assert found == [("succeeded", "gpt-image-2", "image")]
    assert shop.wrong_key == 0


def test_words_arrive_while_the_rest_is_still_being_said(sdk: OpenAI, shop: Shop) -> None:
    """The provider goes on only when the first word was read: an answer that is held back would never end."""
    heard = []
    with sdk.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Tell"}], stream=True
    ) as stream:
        for chunk in stream:
            heard.append(chunk.choices[0].delta.content)
            shop.go_on.set()
    assert heard == WORDS


def test_what_is_no_task_passes_through(sdk: OpenAI) -> None:
    assert [one.id for one in sdk.models.list()] == ["veo3.1"]


def test_a_refusal_is_the_provider_s_own(sdk: OpenAI, shop: Shop) -> None:
    with pytest.raises(RateLimitError, match="Slow down"):
        sdk.images.generate(model="gpt-image-2", prompt="too much")
    assert shop.called == ["/v1/images/generations"]


def test_a_wrong_token_is_told_as_the_sdk_expects(sdk: OpenAI, shop: Shop) -> None:
    with pytest.raises(AuthenticationError):
        sdk.with_options(api_key="wrong").models.list()
    assert shop.called == []
