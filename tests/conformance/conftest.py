"""One real sandbox for these tests, and one whole run against it."""

from collections.abc import Iterator

import pytest

from motcua.population.conformance import scenarios
from motcua.population.conformance.scenario import Result, run_scenarios
from motcua.population.conformance.target import Target, examine
from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    started = start_sandbox(tmp_path_factory.mktemp("conformance"))
    yield started
    started.stop()


@pytest.fixture
def sandbox(_running: SandboxProcess) -> SandboxProcess:
    """The sandbox as it is after its start."""
    _running.reset()
    return _running


@pytest.fixture(scope="session")
def results(_running: SandboxProcess) -> list[Result]:
    """What came of every scenario against the sandbox; made before any test gives it trouble, or after its reset."""
    _running.reset()
    return run(_running.url)


def target(url: str) -> Target:
    """The server at an address, with the sandbox's people and credentials."""
    return examine(url, credentials={})


def run(url: str) -> list[Result]:
    """Run everything against a server."""
    return run_scenarios(scenarios(target(url)))


def failed(results: list[Result]) -> set[str]:
    """The names of what failed."""
    return {result.name for result in results if not result.passed}
