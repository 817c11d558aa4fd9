"""Refusals of mail servers and what they are told as. `...` stands for parts that differ each time.

Seen word for word in public reports: 5.7.139 (tenant, basic authentication, credentials), 5.7.3, 5.7.57, 5.1.8,
AADSTS7000215, Google's 5.7.8 and 5.7.9, "not verified" of SES, "verified Sender Identity" of SendGrid. The others are
worded from notes and from memory: the codes in them are what the patterns lean on.
"""

from __future__ import annotations

import re

import pytest

from reminder.mail.diagnosis import MEANINGS, for_the_server, in_plain_words, meaning
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict
from tests.smtp_server import HOST, scripted_server

MICROSOFT = [
    (535, ("5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
          "https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com]"),
     "Authenticated SMTP"),
    (535, ("5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit "
          "https://aka.ms/smtp_auth_disabled for more information."), "Authenticated SMTP"),
    (535, ("5.7.139 Authentication unsuccessful, basic authentication is disabled. "
          "[BM1P287CA0015.INDP287.PROD.OUTLOOK.COM]"), "Choose Microsoft 365"),
    (550, "5.7.30 Basic authentication is not supported for Client Submission.", "Choose Microsoft 365"),
    (535, ("5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. "
          "Contact your administrator."), "security defaults"),
    (535, ("5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
          "successfully. Contact your administrator."), "conditional access"),
    (535, ("5.7.139 Authentication unsuccessful, the user credentials were incorrect. "
          "[PH0PR07CA0004.namprd07.prod.outlook.com]"), "password is wrong"),
    (535, "5.7.3 Authentication unsuccessful [DB6P18901CA0015.EURP189.PROD.OUTLOOK.COM]", "Add-MailboxPermission"),
    (530, "5.7.57 Client not authenticated to send mail. [AM0PR04CA0118.eurprd04.prod.outlook.com]", "wants a sign-in"),
    (554, ("5.2.252 SendAsDenied; office@lakeside.example not allowed to send as other@lakeside.example; "
          "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message "
          "due to a permanent exception"), "another mailbox"),
    (550, "5.7.60 SMTP; Client does not have permissions to send as this sender", "another mailbox"),
    (432, "4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.",
     "Too many connections"),
    (550, "5.1.8 Access denied, bad outbound sender AS(42004)", "stopped this account"),
]  # fmt: skip

ENTRA = [
    (535, ("no token: invalid_client: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the "
          "request is the client secret value, not the client secret ID, for a secret added to app '...'."),
     "the secret's Value"),
    (535, "no token: invalid_client: AADSTS7000222: The provided client secret keys for app '...' are expired.",
     "has run out"),
    (535, ("no token: unauthorized_client: AADSTS700016: Application with identifier '...' was not found in the "
          "directory '...'."), "Application (client) ID"),
    (535, ("no token: invalid_request: AADSTS90002: Tenant '...' not found. Check to make sure you have the correct "
          "tenant ID and are signing into the correct cloud."), "Directory (tenant) ID"),
    (535, ("no token: invalid_request: AADSTS900023: Specified tenant identifier '...' is neither a valid DNS name, nor "
          "a valid external domain."), "Directory (tenant) ID"),
    (535, "no token: access_denied: AADSTS53003: Access has been blocked by Conditional Access policies.",
     "conditional access"),
]  # fmt: skip

GOOGLE = [
    (535, ("5.7.8 Username and Password not accepted. For more information, go to 5.7.8 "
          "https://support.google.com/mail/?p=BadCredentials a640c23a62f3a - gsmtp"), "16 letters"),
    (534, ("5.7.9 Application-specific password required. For more information, go to 5.7.9 "
          "https://support.google.com/mail/?p=InvalidSecondFactor h26sm30121397pfq.64 - gsmtp"), "app password"),
    (534, ("5.7.14 <https://accounts.google.com/signin/continue?...> Please log in via your web browser and then try "
          "again. 5.7.14 Learn more at 5.7.14 https://support.google.com/mail/answer/78754"), "with a browser first"),
    (454, "4.7.0 Too many login attempts, please try again later. - gsmtp", "too many tries"),
    (550, ("5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to 5.4.5 "
          "https://support.google.com/a/answer/166852"), "limit is reached"),
    (550, ("5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to "
          "authenticate with either SPF or DKIM."), "SPF, DKIM"),
]  # fmt: skip

