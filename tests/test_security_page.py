"""docs/security.md names tests that there are."""

import re

import pytest

from config.paths import BASE_DIR

PAGE = (BASE_DIR / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"\b(?:tests|bench)/[\w/.]*\w", PAGE)))


@pytest.mark.parametrize("path", NAMED)
def test_what_proves_a_promise_is_there(path):
    assert (BASE_DIR / path).exists()


def test_every_promise_has_a_proof():
    promises = re.split(r"\n### \d\. ", PAGE.partition("\n## The threat model")[0])[1:]
    assert len(promises) == 9
    assert [promise.splitlines()[0] for promise in promises if "    python3 manage.py test tests/" not in promise] == []
