"""What a mail server's refusal means, and what to do about it, in words for people who look after no servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reminder.mail.transport import Outcome, Stage

if TYPE_CHECKING:
    from reminder.mail.transport import Verdict

URL, SENDER, LIMIT = "REMINDER_MAIL_URL", "REMINDER_MAIL_FROM", "REMINDER_MAIL_LIMIT"


class Meaning(NamedTuple):
    """What a reply that fits `pattern` means, with its cure; `setting`: what to change if the server sets it."""

    pattern: str
    words: str
    setting: str = ""


MICROSOFT = (
    Meaning(
        r"5\.7\.30\b|basic authentication is (not supported|disabled)",
        "Microsoft has turned off password sign-in for mail. Choose Microsoft 365, which signs in as an app.",
        URL,
    ),
    Meaning(
        r"SmtpClientAuthentication is disabled",
        (
            "Microsoft does not let this mailbox send by SMTP. Ask whoever runs your Microsoft 365 to allow "
            "'Authenticated SMTP' for the mailbox."
        ),
    ),
    Meaning(
        r"security defaults policy|did not meet the criteria to be authenticated",
        (
            "Your Microsoft 365 blocks password sign-in (security defaults or conditional access). Choose Microsoft 365, "
            "which signs in as an app."
        ),
        URL,
    ),
    Meaning(r"user credentials were incorrect", "The user name or the password is wrong. Copy both again.", URL),
    Meaning(
        r"AADSTS7000215",
        (
            "Microsoft does not know the app's secret. Copy the secret's Value, not its Secret ID; if the Value is no "
            "longer shown, make a new secret."
        ),
        URL,
    ),
    Meaning(r"AADSTS7000222", "The app's secret has run out. Make a new one in Microsoft Entra and save it here.", URL),
    Meaning(
        r"AADSTS700016", "Microsoft finds no such app in your tenant. Copy the 'Application (client) ID' again.", URL
    ),
    Meaning(
        r"AADSTS(90002|900023|900021|500021)\b",
        "Microsoft knows no such tenant. Copy the 'Directory (tenant) ID' again.",
        URL,
    ),
    Meaning(
        r"AADSTS(65001|500011|650057|50105)\b",
        "The app lacks a permission: SMTP.SendAsApp of Office 365 Exchange Online, with admin consent.",
    ),
    Meaning(r"AADSTS53003", "A conditional access policy of your Microsoft 365 blocks the app. Ask for an exception."),
    Meaning(
        r"invalid_client|unauthorized_client", "Microsoft does not accept the app. Copy its three values again.", URL
    ),
    Meaning(
        r"5\.7\.3\b",
        (
            "The app may not send as this mailbox yet. In Exchange: New-ServicePrincipal, then Add-MailboxPermission. "
            "It takes up to half an hour."
        ),
    ),
    Meaning(
        r"5\.7\.57|not authenticated to send",
        "Microsoft wants a sign-in before it takes mail. Choose Microsoft 365 and fill in the app's values.",
        URL,
    ),
    Meaning(
        r"5\.7\.60|5\.2\.252|SendAsDenied|permissions? to send as|not allowed to send as",
        "You are signed in as another mailbox than the one mails come from. Make the two addresses the same.",
        SENDER,
    ),
    Meaning(
        r"5\.7\.(705|708)|5\.1\.8\b",
        "Microsoft has stopped this account from sending. Whoever runs your Microsoft 365 can lift that.",
    ),
    Meaning(
        r"4\.3\.2.*concurrent|concurrent connections",
        "Too many connections at once. Choose the sending limits of Microsoft 365.",
        LIMIT,
    ),
)

GOOGLE = (
    Meaning(
        r"5\.7\.9\b|application-specific password",
        "Google wants an app password, not your usual one. Make one in your Google account.",
        URL,
    ),
    Meaning(
        r"5\.7\.14\b|web login required|log in via your web browser",
        "Google wants you to sign in with a browser first, then to make an app password.",
    ),
    Meaning(
        r"BadCredentials|username and password not accepted",
        (
            "Google does not accept the address or the app password. Copy the 16 letters again; a changed Google "
            "password ends every app password."
        ),
        URL,
    ),
    Meaning(
        r"too many login attempts|4\.7\.0 try again later",
        "Google has seen too many tries and waits. Try again in half an hour.",
    ),
    Meaning(
        r"mail relay denied|invalid credentials for relay",
        "Google's relay does not know this server's address. Add it in the Google Admin console, or use an app password.",
    ),
)

SERVICES = (
    Meaning(
        r"email address is not verified",
        (
            "Amazon SES sends only from addresses you have verified, and in its sandbox only to such. Verify the address "
            "or your domain, and ask Amazon for production access."
        ),
        SENDER,
    ),
    Meaning(
        r"verified sender identity",
        "SendGrid sends only from a verified sender. Verify this address or your domain in SendGrid.",
        SENDER,
    ),
    Meaning(r"maximum credits exceeded", "Your plan with this service is used up. Renew it there, or choose another."),
    Meaning(
        r"authorization grant is invalid|^535 authentication credentials invalid",
        "The service does not accept the key or password. Make a new one there and copy it whole.",
        URL,
    ),
)

ANY_SERVER = (
    Meaning(
        r"4\.7\.0.*rate|too many messages|5\.4\.5|daily .*(limit|quota)|sending rate exceeded|throttling",
        "The provider's sending limit is reached. The mails wait and go later.",
        LIMIT,
    ),
    Meaning(
        r"5\.7\.1.*relay|relay(ing)? (access )?denied|not permitted to relay|unable to relay",
        "The server does not send for us. Fill in user name and password, or let it accept this machine.",
        URL,
    ),
    Meaning(
        r"5\.7\.8|535|authentication (failed|unsuccessful|error)",
        "The user name or the password is wrong. Copy both again, without spaces.",
        URL,
    ),
    Meaning(
        r"\b530\b|must issue a starttls|authentication required",
        "The server wants a sign-in, or TLS first. Fill in user name and password.",
        URL,
    ),
    Meaning(
        r"5\.7\.515|5\.7\.26|spf|dmarc|dkim",
        "The receiving side does not trust your domain. Ask whoever runs it for SPF, DKIM and DMARC.",
    ),
    Meaning(r"5\.1\.1|user unknown|no such user|does not exist", "There is no such mailbox. Check the address."),
    Meaning(r"5\.2\.2|mailbox (is )?full|over quota", "The mailbox is full. It is tried again later."),
    Meaning(r"4\.7\.1|greylist", "The server asks to come back later. That is usual; it is tried again."),
    Meaning(
        r"certificate",
        "The server's certificate does not fit its name, or nobody known has signed it. Check the host name.",
        URL,
    ),
    Meaning(r"offers no starttls", "The server has no TLS on this port. Try TLS from the start, on port 465.", URL),
    Meaning(
        r"wrong.version.number|unexpected.eof|packet length",
        "The server does not begin with TLS on this port. Try STARTTLS with port 587, or TLS with port 465.",
        URL,
    ),
    Meaning(r"connection refused", "Nothing answers at that host and port. Check both; 587 is usual.", URL),
    Meaning(
        r"name or service not known|nodename|getaddrinfo|name resolution|no address associated",
        "The host name is not known. Check its spelling.",
        URL,
    ),
    Meaning(
        r"no answer in time|timed out|unreachable|no route",
        "The server does not answer. A firewall may block the port; ask whoever runs your network.",
    ),
)

MEANINGS = (*MICROSOFT, *GOOGLE, *SERVICES, *ANY_SERVER)
"""What servers say, the most telling first."""

BAD_SIGN_IN = Meaning("", "The server does not accept our sign-in. Check user name and password.", URL)
UNKNOWN = Meaning("", "Show the server's words to whoever looks after your mail.")


def meaning(verdict: Verdict) -> Meaning | None:
    """Return what a refusal means; None for a mail that was taken."""
    if verdict.outcome is Outcome.ACCEPTED:
        return None
    said = f"{verdict.code or ''} {verdict.reply}"
    for known in MEANINGS:
        if re.search(known.pattern, said, re.IGNORECASE):
            return known
    return BAD_SIGN_IN if verdict.stage is Stage.AUTH else UNKNOWN


def in_plain_words(verdict: Verdict) -> str:
    """Return what a refusal means and what to do, as pages say it; empty for a mail that was taken."""
    found = meaning(verdict)
    return found.words if found else ""


def for_the_server(verdict: Verdict) -> str:
    """Return the same for whoever runs the server, with the setting to change."""
    found = meaning(verdict)
    if found is None:
        return ""
    return f"{found.words} Setting: {found.setting}." if found.setting else found.words
