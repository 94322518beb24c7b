"""One run of a scene at a simulated provider. Everything about it is in its id, so nothing has to be kept."""

import base64
import os
import re
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from dashboard.demo.scenes import SCENES, STUCK, Ending, Form, Scene

ALL = (*SCENES, *STUCK)
QUEUED_SHARE = 0.12
EARLY_END_SHARE = 0.55
"""Where failures come, as a share of the whole."""
_HEX = re.compile(r"[0-9a-f]{32}")
_OPERATION = "projects/dailies-demo/locations/us-central1/publishers/google/models/{model}/operations/{id}"


class Phase(Enum):
    QUEUED = 1
    RUNNING = 2
    OVER = 3


@dataclass(frozen=True, slots=True)
class Take:
    """A scene, begun at `begun_s` (Unix seconds)."""

    id: UUID
    scene: Scene
    begun_s: float

    @classmethod
    def begin(cls, scene: Scene, at_s: float) -> "Take":
        """A new one, beginning at `at_s`."""
        salt = os.urandom(9)
        bits = int(at_s * 1000).to_bytes(6) + salt[:1] + bytes([ALL.index(scene)]) + salt[1:]
        return cls(UUID(bytes=bits, version=4), scene, int(at_s * 1000) / 1000)

    @classmethod
    def of(cls, remote_id: str) -> "Take | None":
        """Which take an id in any of the providers' spellings names; None when it is none of ours."""
        found = _HEX.search(_plain(remote_id).replace("-", ""))
        if not found:
            return None
        bits = UUID(hex=found[0])
        if bits.bytes[7] >= len(ALL):
            return None
        take = cls(bits, ALL[bits.bytes[7]], int.from_bytes(bits.bytes[:6]) / 1000)
        return take if take.remote_id == remote_id else None

    @property
    def remote_id(self) -> str:
        """The id as the provider spells it."""
        match self.scene.form:
            case Form.LEMON_OLD_VIDEO | Form.SORA:
                return f"video_{self.id.hex}"
            case Form.WAN | Form.PRINTER | Form.PRINTER_AUDIO:
                return str(self.id)
            case Form.VEO:
                operation = _OPERATION.format(model=self.scene.model, id=self.id)
                return base64.urlsafe_b64encode(operation.encode()).decode().rstrip("=")
            case Form.KLING:
                return self.id.hex
        return f"ldtask_{self.id.hex}"

    @property
    def seconds(self) -> float:
        """How long it takes: the scene's time, a fifth more or less."""
        return self.scene.seconds * (0.8 + 0.4 * self.id.bytes[15] / 255)

    @property
    def ends_s(self) -> float:
        """Unix time of its end."""
        early = self.scene.ending not in {Ending.DONE, Ending.EXPIRED}
        return self.begun_s + self.seconds * (EARLY_END_SHARE if early else 1.0)

    def phase(self, at_s: float) -> Phase:
        """Where it stands at a time."""
        if self.scene.ending is Ending.NEVER:
            return Phase.QUEUED
        if at_s >= self.ends_s:
            return Phase.OVER
        return Phase.QUEUED if at_s < self.begun_s + QUEUED_SHARE * self.seconds else Phase.RUNNING

    def progress(self, at_s: float) -> int:
        """0 to 99 while it runs, without stops."""
        begun_s, whole_s = self.begun_s + QUEUED_SHARE * self.seconds, (1 - QUEUED_SHARE) * self.seconds
        return min(99, max(0, int(100 * (at_s - begun_s) / whole_s))) if whole_s else 0


def _plain(remote_id: str) -> str:
    """Veo's ids are a path in base64; its last part names the take."""
    if len(remote_id) < 100:
        return remote_id
    try:
        path = base64.urlsafe_b64decode(remote_id + "=" * (-len(remote_id) % 4)).decode()
    except ValueError:
        return ""
    return path.rpartition("/")[2]
