"""What a shopper sees: the hosted page, and the wallet page where the payment is decided.

Both are plain forms. Page 1722914 documents the hosted page's address; how it and the wallet's page
look and behave is the sandbox's own.
"""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox import intents, sessions
from sandbox.errors import ApiError
from sandbox.methods import METHODS
from sandbox.models import Intent, Session
from sandbox.params import is_url
from sandbox.render import wallet_url
from sandbox.state import State

Shown = Response | str | tuple[str, int]
TEMPLATE_ID = "{CHECKOUT_SESSION_ID}"
NOTICES = {"declined": "The payment was declined. Nothing was charged; you can try again."}


def success_address(session: Session) -> str:
    """Where a paid shopper goes; ``{CHECKOUT_SESSION_ID}`` is filled in (assumption: as Stripe)."""
    return session.success_url.replace(TEMPLATE_ID, session.id)


def cancel_address(session: Session) -> str:
    """Where a shopper who gives up goes; an address without scheme is taken as https."""
    address = session.cancel_url
    if not address:
        return f"/pay/{session.page_id}"
    return address if is_url(address) else f"https://{address}"


class Pages:
    """The pages over one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def show_session(self, page_id: str) -> Shown:
        """The order and its payment methods, or what became of it."""
        with self._state.acting():
            session = sessions.by_page(self._state, page_id)
            if session is None:
                return _not_found()
            return self._session_page(session, _notice(session, self._state))

    def choose(self, page_id: str) -> Shown:
        """The shopper picked a method: off to its wallet."""
        with self._state.acting():
            session = sessions.by_page(self._state, page_id)
            if session is None:
                return _not_found()
            intent = self._state.intents[session.intent]
            if session.status != "open":
                return redirect(f"/pay/{page_id}", 303)
            try:
                intents.choose(self._state, intent, request.form.get("method", ""))
            except ApiError as error:
                return self._session_page(session, error.message), error.status
            return redirect(wallet_url(self._state, intent), 303)

    def show_wallet(self, intent_id: str) -> Shown:
        """The wallet's login page for one payment."""
        with self._state.acting():
            intent = self._state.intents.get(intent_id)
            if intent is None or not intent.method:
                return _not_found()
            session = self._state.sessions.get(intent.session)
            return render_template(
                "wallet.html",
                intent=intent,
                method=METHODS[intent.method],
                total=self._state.money(intent.amount, intent.currency),
                back=self._after(intent, session),
            )

    def decide(self, intent_id: str) -> Shown:
        """Approve, decline or walk away; deciding twice changes nothing."""
        with self._state.acting():
            intent = self._state.intents.get(intent_id)
            if intent is None or not intent.method:
                return _not_found()
            session = self._state.sessions.get(intent.session)
            action = request.form.get("action", "")
            if intent.status == "requires_action":
                self._act(intent, action)
            if action == "cancel" and intent.status != "succeeded":
                return redirect(cancel_address(session) if session else intent.return_url, 303)
            if action == "decline" and session and intent.status == "requires_payment_method":
                return redirect(f"/pay/{session.page_id}?notice=declined", 303)
            return redirect(self._after(intent, session), 303)

    def _act(self, intent: Intent, action: str) -> None:
        if action == "approve":
            intents.approve(self._state, intent)
        elif action == "decline":
            intents.decline(self._state, intent)

    def _after(self, intent: Intent, session: Session | None) -> str:
        if session is None:
            return intent.return_url
        if intent.status in {"succeeded", "processing"}:
            return success_address(session)
        return f"/pay/{session.page_id}"

    def _session_page(self, session: Session, notice: str) -> str:
        state = self._state
        intent = state.intents[session.intent]
        lines = [
            {
                "name": line["description"],
                "quantity": line["quantity"],
                "total": state.money(line["amount_total"], session.currency),
            }
            for line in session.line_items
        ]
        status = "processing" if intent.status == "processing" else session.status
        return render_template(
            "checkout.html",
            session=session,
            status=status,
            lines=lines,
            total=state.money(session.amount, session.currency),
            methods=[METHODS[name] for name in session.methods],
            notice=notice,
            success=success_address(session),
            cancel=cancel_address(session) if session.cancel_url else "",
        )


def _notice(session: Session, state: State) -> str:
    declined = state.intents[session.intent].status == "requires_payment_method"
    return NOTICES.get(request.args.get("notice", ""), "") if declined else ""


def _not_found() -> tuple[str, int]:
    return render_template("missing.html"), 404


def blueprint(state: State) -> Blueprint:
    """The routes of the pages; ``/wallet`` serves the methods other than DANA."""
    routes, pages = Blueprint("pages", __name__, template_folder="templates"), Pages(state)
    routes.get("/pay/<page_id>")(pages.show_session)
    routes.post("/pay/<page_id>")(pages.choose)
    for wallet in ("dana", "wallet"):
        routes.get(f"/{wallet}/<intent_id>", endpoint=f"show_{wallet}")(pages.show_wallet)
        routes.post(f"/{wallet}/<intent_id>", endpoint=f"decide_{wallet}")(pages.decide)

    routes.after_request(never_stored)
    return routes


def never_stored(response: Response) -> Response:
    """A page as it is now, which runs no script and stands in no frame."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response
