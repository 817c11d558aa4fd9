"""The border: every value a human hands in passes one of these functions, from a file, a command or a form."""

from __future__ import annotations

import re
from functools import lru_cache

from reminder.errors import UsageError
from reminder.policy.model import Role
from reminder.roster.addresses import is_group_mailbox
from reminder.roster.names import in_reading_order
from reminder.roster.safe_text import danger_in, hidden_character_in, says_nothing, tidy

NAME_LENGTH = 120
"""Longer names are pasted text; the headers of a mail would wrap around them."""
PARAGRAPH_LENGTH = 600
"""Five lines of a mail: what is longer is no longer read."""
USER_ID_LENGTH = 100
SHOWN_LENGTH = 100
"""So much of a refused value is shown again; the rest is cut off."""

ROLE_NAMES = {
    Role.INDIVIDUAL_PROVIDER: "Individual Provider",
    Role.AUTHORIZED_OFFICIAL: "Authorized Official (AO)",
    Role.ACCESS_MANAGER: "Access Manager (AM)",
    Role.STAFF_END_USER: "Staff End User (SEU)",
    Role.SURROGATE: "Surrogate",
}
"""The five roles as I&A calls them; `role` reads each of these back."""
ROLE_CHOICE = ", ".join(ROLE_NAMES.values())

_ROLE_WORDS = {
    Role.INDIVIDUAL_PROVIDER: "individualprovider individualproviders provider individual ip",
    Role.AUTHORIZED_OFFICIAL: "authorizedofficial authorisedofficial authorizedofficials ao",
    Role.ACCESS_MANAGER: "accessmanager accessmanagers am delegatedofficial delegatedofficials",
    Role.STAFF_END_USER: "staffenduser staffendusers seu enduser",
    Role.SURROGATE: "surrogate surrogates",
}
_ROLES = {word: role for role, words in _ROLE_WORDS.items() for word in words.split()}
_ROLE_PARTS = _ROLES | {"do": Role.ACCESS_MANAGER}
"""DO is short for Delegated Official only beside the long name; alone it may be a doctor of osteopathy."""
_NAMED_ADDRESS = re.compile(r"[^<>]*<\s*([^<>]*?)\s*>")
_ORDINARY_ADDRESS = re.compile(
    r"(?=.{1,254}\Z)(?=[^@]{1,64}@)[a-z0-9_'+-]+(?:\.[a-z0-9_'+-]+)*"
    r"@(?:(?=[a-z0-9-]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!(?:arpa|invalid|local|localhost|onion)\Z)[a-z]{2,63}",
)
"""Addresses about which email-validator has nothing to say; it takes 30 times as long to say so."""
_NOT_IN_NAMES = re.compile(r"[<>{}\[\]|\\=;]")
_ORDINARY_NAME = re.compile(r"[A-Za-z][A-Za-z'-]{0,28}(?: [A-Za-z][A-Za-z'-]{0,28}){0,3}")


class FieldError(UsageError):
    """A value that cannot be taken: `field` says which, `value` what was given, `problem` why and what to do."""

    def __init__(self, field: str, value: str, problem: str) -> None:
        """Keep the parts; the message is one line with the value made visible and cut to a sensible length."""
        self.field = field
        self.value = shown(value)
        self.problem = problem
        super().__init__(f"{field.replace('_', ' ')} {self.value!r}: {problem}")


def shown(text: str) -> str:
    """Return `text` fit for a message: one line, hidden characters as `?`, cut to SHOWN_LENGTH."""
    short = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."
    if short.isprintable():
        return short
    return "".join(_shown_character(character) for character in short)


