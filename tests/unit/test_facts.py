from __future__ import annotations

import pytest

from reminder import facts


@pytest.mark.parametrize(
    "url",
    [
        "nppes.cms.hhs.gov/IAWeb",
        "https://nppes.cms.hhs.gov/IAWeb",
        "https://pecos.cms.hhs.gov:443/",
        "https://eus.cms.gov",
        "https://CMS.GOV/",
        "https://cms.hhs.gov.",
    ],
)
def test_a_host_of_cms_is_known(url: str) -> None:
    assert facts.is_cms_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evilcms.gov",
        "https://pecos.cms.hhs.gov.example.com",
        "http://nppes.cms.hhs.gov",
        "https://nppes.cms.hhs.gov@evil.example",
        "https://cms.gov@evil.example/",
        "https://cms.gov:pw@cms.gov",
        "https://xn--cms-hoa.gov",
        "https://pecos.cms.hhs.gov。evil.example",
        "https://сms.gov",
        "",
        "https://",
        "https://[::1",
    ],
)
def test_a_look_alike_is_not(url: str) -> None:
    assert not facts.is_cms_address(url)


def test_every_fact_has_a_grade_and_a_source() -> None:
    found = [value for value in vars(facts).values() if isinstance(value, facts.Fact)]

    assert len(found) >= 8
    assert {fact.grade for fact in found} <= {"CMS", "MAC", "guide"}
    assert all(fact.source and fact.text for fact in found)


def test_no_number_that_is_wrong_or_dead_is_kept() -> None:
    everything = repr(vars(facts))

    for wrong in ("855-267-1515", "eus.custhelp", "eushelpdesk", "ia.cms.gov"):
        assert wrong not in everything
