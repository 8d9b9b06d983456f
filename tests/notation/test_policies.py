"""One notation, three policies: what parse accepts, what the rules take, and how ground grades the same written forms.

Each line is a form, the value that is meant by it, and what the three make of it. Parse accepts what has exactly one
reading, the rules what is labelled and has one likely reading, ground grades the place by the value that is meant.
"""

from __future__ import annotations

import datetime
import json
from enum import Enum
from typing import Any, TypeAlias

import pytest
from pydantic import BaseModel, TypeAdapter

from structgen import extract, ground_value, parse_response


class Taken(Enum):
    """That a policy takes the value that is meant."""

    SAME = "same"


SAME = Taken.SAME
Line: TypeAlias = tuple[str, str, Taken | None, Taken | str | None, str | None]
"""The form; the value that is meant, empty if there is none; the value of parse, and of the rules (None: refused, or
null; a text: another value); the status of the evidence for what is meant."""
Table: TypeAlias = list[Line]


class Number(BaseModel):
    """A labelled number."""

    weight: float | None = None


class Integer(BaseModel):
    """A labelled integer."""

    count: int | None = None


class Amount(BaseModel):
    """A labelled amount of money."""

    total: float | None = None


class Day(BaseModel):
    """A labelled date."""

    date: datetime.date | None = None


class Moment(BaseModel):
    """A labelled date with a time of day."""

    date: datetime.datetime | None = None


class Time(BaseModel):
    """A labelled time of day."""

    time: datetime.time | None = None


class Duration(BaseModel):
    """A labelled duration."""

    prep_time: datetime.timedelta | None = None