def _shown_character(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "?"


def person_name(text: str, field: str = "name") -> str:
    """Return a person's name, composed, spaced and in reading order ("O'Brien, Erin" becomes "Erin O'Brien")."""
    if _ORDINARY_NAME.fullmatch(text):
        return text
    name = _visible(text, field, "a name")
    if _NOT_IN_NAMES.search(name):
        raise FieldError(field, text, "holds a character that no name has; type the plain name")
    if not any(character.isalpha() for character in name):
        raise FieldError(field, text, "holds no letters; type the person's name")
    turned = in_reading_order(name)
    if turned is None:
        raise FieldError(field, text, "has too many commas; write it as First Last")
    danger = danger_in(turned)
    if danger:
        raise FieldError(field, text, danger)
    return turned


def plain_text(text: str, field: str) -> str:
    """Return one line of text that is safe in a mail header, such as a practice's name or a sender's."""
    return _visible(text, field, "a text")


def plain_paragraph(text: str, field: str) -> str:
    """Return a few sentences that are safe in a mail's body, on one line: no links, nothing hidden."""
    return _visible(" ".join(text.splitlines()), field, "a text", PARAGRAPH_LENGTH)


def user_id(text: str, field: str = "user_id") -> str:
    """Return an I&A user ID as it was typed, leading zeros kept, without spaces around it."""
    value = tidy(text)
    if says_nothing(value):
        raise FieldError(field, text, "says nothing; type the I&A user ID or leave it empty")
    hidden = hidden_character_in(value)
    if hidden:
        raise FieldError(field, text, f"holds {hidden}; type it anew")
    if len(value) > USER_ID_LENGTH:
        raise FieldError(field, text, f"is longer than {USER_ID_LENGTH} characters")
    return value


def email_address(text: str, field: str = "email", *, personal: bool = True) -> str:
    """Return a mail address in small letters; "Name <address>" is accepted, a second address or a group mailbox is not.

    With `personal=False` (a practice's reply-to, an admin) a group mailbox passes.
    """
    address = text.lower()
    if not (text.isascii() and _ORDINARY_ADDRESS.fullmatch(address)):
        address = _unusual_address(text, field)
    local = address.partition("@")[0]
    if personal and is_group_mailbox(local):
        raise FieldError(
            field,
            text,
            f"{local}@ is a group mailbox; I&A wants an address of the person's own",
        )
    return address


def role(text: str, field: str = "role") -> Role:
    """Return the role that `text` names: short (AO), long, or both together ("Staff End User (SEU)")."""
    found = _roles_in(text)
    if len(found) == 1:
        return next(iter(found))
    if not tidy(text):
        raise FieldError(field, text, f"is empty; it must be one of: {ROLE_CHOICE}")
    if found:
        raise FieldError(field, text, f"names more than one role; keep one of: {ROLE_CHOICE}")
    raise FieldError(field, text, f"is none of the five I&A roles: {ROLE_CHOICE}")


def _visible(text: str, field: str, what: str, longest: int = NAME_LENGTH) -> str:
    value = tidy(text)
    if not value:
        raise FieldError(field, text, f"is empty; type {what}")
    danger = danger_in(value)
    if danger:
        raise FieldError(field, text, danger)
    if len(value) > longest:
        raise FieldError(field, text, f"is longer than {longest} characters; shorten it")
    return value


def _unusual_address(text: str, field: str) -> str:
    """Check an address that is not plainly good: with a name around it, a rare character or a fault."""
    bare = tidy(text).strip(" ;,").removeprefix("mailto:")
    hidden = hidden_character_in(bare)
    if hidden:
        raise FieldError(field, text, f"holds {hidden}; type the address anew")
    named = _NAMED_ADDRESS.fullmatch(bare)
    address = named[1].removeprefix("mailto:") if named else bare
    if not address:
        raise FieldError(field, text, "is empty; type the person's own address")
    written = {part.strip("'\"()").lower() for part in re.split(r"[\s,;<>/|]+", bare) if "@" in part}
    if len(written) > 1:
        raise FieldError(field, text, "two addresses in one cell; keep one and put the other in 'second email'")
    return _validated(address, text, field)


def _validated(address: str, text: str, field: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        valid = validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as error:
        raise FieldError(field, text, f"is no mail address: {_in_plain_words(address, error)}") from None
    return (valid.ascii_email or valid.normalized).lower()


def _in_plain_words(address: str, error: Exception) -> str:
    """Return a short reason; the library's own sentence where it is plain enough."""
    _, at, domain = address.rpartition("@")
    if not at:
        return "it has no @"
    if "." not in domain:
        return f"what follows the @ is incomplete (a dot and an ending such as .com are missing in {domain!r})"
    if " " in address:
        return "it has a space in it"
    if not address.isascii():
        return "only plain letters may stand before the @"
    return str(error).rstrip(".")


@lru_cache(maxsize=1024)
def _roles_in(text: str) -> frozenset[Role]:
    whole = _ROLES.get(_squeezed(text))
    if whole or _squeezed(text) == "do":
        return frozenset({whole} if whole else ())
    parts = [
        _squeezed(part)
        for part in re.split(r"[()\[\]/,;:\u2013\u2014\n-]|\bformerly\b|\bor\b|\band\b", text.casefold())
    ]
    known = {_ROLE_PARTS.get(part) for part in parts if part}
    return frozenset() if None in known else frozenset(role for role in known if role)


def _squeezed(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
