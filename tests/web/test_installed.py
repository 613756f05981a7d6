"""Without the extra `web` nothing of this folder can run, and this says so."""

import pytest


@pytest.mark.parametrize("name", ["flask", "waitress", "prometheus_client"])
def test_the_extra_is_installed(name):
    pytest.importorskip(name, reason="install the extra with: pip install 'aehash[web]'")