# fmt: off
NUMBERS: Table = [
    ("12", "12", SAME, SAME, "normalized"),
    ("0", "0", SAME, SAME, "normalized"),
    ("-5", "-5", SAME, SAME, "normalized"),
    ("−5", "-5", SAME, SAME, "normalized"),
    ("- 5", "-5", None, None, "unsupported"),
    ("+5", "5", SAME, SAME, "normalized"),
    ("minus 5", "-5", SAME, SAME, "normalized"),
    ("negative 3.5", "-3.5", SAME, SAME, "normalized"),
    ("3.14", "3.14", SAME, SAME, "exact"),
    (".5", "0.5", SAME, SAME, "normalized"),
    ("0.125", "0.125", SAME, SAME, "exact"),
    ("3,14", "3.14", SAME, SAME, "normalized"),
    ("0,5", "0.5", SAME, SAME, "normalized"),
    ("1299.500", "1299.5", SAME, SAME, "normalized"),
    ("1,299", "1299", None, None, "ambiguous"),
    ("1,299", "1.299", None, None, "ambiguous"),
    ("1.299", "1299", None, None, "ambiguous"),
    ("1.299", "1.299", None, None, "ambiguous"),
    ("12.500", "12500", None, None, "ambiguous"),
    ("1,299.00", "1299", SAME, SAME, "normalized"),
    ("1.299,00", "1299", SAME, SAME, "normalized"),
    ("1,299,500", "1299500", SAME, SAME, "normalized"),
    ("1.299.500", "1299500", SAME, SAME, "normalized"),
    ("1 299 500", "1299500", SAME, SAME, "normalized"),
    ("1 299,50", "1299.5", SAME, SAME, "normalized"),
    ("1\xa0299", "1299", SAME, SAME, "normalized"),
    ("1\u202f299", "1299", SAME, SAME, "normalized"),
    ("1\xa0299\xa0500,75", "1299500.75", SAME, SAME, "normalized"),
    ("1'299", "1299", SAME, SAME, "normalized"),
    ("1’299.50", "1299.5", SAME, SAME, "normalized"),
    ("12 000", "12000", None, SAME, "normalized"),
    ("10 200", "10200", None, SAME, "normalized"),
    ("12,34,567", "1234567", SAME, SAME, "normalized"),
    ("1,23,456.50", "123456.5", SAME, SAME, "normalized"),
    ("12,34.5", "", None, None, None),
    ("1,2,3", "", None, None, None),
    ("1.2.3", "", None, None, None),
    ("007", "7", SAME, None, "normalized"),
    ("1e3", "1000", SAME, SAME, "normalized"),
    ("2E3", "2000", SAME, SAME, "normalized"),
    ("1.5e-3", "0.0015", SAME, SAME, "normalized"),
    ("6.02e23", "6.02e23", SAME, SAME, "normalized"),
    ("10^3", "1000", SAME, SAME, "normalized"),
    ("5 × 10^3", "5000", SAME, SAME, "normalized"),
    ("1.5k", "1500", SAME, SAME, "normalized"),
    ("1.5 k", "1500", None, None, "ambiguous"),
    ("300K", "300000", None, None, "normalized"),
    ("300 K", "300", None, None, "normalized"),
    ("3B", "3000000000", None, None, "ambiguous"),
    ("5M", "5000000", None, None, "normalized"),
    ("3 million", "3000000", SAME, SAME, "normalized"),
    ("1.2 million", "1200000", SAME, SAME, "normalized"),
    ("1,5 Mio.", "1500000", SAME, SAME, "normalized"),
    ("1.299 million", "1299000", None, None, "ambiguous"),
    ("3 Mrd.", "3000000000", SAME, SAME, "normalized"),
    ("2 thousand", "2000", SAME, SAME, "normalized"),
    ("2 hundred", "200", SAME, SAME, "normalized"),
    ("3 dozen", "36", SAME, SAME, "normalized"),
    ("5 lakh", "500000", SAME, SAME, "normalized"),
    ("2 crore", "20000000", SAME, SAME, "normalized"),
    ("half a million", "500000", SAME, SAME, "normalized"),
    ("two million", "2000000", SAME, SAME, "normalized"),
    ("½", "0.5", SAME, SAME, "normalized"),
    ("1½", "1.5", SAME, SAME, "normalized"),
    ("1 1/2", "1.5", SAME, SAME, "normalized"),
    ("1/2", "0.5", None, SAME, "normalized"),
    ("3/4", "0.75", None, SAME, "normalized"),
    ("4/5", "0.8", None, None, "normalized"),
    ("2 and a half", "2.5", SAME, SAME, "normalized"),
    ("one and a half", "1.5", SAME, SAME, "normalized"),
    ("twelve", "12", SAME, SAME, "normalized"),
    ("twenty-five", "25", SAME, SAME, "normalized"),
    ("one hundred and five", "105", SAME, SAME, "normalized"),
    ("nineteen eighty-four", "1984", SAME, SAME, "normalized"),
    ("three quarters", "0.75", SAME, SAME, "normalized"),
    ("one two", "", None, None, None),
    ("３０", "30", SAME, SAME, "normalized"),
    ("１２３．４", "123.4", SAME, SAME, "normalized"),
    ("１，２９９", "1299", None, None, "ambiguous"),
    ("٣٤", "34", SAME, SAME, "normalized"),
    ("٣٫٥", "3.5", SAME, SAME, "normalized"),
    ("三十五", "35", SAME, SAME, "normalized"),
    ("二千", "2000", SAME, SAME, "normalized"),
    ("一億二千万", "120000000", SAME, SAME, "normalized"),
    ("15万", "150000", SAME, SAME, "normalized"),
    ("1億2000万", "120000000", SAME, SAME, "normalized"),
    ("3千", "3000", SAME, SAME, "normalized"),
    ("50%", "50", None, SAME, "normalized"),
    ("50%", "0.5", None, "50", "normalized"),
    ("5 percent", "5", None, SAME, "normalized"),
    ("0.5 %", "0.5", None, SAME, "exact"),
    ("(20)", "20", None, SAME, "normalized"),
    ("(20)", "-20", None, "20", "ambiguous"),
    ("3rd", "3", None, SAME, "normalized"),
    ("5 kg", "5", None, SAME, "normalized"),
    ("about 5", "5", None, SAME, "normalized"),
    ("<5", "5", None, None, "normalized"),
    ("~5", "5", None, None, "normalized"),
    ("5-10", "5", None, None, "normalized"),
    ("5-10", "10", None, None, "normalized"),
    ("5 to 10", "10", None, None, "normalized"),
    ("10 or 12", "10", None, None, "normalized"),
    ("#5", "5", None, SAME, "normalized"),
    ("5/10", "5", None, None, "normalized"),
    ("1:30", "1", None, None, "unsupported"),
    ("A12", "12", None, None, "unsupported"),
    ("v1.5", "1.5", None, None, "unsupported"),
    ("1.2.3.4", "", None, None, None),
    ("12/2020", "12", None, None, "normalized"),
    ("555-1234", "555", None, None, "unsupported"),
    ("12_000", "12000", None, None, "unsupported"),
    ("ten or so", "10", None, None, "normalized"),
    ("none", "", None, None, None),
    ("n/a", "", None, None, None),
]

