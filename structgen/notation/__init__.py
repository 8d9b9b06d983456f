"""How people write numbers, dates, times, durations and money: every reading with its place, and no decision. Pure.

| module | reads | value |
| --- | --- | --- |
| `numbers` | `read_numbers`, `whole_number`; `read_money` | Decimal or Fraction; `Money` |
| `dates` | `read_dates` | `date` |
| `times` | `read_times`, `read_datetimes` | `time`, `datetime` |
| `durations` | `read_durations`, `duration_of` | `Duration` (months and seconds) |
| `style` | `style_of` | which sign a text takes for the decimal point |

Each reader takes a text, and perhaps the stretch of it in which something begins, and yields what is written there
(`Written`, or `Number` for numbers) with all its `readings`. Several readings of one place exclude each other; an
`unlikely` one is possible, but not what most people mean. Policy is the caller's:

- A parser takes a text that has one reading: `covering(text, read_dates(text))` are those of the whole text.
- A search grades what it finds: one likely reading, or one of several. `Style.settle`, and `order_of` with `settle`
  for dates, say what the rest of the text tells about them.
- An extractor takes what is labelled and has one reading; it refuses one end of a range (`of_range`).
"""
