"""A curriculum vitae: who someone is, where they worked and studied, what they can do.

Dates are kept as written ("2019", "March 2019", "today"), because a CV seldom gives full ones. Only what is stated is
extracted, and nobody is judged: no score, no guess at age, sex or origin.
"""

from pydantic import BaseModel, Field

from structgen import Example, Task


class Position(BaseModel):
    """One job."""

    title: str | None = Field(None, description="Job title")
    employer: str | None = Field(None, description="Company or institution")
    location: str | None = Field(None, description="Place")
    start: str | None = Field(None, description="Start as written: 2019, March 2019")
    end: str | None = Field(None, description="End as written: 2023, present")
    highlights: list[str] = Field(default_factory=list[str], description="Tasks and achievements, as written")


class Education(BaseModel):
    """One degree, school or training."""

    degree: str | None = Field(None, description="Degree or certificate: BSc, journeyman")
    subject: str | None = Field(None, description="Field of study")
    institution: str | None = Field(None, description="School or university")
    start: str | None = Field(None, description="Start as written")
    end: str | None = Field(None, description="End or graduation as written")
    grade: str | None = Field(None, description="Grade as written")


class LanguageSkill(BaseModel):
    """One language."""

    language: str = Field(description="Language")
    level: str | None = Field(None, description="Level as written: native, B2, fluent")


class Resume(BaseModel):
    """The curriculum vitae of one person."""

    name: str = Field(description="Full name")
    headline: str | None = Field(None, description="Profession or title under the name")
    email: str | None = Field(None, description="Email address")
    phone: str | None = Field(None, description="Phone number as written")
    location: str | None = Field(None, description="Town or address")
    links: list[str] = Field(default_factory=list[str], description="Website and profiles")
    summary: str | None = Field(None, description="Profile or summary, as written")
    experience: list[Position] = Field(default_factory=list[Position], description="Work experience, order of the text")
    education: list[Education] = Field(default_factory=list[Education], description="Education, order of the text")
    skills: list[str] = Field(default_factory=list[str], description="Skills, one entry each")
    languages: list[LanguageSkill] = Field(default_factory=list[LanguageSkill], description="Languages spoken")
    certificates: list[str] = Field(default_factory=list[str], description="Certificates and licences")
    awards: list[str] = Field(default_factory=list[str], description="Awards and publications")


task: Task[Resume] = Task(
    name="resume",
    schema=Resume,
    description="A curriculum vitae: experience, education, skills and languages",
    instructions=(
        "Extract what the curriculum vitae states, in its words. Keep dates as written. "
        "Use null, or an empty list, for what it does not say. Draw no conclusions about the person."
    ),
    generate_instructions=(
        "Write the curriculum vitae of one person that fits the request. Keep every fact that the request gives, "
        "invent the rest, and let dates follow each other without contradictions. Use only email and web addresses "
        "under example.com."
    ),
    examples=(
        Example(
            text=(
                "Maren Oldcastle\nCartographer\nmaren@oldcastle.example · Tromsø\n\nEXPERIENCE\n"
                "2019 - today  Senior Cartographer, Polar Charts AS, Tromsø\n- led the redrawing of 40 sea charts\n"
                "2015 - 2019  Surveyor, Fjord Survey\n\nEDUCATION\nMSc Geodesy, Northern University, 2015\n\n"
                "QGIS, Python | Norwegian (native), English C1"
            ),
            value={
                "name": "Maren Oldcastle",
                "headline": "Cartographer",
                "email": "maren@oldcastle.example",
                "phone": None,
                "location": "Tromsø",
                "links": [],
                "summary": None,
                "experience": [
                    {
                        "title": "Senior Cartographer",
                        "employer": "Polar Charts AS",
                        "location": "Tromsø",
                        "start": "2019",
                        "end": "today",
                        "highlights": ["led the redrawing of 40 sea charts"],
                    },
                    {
                        "title": "Surveyor",
                        "employer": "Fjord Survey",
                        "location": None,
                        "start": "2015",
                        "end": "2019",
                        "highlights": [],
                    },
                ],
                "education": [
                    {
                        "degree": "MSc",
                        "subject": "Geodesy",
                        "institution": "Northern University",
                        "start": None,
                        "end": "2015",
                        "grade": None,
                    },
                ],
                "skills": ["QGIS", "Python"],
                "languages": [
                    {"language": "Norwegian", "level": "native"},
                    {"language": "English", "level": "C1"},
                ],
                "certificates": [],
                "awards": [],
            },
        ),
        Example(
            text="Tom Quill. I have looked after sheep and mended walls since I was fourteen. Tractor licence.",
            value={
                "name": "Tom Quill",
                "headline": None,
                "email": None,
                "phone": None,
                "location": None,
                "links": [],
                "summary": "I have looked after sheep and mended walls since I was fourteen.",
                "experience": [],
                "education": [],
                "skills": [],
                "languages": [],
                "certificates": ["Tractor licence"],
                "awards": [],
            },
        ),
    ),
)