INTEGERS: Table = [
    ("12", "12", SAME, SAME, "exact"),
    ("1,200", "1200", SAME, SAME, "ambiguous"),
    ("-1,200", "-1200", SAME, SAME, "ambiguous"),
    ("1.299", "1299", SAME, SAME, "ambiguous"),
    ("12,000", "12000", None, None, "ambiguous"),
    ("12,000", "12", None, None, "ambiguous"),
    ("12.000", "12000", None, None, "ambiguous"),
    ("12 000", "12000", SAME, SAME, "normalized"),
    ("1'200", "1200", SAME, SAME, "normalized"),
    ("1\u202f200", "1200", SAME, SAME, "normalized"),
    ("1e3", "1000", SAME, SAME, "normalized"),
    ("1e-1", "", None, None, None),
    ("10.0", "10", SAME, SAME, "normalized"),
    ("10,00", "10", SAME, SAME, "normalized"),
    ("10.5", "", None, None, None),
    ("1,20", "", None, None, None),
    ("1,2000", "", None, None, None),
    ("0,200", "", None, None, None),
    ("1.5k", "1500", SAME, SAME, "normalized"),
    ("2.5k", "2500", SAME, SAME, "normalized"),
    ("3 million", "3000000", SAME, SAME, "normalized"),
    ("1.2345k", "", None, None, None),
    ("twelve", "12", SAME, SAME, "normalized"),
    ("a dozen", "12", None, None, "normalized"),
    ("two dozen", "24", SAME, SAME, "normalized"),
    ("第5", "5", None, None, "exact"),
    ("三十五", "35", SAME, SAME, "normalized"),
    ("１２", "12", SAME, SAME, "normalized"),
    ("5th", "5", None, SAME, "exact"),
    ("(20)", "20", None, SAME, "exact"),
    ("12 people", "12", None, SAME, "exact"),
    ("12,000 people", "12000", None, None, "ambiguous"),
]

