"""A film, from a review, a programme or an article; or, without a text, from what a model knows about it."""

from pydantic import BaseModel, Field

from structgen import Example, Task


class Role(BaseModel):
    """Who plays whom."""

    actor: str = Field(description="Name of the actor")
    character: str | None = Field(None, description="Name of the character")


class Movie(BaseModel):
    """One film."""

    title: str = Field(description="Title, without the year")
    original_title: str | None = Field(None, description="Title in the original language, if it differs")
    year: int | None = Field(None, ge=1870, le=2200, description="Year of release")
    directors: list[str] = Field(default_factory=list[str], description="Directed by")
    writers: list[str] = Field(default_factory=list[str], description="Screenplay by")
    genres: list[str] = Field(default_factory=list[str], description="Genres: drama, science fiction")
    runtime_minutes: int | None = Field(None, ge=1, description="Running time in minutes")
    countries: list[str] = Field(default_factory=list[str], description="Countries of production")
    languages: list[str] = Field(default_factory=list[str], description="Languages spoken")
    age_rating: str | None = Field(None, description="Age rating as written: PG-13, FSK 12")
    rating: float | None = Field(
        None, ge=0, le=10, description="Rating on a scale from 1 to 10; convert stars: 4/5 is 8"
    )
    box_office_millions: float | None = Field(None, ge=0, description="Box office in millions of the currency named")
    cast: list[Role] = Field(default_factory=list[Role], description="Starring, in the order of the text")
    plot: str | None = Field(None, description="Plot in one or two sentences, without the ending")


task: Task[Movie] = Task(
    name="movie",
    schema=Movie,
    description="A film: title, year, director, cast, runtime and rating",
    instructions=(
        "Extract the film that the text is mainly about. Use null, or an empty list, for what the text does not say, "
        "even if you know the film."
    ),
    generate_instructions=(
        "Describe one film that fits the request. If the request names a real film, state only what you know for "
        "certain, and use null for the rest; otherwise invent the film completely."
    ),
    examples=(
        Example(
            text=(
                "THE SALT ROAD (Suolatie, FI/SE 2019, 104 min, Finnish with subtitles, 12+). Drama. Director: "
                "Ilta Rautio. With Veera Kallas (Aune), Otso Lind. A lighthouse keeper's daughter walks to the "
                "mainland across the ice to fetch a doctor. Our verdict: 4/5."
            ),
            value={
                "title": "THE SALT ROAD",
                "original_title": "Suolatie",
                "year": 2019,
                "directors": ["Ilta Rautio"],
                "writers": [],
                "genres": ["Drama"],
                "runtime_minutes": 104,
                "countries": ["FI", "SE"],
                "languages": ["Finnish"],
                "age_rating": "12+",
                "rating": 8.0,
                "box_office_millions": None,
                "cast": [
                    {"actor": "Veera Kallas", "character": "Aune"},
                    {"actor": "Otso Lind", "character": None},
                ],
                "plot": "A lighthouse keeper's daughter walks to the mainland across the ice to fetch a doctor.",
            },
            quotes={"/rating": "Our verdict: 4/5"},
        ),
        Example(
            text="Saw Paper Satellites last night. A comedy about an amateur space club; we laughed a lot.",
            value={
                "title": "Paper Satellites",
                "original_title": None,
                "year": None,
                "directors": [],
                "writers": [],
                "genres": ["comedy"],
                "runtime_minutes": None,
                "countries": [],
                "languages": [],
                "age_rating": None,
                "rating": None,
                "box_office_millions": None,
                "cast": [],
                "plot": "An amateur space club.",
            },
        ),
    ),
)
