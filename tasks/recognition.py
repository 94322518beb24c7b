"""Which tasks a pasted text names: ids, poll addresses, JSON answers, curl commands and what they printed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tasks.archive.handed import holding
from tasks.pasting import Command, Document, Line, pieces
from tasks.providers import PROVIDERS
from tasks.providers.addresses import origin_of
from tasks.providers.contract import Adoption
from tasks.providers.fields import mapping, text
from tasks.providers.masks import mask_secrets
from tasks.vocabulary import FINAL

MAX_TEXT = 1_000_000
MAX_FOUND = 200
MAX_SHOWN = 200
MAX_TRIED = 20_000

_WORD = re.compile(r"\S++")
_JOINT = re.compile(r"\w[-_/]\w|/\w|\w{40}")
"""Every id and address that we can know has one, or is long: a cheap look before the providers are asked."""
_AROUND = "\"'`“”‘’<>()[]{},;|*"
_INSIDE = re.compile(r"[\"'`<>()\[\]{},;|=:&“”‘’]+")
_PLACEHOLDER = re.compile(r"[${}<>]|^:")
_SECRET = re.compile(
    r"(?i)\W{0,5}(?:proxy-)?(?:authorization|x-api-key|api[-_]?key|set-cookie|cookie|password)\W{0,3}[:=]"
)
_MAIL = re.compile(r"[^\s@]{1,200}@[^\s@]{1,200}")
_KEY = re.compile(r"(?:Bearer\s+)?(?:sk|mt|pk|rk)-[\w-]{8,}")
_BARE_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/")
_DATA_OPTIONS = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--json"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One provider that the task may be at. `provider` is its name in PROVIDERS."""

    provider: str
    adoption: Adoption


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in the text. `text` is short and without keys; the likeliest candidate comes first.

    Without candidates it was not understood, and `note` completes "Not a task: …".
    """

    text: str
    candidates: tuple[Candidate, ...] = ()
    note: str = ""


@dataclass(slots=True)
class _Context:
    """What a curl command told of the answer that follows it."""

    origin: str = ""
    prompt: str = ""
    model: str = ""
    unanswered: Found | None = None


@dataclass(slots=True)
class _Finds:
    """Everything found so far, in order, each task once."""

    by_key: dict[str, Found] = field(default_factory=dict)
    tried: int = 0

    def add(self, found: Found) -> None:
        remote_id = found.candidates[0].adoption.remote_id if found.candidates else ""
        key = f"task {remote_id}" if remote_id else f"text {found.text}"
        known = self.by_key.get(key)
        if known is None and len(self.by_key) >= MAX_FOUND:
            return
        self.by_key[key] = _merged(known, found) if known else found


def recognise(text: str) -> list[Found]:
    """Every task the text names, each once, and every line that could not be understood; at most 200.

    Keys in the text, such as a curl command's headers, are in no part of the result.
    """
    finds, context = _Finds(), _Context()
    for piece in pieces(text[:MAX_TEXT]):
        if len(finds.by_key) >= MAX_FOUND:
            break
        if isinstance(piece, Document):
            _add_document(piece, finds, context)
        elif isinstance(piece, Command):
            _settle(finds, context)
            context = _add_command(piece, finds)
        else:
            _add_line(piece, finds)
    _settle(finds, context)
    return list(finds.by_key.values())


def _settle(finds: _Finds, context: _Context) -> None:
    """A command that names no task is worth a word only when no answer followed it."""
    if context.unanswered:
        finds.add(context.unanswered)


def _add_document(document: Document, finds: _Finds, context: _Context) -> None:
    for written in _documents(document):
        shown = shown_without_keys(written)
        candidates = tuple(_with_context(found, context) for found in candidates_of(written))
        if candidates:
            context.unanswered = None
        finds.add(Found(shown, candidates, note="" if candidates else "JSON that names no task"))


def _documents(document: Document) -> Iterator[str]:
    """The JSON of each task in it: a list call's answer holds many."""
    value = document.value
    body = mapping(value)
    many = value if isinstance(value, list) else mapping(body.get("data")).get("tasks") or body.get("items")
    if not isinstance(many, list):
        yield document.text
        return
    for member in many[:MAX_FOUND]:
        try:
            yield json.dumps(member, ensure_ascii=False)
        except (ValueError, RecursionError):
            continue


def _with_context(found: Candidate, context: _Context) -> Candidate:
    adoption = found.adoption
    return replace(
        found,
        adoption=replace(
            adoption,
            origin=adoption.origin or context.origin,
            prompt=adoption.prompt or context.prompt,
            model=adoption.model or context.model,
        ),
    )


