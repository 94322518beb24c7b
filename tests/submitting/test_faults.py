"""Whatever goes wrong around a create call: never two for one intent, never one that nobody tells of."""

from pathlib import Path

import pytest

from tests.processes import Served, ended
from tests.submitting.faults import MADE, Buyer, faulty_provider, intents, settled, wrongs

pytestmark = pytest.mark.apart


def test_every_fault_by_api_and_gateway(data_dir: Path) -> None:
    wanted = intents(0, seed=1)
    with faulty_provider(data_dir) as provider, ended(Served(data_dir)) as served:
        assert isinstance(served, Served)
        buyer = Buyer(served.url, (data_dir / "token").read_text())
        for one in wanted:
            buyer.want(one)
        settled(data_dir)
        assert wrongs(data_dir, provider, wanted, killed=False) == []
        assert set(provider.made) == {one.prompt for one in wanted if one.fault in MADE}
