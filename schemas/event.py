"""An event at a time and a place (a concert, a course, a meeting), from an email, a poster or a page.

Times are local to the place. A date without a year is kept as written in `when`, without a `start`.
"""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task


class Event(BaseModel):
    """One event."""

    name: str = Field(description="Name of the event")
    description: str | None = Field(None, description="What happens there, in one or two sentences")
    when: str | None = Field(None, description="Date and time as written")
    start: dt.datetime | None = Field(None, description="Start, YYYY-MM-DDTHH:MM:SS; only if day and time are stated")
    end: dt.datetime | None = Field(None, description="End, YYYY-MM-DDTHH:MM:SS; only if stated")
    venue: str | None = Field(None, description="Venue or room")
    address: str | None = Field(None, description="Address on one line")
    online_url: str | None = Field(None, description="Link for taking part online")
    attendance: Literal["in person", "online", "both"] | None = Field(None, description="How to take part")
    organizer: str | None = Field(None, description="Who organizes it")
    people: list[str] = Field(default_factory=list[str], description="Speakers, performers or teachers")
    price: str | None = Field(None, description="Price or admission as written: free, 12 €, $10 at the door")
    registration: str | None = Field(None, description="Where and until when to register, as written")
    status: Literal["scheduled", "cancelled", "postponed", "moved online"] | None = Field(
        None, description="Only if stated"
    )


task: Task[Event] = Task(
    name="event",
    schema=Event,
    description="An event: name, time, place, organizer and price",
    instructions=(
        "Extract the event that is announced. Never add a year, an end or a place that the text does not give. "
        "Use null for what it does not say."
    ),
    generate_instructions=(
        "Write one event that fits the request. Keep every date, time, place and price that the request gives, and "
        "choose plausible ones for the rest. Use null only for what such an event would not have."
    ),
    examples=(
        Example(
            text=(
                "Repair Café Eastside: bring it broken, take it home working! Saturday 18 May 2024, 2 pm to 5.30 pm, "
                "Assembly Hall, 7 Weir Street. Free, donations welcome. Volunteers from the tool library help you."
            ),
            value={
                "name": "Repair Café Eastside",
                "description": "Volunteers from the tool library help to repair what people bring.",
                "when": "Saturday 18 May 2024, 2 pm to 5.30 pm",
                "start": "2024-05-18T14:00:00",
                "end": "2024-05-18T17:30:00",
                "venue": "Assembly Hall",
                "address": "7 Weir Street",
                "online_url": None,
                "attendance": "in person",
                "organizer": None,
                "people": [],
                "price": "Free, donations welcome",
                "registration": None,
                "status": None,
            },
            quotes={
                "/description": "bring it broken, take it home working!",
                "/attendance": "Assembly Hall, 7 Weir Street",
            },
        ),
        Example(
            text="The choir rehearsal next Tuesday is called off.",
            value={
                "name": "choir rehearsal",
                "description": None,
                "when": "next Tuesday",
                "start": None,
                "end": None,
                "venue": None,
                "address": None,
                "online_url": None,
                "attendance": None,
                "organizer": None,
                "people": [],
                "price": None,
                "registration": None,
                "status": "cancelled",
            },
        ),
    ),
)
