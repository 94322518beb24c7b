import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.pasting import Command, Document, Line, pieces
from tasks.recognition import MAX_FOUND, Found, recognise
from tasks.vocabulary import Kind, Status

LEMON = "ldtask_4c1d88e07ab94f0e8a5533f2b9c0417e"
SORA = "video_69095b4ce0048190893a01510c0c98b0"
UUID = "10c649db-e115-481c-9f8d-e3d2e2a52899"
VEO = "cHJvamVjdHMvZXhhbXBsZS9sb2NhdGlvbnMvdXMtY2VudHJhbDEvcHVibGlzaGVycy9n"
SECRET = "sk-live4567890abcdef"
PRETTY = (
    f'{{\n  "id": "{LEMON}",\n  "status": "completed",\n  "video_url": "https://cdn.example.com/a.mp4"\n}}'
)


def only(text: str) -> Found:
    found = recognise(text)
    assert len(found) == 1, found
    return found[0]


def ids(text: str) -> list[str]:
    return [found.candidates[0].adoption.remote_id for found in recognise(text) if found.candidates]


@pytest.mark.parametrize(
    ("text", "providers"),
    [
        (LEMON, ["lemondata"]),
        ("cgt-0123456789abcdef", ["lemondata"]),
        (VEO, ["nebula"]),
        (SORA, ["nebula", "lemondata"]),
        ("video_abc123", ["lemondata", "nebula"]),
        (UUID, ["moneyprinter", "nebula"]),
        (f"/v1/tasks/{UUID}", ["lemondata"]),
        (f"https://h.example/v1/video/generations/{UUID}", ["nebula"]),
        (f"http://localhost:8080/api/v1/tasks/{UUID}", ["moneyprinter"]),
        (f'{{"status":200,"message":"success","data":{{"task_id":"{UUID}"}}}}', ["moneyprinter"]),
        (f'{{"task_id":"{SORA}","status":"submitted","format":"mp4"}}', ["nebula"]),
        ('{"task_id":"video_abc123","status":"pending","model":"sora-2"}', ["lemondata", "nebula"]),
    ],
)
def test_it_names_the_likeliest_provider_first(text: str, providers: list[str]) -> None:
    assert [candidate.provider for candidate in only(text).candidates] == providers


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("hello@studio.example", "looks like an e-mail address"),
        (SECRET, "looks like an API key; it was not kept"),
        ("https://example.com/watch?v=1", "a link, but not to a task"),
        ('{"model":"veo3.1","prompt":"a fjord"}', "JSON that names no task"),
        ('{"model":"veo3.1", "prompt', "broken JSON"),
        ("fjord", "no id, link or answer of a provider we know"),
        ("Two walkers cross a dune-ridge, and/or a fjord.", "no id, link or answer of a provider we know"),
        ("video_generation", "no id, link or answer of a provider we know"),
        ("12345", "no id, link or answer of a provider we know"),
    ],
)
def test_it_says_what_it_did_not_understand(text: str, note: str) -> None:
    assert (only(text).candidates, only(text).note) == ((), note)


@pytest.mark.parametrize("text", ["", "   \n\n", "---", "{}[],", "\0"])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert [found for found in recognise(text) if found.candidates] == []


@pytest.mark.parametrize(
    "text",
    [
        f"{LEMON}\n{SORA}\n{UUID}",
        f"{LEMON}, {SORA}; {UUID}",
        f"Tasks: “{LEMON}” '{SORA}' ({UUID}).",
        f"| {LEMON} | {SORA} |\n| {UUID} |",
        f"* {LEMON}\n- {SORA}\n1. {UUID}",
        json.dumps([LEMON, SORA, UUID], indent=2),
        f"id={LEMON}&id={SORA} task_id:{UUID}",
        f"{{'task_id': '{LEMON}', 'other': '{SORA}'}}\r\n{UUID}",
    ],
)
def test_it_finds_several_ids_in_any_list(text: str) -> None:
    assert ids(text) == [LEMON, SORA, UUID]


