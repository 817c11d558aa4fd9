from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminder.errors import UsageError
from reminder.policy.model import Role
from reminder.roster import fields
from reminder.roster.fields import ROLE_NAMES, FieldError, email_address, person_name, plain_text, role, user_id


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Erin O'Brien", "Erin O'Brien"),
        ("O'Brien, Erin", "Erin O'Brien"),
        ("Smith, John, MD", "John Smith, MD"),
        ("John Smith, MD", "John Smith, MD"),
        ("John Smith, M.D., Ph.D.", "John Smith, M.D., Ph.D."),
        ("John Smith, Jr.", "John Smith, Jr."),
        ("Smith Jr., John", "John Smith Jr."),
        ("Smith, Jr", "Smith, Jr"),
        ("John Smith, FACXX", "John Smith, FACXX"),
        ("SMITH, JOHN", "JOHN SMITH"),
        ("Nguyen, Do", "Do Nguyen"),
        ("Nguyen, DO", "Nguyen, DO"),
        ("Smith,", "Smith"),
        ("van der Berg,  Anna", "Anna van der Berg"),
        ("  Ana\u00a0\u2009 Gil ", "Ana Gil"),
        ("Jose\u0301 Nun\u0303ez", "Jos\u00e9 Nu\u00f1ez"),
        ("Grace Nguy\u1ec5n", "Grace Nguy\u1ec5n"),
        ("Lakeside P.C.", "Lakeside P.C."),
        ("J. R. Li L.L.C.", "J. R. Li L.L.C."),
        ("\u674e \u5c0f\u9f99", "\u674e \u5c0f\u9f99"),
        ('Robert "Bob" Hale', 'Robert "Bob" Hale'),
        ("'t Hooft, Gerard", "Gerard 't Hooft"),
        ("A" * 120, "A" * 120),
    ],
)
def test_a_name_is_tidied_and_put_in_reading_order(given: str, name: str) -> None:
    assert person_name(given) == name


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "empty"),
        (" \u00a0 ", "empty"),
        ("Jane\r\nBcc: a", "control character"),
        ("Jane\nDoe", "control character"),
        ("Jane\x00", "control character"),
        ("Jane\x85Doe", "control character"),
        ("Jane\x1bDoe", "control character"),
        ("Jane\u2028Doe", "line break"),
        ("Jane\u2029Doe", "line break"),
        ("Jane\u202eeoD", "invisible"),
        ("Jane\u200bDoe", "invisible"),
        ("\ufeffJane", "invisible"),
        ("Jane\u2066Doe", "invisible"),
        ("\u3164", "invisible"),
        ("Jane\ud800", "half a character"),
        ("=?utf-8?q?Jane?=", "formula"),
        ("Jane =?utf-8?q?Doe?=", "encoded"),
        ("=HYPERLINK(1)", "formula"),
        ("+Jane", "formula"),
        ("-Jane", "formula"),
        ("@Jane", "formula"),
        ("\tJane", "formula"),
        ("\uff1dJane", "formula"),
        ("Smith, -John", "formula"),
        ("http://evil", "address"),
        ("www.evil", "address"),
        ("Jane @ Lakeside", "address"),
        ("evil.com", "address"),
        ("Jane evil\uff0ecom", "address"),
        ("Jane evil\u3002com", "address"),
        ("Jane 10.0.0.1", "address"),
        ("<b>Jane</b>", "no name has"),
        ("{{Jane}}", "no name has"),
        ("Jane; Joe", "no name has"),
        ("12345", "no letters"),
        ("Chicago, Smith, John", "commas"),
        ("A" * 121, "longer than 120"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(given: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem) as refused:
        person_name(given)

    assert refused.value.field == "name"
    assert refused.value.value.isprintable()
    assert "\n" not in str(refused.value)
    assert isinstance(refused.value, UsageError)


@settings(deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z.]{1,6}(?:,? [A-Za-z.]{1,4}){0,3}", fullmatch=True))
def test_an_accepted_name_is_accepted_again_unchanged(text: str) -> None:
    try:
        name = person_name(text)
    except FieldError:
        return

    assert person_name(name) == name
    assert name.isprintable()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("ana@lakeside.example", "ana@lakeside.example"),
        ("Ana.Gil@Lakeside.EXAMPLE", "ana.gil@lakeside.example"),
        (" ana@lakeside.example\u00a0", "ana@lakeside.example"),
        ("Ana Gil <Ana@lakeside.example>", "ana@lakeside.example"),
        ('"Gil, Ana" <ana@lakeside.example>', "ana@lakeside.example"),
        ("ana@lakeside.example <ana@lakeside.example>", "ana@lakeside.example"),
        ("<ana@lakeside.example>", "ana@lakeside.example"),
        ("mailto:ana@lakeside.example", "ana@lakeside.example"),
        ("ana@lakeside.example;", "ana@lakeside.example"),
        ("erin.o'brien+ia@my-practice.example", "erin.o'brien+ia@my-practice.example"),
        ("ana@m\u00fcnchen.example", "ana@xn--mnchen-3ya.example"),
        ("billingsley@lakeside.example", "billingsley@lakeside.example"),
        ("info.smith@lakeside.example", "info.smith@lakeside.example"),
        ("ada.min@lakeside.example", "ada.min@lakeside.example"),
    ],
)
def test_an_address_is_brought_to_its_normal_form(given: str, address: str) -> None:
    assert email_address(given) == address


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "empty"),
        ("Ana <>", "empty"),
        ("ana", "no @"),
        ("noa.park@lakeside", "incomplete"),
        ("ana@@lakeside.example", "no mail address"),
        ("ana b@lakeside.example", "no mail address"),
        ("j\u00e4ger@lakeside.example", "plain letters"),
        ("ana@lakeside.example, bob@lakeside.example", "two addresses"),
        ("ana@lakeside.example; bob@lakeside.example", "two addresses"),
        ("ana@lakeside.example\u00a0bob@lakeside.example", "two addresses"),
        ("bob@lakeside.example <ana@lakeside.example>", "two addresses"),
        ("ana@lakeside.example\r\nBcc: bob", "control character"),
        ("ana@lakeside.example\x00", "control character"),
        ("ana\u200b@lakeside.example", "invisible"),
        ("ana@localhost", "incomplete"),
        ("a" * 65 + "@lakeside.example", "no mail address"),
    ],
)
def test_what_is_no_single_address_is_refused_with_the_reason(given: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        email_address(given)


@pytest.mark.parametrize(
    "local",
    [
        "billing",
        "info",
        "frontdesk",
        "front.desk",
        "front-desk",
        "office",
        "admin",
        "reception",
        "noreply",
        "no-reply",
        "do.not.reply",
        "Office",
        "billing2",
        "billing-team",
        "billing+pecos",
        "office.staff",
        "hr",
        "support",
        "scheduling",
        "medical_records",
        "contact",
    ],
)
def test_a_group_mailbox_is_refused_in_plain_words(local: str) -> None:
    with pytest.raises(FieldError, match="is a group mailbox; I&A wants an address of the person's own"):
        email_address(f"{local}@lakeside.example")


def test_a_practice_may_be_answered_at_a_group_mailbox() -> None:
    assert email_address("frontdesk@lakeside.example", personal=False) == "frontdesk@lakeside.example"


@settings(deadline=None)
@given(st.from_regex(r"[a-z0-9.'+_-]{1,8}@[a-z0-9-]{1,6}\.(?:[a-z0-9-]{1,4}\.)?[a-z0-9]{1,4}", fullmatch=True))
def test_the_quick_check_accepts_nothing_that_the_library_refuses(text: str) -> None:
    from email_validator import validate_email

    if fields._ORDINARY_ADDRESS.fullmatch(text):
        assert validate_email(text, check_deliverability=False, test_environment=True).ascii_email == text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("AO", Role.AUTHORIZED_OFFICIAL),
        ("ao", Role.AUTHORIZED_OFFICIAL),
        ("Authorized Official", Role.AUTHORIZED_OFFICIAL),
        ("Authorized Official (AO)", Role.AUTHORIZED_OFFICIAL),
        ("AM", Role.ACCESS_MANAGER),
        ("Access manager", Role.ACCESS_MANAGER),
        ("Delegated Official", Role.ACCESS_MANAGER),
        ("Delegated Official (DO)", Role.ACCESS_MANAGER),
        ("Access Manager (formerly Delegated Official)", Role.ACCESS_MANAGER),
        ("SEU", Role.STAFF_END_USER),
        ("S.E.U.", Role.STAFF_END_USER),
        ("Staff End User (SEU)", Role.STAFF_END_USER),
        ("SEU - Staff End User", Role.STAFF_END_USER),
        ("staff_end_user", Role.STAFF_END_USER),
        ("Staff\u00a0End\nUser", Role.STAFF_END_USER),
        ("Surrogate", Role.SURROGATE),
        ("individual provider", Role.INDIVIDUAL_PROVIDER),
        *((name, each) for each, name in ROLE_NAMES.items()),
        *((each.value, each) for each in Role),
    ],
)
def test_a_role_is_known_by_its_short_and_long_names(given: str, expected: Role) -> None:
    assert role(given) is expected


