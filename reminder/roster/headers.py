"""Guesses from its heading what a column holds; case, spaces and punctuation do not count."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from reminder.roster.model import Column, Field
from reminder.roster.words import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

FOR_INFORMATION = "(for information)"
"""Our own export ends a heading so when the column is not meant to be read back."""

_KEYS = {
    Field.NAME: """name fullname employee employees employeename staff staffname staffmember staffmembername member
        membername person personname providername displayname lastfirst lastfirstname lastnamefirst lastnamefirstname namelastfirst
        firstlast firstlastname firstnamelastname firstandlastname nameoremployee teammember coworker colleague nombre""",
    Field.FIRST: "first firstname givenname givennames given forename fname namefirst legalfirstname firstmiddle",
    Field.LAST: "last lastname surname familyname family lname namelast legallastname lastnamesuffix",
    Field.EMAIL: "email emailaddress mail mailaddress emails emailid correo correoelectronico",
    Field.ROLE: """role roles rolename roletype iarole accessrole userrole accountrole rolelevel usertype accounttype
        roleinia roleinpecos iaaccessrole iaroletype rol""",
    Field.PRACTICE: """practice practicename clinic clinicname office officename location locationname organization
        organizationname organisation organisationname site sitename group groupname practicegroup facility
        facilityname practicelocation officelocation cliniclocation company companyname""",
    Field.USER_ID: """userid user username login loginid loginname logon logonid logonname iauserid iaid iaaccount
        accountid accountname userlogin uid usercode userno usernumber pecosid signin signinname iausername iauser
        ialogin iauserids userids""",
    Field.LAST_RESET: """lastreset reset resetdate reseton lastresetdate lastreseton lastresetat datereset dateofreset
        dateoflastreset lastchange lastchanged lastchangedate lastchangeddate lastchangedon changed changedon
        changedate changeddate datechanged dateofchange dateoflastchange lastset lastseton seton dateset resetlast
        changedlast whenreset whenchanged whenlastreset""",
    Field.DAYS_LEFT: """daysleft daysremaining remainingdays dayremaining daysremain daystogo daysuntilexpiry
        daysuntilexpiration daysuntilexpires daysuntilexpired daystoexpiry daystoexpire daystoexpiration
        daysbeforeexpiry daysbeforeexpiration daystillexpiry daystillexpiration daysuntilreset expiresin
        expiresindays expiryindays expirydays remaining""",
    Field.AS_OF: """asof asofdate dateasof asat seenon seen dateseen seendate checkedon datechecked lastchecked
        lastseen readon dateread asseenon daysleftasof daysseenon""",
    Field.EXPIRES: """expires expireson expiry expirydate expirydates expirationdate expiration expdate expiringon
        expiresdate dateexpires dateofexpiry dateofexpiration validuntil expirationon""",
}
_FIELDS = {key: field for field, keys in _KEYS.items() for key in keys.split()}

_FILLERS = vocabulary(
    """
    ia pecos nppes cms medicare portal the of in for a an s their your current employees employee staff members
    member required optional account accounts system
    """
)
"""Words that say whose or where, not what."""
_EMAIL_WORDS = vocabulary(
    """
    e email mail mails address addr adress work personal own private preferred primary main business company home
    employee staff user contact login individual corporate id first 1 member person direct
    """
)
_SECOND_WORDS = vocabulary(
    """
    second secondary 2nd 2 alternate alternative alt other backup additional fallback another extra
    """
)
_SECRET_WORDS = vocabulary(
    """
    password passwords pw pws pwd pwds passwd pass passes secret secrets contrasena contrasenas contraseña
    contraseñas passcode passcodes passphrase passphrases passwort passwords psw
    """
)
_SECRET_PARTS = ("password", "passwd", "passcode", "passphrase", "passwort", "secret", "contrasen", "contraseñ")
"""Long enough to be told inside a word written without spaces, such as IAPASSWORD."""
_DATE_WORDS = vocabulary("last changed reset set updated date")
_EXPIRY_WORDS = vocabulary("expires expire expiry expiration exp expiring until")
_AS_OF = re.compile(r"\b(?:as (?:of|at)|seen on|checked on)\b", re.IGNORECASE)
_LONGEST_HEADING = 100
_HEADINGS_OF_ANY_LIST = 3
_E_MAIL = re.compile(r"\be[-\s]mail")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def guess_columns(headings: Sequence[str]) -> tuple[Column, ...]:
    """Return what each heading stands for. A field is taken once: by the plainest heading, then by the first."""
    guesses = [guess_field(heading) for heading in headings]
    taken: dict[Field, int] = {}
    for wanted in (True, False):
        for index, (field, plain) in enumerate(guesses):
            if field and plain is wanted:
                taken.setdefault(field, index)
    _second_mail_column(guesses, taken)
    if Field.LAST in taken and Field.NAME in taken:  # "Name" beside "Last name" is the first name
        taken.setdefault(Field.FIRST, taken[Field.NAME])
    if Field.FIRST in taken and Field.LAST in taken:
        taken.pop(Field.NAME, None)
    if Field.LAST_RESET in taken or Field.DAYS_LEFT in taken:
        taken.pop(Field.EXPIRES, None)
    by_index = {index: field for field, index in taken.items()}
    return tuple(
        Column(index=index, header=heading, field=by_index.get(index), dropped=is_secret(heading))
        for index, heading in enumerate(headings)
    )


def guess_field(heading: str) -> tuple[Field | None, bool]:
    """Return the field a heading stands for (None: nothing we import) and whether it says so plainly."""
    if len(heading) > _LONGEST_HEADING or FOR_INFORMATION in heading.casefold():
        return None, False
    words = _words(heading)
    if _say_secret(words):
        if not _say_date(words):
            return None, False
        dated = Field.EXPIRES if _EXPIRY_WORDS & set(words) else Field.LAST_RESET
        rest = "".join(word for word in words if word not in _FILLERS | _SECRET_WORDS)
        return dated, _FIELDS.get(rest) is dated
    bare = tuple(word for word in words if word not in _FILLERS)
    for candidate in (words, bare):
        field = _FIELDS.get("".join(candidate))
        if field:
            return field, True
    return _loose_guess(set(words)), False


def is_secret(heading: str) -> bool:
    """Tell whether a heading announces passwords; one that says last, changed, reset, set, updated or date does not."""
    words = _words(heading)
    return _say_secret(words) and not _say_date(words)


def says_secret(heading: str) -> bool:
    """Tell whether a heading has a word for password in it, whatever else it says."""
    return _say_secret(_words(heading))


def says_as_of(text: str) -> bool:
    """Tell whether a title or heading says "as of", "seen on" or the like."""
    return bool(_AS_OF.search(" ".join(text.split())))


def fields_in(cells: Sequence[str]) -> int:
    """Return how many different fields a row of headings names; 0 if it can be no header row.

    A single field makes one only among further headings: what they hold can be told by their values or chosen.
    """
    fields = {field for cell in cells if (field := guess_field(cell)[0])}
    names_somebody = fields & {Field.NAME, Field.FIRST, Field.LAST, Field.EMAIL}
    enough = len(fields) > 1 or sum(map(bool, cells)) >= _HEADINGS_OF_ANY_LIST
    return len(fields) if names_somebody and enough else 0


def _second_mail_column(guesses: Sequence[tuple[Field | None, bool]], taken: dict[Field, int]) -> None:
    """Let a further column of addresses be the second address, unless one is headed so."""
    mails = [index for index, (field, _) in enumerate(guesses) if field is Field.EMAIL]
    others = [index for index in mails if index != taken.get(Field.EMAIL)]
    if others:
        taken.setdefault(Field.SECOND_EMAIL, others[0])


def _loose_guess(words: set[str]) -> Field | None:
    if words & {"email", "mail"} and words <= _EMAIL_WORDS | _SECOND_WORDS | _FILLERS:
        return Field.SECOND_EMAIL if words & _SECOND_WORDS else Field.EMAIL
    if (
        words & {"day", "days"}
        and words & {"left", "remaining", "remain", "until", "till", "to"}
        and "since" not in words
    ):
        return Field.DAYS_LEFT
    return None


def _words(heading: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", heading).replace("&", "")
    text = _CAMEL.sub(" ", text).casefold()
    text = _E_MAIL.sub("email", text)
    return tuple(re.findall(r"[^\W_]+", text))


def _say_secret(words: tuple[str, ...]) -> bool:
    return bool(_SECRET_WORDS & set(words)) or any(part in word for word in words for part in _SECRET_PARTS)


def _say_date(words: tuple[str, ...]) -> bool:
    """Tell whether a date word stands in the heading, alone or run together with the secret word (PASSWORDLASTSET)."""
    run_together = any(
        part in word and any(date_word in word for date_word in _DATE_WORDS) for word in words for part in _SECRET_PARTS
    )
    return bool(_DATE_WORDS & set(words)) or run_together