AMOUNTS: Table = [
    ("$5", "5", SAME, SAME, "normalized"),
    ("$1,299", "1299", SAME, SAME, "normalized"),
    ("$1,299.00", "1299", SAME, SAME, "normalized"),
    ("$1.299", "1299", None, None, "ambiguous"),
    ("US$ 1,299", "1299", SAME, SAME, "normalized"),
    ("€1.299", "1299", None, None, "ambiguous"),
    ("€1,299", "1299", None, None, "ambiguous"),
    ("1.299 €", "1299", None, None, "ambiguous"),
    ("1.299,00 €", "1299", SAME, SAME, "normalized"),
    ("1 299,50 €", "1299.5", SAME, SAME, "normalized"),
    ("1\xa0299,50\xa0\u20ac", "1299.5", SAME, SAME, "normalized"),
    ("5 000 €", "5000", SAME, SAME, "normalized"),
    ("EUR 45.00", "45", SAME, SAME, "normalized"),
    ("45.00 EUR", "45", SAME, SAME, "normalized"),
    ("CHF 1'299.50", "1299.5", SAME, SAME, "normalized"),
    ("£5", "5", SAME, SAME, "normalized"),
    ("£1,299", "1299", SAME, SAME, "normalized"),
    ("¥1,299", "1299", SAME, SAME, "normalized"),
    ("₹12,34,567", "1234567", SAME, SAME, "normalized"),
    ("Rs. 500", "500", SAME, SAME, "normalized"),
    ("1,299円", "1299", SAME, SAME, "normalized"),
    ("12.50 dollars", "12.5", SAME, SAME, "normalized"),
    ("5 euros", "5", SAME, SAME, "normalized"),
    ("kr 250", "250", SAME, SAME, "normalized"),
    ("250 kr", "250", SAME, SAME, "normalized"),
    ("-$5", "-5", SAME, SAME, "normalized"),
    ("$-5", "-5", SAME, SAME, "normalized"),
    ("($45.00)", "-45", None, SAME, "ambiguous"),
    ("(45.00)", "-45", None, SAME, "ambiguous"),
    ("(45.00)", "45", None, "-45", "ambiguous"),
    ("45.00-", "-45", SAME, SAME, "normalized"),
    ("45.00 CR", "-45", None, None, "ambiguous"),
    ("5,-", "5", SAME, SAME, "normalized"),
    ("12.–", "12", SAME, SAME, "normalized"),
    ("$5bn", "5000000000", SAME, SAME, "normalized"),
    ("$5 million", "5000000", SAME, SAME, "normalized"),
    ("$1.5k", "1500", SAME, SAME, "normalized"),
    ("€5 Mio.", "5000000", SAME, SAME, "normalized"),
    ("$50-70k", "50000", None, None, "ambiguous"),
    ("$20-$30", "20", None, None, "normalized"),
    ("R$ 1.299,00", "1299", SAME, SAME, "normalized"),
    ("zł 12,50", "12.5", SAME, SAME, "normalized"),
    ("12,50 zł", "12.5", SAME, SAME, "normalized"),
    ("1.299 kr", "1299", None, None, "ambiguous"),
]

