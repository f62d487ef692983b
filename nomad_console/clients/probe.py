"""Requests as a visitor makes them: a connection each, no token, no redirect followed."""

import httpx

from nomad_console.domain.text import printable

CONNECT_S = 3.0
READ_S = 5.0
_FIRST_BAD = 400


class Visitor:
    """GET and nothing else, only of the URLs it is given; redirects are answers."""

    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None

    async def get(self, url: str) -> str:
        """What went wrong, in a few words; "" where it was answered below 400."""
        if self._made is None:
            self._made = httpx.AsyncClient(
                limits=httpx.Limits(max_keepalive_connections=0),
                timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                trust_env=False,
                headers={"User-Agent": "nomad-console probe"},
            )
        try:
            response = await self._made.get(url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return printable(_words(error))
        if response.status_code < _FIRST_BAD:
            return ""
        return printable(f"{response.status_code} {response.reason_phrase}".strip())

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()
            self._made = None


def _words(error: Exception) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_S:g} s"
        case httpx.TimeoutException():
            return f"no answer within {READ_S:g} s"
        case _:
            return " ".join(str(error).split()) or type(error).__name__
