"""What may be said about the I&A account, each fact with its source and grade. Nothing else is stated anywhere.

Grades: `CMS` the agency's own text or a copy of it; `MAC` a Medicare contractor relaying it; `guide` only the PECOS
login guide of 2026 says so. What nobody we could read says (the hour at which a password dies, whether CMS mails a
warning, how many wrong tries lock an account) is not here, so that it cannot be stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

CHECKED_ON = date(2026, 11, 24)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One statement, in the words in which it may be made."""

    text: str
    grade: str
    source: str
    checked_on: date = CHECKED_ON


EXPIRES_AFTER_DAYS = Fact(
    text="An I&A password expires 60 days after it was last changed.",
    grade="CMS",
    source="MLN ICN 903766 (2019); NGS Medicare; PECOS login guide citing MLN9658742 (2026)",
)
SHOWS_DAYS_LEFT = Fact(
    text="I&A shows the number of days left on the My Profile tab.",
    grade="CMS",
    source="MLN ICN 903766 (2019); PECOS login guide (2026)",
)
ONLY_SIGN_IN_IS_BLOCKED = Fact(
    text=(
        "An expired password blocks signing in to I&A, NPPES and PECOS until it is reset, nothing more. "
        "It does not affect your NPI, Medicare enrollment or claims payments."
    ),
    grade="CMS",
    source="CMS, 2013, relayed by MaineCare: it 'will not affect your NPI, Medicare enrollment, claims payments'",
)
ONCE_A_DAY = Fact(
    text="A password may be changed once in 24 hours, and not to one of the last six.",
    grade="MAC",
    source="NGS Medicare",
)
MFA = Fact(
    text="I&A asks for a second factor (MFA). If yours is locked: sign in to I&A and choose Reset/Unlock MFA.",
    grade="CMS",
    source="CMS, MFA requirement for I&A users, 2022",
)
ONE_ACCOUNT = Fact(
    text="One person has one I&A account, however many practices they work for. Sharing a login is forbidden.",
    grade="CMS",
    source="CMS training on I&A accounts; MAC guidance on shared logins",
)
SIGNING = Fact(
    text=(
        "Only an Authorized Official signs an organization's initial enrollment application; "
        "an Access Manager may sign changes, updates and revalidations."
    ),
    grade="guide",
    source="PECOS login guide citing MLN9658742 (2026)",
)
TWO_DATABASES = Fact(
    text="NPPES and PECOS are separate databases: a change of legal name or address must be made in both.",
    grade="guide",
    source="PECOS login guide (2026)",
)

IA_ADDRESS = "nppes.cms.hhs.gov/IAWeb"
NPPES_ADDRESS = "nppes.cms.hhs.gov"
PECOS_ADDRESS = "pecos.cms.hhs.gov"
HELP_DESK_PHONE = "1-866-484-8049"
HELP_DESK_TTY = "1-866-523-4759"
HELP_DESK_ADDRESS = "eus.cms.gov"
MAC_LIST_ADDRESS = "cms.gov/MAC-info"
ASSISTANCE_GUIDE_ADDRESS = "cms.gov/Medicare/Provider-Enrollment-and-Certification"

ROLE_NAMES = {
    "individual_provider": "Individual Provider",
    "authorized_official": "Authorized Official (AO)",
    "access_manager": "Access Manager (AM)",
    "staff_end_user": "Staff End User (SEU)",
    "surrogate": "Surrogate",
}
"""The five roles in I&A's own words."""

HELP_DESK_ZONE = ZoneInfo("America/New_York")
HELP_DESK_OPENS, HELP_DESK_CLOSES = time(7), time(19)
FRIDAY = 4


@dataclass(frozen=True, kw_only=True)
class HelpDesk:
    """Whether the help desk answers now, in words."""

    is_open: bool
    words: str


def help_desk_state(now: datetime) -> HelpDesk:
    """Return whether the help desk answers at an instant: Monday to Friday, 7 AM to 7 PM Eastern.

    Whether it works on federal holidays is unknown, so they are treated as closed.
    """
    local = now.astimezone(HELP_DESK_ZONE)
    works_today = local.weekday() <= FRIDAY
    if works_today and _is_holiday(local.date()):
        if local.time() < HELP_DESK_CLOSES:
            return HelpDesk(
                is_open=False, words=f"may be closed today (federal holiday); {_next_opening(local.date())}"
            )
    elif works_today and HELP_DESK_OPENS <= local.time() < HELP_DESK_CLOSES:
        return HelpDesk(is_open=True, words="open now, until 7 PM ET")
    elif works_today and local.time() < HELP_DESK_OPENS:
        return HelpDesk(is_open=False, words="opens today 7 AM ET")
    return HelpDesk(is_open=False, words=_next_opening(local.date()))


def _next_opening(day: date) -> str:
    day += timedelta(days=1)
    while day.weekday() > FRIDAY or _is_holiday(day):
        day += timedelta(days=1)
    return f"opens {day:%A} 7 AM ET"


def _is_holiday(day: date) -> bool:
    from holidays import country_holidays

    return day in country_holidays("US", years=day.year)


def is_cms_address(url: str) -> bool:
    """Tell whether an I&A password may be typed there: https, and a host that ends, after a dot, in .cms.hhs.gov or
    .cms.gov (or is one of the two).
    """
    try:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or not host.isascii():
        return False
    return host in {"cms.hhs.gov", "cms.gov"} or host.endswith((".cms.hhs.gov", ".cms.gov"))
