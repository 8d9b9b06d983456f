"""A catalog entry: the product of a page with its price, variants, reviews and manufacturer.

A shop's page may show many products; the entry is about the one that the page is for. Prices are numbers; the currency
is kept as shown. Attributes are a list of names and values, so that a page may name any property.
"""

import datetime as dt
from enum import StrEnum

from pydantic import BaseModel, Field

from structgen import Example, Task


class Availability(StrEnum):
    """Whether it can be bought now."""

    IN_STOCK = "in stock"
    LIMITED = "limited availability"
    OUT_OF_STOCK = "out of stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    DISCONTINUED = "discontinued"


class Attribute(BaseModel):
    """One property, such as colour: red."""

    name: str = Field(description="Property as named: Color, Size, Weight")
    value: str = Field(description="Its value as written, with the unit")


class Variant(BaseModel):
    """One version that can be ordered."""

    name: str = Field(description="What sets it apart: Red / 42, 500 g bag")
    sku: str | None = Field(None, description="Its own article number")
    price: float | None = Field(None, ge=0, description="Its own price")
    stock: int | None = Field(None, ge=0, description="Number of pieces in stock")
    attributes: list[Attribute] = Field(default_factory=list[Attribute], description="Its own properties")


class Review(BaseModel):
    """One review by a customer."""

    author: str | None = Field(None, description="Name or nickname of the reviewer")
    rating: float | None = Field(None, ge=1, le=5, description="Stars from 1 to 5")
    date: dt.date | None = Field(None, description="YYYY-MM-DD")
    comment: str | None = Field(None, description="Text of the review, as written")


class Address(BaseModel):
    """A postal address."""

    street: str | None = Field(None, description="Street and number")
    city: str | None = Field(None, description="City")
    region: str | None = Field(None, description="State or province")
    postal_code: str | None = Field(None, description="Postal or ZIP code")
    country: str | None = Field(None, description="Country")


class Contact(BaseModel):
    """How to reach the manufacturer."""

    email: str | None = Field(None, description="Email address")
    phone: str | None = Field(None, description="Phone number as written")
    website: str | None = Field(None, description="Web address")
    address: Address | None = Field(None, description="Postal address")


class Manufacturer(BaseModel):
    """Who makes the product, not who sells it."""

    name: str = Field(description="Company name")
    founded: int | None = Field(None, description="Year in which it was founded")
    contact: Contact | None = Field(None, description="How to reach the manufacturer")


class Product(BaseModel):
    """One product of a catalog."""

    name: str = Field(description="Name of the product, as the heading gives it")
    brand: str | None = Field(None, description="Brand")
    sku: str | None = Field(None, description="Article or item number of the shop")
    gtin: str | None = Field(None, description="Barcode number: GTIN, EAN, UPC or ISBN")
    mpn: str | None = Field(None, description="Manufacturer's part or model number")
    description: str | None = Field(None, description="Description of the product, as written")
    categories: list[str] = Field(default_factory=list[str], description="Categories from the widest to the narrowest")
    price: float | None = Field(None, ge=0, description="Price to pay now, not the old or the monthly one")
    old_price: float | None = Field(None, ge=0, description="Price before a reduction: was, RRP, list price")
    currency: str | None = Field(None, description="Currency code or sign as shown: USD, EUR, $")
    availability: Availability | None = Field(None, description="Whether it can be bought now")
    condition: str | None = Field(None, description="Condition: new, used, refurbished")
    attributes: list[Attribute] = Field(default_factory=list[Attribute], description="Specifications")
    variants: list[Variant] = Field(default_factory=list[Variant], description="Versions to choose from")
    average_rating: float | None = Field(None, ge=1, le=5, description="Average rating, from 1 to 5 stars")
    review_count: int | None = Field(None, ge=0, description="Number of reviews or ratings")
    reviews: list[Review] = Field(default_factory=list[Review], description="Reviews that the text quotes")
    manufacturer: Manufacturer | None = Field(None, description="Who makes the product")


task: Task[Product] = Task(
    name="product",
    schema=Product,
    description="A catalog entry: price, variants, reviews and manufacturer",
    instructions=(
        "Extract the product that the page is about. Use null, or an empty list, for what the text does not say. "
        "Skip similar products, accessories, delivery terms and the shop's own contact."
    ),
    generate_instructions=(
        "Write one product that fits the request, as a shop would list it. Keep every fact that the request gives, "
        "and choose plausible ones for the rest. Use null for identifiers, ratings and stock, which cannot be made "
        "up."
    ),
    examples=(
        Example(
            text=(
                "Home / Garden / Watering\nHollybrook Rain Barrel 200 l\nArt. no. HB-2001 · EAN 2012345000012\n"
                "was € 119.00 now € 89.90 · In stock\nA barrel of recycled plastic with a brass tap.\n"
                "Color: Moss (HB-2001-M, 14 left) | Slate (HB-2001-S, sold out)\nHeight 92 cm\n"
                '4.5 of 5 (2 reviews)\n***** "No leaks after a year." fern_01, 2 May 2024\n'
                "Made by Hollybrook Ltd, 5 Mill Lane, Kendal LA9 4QX, England, care@hollybrook.example, since 1971"
            ),
            value={
                "name": "Hollybrook Rain Barrel 200 l",
                "brand": "Hollybrook",
                "sku": "HB-2001",
                "gtin": "2012345000012",
                "mpn": None,
                "description": "A barrel of recycled plastic with a brass tap.",
                "categories": ["Garden", "Watering"],
                "price": 89.9,
                "old_price": 119.0,
                "currency": "€",
                "availability": "in stock",
                "condition": None,
                "attributes": [{"name": "Height", "value": "92 cm"}],
                "variants": [
                    {
                        "name": "Moss",
                        "sku": "HB-2001-M",
                        "price": None,
                        "stock": 14,
                        "attributes": [{"name": "Color", "value": "Moss"}],
                    },
                    {
                        "name": "Slate",
                        "sku": "HB-2001-S",
                        "price": None,
                        "stock": 0,
                        "attributes": [{"name": "Color", "value": "Slate"}],
                    },
                ],
                "average_rating": 4.5,
                "review_count": 2,
                "reviews": [
                    {"author": "fern_01", "rating": 5.0, "date": "2024-05-02", "comment": "No leaks after a year."}
                ],
                "manufacturer": {
                    "name": "Hollybrook Ltd",
                    "founded": 1971,
                    "contact": {
                        "email": "care@hollybrook.example",
                        "phone": None,
                        "website": None,
                        "address": {
                            "street": "5 Mill Lane",
                            "city": "Kendal",
                            "region": None,
                            "postal_code": "LA9 4QX",
                            "country": "England",
                        },
                    },
                },
            },
            quotes={"/variants/1/stock": "sold out", "/reviews/0/rating": "*****"},
        ),
        Example(
            text="Used: Korvu K2 film camera, body only, works. $45. Customers also bought: Korvu strap $9",
            value={
                "name": "Korvu K2 film camera",
                "brand": "Korvu",
                "sku": None,
                "gtin": None,
                "mpn": None,
                "description": "body only, works.",
                "categories": [],
                "price": 45.0,
                "old_price": None,
                "currency": "$",
                "availability": None,
                "condition": "Used",
                "attributes": [],
                "variants": [],
                "average_rating": None,
                "review_count": None,
                "reviews": [],
                "manufacturer": None,
            },
        ),
    ),
)
