"""What the gateway adds to a call that passes through, beside an empty view of the same server.

uv run python -m tests.benchmarks.gateway [--calls 400]

In turn, in one run and over kept connections: the provider itself, `/healthz`, and the provider through the gateway.
What is added is the gateway's median less the provider's own; an empty view costs what any request to the server costs.
"""

import argparse
import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.processes import PREPARE, Served, ended, manage

BODY = b'{"object": "list", "data": []}'
WARM_UP = 20


class Provider(BaseHTTPRequestHandler):
    """Answers every GET alike, over kept connections."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's own name
        """Says nothing."""


def timed(client: httpx.Client, url: str) -> float:
    begun = time.perf_counter()
    client.get(url).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=400)
    calls = parser.parse_args().calls
    provider = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    provider_url = f"http://127.0.0.1:{provider.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        for made in (
            manage(data_dir, "shell", "--verbosity", "0", "-c", PREPARE),
            manage(data_dir, "add_account", "moneyprinter", "mac", "--base-url", provider_url),
        ):
            if made.returncode:
                raise SystemExit(made.stderr)
        with ended(Served(data_dir)) as served:
            assert isinstance(served, Served)
            measure(calls, provider_url, served.url, (data_dir / "token").read_text())


def measure(calls: int, provider_url: str, served_url: str, token: str) -> None:
    urls = {
        "the provider itself": f"{provider_url}/v1/models",
        "an empty view (/healthz)": f"{served_url}/healthz",
        "through the gateway": f"{served_url}/gateway/mac/v1/models",
    }
    found: dict[str, list[float]] = {name: [] for name in urls}
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(trust_env=False, headers=headers, timeout=30) as client:
        for n in range(calls + WARM_UP):
            for name, url in urls.items():
                took = timed(client, url)
                if n >= WARM_UP:
                    found[name].append(took)
    medians = {name: statistics.median(times) for name, times in found.items()}
    for name, times in found.items():
        p99 = statistics.quantiles(times, n=100)[98]
        print(f"{name:26} median {medians[name]:5.2f} ms   p99 {p99:6.2f} ms")
    direct, empty, through = medians.values()
    print(f"{'added to the provider':26} {through - direct:12.2f} ms")
    print(f"{'above an empty view':26} {through - empty:12.2f} ms")


if __name__ == "__main__":
    main()
