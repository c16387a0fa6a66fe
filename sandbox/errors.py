"""What the API refuses, and how it says so.

WooshPay documents four error types and the HTTP statuses (page 1763752). The list of codes and
the envelope could not be read, so every code here starts with ``sandbox_`` and the envelope is a
switch.
"""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal: an HTTP status and the fields of the documented error object."""

    def __init__(self, status: int, kind: str, code: str, message: str, param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.param = param

    def body(self, envelope: str) -> Json:
        """The error object, nested under ``error`` or flat by the ``error_envelope`` switch."""
        fields = {"type": self.kind, "code": self.code, "message": self.message}
        if self.param:
            fields["param"] = self.param
        return {"error": fields} if envelope == "nested" else fields


def invalid(
    message: str, param: str = "", code: str = "sandbox_invalid_parameter", status: int = 400
) -> ApiError:
    """A request that can't be accepted as it stands."""
    return ApiError(status, "invalid_request_error", code, message, param)


def unauthorized(message: str) -> ApiError:
    """No valid API key (page 1763752: 401)."""
    return ApiError(401, "invalid_request_error", "sandbox_invalid_api_key", message)


def missing(kind: str, identifier: str) -> ApiError:
    """No such object in this account (page 1763752: 404)."""
    return invalid(f"No such {kind}: '{identifier}'", "id", "sandbox_resource_missing", 404)
