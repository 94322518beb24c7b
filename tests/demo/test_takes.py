import json
import secrets
import time
import uuid
from collections.abc import Iterator

import pytest

from dashboard.demo.scenes import DEAD, PRINTER, SCENES, STUCK, Ending, Scene
from dashboard.demo.simulators import Simulators, open_sockets
from dashboard.demo.takes import Phase, Take
from tasks.providers import PROVIDERS
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Snapshot, TaskRef
from tasks.vocabulary import Kind, Reason, Status

BEGUN_S = 1_790_000_000.0
ENDS = {
    Ending.DONE: Status.SUCCEEDED,
    Ending.EXPIRED: Status.SUCCEEDED,
    Ending.BLOCKED: Status.FAILED,
    Ending.FAILED: Status.FAILED,
    Ending.CANCELED: Status.CANCELED,
}
every_scene = pytest.mark.parametrize("scene", [*SCENES, *STUCK], ids=lambda scene: scene.title)


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    found = open_sockets({})
    yield found
    found.close()


def provider_of(scene: Scene) -> str:
    return {"l": "lemondata", "n": "nebula", "p": "moneyprinter"}[scene.account[0]]


def told(simulators: Simulators, take: Take, at_s: float) -> Snapshot:
    """What the real provider module makes of the simulated answer."""
    provider = PROVIDERS[provider_of(take.scene)]
    created = provider.parse_created(simulators.created(take))
    status, body = simulators.answer(take, at_s)
    ref = TaskRef(created.remote_id, created.poll_url, take.scene.kind)
    return provider.parse_task(Answer(status, {}, json.dumps(body).encode()), ref)


@every_scene
def test_its_create_call_names_the_take(simulators: Simulators, scene: Scene) -> None:
    take = Take.begin(scene, BEGUN_S)
    created = PROVIDERS[provider_of(scene)].parse_created(simulators.created(take))
    assert created.remote_id == take.remote_id
    assert Take.of(take.remote_id) == take


@every_scene
def test_it_waits_runs_and_ends_as_written(simulators: Simulators, scene: Scene) -> None:
    take = Take.begin(scene, BEGUN_S)
    waiting = told(simulators, take, BEGUN_S + 0.001)
    assert waiting.status in {Status.QUEUED, Status.RUNNING}  # Wan and MoneyPrinterTurbo know no waiting
    if scene.ending is Ending.NEVER:
        assert told(simulators, take, BEGUN_S + 86400).status == waiting.status
        return
    assert told(simulators, take, BEGUN_S + take.seconds / 2).status is Status.RUNNING
    if scene.ending is Ending.LOST:
        with pytest.raises(ProviderError) as lost:
            told(simulators, take, take.ends_s)
        assert lost.value.kind is ErrorKind.NOT_FOUND
        return
    end = told(simulators, take, take.ends_s)
    assert end.status is ENDS[scene.ending]
    assert (end.error is not None) == (end.status is Status.FAILED)
    assert bool(end.files) == (end.status is Status.SUCCEEDED)


@every_scene
def test_its_progress_never_goes_back(simulators: Simulators, scene: Scene) -> None:
    take = Take.begin(scene, BEGUN_S)
    moments = [BEGUN_S + (take.ends_s - BEGUN_S) * n / 50 for n in range(50)]
    reported = [told(simulators, take, at_s).progress for at_s in moments]
    known = [one for one in reported if one is not None]
    assert known == sorted(known)


def test_together_they_show_every_kind_and_every_end() -> None:
    done = {scene.kind for scene in SCENES if scene.ending is Ending.DONE}
    assert done == {Kind.VIDEO, Kind.IMAGE, Kind.AUDIO, Kind.MODEL3D}
    assert {scene.ending for scene in SCENES} == set(Ending) - {Ending.NEVER}
    assert {scene.account for scene in STUCK} == {"nebula-old-key", DEAD}


def test_refusals_are_told_from_breakdowns(simulators: Simulators) -> None:
    reasons: dict[Ending, set[Reason]] = {}
    for scene in SCENES:
        if scene.ending in {Ending.BLOCKED, Ending.FAILED}:
            take = Take.begin(scene, BEGUN_S)
            error = told(simulators, take, take.ends_s).error
            assert error is not None
            reasons.setdefault(scene.ending, set()).add(error.reason)
    assert reasons[Ending.BLOCKED] == {Reason.MODERATION}
    assert Reason.MODERATION not in reasons[Ending.FAILED]


@pytest.mark.parametrize(
    "remote_id",
    [
        "",
        "download",
        "dailies-connection-test",
        "ldtask_",
        f"ldtask_{'f' * 32}",
        str(uuid.UUID(int=0)),
        "é" * 200,
    ],
)
def test_ids_of_others_are_unknown(remote_id: str) -> None:
    take = Take.of(remote_id)
    assert take is None or take.scene.account == PRINTER


def test_an_id_in_the_wrong_spelling_is_unknown() -> None:
    take = Take.begin(SCENES[0], time.time())
    assert Take.of(f"video_{take.id.hex}") is None
    assert Take.of(secrets.token_hex(40)) is None


def test_phases_follow_one_another() -> None:
    take = Take.begin(SCENES[0], BEGUN_S)
    phases = [take.phase(BEGUN_S + take.seconds * n / 100) for n in range(120)]
    assert [one for n, one in enumerate(phases) if n == 0 or phases[n - 1] is not one] == [
        Phase.QUEUED,
        Phase.RUNNING,
        Phase.OVER,
    ]
