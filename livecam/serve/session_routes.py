"""How somebody becomes the host, and how whoever asks in vain is answered: the same for every site."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livecam.serve.access import Access, Role, WrongPinError, is_digits
from livecam.serve.gate import refusal, wrong_pin
from livecam.serve.limits import ServerLimits
from livecam.serve.requests import RefusedRequestError, address_of, answer, object_of


def session_routes(access: Access, limits: ServerLimits, *, secure: bool) -> list[Route]:
    """Return the routes that open a session with the PIN, and close it. secure: the address begins with https."""

    async def log_in(request: Request) -> Response:
        pin = (await object_of(request, limits)).get("pin")
        try:
            token = access.log_in(pin if isinstance(pin, str) else "", address_of(request))
        except WrongPinError as error:
            return wrong_pin(error)
        done = answer({"role": Role.HOST.value})
        name = request.scope["livecam.cookie"]
        done.set_cookie(name, token, httponly=True, samesite="strict", secure=secure, path="/")
        return done

    async def log_out(request: Request) -> Response:
        name = request.scope["livecam.cookie"]
        if (token := request.cookies.get(name)) is not None:
            access.log_out(token)
        done = answer({"role": Role.GUEST.value})
        done.delete_cookie(name, httponly=True, samesite="strict", secure=secure, path="/")
        return done

    return [Route("/api/login", log_in, methods=["POST"]), Route("/api/logout", log_out, methods=["POST"])]


def pin_words(pin: str | None) -> dict[str, bool]:
    """Return what anybody is told of the PIN: whether there is one, and whether a keypad of digits will do for it."""
    return {"pin": pin is not None, "pin_digits": is_digits(pin)}


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedRequestError)  # noqa: S101  as registered
    return refusal(error.status, str(error))


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  as registered
    refused = refusal(HTTPStatus(error.status_code), HTTPStatus(error.status_code).phrase.lower())
    refused.headers.update(error.headers or {})  # which methods are allowed
    return refused


REFUSALS: Mapping[Any, Any] = {RefusedRequestError: _refused, HTTPException: _http}  # for Starlette
