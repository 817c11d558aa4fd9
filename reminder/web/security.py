"""What holds for every answer: headers, no changes on behalf of other sites, no endless bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LARGEST_BODY = 64 * 1024
"""The pages take short forms only, in bytes."""

LARGEST_LIST = 20 * 1024 * 1024
"""A form with a roster may be this long, in bytes; a shorter one that is still too long is told on its page."""

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'"
"""A mail is shown in a frame of its own: its styles stand inside it, and it may do nothing else."""


class SecurityMiddleware:
    """Refuses unsafe requests of other sites, and sets the headers of every answer."""

    def __init__(self, app: ASGIApp, *, public_url: Callable[[], str]) -> None:
        """Take the application and what tells the address under which it is reached now."""
        self._app, self._public_url = app, public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set_headers(MutableHeaders(scope=message), scope["path"])
            if is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        is_head = scope["method"] == "HEAD"  # a scanner of links asks this way; it is told what GET would be
        if is_head:
            scope = {**scope, "method": "GET"}
        headers = Headers(scope=scope)
        most = LARGEST_LIST if scope["path"] == "/people/import" else LARGEST_BODY
        refusal = self._refusal(scope["method"], headers, most)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers, most: int) -> PlainTextResponse | None:
        if method in SAFE_METHODS:
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal() and "transfer-encoding" in headers:
            return PlainTextResponse("Say how long the form is.", status_code=411)
        if length.isdecimal() and int(length) > most:
            return PlainTextResponse("That is more than this page takes.", status_code=413)
        if not self._is_ours(headers):
            words = "This request came from another site, so nothing was done. Open the page again and press the button there."
            return PlainTextResponse(words, status_code=403)
        return None

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether an unsafe request comes from our own pages.

        Browsers say so in Sec-Fetch-Site. Older ones send an Origin, which our own no-referrer policy turns to `null`:
        then, and without any, the request passes only if it carries no cookie, as the one from a link in a mail.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = headers.get("origin", "null")
        if origin == "null":
            return "cookie" not in headers
        public = urlsplit(self._public_url())
        return origin in {
            f"{public.scheme}://{public.netloc}",
            f"http://{headers.get('host', '')}",
            f"https://{headers.get('host', '')}",
        }

    def _set_headers(self, headers: MutableHeaders, path: str) -> None:
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Frame-Options"] = "SAMEORIGIN"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["X-Robots-Tag"] = "noindex, nofollow"
        if not path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._public_url().startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
