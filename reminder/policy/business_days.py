"""Business days: no weekend, no US federal holiday (actual or observed), no closure of the practice."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ONE_DAY = timedelta(days=1)

SEARCH_DAYS = 1000
"""How far a search for an open day goes before it gives up: no practice is closed for three years on end."""


@cache
def holiday_names(year: int) -> Mapping[date, str]:
    """Return the US federal holidays of a year by their days, observed ones among them (OPM's list, by the holidays
    library).
    """
    from holidays import country_holidays

    return dict(country_holidays("US", years=year))


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """Return the days of a year's federal holidays."""
    return frozenset(holiday_names(year))


@cache
def is_federal_business_day(day: date) -> bool:
    """Tell whether the federal government works on `day`."""
    return day.weekday() < 5 and day not in federal_holidays(day.year)


def is_business_day(day: date, closures: Collection[date] = ()) -> bool:
    """Tell whether a practice that is closed on `closures` works on `day`."""
    return day not in closures and is_federal_business_day(day)


WEEKEND = "weekend"


def closed_because(day: date, closures: Collection[date] = ()) -> str | None:
    """Return why a practice is closed on `day` in a word or two, such as `Christmas Day`; None on a business day."""
    if is_business_day(day, closures):
        return None
    return holiday_names(day.year).get(day) or (WEEKEND if day.weekday() >= 5 else "closed")


def walk(day: date, step: timedelta, fits: Callable[[date], bool]) -> date | None:
    """Return the first day from `day` on, in strides of `step`, that fits; None if there is none for years."""
    for _ in range(SEARCH_DAYS):
        if fits(day):
            return day
        day += step
    return None