OTHERS = [
    (554, ("Message rejected: Email address is not verified. The following identities failed the check in region "
          "US-WEST-2: office@lakeside.example"), "Amazon SES"),
    (454, "Throttling failure: Daily message quota exceeded.", "limit is reached"),
    (535, "Authentication Credentials Invalid", "key or password"),
    (550, ("The from address does not match a verified Sender Identity. Mail cannot be sent until this error is "
          "resolved."), "SendGrid"),
    (535, "Authentication failed: The provided authorization grant is invalid, expired, or revoked", "key or password"),
    (451, "Authentication failed: Maximum credits exceeded", "used up"),
    (535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "password is wrong"),
    (535, "Incorrect authentication data", "password is wrong"),
    (554, "5.7.1 <x@y.example>: Relay access denied", "does not send for us"),
    (530, "5.7.0 Must issue a STARTTLS command first.", "TLS first"),
    (550, "5.1.1 The email account that you tried to reach does not exist.", "no such mailbox"),
    (452, "4.2.2 The email account that you tried to reach is over quota.", "full"),
    (450, "4.7.1 <x@y.example>: Recipient address rejected: Greylisted", "come back later"),
    (None, "the server's certificate is not valid: self-signed certificate", "certificate"),
    (None, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "does not begin with TLS"),
    (None, "the server offers no STARTTLS; use smtps:// or smtp+plain://", "port 465"),
    (None, "Connection refused", "Nothing answers"),
    (None, "Name or service not known", "host name"),
    (None, "no answer in time", "firewall"),
]  # fmt: skip

EVERY = [*MICROSOFT, *ENTRA, *GOOGLE, *OTHERS]


def refused(code: int | None, reply: str, stage: Stage = Stage.RCPT) -> Verdict:
    return Verdict(outcome=Outcome.MISCONFIGURED, stage=stage, code=code, reply=reply)


@pytest.mark.parametrize(("code", "reply", "told"), EVERY)
def test_a_servers_words_are_put_plainly(code: int | None, reply: str, told: str) -> None:
    assert told.casefold() in in_plain_words(refused(code, reply)).casefold()


@pytest.mark.parametrize(("code", "reply", "told"), [case for case in EVERY if case[0] is not None])
def test_the_same_holds_for_the_answer_of_a_real_server(code: int, reply: str, told: str) -> None:
    lines = [reply[start : start + 400] for start in range(0, len(reply), 400)]
    with scripted_server(ehlo=f"{code} {lines[0]}\r\n".encode()) as port, pytest.raises(ConnectFault) as caught:
        SmtpTransport(host=HOST, port=port, security=Security.PLAIN).connect()

    assert caught.value.verdict.code == code
    assert told.casefold() in in_plain_words(caught.value.verdict).casefold()


@pytest.mark.parametrize("known", MEANINGS, ids=lambda known: known.pattern[:30])
def test_what_pages_say_names_no_variable_and_offers_a_cure(known: object) -> None:
    words = getattr(known, "words", "")

    assert not re.search(r"REMINDER_|://", words)
    assert words.endswith(".")
    assert len(words) < 200


def test_whoever_runs_the_server_is_told_the_setting() -> None:
    assert for_the_server(refused(535, "5.7.8 Error: authentication failed")).endswith("Setting: REMINDER_MAIL_URL.")
    assert for_the_server(refused(None, "no answer in time")) == in_plain_words(refused(None, "no answer in time"))


def test_what_is_not_known_is_not_guessed() -> None:
    taken = Verdict(outcome=Outcome.ACCEPTED, stage=Stage.DOT, code=250, reply="certificate")

    assert "whoever looks after your mail" in in_plain_words(refused(554, "no", Stage.DOT))
    assert "user name and password" in in_plain_words(refused(500, "no", Stage.AUTH))
    assert (in_plain_words(taken), for_the_server(taken), meaning(taken)) == ("", "", None)
