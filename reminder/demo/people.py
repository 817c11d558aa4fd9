"""Forty invented people, so that every role and every status can be seen."""

from __future__ import annotations

from dataclasses import dataclass

from reminder.policy.model import Role

AO, AM, SEU = Role.AUTHORIZED_OFFICIAL, Role.ACCESS_MANAGER, Role.STAFF_END_USER
SURROGATE, PROVIDER = Role.SURROGATE, Role.INDIVIDUAL_PROVIDER

LAKESIDE, DESERT = "Lakeside Family Medicine", "Desert Bloom Pediatrics"
ZONES = {LAKESIDE: "America/Chicago", DESERT: "America/Phoenix"}


@dataclass(frozen=True, kw_only=True)
class Invented:
    """One invented person. `left`: days left today (None: nobody knows); `away`: days from today, first and last
    (last None: until further notice); `confirms`: they press the button after the first mail.
    """

    name: str
    role: Role
    practices: tuple[str, ...]
    left: int | None
    away: tuple[int, int | None] | None = None
    gone: bool = False

    @property
    def email(self) -> str:
        """Return an address that leads nowhere."""
        return f"{self.name.lower().replace(' ', '.')}@demo.example"


def _people(practice: str, *rows: tuple[str, Role, int | None]) -> list[Invented]:
    return [Invented(name=name, role=role, practices=(practice,), left=left) for name, role, left in rows]


EVERYBODY = [
    *_people(
        LAKESIDE,
        ("Alma Reyes", AO, 5),
        ("Ben Okafor", AM, 41),
        ("Chloe Dubois", SEU, 14),
        ("Dmitri Volkov", SEU, 0),
        ("Erin Obrien", SURROGATE, 55),
        ("Farah Haddad", PROVIDER, None),
        ("Grace Nguyen", SEU, 59),
        ("Hiro Tanaka", PROVIDER, 3),
        ("Ines Costa", SEU, 22),
        ("Jonas Weber", SURROGATE, -1),
        ("Karin Jaeger", SEU, -29),
        ("Liam Murphy", PROVIDER, 33),
        ("Mei Lin", PROVIDER, 7),
        ("Nadia Rahman", SEU, None),
        ("Oscar Quinn", SEU, 1),
        ("Pia Rossi", SURROGATE, 48),
        ("Ravi Shah", PROVIDER, -8),
        ("Sofia Ortega", SEU, 30),
        ("Tom Becker", SEU, 12),
        ("Uma Patel", PROVIDER, 26),
        ("Vera Ito", SURROGATE, 17),
    ),
    *_people(
        DESERT,
        ("Wes Young", AO, 6),
        ("Xiu Zhang", SEU, 45),
        ("Yara Abbas", SEU, -3),
        ("Zed Brown", PROVIDER, 2),
        ("Ana Torres", PROVIDER, 19),
        ("Bo Chen", SEU, None),
        ("Carla Diaz", SURROGATE, 37),
        ("Dan Hill", SEU, 10),
        ("Eva Novak", SEU, 52),
        ("Finn Larsen", PROVIDER, -15),
        ("Gia Romano", SURROGATE, 8),
        ("Hana Kim", SEU, 13),
        ("Ivan Munoz", SEU, 28),
        ("Jade Wilson", PROVIDER, 58),
    ),
    Invented(name="Kofi Mensah", role=SURROGATE, practices=(LAKESIDE, DESERT), left=4),
    Invented(name="Lena Fischer", role=SURROGATE, practices=(DESERT, LAKESIDE), left=21),
    Invented(name="Marco Silva", role=SEU, practices=(LAKESIDE,), left=9, away=(-2, 12)),
    Invented(name="Nora Dahl", role=PROVIDER, practices=(DESERT,), left=25, away=(-10, None)),
    Invented(name="Paul Adams", role=SEU, practices=(LAKESIDE,), left=20, gone=True),
]
