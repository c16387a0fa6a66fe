"""What a link asks, what a shopper may answer, and what is wrong with an answer."""

from dataclasses import asdict
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import AnswersInvalid
from chalicelib.domain.link_forms import (
    ADDRESS_LINES,
    LONGEST_ANSWER,
    LONGEST_UTM,
    NOTHING_ASKED,
    UTM,
    Address,
    Answers,
    Ask,
    Collect,
    Customer,
    CustomField,
    FieldAnswer,
    FieldType,
    answers_of,
    international,
    reference_of,
    utm_of,
)

EVERYTHING = Collect(**dict.fromkeys(asdict(NOTHING_ASKED), Ask.REQUIRED))
IF_YOU_LIKE = Collect(**dict.fromkeys(asdict(NOTHING_ASKED), Ask.OPTIONAL))
HOME = {
    "address_line1": "Jl. Melati 3", "address_village": "Cempaka Baru",
    "address_district": "Kemayoran", "address_city": "Jakarta Pusat",
    "address_state": "DKI Jakarta", "address_postal_code": "10640",
}  # fmt: skip
SARI = {"name": " Sari ", "phone": "0812-3456-7890", "email": "sari@example.co.id", **HOME}
ADDRESS = Address(
    line1="Jl. Melati 3",
    village="Cempaka Baru",
    district="Kemayoran",
    city="Jakarta Pusat",
    state="DKI Jakarta",
    postal_code="10640",
)
LABEL = "Tulisan di kaos"


def asking(
    type: FieldType = FieldType.TEXT,
    *,
    optional: bool = False,
    length: tuple[int | None, int | None] = (None, None),
    options: tuple[tuple[str, str], ...] = (),
) -> CustomField:
    """A question of the merchant's own."""
    return CustomField(
        key="print",
        label=LABEL,
        type=type,
        optional=optional,
        options=options,
        minimum_length=length[0],
        maximum_length=length[1],
    )


def problems(
    told: dict[str, str], collect: Collect = NOTHING_ASKED, *fields: CustomField
) -> dict[str, str]:
    """What is wrong with what was told, by field."""
    with pytest.raises(AnswersInvalid) as refused:
        answers_of(collect, fields, told)
    return dict(refused.value.problems)


def customer(told: dict[str, str], collect: Collect) -> Customer | None:
    """Who buys."""
    return answers_of(collect, (), told).customer


# --- the customer -----------------------------------------------------------------------------


def test_what_is_not_asked_is_not_kept() -> None:
    told = {**SARI, "field_print": "x"}
    assert answers_of(NOTHING_ASKED, (), told) == Answers(utm={})


@pytest.mark.parametrize("collect", [EVERYTHING, IF_YOU_LIKE])
def test_everything_is_answered(collect: Collect) -> None:
    assert customer(SARI, collect) == Customer(
        name="Sari", phone="+6281234567890", email="sari@example.co.id", address=ADDRESS
    )


def test_what_is_required_and_missing_is_named_all_at_once() -> None:
    missing = ("name", "phone", "email", "address_line1", "address_city", "address_state",
               "address_postal_code")  # fmt: skip
    assert problems({"name": "  "}, EVERYTHING, asking()) == dict.fromkeys(
        (*missing, "field_print"), "missing"
    )


def test_what_is_optional_may_be_left_out() -> None:
    told = dict.fromkeys(SARI, "  ")
    assert customer(told, IF_YOU_LIKE) is None
    assert customer({"email": "a@b.id"}, IF_YOU_LIKE) == Customer(email="a@b.id")


