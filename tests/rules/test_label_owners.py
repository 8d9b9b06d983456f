"""Objects of one kind beside each other keep to their own labels."""

from typing import Any

import pytest
from pydantic import BaseModel

from structgen.rules import extract_by_rules

TEXT = {"type": ["string", "null"]}
PERSON = {
    "type": ["object", "null"],
    "properties": {"name": TEXT, "address": TEXT},
    "required": ["name", "address"],
}


def test_a_label_that_several_objects_may_mean_belongs_to_the_one_that_is_named_above(ask: Any) -> None:
    text = "Landlord: Ann Lee\nAddress: 1 Oak Road\nTenant: Bob Ray\nAddress: 2 Elm Street\n"
    assert ask(text, landlord=PERSON, tenant=PERSON) == {
        "landlord": {"name": "Ann Lee", "address": "1 Oak Road"},
        "tenant": {"name": "Bob Ray", "address": "2 Elm Street"},
    }


def test_a_heading_names_the_object_of_the_lines_below(ask: Any) -> None:
    text = "Landlord\n\nName: Ann Lee\nAddress: 1 Oak Road\n\nTenant\nName: Bob Ray\n\nAddress: 3 Ash Lane\n"
    assert ask(text, landlord=PERSON, tenant=PERSON) == {
        "landlord": {"name": "Ann Lee", "address": "1 Oak Road"},
        "tenant": {"name": "Bob Ray", "address": None},
    }


def test_a_label_with_the_name_of_its_object_needs_no_heading(ask: Any) -> None:
    text = "Tenant address: 2 Elm Street\nLandlord address: 1 Oak Road\n"
    assert ask(text, landlord=PERSON, tenant=PERSON) == {
        "landlord": {"name": None, "address": "1 Oak Road"},
        "tenant": {"name": None, "address": "2 Elm Street"},
    }


@pytest.mark.parametrize(
    "text",
    ["Name: Ann Lee\nAddress: 1 Oak Road", "Landlord and tenant\nName: Ann Lee\nAddress: 1 Oak Road", "Ann, Oak Road"],
)
def test_what_may_be_about_either_object_is_about_neither(ask: Any, text: str) -> None:
    assert ask(text, landlord=PERSON, tenant=PERSON) == {"landlord": None, "tenant": None}


def test_a_field_beside_an_object_does_not_take_the_value_of_the_object(ask: Any) -> None:
    text = "Address: 3 Ash Lane\n\nTenant: Bob Ray\nAddress: 2 Elm Street\n"
    assert ask(text, address="string", tenant=PERSON) == {
        "address": "3 Ash Lane",
        "tenant": {"name": "Bob Ray", "address": "2 Elm Street"},
    }
    assert ask("Tenant: Bob Ray\nAddress: 2 Elm Street\n", address="string", tenant=PERSON)["address"] is None


class Person(BaseModel):
    name: str | None
    phone: str | None


class Call(BaseModel):
    caller: Person | None
    called: Person | None


def test_objects_of_one_definition_are_told_apart() -> None:
    text = "Caller: Ann Lee\nPhone: 555-0100\nCalled: Bob Ray\nPhone: 555-0199\n"
    assert extract_by_rules(Call.model_json_schema(), text).value == {
        "caller": {"name": "Ann Lee", "phone": "555-0100"},
        "called": {"name": "Bob Ray", "phone": "555-0199"},
    }


def test_a_choice_or_address_that_needs_no_label_needs_an_object(ask: Any) -> None:
    party = {"type": ["object", "null"], "properties": {"email": TEXT}, "required": ["email"]}
    assert ask("Write to ann@oak.example", home=party, work=party) == {"home": None, "work": None}


def test_a_label_that_names_a_field_of_the_root_is_not_that_of_an_object_with_the_same_meaning(ask: Any) -> None:
    maker = {"type": ["object", "null"], "properties": {"name": TEXT, "founded": TEXT}, "required": ["name"]}
    found = ask("Field Kettle\nBrand: Torvald\nPrice: $40.00\n", brand="string", price="number", manufacturer=maker)
    assert found["brand"] == "Torvald"


def test_an_address_below_its_label_is_all_of_its_lines_and_no_name(ask: Any) -> None:
    text = "Shipping address:\nAnn Lee\n4 Oak Road\nLeeds LS1 4AB\n\nBilling address:\n9 Elm Street\nYork YO1 7AB\n"
    found = ask(text, shipping=PERSON, billing=PERSON)
    assert found["shipping"]["address"] == "4 Oak Road Leeds LS1 4AB"
    assert found["billing"]["address"] == "9 Elm Street York YO1 7AB"
    assert ask("Billing address:\nAnn Lee\n\nTotal: 4\n", shipping=PERSON, billing=PERSON)["billing"] is None


def test_a_mail_address_is_no_part_of_a_name(ask: Any) -> None:
    text = "Landlord: Ann Lee, ann@lee.example\nTenant name: Bob Ray <bob@ray.example>\n"
    found = ask(text, landlord=PERSON, tenant=PERSON)
    assert (found["landlord"]["name"], found["tenant"]["name"]) == ("Ann Lee", "Bob Ray")
