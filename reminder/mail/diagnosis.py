"""What a mail server's refusal means, and what to do about it, in words for people who look after no servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reminder.mail.transport import Outcome, Stage

if TYPE_CHECKING:
    from reminder.mail.transport import Verdict

MEANINGS: tuple[tuple[str, str], ...] = (
    (
        r"5\.7\.30|basic authentication is not supported",
        "Microsoft has turned off password sign-in for mail. Use the Microsoft 365 sign-in (smtp+oauth://).",
    ),
    (
        r"5\.7\.139|SmtpClientAuthentication is disabled",
        (
            "Microsoft does not let this mailbox send by SMTP. Ask whoever runs your Microsoft 365 to allow "
            "'Authenticated SMTP' for the mailbox, and use the Microsoft 365 sign-in."
        ),
    ),
    (
        r"AADSTS7000215|AADSTS7000222|invalid_client",
        "Microsoft does not accept the app's secret: it is wrong or has run out. Make a new one.",
    ),
    (r"AADSTS700016", "Microsoft knows no app with this client id in this tenant. Compare both with the app's page."),
    (r"AADSTS90002|AADSTS900023", "Microsoft knows no such tenant. Copy the 'Directory (tenant) ID' again."),
    (
        r"5\.7\.3\b",
        (
            "The app may not send as this mailbox yet. In Exchange: New-ServicePrincipal, then Add-MailboxPermission. "
            "It takes up to half an hour."
        ),
    ),
    (
        r"5\.7\.60|5\.2\.252|SendAsDenied|send as",
        "You are signed in as another mailbox than the one in REMINDER_MAIL_FROM. Make them the same.",
    ),
    (
        r"5\.7\.9|application-specific password",
        "Google wants an app password, not your usual one. Make one in your Google account.",
    ),
    (r"5\.7\.14|web login required", "Google wants you to sign in with a browser first, then to make an app password."),
    (
        r"5\.7\.8|535|username and password not accepted",
        "The user name or the password is wrong. Copy both again, without spaces.",
    ),
    (
        r"5\.7\.1.*relay|relay(ing)? (access )?denied|not permitted to relay",
        "The server does not send for us. Sign in, or let it accept this machine.",
    ),
    (
        r"\b530\b|must issue a starttls|authentication required",
        "The server wants a sign-in, or TLS first. Write user:password@ into REMINDER_MAIL_URL.",
    ),
    (r"4\.3\.2.*concurrent|432", "Too many connections at once. Set REMINDER_MAIL_LIMIT=microsoft365."),
    (
        r"4\.7\.0.*rate|too many messages|5\.4\.5|daily .*(limit|quota)",
        "The provider's sending limit is reached. The mails wait; set REMINDER_MAIL_LIMIT.",
    ),
    (
        r"5\.7\.515|5\.7\.26|spf|dmarc|dkim",
        "The receiving side does not trust your domain. Ask whoever runs it for SPF, DKIM and DMARC.",
    ),
    (r"5\.1\.1|user unknown|no such user|does not exist", "There is no such mailbox. Check the address."),
    (r"5\.2\.2|mailbox (is )?full|over quota", "The mailbox is full. It is tried again later."),
    (r"4\.7\.1|greylist", "The server asks to come back later. That is usual; it is tried again."),
    (
        r"certificate",
        "The server's certificate does not fit its name, or nobody known has signed it. Check the host name.",
    ),
    (r"offers no starttls", "The server has no TLS on this port. Try smtps:// with port 465."),
    (r"connection refused", "Nothing answers at that host and port. Check both; 587 is usual."),
    (
        r"name or service not known|nodename|getaddrinfo|name resolution",
        "The host name is not known. Check its spelling.",
    ),
    (
        r"no answer in time|timed out",
        "The server does not answer. A firewall may block the port; ask whoever runs your network.",
    ),
)
"""Patterns in what a server said, the most telling first, each with its meaning and cure."""


def in_plain_words(verdict: Verdict) -> str:
    """Return what a refusal means and what to do; empty for a mail that was taken."""
    if verdict.outcome is Outcome.ACCEPTED:
        return ""
    said = f"{verdict.code or ''} {verdict.reply}"
    for pattern, meaning in MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return meaning
    if verdict.stage is Stage.AUTH:
        return "The server does not accept our sign-in. Check user name and password."
    return "Show the server's words to whoever looks after your mail."