@pytest.mark.parametrize(
    ("name", "told", "problem"),
    [
        ("name", "x" * 101, "too_long"), ("name", "a\nb", "not_visible"),
        ("name", "\u200b", "not_visible"), ("name", "Sa\u202eri", "not_visible"),
        ("phone", "1" * 31, "too_long"), ("phone", "hello", "not_a_phone"),
        ("phone", "0812\x00345678", "not_visible"),
        ("email", "x@" + "a" * 251 + ".id", "too_long"), ("email", "sari", "not_an_email"),
        ("email", "a@b", "not_an_email"), ("email", "a b@c.id", "not_an_email"),
        ("email", "<a@b.id>", "not_an_email"), ("email", "a@b.id\r\nBcc: c@d.id", "not_visible"),
        ("email", "é@b.id@c", "not_an_email"), ("email", '"a"@b.id', "not_an_email"),
        ("address_line1", "x" * 201, "too_long"), ("address_village", "a\tb", "not_visible"),
        ("address_district", "x" * 201, "too_long"), ("address_city", "\u2060", "not_visible"),
        ("address_postal_code", "1064", "not_a_postal_code"),
        ("address_postal_code", "106400", "not_a_postal_code"),
        ("address_postal_code", "١٠٦٤٠", "not_a_postal_code"),
        ("address_postal_code", "ABCDE", "not_a_postal_code"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("collect", [EVERYTHING, IF_YOU_LIKE])
def test_what_is_wrong_with_an_answer(collect: Collect, name: str, told: str, problem: str) -> None:
    assert problems({**SARI, name: told}, collect) == {name: problem}


@pytest.mark.parametrize("longest", [{"name": "x" * 100}, {"address_line1": "é" * 200}])
def test_the_longest_answers_are_taken(longest: dict[str, str]) -> None:
    assert customer({**SARI, **longest}, EVERYTHING) is not None


@pytest.mark.parametrize("line", ADDRESS_LINES)
def test_an_address_that_is_begun_has_to_be_whole(line: str) -> None:
    name = f"address_{line}"
    left = {each for each in HOME if each not in (name, "address_village", "address_district")}
    assert problems({name: HOME[name]}, IF_YOU_LIKE) == dict.fromkeys(left, "missing")


def test_village_and_district_may_be_left_out() -> None:
    told = {**HOME, "address_village": "", "address_district": " "}
    found = customer(told, Collect(shipping_address=Ask.REQUIRED))
    assert found is not None
    assert found.address is not None
    assert (found.address.village, found.address.district) == (None, None)
    assert found.address.country == "ID"


# --- phones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "phone"),
    [
        ("081234567890", "+6281234567890"), ("0812-3456-7890", "+6281234567890"),
        ("(0812) 3456.7890", "+6281234567890"), ("6281234567890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"), ("+62 (0)812 3456 7890", "+6281234567890"),
        ("6208123456789", "+628123456789"), ("0062 812 3456 789", "+628123456789"),
        ("+65 9123 4567", "+6591234567"), ("0065 9123 4567", "+6591234567"),
        ("021-5551234", "+62215551234"), ("+1\u00a0415\u00a0555\u00a02671", "+14155552671"),
        ("+12345678", "+12345678"), ("+123456789012345", "+123456789012345"),
        ("+1234567", None), ("+1234567890123456", None), ("0812", None), ("9123 4567", None),
        ("+0812345678", None), ("", None), ("+", None), ("0", None), ("00", None), ("+62", None),
        ("+62+81234567", None), ("٠٨١٢٣٤٥٦٧٨٩", None), ("08123456789a", None),
        ("08123456789 ext 2", None), ("0812/3456789", None),
    ],
)  # fmt: skip
def test_a_phone_is_kept_in_its_international_form(told: str, phone: str | None) -> None:
    assert international(told) == phone


@given(st.from_regex(r"8[0-9]{8,10}", fullmatch=True), st.sampled_from(["", " ", "-", "."]))
def test_every_way_to_write_an_indonesian_number_is_one_number(digits: str, between: str) -> None:
    parts = between.join((digits[:3], digits[3:7], digits[7:]))
    for told in (f"0{parts}", f"62{parts}", f"+62{parts}", f"+62 (0){parts}", f"0062{parts}"):
        assert international(told) == f"+62{digits}"


@given(st.text(max_size=30) | st.text("0123456789+-(). ", max_size=30))
def test_whatever_is_typed_a_phone_is_ascii_digits_or_none(told: str) -> None:
    phone = international(told)
    if phone is not None:
        assert phone[0] == "+"
        assert phone[1:].isascii()
        assert phone[1:].isdigit()
        assert 8 <= len(phone[1:]) <= 15
        assert international(phone) == phone


# --- questions of the merchant's own ----------------------------------------------------------

NUMBER = asking(FieldType.NUMERIC)
SIZE = asking(FieldType.DROPDOWN, options=(("s", "Kecil"), ("l", "Besar")))


@pytest.mark.parametrize(
    ("field", "told", "value"),
    [
        (asking(), " Budi 7 ", "Budi 7"), (asking(), "x" * LONGEST_ANSWER, "x" * LONGEST_ANSWER),
        (asking(length=(2, 3)), "ab", "ab"), (asking(length=(2, 3)), "abc", "abc"),
        (NUMBER, "007", "007"), (asking(FieldType.NUMERIC, length=(2, None)), "42", "42"),
        (SIZE, "l", "l"), (SIZE, " s ", "s"),
    ],
)  # fmt: skip
def test_an_answer_is_kept_with_its_question(field: CustomField, told: str, value: str) -> None:
    answers = answers_of(NOTHING_ASKED, (field,), {"field_print": told})
    option = dict(field.options).get(value)
    (answer,) = answers.custom_fields
    assert answer == FieldAnswer("print", LABEL, field.type, value, option)
    assert answer.text == (option or value)


@pytest.mark.parametrize(
    ("field", "told", "problem"),
    [
        (asking(), "", "missing"), (asking(), "x" * (LONGEST_ANSWER + 1), "too_long"),
        (asking(), "a\u2066b", "not_visible"), (asking(length=(2, 3)), "a", "too_short"),
        (asking(length=(2, 3)), "abcd", "too_long"), (NUMBER, "7a", "not_a_number"),
        (NUMBER, "-7", "not_a_number"), (NUMBER, "7.0", "not_a_number"),
        (NUMBER, "٧", "not_a_number"), (asking(FieldType.NUMERIC, length=(2, 3)), "7", "too_short"),
        (SIZE, "m", "not_an_option"), (SIZE, "Kecil", "not_an_option"),
        (SIZE, "S", "not_an_option"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_answer_to_a_question(
    field: CustomField, told: str, problem: str
) -> None:
    assert problems({"field_print": told}, NOTHING_ASKED, field) == {"field_print": problem}


@pytest.mark.parametrize("type", list(FieldType))
def test_an_optional_question_may_be_left_out(type: FieldType) -> None:
    field = asking(type, optional=True, length=(2, 3))
    assert answers_of(NOTHING_ASKED, (field,), {}).custom_fields == ()


def test_the_error_names_the_first_field_and_has_them_all() -> None:
    with pytest.raises(AnswersInvalid) as refused:
        answers_of(Collect(name=Ask.REQUIRED), (NUMBER,), {"field_print": "x"})
    error = refused.value
    assert (error.code, error.param) == ("answers_invalid", "name")
    assert error.message == "name is missing."
    assert error.details == {"name": "missing", "field_print": "not_a_number"}


# --- where it was shared ----------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["a", "A-1_b", "x" * 200])
def test_a_reference_is_kept(reference: str) -> None:
    told = {"client_reference_id": reference}
    assert reference_of(told) == reference
    assert answers_of(NOTHING_ASKED, (), told).client_reference_id == reference


@pytest.mark.parametrize("told", ["", "x" * 201, "a b", "a#b", "é", "a\n", "<b>"])
def test_what_is_no_reference_is_dropped(told: str) -> None:
    assert reference_of({"client_reference_id": told}) is None
    assert reference_of({}) is None


def test_utm_is_kept_without_its_prefix_and_what_does_not_fit_is_dropped() -> None:
    told = {
        "utm_source": "instagram", "utm_medium": "x" * LONGEST_UTM,
        "utm_campaign": "x" * (LONGEST_UTM + 1), "utm_content": "", "utm_term": "a\nb",
        "utm_other": "x",
    }  # fmt: skip
    assert utm_of(told) == {"source": "instagram", "medium": "x" * LONGEST_UTM}
    assert answers_of(NOTHING_ASKED, (), told).utm == utm_of(told)


# --- whatever comes ---------------------------------------------------------------------------

FIELDS = (asking(optional=True), *(
    CustomField(key=type.value, label="?", type=type, optional=True, options=(("a", "A"),))
    for type in FieldType
))  # fmt: skip
NAMES = (
    *SARI,
    *UTM,
    "client_reference_id",
    "field_print",
    *(f"field_{t.value}" for t in FieldType),
)
TEXT = st.text(max_size=40) | st.sampled_from(["0812345678", "a@b.id", "10640", "a\u2028b", "\x00"])


@given(st.dictionaries(st.sampled_from(NAMES), TEXT), st.sampled_from([EVERYTHING, IF_YOU_LIKE]))
def test_whatever_is_told_is_refused_by_name_or_can_be_seen(
    told: dict[str, str], collect: Collect
) -> None:
    try:
        answers = answers_of(collect, FIELDS, told)
    except AnswersInvalid as refused:
        assert {*refused.problems} <= {*NAMES}  # noqa: PT017 - no answer is as good as one
        return
    who = asdict(answers.customer) if answers.customer else {}
    where = who.pop("address", None) or {}
    kept = [*who.values(), *where.values(), *answers.utm.values(), answers.client_reference_id]
    for text in (*kept, *(each.value for each in answers.custom_fields)):
        assert text is None or text.strip()
        assert not {category(letter) for letter in text or ""} & {"Cc", "Cs", "Zl", "Zp"}
        assert not {*"\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"} & {
            *(text or "")
        }
