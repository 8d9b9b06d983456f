"""How people write numbers: every reading with its place, and no decision between these. Pure.

`numbers` reads a whole text, `number_of` one of its `digit_runs`, `style_of` which sign the text takes for the decimal
point. Policy is the caller's: a parser accepts a text that has one reading, a search grades what it finds by them.
"""
