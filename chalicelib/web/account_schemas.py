"""What the API takes of a merchant's own account."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictStr
from pydantic_core import PydanticCustomError

from chalicelib.domain.link_forms import international
from chalicelib.domain.merchants import Branding, Contact, Policy
from chalicelib.web.catalog_schemas import given
from chalicelib.web.forms import Address, Body, Name
from chalicelib.web.link_schemas import PolicyName


def _phone(value: str) -> str:
    found = international(value)
    if found is None:
        raise PydanticCustomError("phone", "must be a phone number such as 0812… or +62812…")
    return found


Color = Annotated[StrictStr, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Phone = Annotated[StrictStr, Field(max_length=30), AfterValidator(_phone)]
Handle = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.@-]{2,50}$")]


class BrandingData(Body):
    """How the shop looks on its pages."""

    logo: Address | None = None
    color: Color | None = None


class ContactData(Body):
    """Where shoppers reach the seller."""

    whatsapp: Phone | None = None
    telegram: Handle | None = None
    line: Handle | None = None


class AccountUpdate(Body):
    """What may change of an account; `branding` and `contact` are each replaced as a whole."""

    name: Name | None = None
    branding: BrandingData | None = None
    contact: ContactData | None = None
    late_payment_policy: PolicyName | None = None
    duplicate_payment_policy: PolicyName | None = None

    def changes(self) -> dict[str, Any]:
        """What was told, by our attribute."""
        told = given(self, ())
        for name in ("late_payment_policy", "duplicate_payment_policy"):
            if name in told:
                told[name] = Policy(told[name])
        if self.branding is not None:
            told["branding"] = Branding(**self.branding.model_dump())
        if self.contact is not None:
            told["contact"] = Contact(**self.contact.model_dump())
        return told