DATES: Table = [
    ("2024-03-12", "2024-03-12", SAME, SAME, "exact"),
    ("2024/3/12", "2024-03-12", SAME, SAME, "normalized"),
    ("2024.03.12", "2024-03-12", SAME, SAME, "normalized"),
    ("20240312", "2024-03-12", SAME, SAME, "normalized"),
    ("12032024", "2024-03-12", None, None, "ambiguous"),
    ("25122018", "2018-12-25", None, SAME, "ambiguous"),
    ("25/12/2020", "2020-12-25", SAME, SAME, "normalized"),
    ("12/25/2020", "2020-12-25", SAME, SAME, "normalized"),
    ("03/04/2020", "2020-04-03", None, None, "ambiguous"),
    ("03/04/2020", "2020-03-04", None, None, "ambiguous"),
    ("04/04/2020", "2020-04-04", SAME, SAME, "normalized"),
    ("3.4.2020", "2020-04-03", None, SAME, "normalized"),
    ("25.12.2020", "2020-12-25", SAME, SAME, "normalized"),
    ("25.12.20", "2020-12-25", None, SAME, "normalized"),
    ("12/3/24", "2024-03-12", None, None, "ambiguous"),
    ("31-12-2020", "2020-12-31", SAME, SAME, "normalized"),
    ("12. März 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("12 March 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("March 12, 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("March 12th, 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("Mar. 12 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("12-Mar-2024", "2024-03-12", SAME, SAME, "normalized"),
    ("12 Mar 24", "2024-03-12", None, SAME, "normalized"),
    ("Sept 3, 2024", "2024-09-03", SAME, SAME, "normalized"),
    ("the 3rd of May 2024", "2024-05-03", SAME, SAME, "normalized"),
    ("3rd day of May, 2024", "2024-05-03", SAME, SAME, "normalized"),
    ("le 1er janvier 2024", "2024-01-01", SAME, SAME, "normalized"),
    ("5 août 2024", "2024-08-05", SAME, SAME, "normalized"),
    ("5 de marzo de 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("5 marzo 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("5 maart 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("5 mars 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("5. maj 2024", "2024-05-05", SAME, SAME, "normalized"),
    ("5 marca 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("5 марта 2024", "2024-03-05", SAME, SAME, "normalized"),
    ("2024年3月12日", "2024-03-12", SAME, SAME, "normalized"),
    ("２０２４年３月１２日", "2024-03-12", SAME, SAME, "normalized"),
    ("二〇二四年三月十二日", "2024-03-12", SAME, SAME, "normalized"),
    ("令和6年3月12日", "2024-03-12", SAME, SAME, "normalized"),
    ("2024년 3월 12일", "2024-03-12", SAME, SAME, "normalized"),
    ("2024. 3. 12.", "2024-03-12", SAME, SAME, "normalized"),
    ("Tuesday, 12 March 2024", "2024-03-12", SAME, SAME, "normalized"),
    ("Monday, 12 March 2024", "2024-03-12", None, None, "ambiguous"),
    ("Di., 12.03.2024", "2024-03-12", None, SAME, "normalized"),
    ("Fri, 03/04/2020", "2020-04-03", SAME, SAME, "normalized"),
    ("2024-03-12T00:00:00", "2024-03-12", SAME, SAME, "exact"),
    ("2024-03-12T14:30:00", "2024-03-12", None, SAME, "exact"),
    ("3-5 March 2024", "2024-03-03", None, None, "normalized"),
    ("3-5 March 2024", "2024-03-05", None, None, "normalized"),
    ("1/3/2020-25/3/2020", "2020-03-25", None, None, "normalized"),
    ("March 2024", "2024-03-01", None, None, "unsupported"),
    ("12 March", "2024-03-12", None, None, "unsupported"),
    ("May", "", None, None, None),
    ("2024", "", None, None, None),
    ("31/31/2020", "", None, None, None),
    ("30 February 2024", "", None, None, None),
    ("2024-13-01", "", None, None, None),
    ("around 12 March 2024", "2024-03-12", None, SAME, "normalized"),
    ("10.0.20.1", "", None, None, None),
]

MOMENTS: Table = [
    ("2024-03-12T14:30", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("2024-03-12T14:30:00Z", "2024-03-12T14:30:00+00:00", SAME, SAME, "normalized"),
    ("2024-03-12 14:30", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("20240312T143000Z", "2024-03-12T14:30:00+00:00", SAME, None, "unsupported"),
    ("12. März 2024, 14:30 Uhr", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("12 March 2024 at 2 pm", "2024-03-12T14:00:00", SAME, SAME, "normalized"),
    ("March 12, 2024 2:30 PM", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("14:30 on 12 March 2024", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("2024年3月12日14時30分", "2024-03-12T14:30:00", SAME, SAME, "normalized"),
    ("25/12/2020 14:30", "2020-12-25T14:30:00", SAME, SAME, "normalized"),
    ("03/04/2020 14:30", "2020-04-03T14:30:00", None, None, "ambiguous"),
    ("12 March 2024, 2:30", "2024-03-12T14:30:00", None, "2024-03-12T02:30:00", "ambiguous"),
    ("12 March 2024, 25:00", "", None, None, None),
    ("12 March 2024, 9:00-17:00", "2024-03-12T09:00:00", None, None, "normalized"),
    ("14:30", "", None, None, None),
]

TIMES: Table = [
    ("14:30", "14:30:00", SAME, SAME, "normalized"),
    ("14:30:15", "14:30:15", SAME, SAME, "exact"),
    ("02:30", "02:30:00", SAME, SAME, "normalized"),
    ("2:30", "02:30:00", None, SAME, "normalized"),
    ("2:30", "14:30:00", None, "02:30:00", "ambiguous"),
    ("2:30 pm", "14:30:00", SAME, SAME, "normalized"),
    ("2.30 p.m.", "14:30:00", SAME, SAME, "normalized"),
    ("2pm", "14:00:00", SAME, SAME, "normalized"),
    ("12 am", "00:00:00", SAME, SAME, "normalized"),
    ("12:30 am", "00:30:00", SAME, SAME, "normalized"),
    ("14h30", "14:30:00", SAME, SAME, "normalized"),
    ("14 h 30", "14:30:00", SAME, SAME, "normalized"),
    ("14 Uhr", "14:00:00", SAME, SAME, "normalized"),
    ("14 Uhr 30", "14:30:00", SAME, SAME, "normalized"),
    ("14.30 Uhr", "14:30:00", SAME, SAME, "normalized"),
    ("14.30", "14:30:00", None, None, "normalized"),
    ("1430 hrs", "14:30:00", SAME, SAME, "normalized"),
    ("noon", "12:00:00", SAME, SAME, "normalized"),
    ("12 noon", "12:00:00", SAME, SAME, "normalized"),
    ("midnight", "00:00:00", SAME, SAME, "normalized"),
    ("2 o'clock", "02:00:00", None, SAME, "normalized"),
    ("14時30分", "14:30:00", SAME, SAME, "normalized"),
    ("午後2時30分", "14:30:00", SAME, SAME, "normalized"),
    ("下午3点半", "15:30:00", SAME, SAME, "normalized"),
    ("오후 2시", "14:00:00", SAME, SAME, "normalized"),
    ("14:30Z", "14:30:00+00:00", SAME, SAME, "normalized"),
    ("14:30 UTC", "14:30:00+00:00", SAME, SAME, "normalized"),
    ("14:30+01:00", "14:30:00+01:00", SAME, SAME, "normalized"),
    ("09:00-17:00", "09:00:00", None, None, "normalized"),
    ("9 am - 5 pm", "17:00:00", None, None, "normalized"),
    ("25:00", "", None, None, None),
    ("1430", "14:30:00", None, None, "unsupported"),
    ("14", "", None, None, None),
    ("about 14:30", "14:30:00", None, SAME, "normalized"),
]

DURATIONS: Table = [
    ("90 min", "PT5400S", SAME, SAME, "normalized"),
    ("90 minutes", "PT5400S", SAME, SAME, "normalized"),
    ("90 m", "PT5400S", SAME, None, "unsupported"),
    ("90 Minuten", "PT5400S", SAME, SAME, "normalized"),
    ("1h30", "PT5400S", SAME, SAME, "normalized"),
    ("1h30m", "PT5400S", SAME, SAME, "normalized"),
    ("1 h 30 min", "PT5400S", SAME, SAME, "normalized"),
    ("1:30 h", "PT5400S", SAME, SAME, "normalized"),
    ("1:30", "PT5400S", None, None, "unsupported"),
    ("01:30:00", "PT5400S", SAME, None, "unsupported"),
    ("PT1H30M", "PT5400S", SAME, SAME, "normalized"),
    ("P1DT2H", "PT93600S", SAME, SAME, "normalized"),
    ("1 hour and 30 minutes", "PT5400S", SAME, SAME, "normalized"),
    ("1 hr, 30 min.", "PT5400S", SAME, SAME, "normalized"),
    ("1 hour 30", "PT5400S", None, None, "unsupported"),
    ("1 hour 30", "PT3600S", None, None, "normalized"),
    ("an hour and a half", "PT5400S", SAME, SAME, "normalized"),
    ("one and a half hours", "PT5400S", SAME, SAME, "normalized"),
    ("half an hour", "PT1800S", SAME, SAME, "normalized"),
    ("1½ hours", "PT5400S", SAME, SAME, "normalized"),
    ("1 1/2 hours", "PT5400S", SAME, SAME, "normalized"),
    ("1.5 hours", "PT5400S", SAME, SAME, "normalized"),
    ("1,5 Stunden", "PT5400S", SAME, SAME, "normalized"),
    ("1,500 hours", "PT5400000S", None, None, "ambiguous"),
    ("1.500 hours", "PT5400S", None, None, "ambiguous"),
    ("2 hours hrs 30 minutes mins", "PT9000S", SAME, SAME, "normalized"),
    ("1 Std. 20 Min.", "PT4800S", SAME, SAME, "normalized"),
    ("1 timme 20 minuter", "PT4800S", SAME, SAME, "normalized"),
    ("2 uur", "PT7200S", SAME, SAME, "normalized"),
    ("5 часов 10 минут", "PT18600S", SAME, SAME, "normalized"),
    ("1時間30分", "PT5400S", SAME, SAME, "normalized"),
    ("3時間半", "PT12600S", SAME, SAME, "normalized"),
    ("90分", "PT5400S", SAME, SAME, "normalized"),
    ("２分", "PT120S", SAME, SAME, "normalized"),
    ("1小时20分钟", "PT4800S", SAME, SAME, "normalized"),
    ("2시간 30분", "PT9000S", SAME, SAME, "normalized"),
    ("twenty-five minutes", "PT1500S", SAME, SAME, "normalized"),
    ("45 sec", "PT45S", SAME, SAME, "normalized"),
    ("2 weeks", "PT1209600S", SAME, SAME, "normalized"),
    ("3 days, 2 hours", "PT266400S", SAME, SAME, "normalized"),
    ("90′", "PT5400S", SAME, None, "unsupported"),
    ("-5 min", "-PT300S", SAME, None, "normalized"),
    ("1-2 hours", "PT3600S", None, None, "normalized"),
    ("1-2 hours", "PT7200S", None, None, "normalized"),
    ("20 to 30 minutes", "PT1800S", None, None, "normalized"),
    ("2 or 3 days", "PT172800S", None, None, "normalized"),
    ("90 min - 2 hours", "PT5400S", None, None, "normalized"),
    ("3 months", "", None, None, None),
    ("1/3 s", "", None, None, None),
    ("5 t", "PT18000S", SAME, None, "unsupported"),
    ("90", "", None, None, None),
    ("bake 90 min", "PT5400S", None, None, "normalized"),
    ("14時30分", "PT1800S", None, None, "unsupported"),
]

# fmt: on


def policies(model: type[BaseModel], kind: Any, line: Line) -> Line:
    """The line as it is, with what the three make of its form."""
    written, meant, *_ = line
    value = TypeAdapter(kind).validate_strings(meant) if meant else None
    parsed = parse_response(kind, json.dumps(written)).value
    (name,) = model.model_fields
    label = name.replace("_", " ").capitalize()
    ruled = getattr(extract(model, f"{label}: {written}\n", model="rules").value, name)
    evidence = None if value is None else ground_value(value, f"It says {written} there.")[0].status.value
    assert parsed is None or parsed == value
    return written, meant, SAME if parsed is not None else None, _taken(ruled, value), evidence


def _taken(found: Any, value: Any) -> Taken | str | None:
    if found is None:
        return None
    return SAME if found == value else str(found).removesuffix(".0").replace(" ", "T")


def cases() -> list[Any]:
    """Every line of the tables with its types."""
    tables: list[tuple[type[BaseModel], Any, Table]] = [
        (Number, float, NUMBERS),
        (Integer, int, INTEGERS),
        (Amount, float, AMOUNTS),
        (Day, datetime.date, DATES),
        (Moment, datetime.datetime, MOMENTS),
        (Time, datetime.time, TIMES),
        (Duration, datetime.timedelta, DURATIONS),
    ]
    return [
        pytest.param(model, kind, line, id=f"{model.__name__}: {line[0]} for {line[1]}")
        for model, kind, table in tables
        for line in table
    ]


@pytest.mark.parametrize(("model", "kind", "line"), cases())
def test_the_three_policies_read_one_notation(model: type[BaseModel], kind: Any, line: Line) -> None:
    assert policies(model, kind, line) == line


def test_the_tables_have_three_hundred_forms() -> None:
    assert len(cases()) >= 300
