"""How people write numbers, dates, times, durations and money: every reading, without a decision. Pure.

| module | reads | value |
| --- | --- | --- |
| `numbers` | `read_numbers`, `whole_number`; `read_money` | Decimal or Fraction; `Money` |
| `dates` | `read_dates` | `date` |
| `times` | `read_times`, `read_datetimes` | `time`, `datetime` |
| `durations` | `read_durations`, `duration_of` | `Duration` (months and seconds) |
| `style` | `style_of` | which sign a text uses as decimal point |

Each reader takes a text, and optionally the stretch in which something may begin, and yields what is written there
(`Written`, or `Number`) with all its `readings`. The readings of one place exclude each other. An `unlikely` one is
possible, but not what most people mean. Callers decide:

- A parser accepts a text that has exactly one reading: `only(covering(text, read_dates(text)))`.
- A search grades what it finds: the only likely reading, or one of several. `Style.settle` (for dates: `order_of` and
  `settle`) applies what the rest of the text shows.
- An extractor accepts what has a label and one likely reading. It refuses one end of a range (`of_range`).
"""
