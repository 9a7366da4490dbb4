import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from embedded.ports import free_port
from tests.sandbox.clients import Market, Wallet, signed

# The SDK reads its answers through urlopen and leaves closing them to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed.*:pytest.PytestUnraisableExceptionWarning")


class Process:
    """A sandbox of the test's own, on one data folder, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--data", str(self.folder)]
        process = subprocess.Popen(command)  # noqa: S603 - our own sandbox
        transport = httpx2.HTTPTransport(retries=8)  # waits 0.5 s, 1 s, 2 s … between refused connections
        with httpx2.Client(transport=transport, timeout=20) as patient:
            assert patient.get(f"http://127.0.0.1:{self.port}/healthz").is_success
        return process

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(10)

    def restart(self, how: signal.Signals) -> None:
        self.end(how)
        self.process = self.start()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "data")
    yield process
    process.process.kill()
    process.process.wait()


@pytest.fixture
def own_market(own: Process) -> Iterator[Market]:
    market = Market(f"http://127.0.0.1:{own.port}")
    yield market
    market.http.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_everything_survives_the_end_of_the_process(own: Process, own_market: Market, how: signal.Signals) -> None:
    wallet, number = Wallet(own_market, "2021000000000007"), "survivor"
    oid = own_market.review(own_market.open_shop())
    own_market.pass_days(3)
    own_market.plan("taobao.*", "http_500", count=4)
    wallet.transfer(number)
    before = own_market.get("/control/clock")["offset_seconds"]

    own.restart(how)

    assert own_market.get(f"/buyer/reviews/{oid}")["content"] == "杯子裂了"
    assert own_market.get("/control/clock")["offset_seconds"] == before
    assert own_market.get("/control/faults")[0]["remaining"] == 4
    assert wallet.transfer(number)["status"] == "SUCCESS"
    assert own_market.get("/control/wallet")["balance"] == "9995.00"


def test_a_held_call_does_not_keep_a_stopping_sandbox(own: Process, own_market: Market) -> None:
    shop = own_market.open_shop()
    own_market.plan("taobao.*", "timeout_before", seconds=60)
    request = signed(shop, "md5", {"method": "taobao.traderates.get"})
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(own_market.http.post, "/router/rest", data=request)
        while not own_market.get("/control/faults")[0]["hits"]:
            pass
        own.end(signal.SIGTERM)  # would raise TimeoutExpired after 10 s

        assert isinstance(held.exception(), httpx2.RemoteProtocolError)


def test_a_reset_forgets_what_happened_but_not_who_may_talk(own_market: Market) -> None:
    shop = own_market.open_shop()
    oid = own_market.review(shop)
    key = own_market.get("/control/alipay/public_key")

    own_market.post("/control/reset")

    assert own_market.refusal(f"/buyer/reviews/{oid}", method="GET") == "review_not_found"
    assert own_market.get("/control/shops")[0]["session"] == shop.session
    assert own_market.get("/control/alipay/public_key") == key
    assert own_market.order(shop) > oid


def test_a_full_reset_forgets_the_shops_too(own_market: Market) -> None:
    own_market.review(own_market.open_shop())
    own_market.post("/control/reset", {"configuration_too": True})

    assert own_market.get("/control/shops") == []


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own sandbox
        [sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def test_a_data_folder_of_another_version_is_named(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    ended = run("--data", str(tmp_path), "--port", str(free_port()))

    assert ended.returncode == 1
    assert "has schema 99" in ended.stderr
    assert "--data" in ended.stderr


def test_a_taken_port_is_named(own: Process, tmp_path: Path) -> None:
    ended = run("--data", str(tmp_path / "other"), "--port", str(own.port))

    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{own.port}" in ended.stderr
