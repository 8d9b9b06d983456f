"""How to reach a person or a company: from an email signature, a business card, an imprint or a "contact us" page."""

from pydantic import BaseModel, Field

from structgen import Example, Task


class Address(BaseModel):
    """A postal address."""

    street: str | None = Field(None, description="Street and number, or PO box")
    city: str | None = Field(None, description="City")
    region: str | None = Field(None, description="State or province")
    postal_code: str | None = Field(None, description="Postal or ZIP code")
    country: str | None = Field(None, description="Country")


class Phone(BaseModel):
    """A number and what it is for."""

    number: str = Field(description="Number as written")
    kind: str | None = Field(None, description="What it is for: mobile, office, fax")


class Contact(BaseModel):
    """One person or organization."""

    name: str | None = Field(None, description="Full name of the person, without titles")
    title: str | None = Field(None, description="Title before or after the name: Dr., PhD")
    role: str | None = Field(None, description="Position or job title")
    organization: str | None = Field(None, description="Company or institution")
    department: str | None = Field(None, description="Department or team")
    emails: list[str] = Field(default_factory=list[str], description="Email addresses")
    phones: list[Phone] = Field(default_factory=list[Phone], description="Phone, mobile and fax numbers")
    websites: list[str] = Field(default_factory=list[str], description="Web addresses and profiles")
    address: Address | None = Field(None, description="Postal address")


task: Task[Contact] = Task(
    name="contact",
    schema=Contact,
    description="Name, role, phone, email and address of a contact",
    instructions=(
        "Extract the one contact that the text is about; in an email, its sender. Undo disguises such as "
        "'name (at) host (dot) org'. Use null, or an empty list, for what the text does not say."
    ),
    generate_instructions=(
        "Write one contact that fits the request. Invent what the request leaves open, but use only email and web "
        "addresses under example.com and phone numbers reserved for fiction."
    ),
    examples=(
        Example(
            text=(
                "Best,\nDr. Ylva Thorne\nHead of Restoration\nMuseum of Small Boats\n"
                "Office +44 1632 960001 | M 07700 900002\n"
                "ylva.thorne@smallboats.example\nwww.smallboats.example\n3 Quay Lane, Wells NR23 1AA"
            ),
            value={
                "name": "Ylva Thorne",
                "title": "Dr.",
                "role": "Head of Restoration",
                "organization": "Museum of Small Boats",
                "department": None,
                "emails": ["ylva.thorne@smallboats.example"],
                "phones": [
                    {"number": "+44 1632 960001", "kind": "office"},
                    {"number": "07700 900002", "kind": "mobile"},
                ],
                "websites": ["www.smallboats.example"],
                "address": {
                    "street": "3 Quay Lane",
                    "city": "Wells",
                    "region": None,
                    "postal_code": "NR23 1AA",
                    "country": None,
                },
            },
        ),
        Example(
            text="Questions about the choir? Write to choir (at) stmarks (dot) example.",
            value={
                "name": None,
                "title": None,
                "role": None,
                "organization": None,
                "department": None,
                "emails": ["choir@stmarks.example"],
                "phones": [],
                "websites": [],
                "address": None,
            },
        ),
    ),
)
