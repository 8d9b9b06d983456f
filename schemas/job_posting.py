"""A job advertisement: what the job is, who offers it, where, for what pay, and what it requires."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from structgen import Example, Task


class Salary(BaseModel):
    """What the job pays."""

    minimum: float | None = Field(None, ge=0, description="Lower end, or the only amount given")
    maximum: float | None = Field(None, ge=0, description="Upper end, or the only amount given")
    currency: str | None = Field(None, description="Currency code or sign as written")
    period: Literal["hour", "day", "week", "month", "year"] | None = Field(
        None, description="Period that the pay is for"
    )


class JobPosting(BaseModel):
    """One advertised position."""

    title: str = Field(description="Job title, without (m/f/d) and the like")
    company: str | None = Field(None, description="Employer, not the agency or the job board")
    location: str | None = Field(None, description="Place of work as written")
    workplace: Literal["on site", "hybrid", "remote"] | None = Field(None, description="Where the work is done")
    employment_type: (
        Literal["full time", "part time", "contract", "temporary", "internship", "apprenticeship", "volunteer"] | None
    ) = Field(None, description="Kind of employment")
    salary: Salary | None = Field(None, description="Pay; only if an amount is given")
    experience_years: float | None = Field(None, ge=0, description="Minimum years of experience required")
    education: str | None = Field(None, description="Degree or training required, as written")
    responsibilities: list[str] = Field(default_factory=list[str], description="Tasks, as written")
    requirements: list[str] = Field(default_factory=list[str], description="Requirements, as written")
    nice_to_have: list[str] = Field(default_factory=list[str], description="What is welcome but not required")
    skills: list[str] = Field(
        default_factory=list[str], description="Skills and tools named, a word or two each: SQL, welding"
    )
    benefits: list[str] = Field(default_factory=list[str], description="Benefits and perks, as written")
    date_posted: dt.date | None = Field(None, description="Posted on, YYYY-MM-DD")
    apply_by: dt.date | None = Field(None, description="Deadline for applications, YYYY-MM-DD")
    apply_to: str | None = Field(None, description="Address or link for applications")


task: Task[JobPosting] = Task(
    name="job_posting",
    schema=JobPosting,
    description="A job advertisement: title, employer, pay, tasks and requirements",
    instructions=(
        "Extract the one job that is advertised. Keep the words of the text. "
        "Use null, or an empty list, for what it does not say. Do not guess the pay or the level."
    ),
    generate_instructions=(
        "Write one job posting that fits the request: complete, specific and without clichés. Keep what the "
        "request says about pay, place and level; use null for pay that it does not mention."
    ),
    examples=(
        Example(
            text=(
                "Boatbuilder (m/f/d), Harbour Yard Co., Falmouth. Full-time, on site. £15-18/hour.\nYou will\n"
                "- repair wooden hulls\n- fit decks\nYou bring\n- 3+ years in carpentry\n- a head for heights\n"
                "Varnishing experience is a plus. 30 days' holiday. Apply to jobs@harbouryard.example by 30 June 2024."
            ),
            value={
                "title": "Boatbuilder",
                "company": "Harbour Yard Co.",
                "location": "Falmouth",
                "workplace": "on site",
                "employment_type": "full time",
                "salary": {"minimum": 15.0, "maximum": 18.0, "currency": "£", "period": "hour"},
                "experience_years": 3.0,
                "education": None,
                "responsibilities": ["repair wooden hulls", "fit decks"],
                "requirements": ["3+ years in carpentry", "a head for heights"],
                "nice_to_have": ["Varnishing experience"],
                "skills": ["carpentry", "varnishing"],
                "benefits": ["30 days' holiday"],
                "date_posted": None,
                "apply_by": "2024-06-30",
                "apply_to": "jobs@harbouryard.example",
            },
        ),
        Example(
            text="Help wanted: Saturday girl or boy for the ice-cream van. Ask inside.",
            value={
                "title": "Saturday girl or boy for the ice-cream van",
                "company": None,
                "location": None,
                "workplace": None,
                "employment_type": None,
                "salary": None,
                "experience_years": None,
                "education": None,
                "responsibilities": [],
                "requirements": [],
                "nice_to_have": [],
                "skills": [],
                "benefits": [],
                "date_posted": None,
                "apply_by": None,
                "apply_to": "Ask inside",
            },
        ),
    ),
)