@pytest.mark.parametrize("given", ["Biller", "Staff", "DO", "AO?!x", "(", "Staff End User (XYZ)"])
def test_any_other_role_is_refused_and_the_five_are_named(given: str) -> None:
    with pytest.raises(FieldError) as refused:
        role(given)

    assert all(name in refused.value.problem for name in ROLE_NAMES.values())


@pytest.mark.parametrize(("given", "problem"), [("AO/AM", "more than one role"), ("", "is empty"), (" ", "is empty")])
def test_two_roles_or_none_are_refused(given: str, problem: str) -> None:
    with pytest.raises(FieldError, match=problem):
        role(given)


@pytest.mark.parametrize("given", ["00123", "AREYES01", "=x", "-x", "a b"])
def test_a_user_id_is_kept_as_text(given: str) -> None:
    assert user_id(f" {given}\u00a0") == given


@pytest.mark.parametrize("given", ["", "n/a", "-", "a\x00", "a\nb", "a\u202eb", "x" * 101])
def test_a_user_id_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(FieldError):
        user_id(given)


def test_a_user_id_may_be_as_long_as_the_limit() -> None:
    assert user_id("x" * 100) == "x" * 100


@pytest.mark.parametrize("given", ["Lakeside Family Medicine, P.C.", "Care & Cure #2 (North)", "Clinica Ni\u00f1os"])
def test_a_practice_name_passes_as_it_is(given: str) -> None:
    assert plain_text(given, "practice") == given


@pytest.mark.parametrize("given", ["", "A\r\nBcc: x", "=1+1", "evil.com", "x://y", "=?x?=", "a" * 121])
def test_a_practice_name_that_could_do_harm_is_refused(given: str) -> None:
    with pytest.raises(FieldError) as refused:
        plain_text(given, "practice")

    assert refused.value.field == "practice"


def test_a_long_refused_value_is_cut() -> None:
    with pytest.raises(FieldError) as refused:
        person_name("A" * 1000)

    assert len(refused.value.value) == fields.SHOWN_LENGTH
    assert refused.value.value.endswith("...")