def _add_command(command: Command, finds: _Finds) -> _Context:
    addresses = [address for word in command.words if (address := _address_in(word))]
    context = _Context(origin=next(filter(None, map(origin_of, addresses)), ""))
    for address in addresses:
        if candidates := candidates_of(address):
            finds.add(Found(shown_without_keys(address), candidates))
            return context
    sent = mapping(_sent(command.words))
    context.prompt = text(sent.get("prompt") or sent.get("video_subject"), 10_000)
    context.model = text(sent.get("model"))
    context.unanswered = Found(
        shown_without_keys("curl " + " ".join(addresses)),
        note="a command that names no task; paste what it answered",
    )
    return context


def _address_in(word: str) -> str:
    """A word that is an address, also without scheme or with its beginning in a shell variable."""
    if word.lower().startswith(("http://", "https://", "/")):
        return word
    if _BARE_LOCAL.match(word):
        return f"http://{word}"
    return word[word.find("/") :] if word.startswith("$") and "/" in word else ""


def _sent(words: tuple[str, ...]) -> object:
    for option, value in pairwise(words):
        if option in _DATA_OPTIONS:
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                return None
    return None


def _add_line(line: Line, finds: _Finds) -> None:
    """Of a line that nobody meant as an answer, such as a header, only what cannot be anything else."""
    if not any(map(str.isalnum, line.text)):
        return
    named = [] if _SECRET.match(line.text) else list(_named(line.text, finds))
    if line.silent:
        named = [found for found in named if found.candidates[0].adoption.certain]
    elif not named:
        named = [Found(shown_without_keys(line.text), note=_note(line.text))]
    for found in named:
        finds.add(found)


def _named(line: str, finds: _Finds) -> Iterator[Found]:
    """The tasks that words of a line name, each word whole first: an address may hold commas and brackets."""
    for match in _WORD.finditer(line):
        word = match[0].strip(_AROUND).rstrip(".:!?")
        parts = [word, *(part for part in _INSIDE.split(word) if part != word)]
        for part in filter(_JOINT.search, parts):
            finds.tried += 1
            if finds.tried > MAX_TRIED:
                return
            if candidates := candidates_of(part):
                yield Found(shown_without_keys(part), candidates)
                if part is word:
                    break


def candidates_of(written: str) -> tuple[Candidate, ...]:
    """What one id, address or JSON answer may be, the likeliest first."""
    found = [
        Candidate(name, holding(adoption, written.encode("utf-8", "replace")))
        for name, provider in PROVIDERS.items()
        if (adoption := provider.adopt(written)) and not _PLACEHOLDER.search(adoption.remote_id)
    ]
    return _ranked(found)


def _ranked(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """The likeliest first; as soon as one is certain, the others are out."""
    certain = [candidate for candidate in candidates if candidate.adoption.certain]
    return tuple(sorted(certain or candidates, key=lambda candidate: -candidate.adoption.likelihood))


def _merged(known: Found, new: Found) -> Found:
    """The same task again, such as a command and its answer: together they tell more."""
    by_provider = {candidate.provider: candidate for candidate in known.candidates}
    for candidate in new.candidates:
        earlier = by_provider.get(candidate.provider)
        by_provider[candidate.provider] = _joined(earlier, candidate) if earlier else candidate
    return replace(known, candidates=_ranked(list(by_provider.values())))


def _joined(earlier: Candidate, later: Candidate) -> Candidate:
    one, two = earlier.adoption, later.adoption
    ended = one.snapshot and one.snapshot.status in FINAL
    joined = replace(
        one,
        poll_url=one.poll_url or two.poll_url,
        kind=one.kind or two.kind,
        model=one.model or two.model,
        prompt=one.prompt or two.prompt,
        title=one.title or two.title,
        snapshot=one.snapshot if ended else two.snapshot or one.snapshot,
        origin=one.origin or two.origin,
        certain=one.certain or two.certain,
        likelihood=max(one.likelihood, two.likelihood),
    )
    return replace(earlier, adoption=joined)


def shown_without_keys(written: str) -> str:
    """The beginning of what was written, in one line and without keys."""
    short = mask_secrets(text(" ".join(written[: 2 * MAX_SHOWN].split()), 2 * MAX_SHOWN))
    return short if len(short) <= MAX_SHOWN else f"{short[: MAX_SHOWN - 1]}…"


def _note(line: str) -> str:
    line = line.strip()[: 2 * MAX_SHOWN]
    if _MAIL.fullmatch(line):
        return "looks like an e-mail address"
    if _KEY.fullmatch(line):
        return "looks like an API key; it was not kept"
    if line.lower().startswith(("http://", "https://")):
        return "a link, but not to a task"
    return "broken JSON" if line.startswith("{") else "no id, link or answer of a provider we know"
