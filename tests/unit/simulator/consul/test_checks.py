import pytest

from nomad_console.simulator.consul.checks import run_check
from nomad_console.simulator.services import Check
from tests.support.consul_world import Network, an_instance

INSTANCE = an_instance(1)
HTTP = INSTANCE.checks[0]
TCP = Check("t", "tcp", "tcp", "", 10, 2)


@pytest.mark.parametrize(
    ("answers", "status"), [(200, "passing"), (204, "passing"), (429, "warning"), (503, "critical")]
)
def test_an_http_check_judges_by_the_code(answers: int, status: str) -> None:
    network = Network()
    network.add(INSTANCE.address, INSTANCE.port, status=answers)
    found, output = run_check(network, INSTANCE, HTTP)
    assert found == status
    assert output.startswith(f"HTTP GET http://10.77.0.101:20001/: {answers} ")


def test_what_is_answered_is_told() -> None:
    network = Network()
    network.add(INSTANCE.address, INSTANCE.port, body="OK")
    assert run_check(network, INSTANCE, HTTP)[1].endswith("200 OK Output: OK")


def test_nobody_listening_is_refused() -> None:
    network = Network()
    refused = "dial tcp 10.77.0.101:20001: connect: connection refused"
    assert run_check(network, INSTANCE, TCP) == ("critical", refused)
    assert run_check(network, INSTANCE, HTTP)[1].endswith(refused)
    app = network.add(INSTANCE.address, INSTANCE.port)
    assert run_check(network, INSTANCE, TCP)[0] == "passing"
    app.listening = False
    assert run_check(network, INSTANCE, HTTP)[0] == "critical"


def test_an_answer_later_than_the_timeout_is_critical() -> None:
    network = Network()
    network.add(INSTANCE.address, INSTANCE.port).latency = 2.5
    status, output = run_check(network, INSTANCE, HTTP)
    assert status == "critical"
    assert "Client.Timeout exceeded" in output
