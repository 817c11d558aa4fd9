from __future__ import annotations

import pytest

from reminder.mail.outgoing import Outgoing, TypedError, outgoing, provider_of, typed_of
from reminder.mail.providers import PROVIDERS
from reminder.mail.servers import transport_from_url
from reminder.mail.sign_in import AppSignIn, Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.settings_checks import read_limits

SENDER = "office@lakeside.example"
SECRET = "s3cr/t?&%@:x"
TYPED = {
    "microsoft365": {"sender": SENDER, "tenant": "abc-1", "client_id": "app-1", "secret": SECRET},
    "google": {"sender": SENDER, "secret": "abcd efgh ijkl mnop"},
    "sendgrid": {"sender": SENDER, "secret": SECRET},
    "postmark": {"sender": SENDER, "secret": SECRET},
    "ses": {"sender": SENDER, "host": "email-smtp.us-west-2.amazonaws.com", "user": "AKIA", "secret": SECRET},
    "mailgun": {"sender": SENDER, "host": "smtp.mailgun.org", "user": "postmaster@mg.x.example", "secret": SECRET},
    "other": {"sender": SENDER, "host": "mail.x.example", "security": "smtps", "user": "office@x", "secret": SECRET},
}
SIGNED_IN_AS = {
    "google": (SENDER, "abcdefghijklmnop"),
    "sendgrid": ("apikey", SECRET),
    "postmark": (SECRET, SECRET),
    "ses": ("AKIA", SECRET),
    "mailgun": ("postmaster@mg.x.example", SECRET),
    "other": ("office@x", SECRET),
}


def made(key: str, present: str = "", **changed: str) -> Outgoing:
    return outgoing(PROVIDERS[key], {**TYPED[key], **changed}, present)


@pytest.mark.parametrize("key", SIGNED_IN_AS)
def test_each_way_signs_in_with_what_was_typed(key: str) -> None:
    transport = transport_from_url(made(key).mail_url)

    assert isinstance(transport, SmtpTransport)
    assert isinstance(transport.login, Login)
    assert (transport.login.user, transport.login.password) == SIGNED_IN_AS[key]
    assert (transport.port, transport.security) == ((465, Security.TLS) if key == "other" else (587, Security.STARTTLS))


def test_microsoft_signs_in_as_an_app() -> None:
    transport = transport_from_url(made("microsoft365").mail_url)

    assert isinstance(transport, SmtpTransport)
    assert isinstance(transport.login, AppSignIn)
    assert (transport.login.user, transport.login.client_id, transport.login.client_secret) == (SENDER, "app-1", SECRET)
    assert transport.login.token_url.endswith("/abc-1/oauth2/v2.0/token")


def test_a_relay_inside_the_network_needs_no_sign_in() -> None:
    found = made("other", security="smtp+plain", user="", secret="", port="2525")

    assert found.mail_url == "smtp+plain://mail.x.example:2525"


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_limits_of_each_way_can_be_read(key: str) -> None:
    assert read_limits(made(key).mail_limit)["connections"]


@pytest.mark.parametrize("key", PROVIDERS)
def test_what_holds_now_fills_the_form_again_without_its_secret(key: str) -> None:
    found = made(key)
    again = typed_of(found.mail_url, found.mail_from)
    shown = {one.name: again[one.name] for one in PROVIDERS[key].fields if not one.is_secret}

    assert provider_of(found.mail_url) is PROVIDERS[key]
    assert shown.items() >= {name: text for name, text in TYPED[key].items() if name != "secret"}.items()
    assert SECRET not in repr(shown) + repr(found)


@pytest.mark.parametrize("key", PROVIDERS)
def test_an_empty_secret_keeps_the_present_one(key: str) -> None:
    present = made(key).mail_url

    assert made(key, present, secret="").mail_url == present


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("other", {"host": "mail.elsewhere.example"}),
        ("other", {"user": "somebody@x"}),
        ("microsoft365", {"sender": "other@lakeside.example"}),
        ("google", {"sender": "other@lakeside.example"}),
        ("ses", {"host": "email-smtp.us-east-1.amazonaws.com"}),
    ],
)
def test_a_secret_is_never_shown_to_another_server_or_account(key: str, changed: dict[str, str]) -> None:
    with pytest.raises(TypedError, match="fill it in") as caught:
        made(key, made(key).mail_url, secret="", **changed)

    assert caught.value.field == "secret"


@pytest.mark.parametrize(
    ("key", "field", "text"),
    [
        ("other", "sender", ""),
        ("other", "sender", "office"),
        ("other", "sender", "Office <office@lakeside.example>"),
        ("other", "host", ""),
        ("other", "host", "https://mail.x.example"),
        ("other", "host", "mail.x.example/@evil.example"),
        ("other", "port", "0"),
        ("other", "port", "65536"),
        ("other", "port", "smtp"),
        ("other", "security", "folder"),
        ("other", "secret", " "),
        ("ses", "host", "mail.evil.example"),
        ("microsoft365", "tenant", "abc/def"),
        ("microsoft365", "client_id", ""),
        ("google", "secret", ""),
    ],
)
def test_what_cannot_be_used_is_named_by_its_field(key: str, field: str, text: str) -> None:
    with pytest.raises(TypedError) as caught:
        made(key, **{field: text})

    assert caught.value.field == field
    label = next(one.label for one in PROVIDERS[key].fields if one.name == field)
    assert str(caught.value).startswith(f"{label}: ")


def test_a_folder_is_no_way_to_send() -> None:
    assert provider_of("folder:/var/mail") is None
    assert typed_of("folder:/var/mail", SENDER) == {}
