"""One real sandbox process for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.sandbox_process import SandboxProcess, start_sandbox


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox that runs as long as the tests do."""
    sandbox = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox as it is after its start: no troubles, default switches, empty journal."""
    running_sandbox.reset()
    return running_sandbox
