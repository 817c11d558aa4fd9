"""The order of a name's parts: "Last, First" is turned, a suffix after a comma stays where it is."""

from __future__ import annotations

from reminder.roster.words import vocabulary

SUFFIXES = vocabulary(
    """
    2nd 3rd 4th anp aprn arnp bsn cfnp cma cmpe cnm cnp cnrp cpa cpc cpcs cpmsm crna dc dds dmd dnp do dpm dpt
    dvm edd esq facc facep facog facp facs faap faafp fnp ii iii iv jd jr lcsw lpc lpn ma mba mbbs md mha mhs mph
    ms msn msw np np-c od ot otr pa pa-c pc pharmd phd pmhnp psyd pt rd rdn rn rph sr v
    """
)
"""What follows a name after a comma without being a first name: generations, degrees, licences."""
_NEVER_FIRST_NAMES = frozenset({"ii", "iii", "jr", "md", "phd", "sr"})


def in_reading_order(name: str) -> str | None:
    """Return `name` as First Last with its suffixes, or None if its commas make no sense.

    "Smith, John" and "Smith, John, MD" are turned; "John Smith, MD" and "John Smith, Jr." are not. In
    "Smith, MD" nothing is turned either: no first name is given.
    """
    parts = [part.strip() for part in name.split(",")]
    parts = [part for part in parts if part]
    suffixes: list[str] = []
    while len(parts) > 1 and _is_suffix(parts[-1], " ".join(parts[:-1])):
        suffixes.insert(0, parts.pop())
    if len(parts) not in {1, 2}:
        return None
    return ", ".join([" ".join(reversed(parts)), *suffixes])


def _is_suffix(part: str, before: str) -> bool:
    """Tell whether `part` is a suffix to `before`.

    "Nguyen, Do" is a person called Do, "Nguyen, DO" a doctor of osteopathy, "SMITH, MA" unclear: after a single
    word a short suffix counts only where its writing sets it apart.
    """
    several_words, set_apart = " " in before, part.isupper() and not before.isupper()
    if not all(word.casefold().replace(".", "") in SUFFIXES for word in part.split()):
        return several_words and set_apart and part.isalpha()
    return several_words or set_apart or "." in part or part.casefold() in _NEVER_FIRST_NAMES