def test_it_reads_json_documents_beside_and_below_each_other() -> None:
    others = [PRETTY.replace(LEMON, f"ldtask_{number}") for number in range(3)]
    text = f"{PRETTY}\n{others[0]}{others[1]}\nThe last one: {others[2]} and a word-like thing"
    found = recognise(text)
    assert ids(text) == [LEMON, "ldtask_0", "ldtask_1", "ldtask_2"]
    statuses = [one.candidates[0].adoption.snapshot for one in found if one.candidates]
    assert all(snapshot is not None and snapshot.status is Status.SUCCEEDED for snapshot in statuses)


@pytest.mark.parametrize(
    "document",
    [
        [{"id": "ldtask_1", "status": "pending"}, {"id": "ldtask_2", "status": "completed"}],
        {
            "items": [{"id": "ldtask_1", "status": "queued"}, {"id": "ldtask_2", "status": "succeeded"}],
            "total": 2,
        },
        {
            "data": {
                "tasks": [{"task_id": "ldtask_1", "state": 4}, {"task_id": "ldtask_2", "state": 1}],
                "total": 2,
            }
        },
    ],
)
def test_it_reads_every_task_of_a_list_answer(document: object) -> None:
    assert ids(json.dumps(document)) == ["ldtask_1", "ldtask_2"]


def test_broken_json_still_gives_its_id() -> None:
    text = PRETTY[:70] + f"\n\n{SORA}"
    assert ids(text) == [LEMON, SORA]


def test_a_command_and_its_output_are_one_task() -> None:
    text = (
        f"$ curl -i https://api.lemondata.cc/v1/tasks/{LEMON} \\\n"
        f"    -H 'Authorization: Bearer {SECRET}'\n"
        f"HTTP/2 200\r\ncontent-type: application/json\r\nx-request-id: {UUID}\r\nset-cookie: a={UUID}\r\n"
        f"\r\n{PRETTY}\n"
    )
    found = only(text)
    (candidate,) = found.candidates
    assert found.text == f"https://api.lemondata.cc/v1/tasks/{LEMON}"
    assert candidate.adoption.origin == "https://api.lemondata.cc"
    assert candidate.adoption.poll_url == f"https://api.lemondata.cc/v1/tasks/{LEMON}"
    assert candidate.adoption.kind is Kind.VIDEO
    assert candidate.adoption.snapshot is not None
    assert candidate.adoption.snapshot.status is Status.SUCCEEDED
    assert SECRET not in repr(found)


def test_a_create_command_tells_prompt_and_server_of_the_answer_below_it() -> None:
    text = (
        "curl -X POST localhost:8080/api/v1/videos -H 'Content-Type: application/json' \\\n"
        '  -d \'{"video_subject": "cats\\nand dogs"}\'\n'
        f'{{"status":200,"message":"success","data":{{"task_id":"{UUID}"}}}}'
    )
    (candidate,) = only(text).candidates
    assert candidate.adoption.prompt == "cats\nand dogs"
    assert candidate.adoption.origin == "http://localhost:8080"


@pytest.mark.parametrize(
    "command",
    [
        f'curl "https://h.example/v1/tasks/{LEMON}" -H "x-api-key: {UUID}"',
        f"curl -H 'Authorization: Bearer {SECRET}' $BASE_URL/v1/tasks/{LEMON} | jq .status",
        f'curl.exe -s https://h.example/v1/tasks/{LEMON} ^\n -H "Authorization: Bearer {SECRET}"',
        f'# curl -H "a: \\"b\\" {UUID}" --url https://h.example/v1/tasks/{LEMON}',
        f"curl -H 'not closed {UUID}\ncurl https://h.example/v1/tasks/{LEMON}",
    ],
)
def test_it_takes_the_address_out_of_a_command_and_nothing_else(command: str) -> None:
    assert ids(command) == [LEMON]


