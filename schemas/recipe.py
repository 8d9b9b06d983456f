"""A recipe, from a web page, a cookbook or a note: what goes in, what to do, how long it takes.

Ingredients and steps are kept in the text's words and language. Amounts are text too, because "1/2", "2-3" and
"a pinch" are amounts, and none of them is a number. Times are whole minutes.
"""

from pydantic import BaseModel, Field

from structgen import Example, Task


class Ingredient(BaseModel):
    """One ingredient, split into its parts."""

    quantity: str | None = Field(None, description="How much, as written: 200, 1/2, 2-3")
    unit: str | None = Field(None, description="Unit as written: g, cup, tbsp, pinch")
    name: str = Field(description="What it is, without amount and preparation")
    note: str | None = Field(None, description="Preparation, size or remark: chopped, at room temperature")


class Recipe(BaseModel):
    """How to make one dish."""

    title: str = Field(description="Name of the dish")
    description: str | None = Field(None, description="What the text says about the dish, in one or two sentences")
    author: str | None = Field(None, description="Who wrote the recipe")
    yields: str | None = Field(None, description="Servings or yield, as written: 4 servings, 12 muffins")
    prep_time_minutes: int | None = Field(None, ge=0, description="Preparation time in minutes")
    cook_time_minutes: int | None = Field(None, ge=0, description="Cooking or baking time in minutes")
    total_time_minutes: int | None = Field(None, ge=0, description="Total time in minutes, only if stated")
    category: str | None = Field(None, description="Course or kind of dish: dessert, soup, main course")
    cuisine: str | None = Field(None, description="Cuisine: Italian, Thai")
    ingredients: list[Ingredient] = Field(description="Ingredients in the order of the text, optional ones too")
    instructions: list[str] = Field(description="Steps in order, each as written, without its number")


task: Task[Recipe] = Task(
    name="recipe",
    schema=Recipe,
    description="A recipe: ingredients, steps, servings and times",
    instructions=(
        "Extract the one recipe in the text. Keep its words and its language. Use null for what it does not say. "
        "Skip navigation, advertising, comments and links to other recipes."
    ),
    generate_instructions=(
        "Write one complete recipe that fits the request, in its language. Fill in every field that a cook needs: "
        "times, yield, a quantity and a unit for each ingredient. Use each ingredient in the steps, and name "
        "nothing in the steps that is not in the list."
    ),
    examples=(
        Example(
            text=(
                "Lemon Barley Salad\nby The Allotment Kitchen\nServes 4 | Prep 15 min | Cook 35 min\n\n"
                "You need\n- 200 g pearl barley\n- 1/2 lemon, zest and juice\n- 2 tbsp olive oil\n- Salt\n\n"
                "Method\n1. Simmer the barley for 35 minutes, then drain.\n2. Toss with the rest while it is warm."
            ),
            value={
                "title": "Lemon Barley Salad",
                "description": None,
                "author": "The Allotment Kitchen",
                "yields": "Serves 4",
                "prep_time_minutes": 15,
                "cook_time_minutes": 35,
                "total_time_minutes": None,
                "category": None,
                "cuisine": None,
                "ingredients": [
                    {"quantity": "200", "unit": "g", "name": "pearl barley", "note": None},
                    {"quantity": "1/2", "unit": None, "name": "lemon", "note": "zest and juice"},
                    {"quantity": "2", "unit": "tbsp", "name": "olive oil", "note": None},
                    {"quantity": None, "unit": None, "name": "Salt", "note": None},
                ],
                "instructions": [
                    "Simmer the barley for 35 minutes, then drain.",
                    "Toss with the rest while it is warm.",
                ],
            },
        ),
        Example(
            text=(
                "Home > Desserts > Quick\nMug cake\nThis French classic of the microwave is ready in 5 minutes.\n"
                "Mix 4 tbsp flour, 1 egg and a pinch of salt in a mug. Microwave for 90 seconds.\n"
                "You may also like: Brownies"
            ),
            value={
                "title": "Mug cake",
                "description": "This French classic of the microwave is ready in 5 minutes.",
                "author": None,
                "yields": None,
                "prep_time_minutes": None,
                "cook_time_minutes": None,
                "total_time_minutes": 5,
                "category": "Desserts",
                "cuisine": "French",
                "ingredients": [
                    {"quantity": "4", "unit": "tbsp", "name": "flour", "note": None},
                    {"quantity": "1", "unit": None, "name": "egg", "note": None},
                    {"quantity": "a", "unit": "pinch", "name": "salt", "note": None},
                ],
                "instructions": [
                    "Mix 4 tbsp flour, 1 egg and a pinch of salt in a mug.",
                    "Microwave for 90 seconds.",
                ],
            },
        ),
    ),
)
