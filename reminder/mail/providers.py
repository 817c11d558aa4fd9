"""The ways to send mail that a page offers: what each asks for, and how to get it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a provider's form. A secret one is never shown again; `choices`: value and words of a list."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    is_sender: bool = False

    @property
    def is_secret(self) -> bool:
        """Tell whether what is typed must not be shown again."""
        return self.kind == "password"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A way to send: where its server is (unless the form asks), how it is signed in to, and how to get what it asks.

    `how_to`: one step a line, commands on lines of their own below it. `user`: the user name, in which `{sender}`, `{user}` and `{secret}` stand for what is typed there.
    """

    key: str
    name: str
    group: str
    blurb: str = ""
    host: str = ""
    scheme: str = "smtp"
    port: int = 587
    user: str = "{user}"
    limit: str = ""
    fields: tuple[Field, ...] = ()
    how_to: tuple[str, ...] = ()
    note: str = ""


def _sender(label: str = "Mails come from", hint: str = "The address your staff will see.") -> Field:
    return Field(name="sender", label=label, hint=hint, kind="email", is_sender=True)


def _secret(label: str, hint: str = "") -> Field:
    return Field(name="secret", label=label, hint=hint, kind="password")


MICROSOFT = Provider(
    key="microsoft365",
    name="Microsoft 365",
    group="Microsoft 365",
    blurb="Your practice reads its mail in Outlook.",
    host="smtp.office365.com",
    scheme="smtp+oauth",
    limit="microsoft365",
    fields=(
        _sender("Mailbox that sends", "Such as reminders@your-practice.com. It needs a mailbox of its own."),
        Field(name="tenant", label="Directory (tenant) ID"),
        Field(name="client_id", label="Application (client) ID"),
        _secret("Client secret (its Value)"),
    ),
    how_to=(
        "In Microsoft Entra, open App registrations and register an app. Copy its two IDs.",
        (
            "Under API permissions add: APIs my organization uses, Office 365 Exchange Online, Application permissions, "
            "SMTP.SendAsApp. Then press Grant admin consent."
        ),
        "Under Certificates & secrets make a client secret. Copy its Value at once, and note when it ends.",
        (
            "In Exchange Online PowerShell, with the Object ID that Enterprise applications shows for the app:"
            "\nNew-ServicePrincipal -AppId CLIENT_ID -ObjectId OBJECT_ID"
            "\nAdd-MailboxPermission -Identity MAILBOX -User OBJECT_ID -AccessRights FullAccess"
        ),
        (
            "In the Microsoft 365 admin center allow Authenticated SMTP for the mailbox (Manage email apps). It may take "
            "half an hour until Microsoft knows of it."
        ),
    ),
    note=(
        "Whoever runs your Microsoft 365 does this once. A password is not enough: at the end of December 2026 "
        "Microsoft switches password sign-in for SMTP off by default."
    ),
)

GOOGLE = Provider(
    key="google",
    name="Google Workspace",
    group="Google Workspace",
    blurb="Your practice reads its mail in Gmail.",
    host="smtp.gmail.com",
    user="{sender}",
    limit="google",
    fields=(
        _sender("Google address that sends", "Such as reminders@your-practice.com."),
        _secret("App password", "16 letters, not your usual password."),
    ),
    how_to=(
        "Sign in to that Google account and turn on 2-Step Verification.",
        "Open myaccount.google.com/apppasswords and make an app password.",
        "Copy its 16 letters here. A new Google password ends it: then make a new one.",
    ),
)

SENDGRID = Provider(
    key="sendgrid",
    name="SendGrid",
    group="E-mail service",
    host="smtp.sendgrid.net",
    user="apikey",
    fields=(_sender(), _secret("API key", "It begins with SG.")),
    how_to=(
        "In SendGrid verify your domain or this address under Sender Authentication.",
        "Under API Keys make a key with the permission Mail Send. Copy it here.",
    ),
)

POSTMARK = Provider(
    key="postmark",
    name="Postmark",
    group="E-mail service",
    host="smtp.postmarkapp.com",
    user="{secret}",
    fields=(_sender(), _secret("Server API token")),
    how_to=(
        "In Postmark confirm your domain or this address under Sender Signatures.",
        "Open your server, API Tokens, and copy the server token here.",
    ),
)

SES = Provider(
    key="ses",
    name="Amazon SES",
    group="E-mail service",
    limit="ses",
    fields=(
        _sender(),
        Field(
            name="host",
            label="Region",
            default="email-smtp.us-east-1.amazonaws.com",
            choices=(
                ("email-smtp.us-east-1.amazonaws.com", "US East (N. Virginia)"),
                ("email-smtp.us-east-2.amazonaws.com", "US East (Ohio)"),
                ("email-smtp.us-west-1.amazonaws.com", "US West (N. California)"),
                ("email-smtp.us-west-2.amazonaws.com", "US West (Oregon)"),
            ),
        ),
        Field(name="user", label="SMTP user name"),
        _secret("SMTP password"),
    ),
    how_to=(
        "In Amazon SES verify your domain or this address, and ask for production access.",
        "Under SMTP settings create SMTP credentials. Copy both here; they are not your AWS keys.",
    ),
)

MAILGUN = Provider(
    key="mailgun",
    name="Mailgun",
    group="E-mail service",
    fields=(
        _sender(),
        Field(
            name="host",
            label="Region",
            default="smtp.mailgun.org",
            choices=(("smtp.mailgun.org", "United States"), ("smtp.eu.mailgun.org", "Europe")),
        ),
        Field(name="user", label="SMTP login", hint="Such as postmaster@mg.your-practice.com."),
        _secret("SMTP password"),
    ),
    how_to=("In Mailgun open Sending, Domain settings, SMTP credentials.", "Copy the login and its password here."),
)

OTHER = Provider(
    key="other",
    name="Any other server",
    group="Any other server",
    blurb="Your internet or web provider's, or your own.",
    fields=(
        _sender(),
        Field(name="host", label="Server", hint="Such as mail.your-practice.com."),
        Field(
            name="security",
            label="Encryption",
            default="smtp",
            choices=(
                ("smtp", "STARTTLS, port 587 (usual)"),
                ("smtps", "TLS from the start, port 465"),
                ("smtp+plain", "None, port 25: only inside your own network"),
            ),
        ),
        Field(name="port", label="Port", hint="Empty: the usual one.", optional=True),
        Field(name="user", label="User name", hint="Empty if the server asks for none.", optional=True),
        Field(name="secret", label="Password", kind="password", optional=True),
    ),
    how_to=("Ask whoever looks after your e-mail for these, or look in your mail program's account settings.",),
)

PROVIDERS = {one.key: one for one in (MICROSOFT, GOOGLE, SENDGRID, POSTMARK, SES, MAILGUN, OTHER)}
"""Every way to send, by its key."""