@pytest.mark.parametrize("task", ["$TASK_ID", "${TASK_ID}", "{task_id}", "<task_id>", ":id"])
def test_a_placeholder_is_no_id(task: str) -> None:
    found = only(f'curl "https://api.lemondata.cc/v1/tasks/{task}" -H "Authorization: Bearer {SECRET}"')
    assert found.candidates == ()
    assert found.note == "a command that names no task; paste what it answered"
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"x-api-key: {SECRET}",
        f"> authorization: Bearer {SECRET}",
        f'headers = {{"Authorization": "Bearer {SECRET}"}}',
        f'{{"id":"{LEMON}","api_key":"{SECRET}"}}',
        f"https://user:{SECRET}@h.example/v1/tasks/{LEMON}",
        f"curl -u user:{SECRET} https://h.example/v1/videos",
    ],
)
def test_no_key_is_kept(text: str) -> None:
    assert SECRET not in repr(recognise(text))


def test_a_key_that_looks_like_an_id_is_none() -> None:
    assert ids(f"x-api-key: {UUID}\nAuthorization: Bearer {UUID}") == []


def test_each_task_is_found_once_and_certainty_wins() -> None:
    text = f'{UUID}\n{UUID}\n{{"task_id":"{UUID}","state":4,"progress":40}}\n{UUID}'
    (candidate,) = only(text).candidates
    assert candidate.provider == "moneyprinter"
    assert candidate.adoption.snapshot is not None
    assert candidate.adoption.snapshot.progress == 40


def test_a_final_answer_is_not_undone_by_an_older_one() -> None:
    older = f'{{"id":"{LEMON}","status":"pending"}}'
    for text in (f"{PRETTY}\n{older}", f"{older}\n{PRETTY}"):
        (candidate,) = only(text).candidates
        assert candidate.adoption.snapshot is not None
        assert candidate.adoption.snapshot.status is Status.SUCCEEDED


def test_it_shows_little_of_a_long_answer() -> None:
    body = {"id": LEMON, "status": "completed", "data": [{"b64_json": "A" * 100_000}]}
    found = only(json.dumps(body))
    assert len(found.text) <= 200
    assert len(repr(found)) < 3000


def test_it_finds_at_most_two_hundred() -> None:
    assert len(recognise("\n".join(f"ldtask_{number}" for number in range(5000)))) == MAX_FOUND
    assert len(recognise(json.dumps([{"id": f"ldtask_{number}"} for number in range(5000)]))) == MAX_FOUND


ODD = ["{", "[", "[\n", "{}", 'curl "', "curl '\n", "ab-cd ", "-", "a", '"', "\\", "ldtask_1 ", "/", "a_b="]
ODD += [
    "curl a\n",
    '{"a":1,\n',
    "[1,\n",
    "sk-",
    "api_key",
    "authorization: ",
    "//a",
    "HTTP/1.1 200\n",
    "[\n1,",
]


@pytest.mark.parametrize("part", ODD)
def test_a_megabyte_of_anything_is_read_to_its_end(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert len(recognise(text)) <= MAX_FOUND


signs = st.sampled_from(["'", '"', "\\\n", "\n", " ", "{", "}", "[", "]", ",", "\0", "\ud800", "^", "$X"])
words = st.sampled_from(
    [
        LEMON,
        UUID,
        SORA,
        PRETTY,
        SECRET,
        "curl ",
        "-H ",
        "-d ",
        "HTTP/2 200",
        "https://h.example/v1/tasks/",
        '{"data":',
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(st.one_of(signs, words), max_size=12).map("".join), st.text(max_size=100)))
def test_any_text_is_read(text: str) -> None:
    for found in recognise(text):
        assert len(found.text.encode()) <= 800
        assert len(found.text) <= 200
        assert bool(found.candidates) != bool(found.note)
        assert len({candidate.provider for candidate in found.candidates}) == len(found.candidates)


def test_pieces_keep_their_order_and_kind() -> None:
    text = f'a line\ncurl \'x y\' "a\\"b" c\\ d\nHTTP/1.1 200 OK\nserver: x\n\n{PRETTY} rest'
    made = list(pieces(text))
    assert made == [
        Line("a line"),
        Command(("x y", 'a"b', "c d")),
        Line("HTTP/1.1 200 OK", silent=True),
        Line("server: x", silent=True),
        Document(json.loads(PRETTY), PRETTY),
        Line("rest"),
    ]
