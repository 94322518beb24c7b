"""The loops that the providers' documentation gives, as programs: base URL and key are all that differs."""

import json
import shutil
import sys
from dataclasses import dataclass, field

PYTHON = """
import sys, time, requests
base, key, create, body, poll, id_at, status_at, done = sys.argv[1:9]
import json
headers = {"Authorization": f"Bearer {key}"} if key else {}
def at(value, path):
    for name in path.split("."):
        value = value[name]
    return value
made = requests.post(base + create, headers=headers, json=json.loads(body))
made.raise_for_status()
task_id = at(made.json(), id_at)
while True:
    answer = requests.get(base + poll.replace("{id}", task_id), headers=headers)
    answer.raise_for_status()
    if str(at(answer.json(), status_at)) == done:
        break
    time.sleep(0.1)
print(json.dumps(answer.json(), sort_keys=True))
"""

JAVASCRIPT = """
const [base, key, create, body, poll, idAt, statusAt, done] = process.argv.slice(1);
const headers = key ? { Authorization: `Bearer ${key}` } : {};
const at = (value, path) => path.split(".").reduce((found, name) => found[name], value);
const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
const json = { ...headers, "Content-Type": "application/json" };
const made = await fetch(base + create, { method: "POST", body, headers: json });
if (!made.ok) throw new Error(await made.text());
const id = at(await made.json(), idAt);
let answer;
do {
  await sleep(100);
  const asked = await fetch(base + poll.replace("{id}", id), { headers });
  if (!asked.ok) throw new Error(await asked.text());
  answer = await asked.json();
} while (String(at(answer, statusAt)) !== done);
console.log(JSON.stringify(answer));
"""

CURL = """
set -eu
base=$1 key=$2 create=$3 body=$4 poll=$5 id_at=$6 done=$8
say() { curl -sS --fail-with-body -H "Authorization: Bearer $key" "$@"; }
made=$(say -H 'Content-Type: application/json' -d "$body" "$base$create")
id=$(printf %s "$made" | sed -E 's/.*"(task_id)": *"([^"]+)".*/\\2/')
while :; do
  answer=$(say "$base$(printf %s "$poll" | sed "s/{id}/$id/")")
  case $answer in *"$done"*) break ;; esac
  sleep 0.1
done
printf '%s\\n' "$answer"
"""

LANGUAGES: dict[str, list[str]] = {
    "python": [sys.executable, "-c", PYTHON],
    "javascript": [shutil.which("node") or "", "--input-type=module", "-e", JAVASCRIPT],
    "curl": ["bash", "-c", CURL, "loop"],
}


@dataclass(frozen=True)
class Dialect:
    """How one provider is spoken to, and what it answers. `{id}` stands for the task's id."""

    name: str
    create: str
    body: dict[str, object]
    created: dict[str, object]
    poll: str
    id_at: str
    status_at: str
    done: str
    """The word that ends the loop."""
    running: dict[str, object] = field(default_factory=dict)
    ended: dict[str, object] = field(default_factory=dict)

    def arguments(self, base: str, key: str, done: str) -> list[str]:
        words = [self.create, json.dumps(self.body), self.poll, self.id_at, self.status_at, done]
        return [base, key, *words]


FILM = "https://cdn.example.com/film.mp4"
DIALECTS = [
    Dialect(
        "lemondata",
        "/v1/videos/generations",
        {"model": "veo3.1", "prompt": "A red fox"},
        {"id": "{id}", "task_id": "{id}", "poll_url": "/v1/tasks/{id}", "status": "pending"},
        "/v1/tasks/{id}",
        "task_id",
        "status",
        "completed",
        {"id": "{id}", "task_id": "{id}", "status": "processing", "progress": 40},
        {"id": "{id}", "task_id": "{id}", "status": "completed", "progress": 100, "video_url": FILM},
    ),
    Dialect(
        "nebula",
        "/v1/video/generations",
        {"model": "veo-3.1", "prompt": "A red fox"},
        {"task_id": "{id}", "status": "submitted", "format": "mp4"},
        "/v1/video/generations/{id}",
        "task_id",
        "status",
        "succeeded",
        {"task_id": "{id}", "status": "in_progress", "format": "mp4"},
        {"task_id": "{id}", "status": "succeeded", "format": "mp4", "url": FILM},
    ),
    Dialect(
        "moneyprinter",
        "/api/v1/videos",
        {"video_subject": "A red fox"},
        {"status": 200, "message": "success", "data": {"task_id": "{id}"}},
        "/api/v1/tasks/{id}",
        "data.task_id",
        "data.state",
        "1",
        {"status": 200, "message": "success", "data": {"task_id": "{id}", "state": 4, "progress": 40}},
        {
            "status": 200,
            "message": "success",
            "data": {"task_id": "{id}", "state": 1, "progress": 100, "videos": ["/tasks/{id}/final-1.mp4"]},
        },
    ),
]
