# SPDX-License-Identifier: EUPL-1.2
"""Recurrence rules and when they take place, as python-dateutil 2.9 computes them: `python3 cases.py > cases.json`.

Not run by the tests: they read cases.json. Local times without a zone; at most twelve starts a rule, none after 2199.
"""

import itertools
import json
import random
import re
from datetime import datetime

from dateutil.rrule import rrulestr

# The examples of RFC 5545 that repeat by the day or more rarely.
EXAMPLES = """DAILY;COUNT=10
DAILY;UNTIL=19971224T000000
DAILY;INTERVAL=2
DAILY;INTERVAL=10;COUNT=5
YEARLY;UNTIL=20000131T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA
DAILY;UNTIL=20000131T140000;BYMONTH=1
WEEKLY;COUNT=10
WEEKLY;INTERVAL=2;WKST=SU
WEEKLY;UNTIL=19971007T000000;WKST=SU;BYDAY=TU,TH
WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR
WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH
MONTHLY;COUNT=10;BYDAY=1FR
MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU
MONTHLY;COUNT=6;BYDAY=-2MO
MONTHLY;BYMONTHDAY=-3
MONTHLY;COUNT=10;BYMONTHDAY=2,15
MONTHLY;COUNT=10;BYMONTHDAY=1,-1
MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15
MONTHLY;INTERVAL=2;BYDAY=TU
YEARLY;COUNT=10;BYMONTH=6,7
YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3
YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200
YEARLY;BYDAY=20MO
YEARLY;BYWEEKNO=20;BYDAY=MO
YEARLY;BYMONTH=3;BYDAY=TH
YEARLY;BYDAY=TH;BYMONTH=6,7,8
MONTHLY;BYDAY=FR;BYMONTHDAY=13
MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13
YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8
MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3
MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2
DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40
WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO
WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU
MONTHLY;BYMONTHDAY=15,30;COUNT=5
YEARLY;BYMONTH=2;BYMONTHDAY=29""".split("\n")

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def some(pick, values, most=3):
    return ",".join(str(value) for value in sorted(pick.sample(values, pick.randint(1, most))))


def made_up(pick):
    frequency = pick.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [frequency]
    if pick.random() < 0.5:
        parts.append(f"INTERVAL={pick.randint(1, 5)}")
    if pick.random() < 0.3:
        parts.append(f"BYMONTH={some(pick, range(1, 13), 6)}")
    if frequency != "WEEKLY" and pick.random() < 0.3:
        parts.append(f"BYMONTHDAY={some(pick, [*range(1, 32), -1, -2, -10], 6)}")
    weeks = frequency == "YEARLY" and pick.random() < 0.3
    if weeks:
        parts.append(f"BYWEEKNO={some(pick, [*range(1, 54), -1, -52], 5)}")
    if frequency == "YEARLY" and pick.random() < 0.2:
        parts.append(f"BYYEARDAY={some(pick, [*range(1, 367), -1, -366], 6)}")
    if pick.random() < 0.5:
        days = pick.sample(DAYS, pick.randint(1, 4))
        if frequency in ("MONTHLY", "YEARLY") and not weeks and pick.random() < 0.5:
            days = [f"{pick.choice([1, 2, 3, 4, 5, -1, -2])}{day}" for day in days]
        parts.append("BYDAY=" + ",".join(days))
    if pick.random() < 0.2:
        parts.append(f"BYHOUR={some(pick, range(24))}")
    if len(parts) > 2 and any(part.startswith("BY") for part in parts) and pick.random() < 0.3:
        parts.append(f"BYSETPOS={some(pick, [1, 2, 3, -1, -2], 2)}")
    if pick.random() < 0.3:
        parts.append(f"WKST={pick.choice(DAYS)}")
    if pick.random() < 0.4:
        parts.append(pick.choice([f"COUNT={pick.randint(1, 15)}", "UNTIL=20310615T120000", "UNTIL=20280101"]))
    return ";".join(parts)


def case(rule, start):
    rule = "RRULE:FREQ=" + rule
    occurrences = rrulestr(rule, dtstart=start)
    # A date alone includes its day for us, for dateutil only its first second: such cases have starts at midnight.
    starts = list(itertools.islice(itertools.takewhile(lambda at: at.year <= 2199, occurrences), 12))
    form = "%Y-%m-%dT%H:%M:%S"
    return {"rule": rule, "start": start.strftime(form), "starts": [at.strftime(form) for at in starts]}


def main():
    pick = random.Random(5545)
    cases = [case(rule, datetime(1997, 9, 2, 9, 0)) for rule in EXAMPLES]
    while len(cases) < 400:
        rule = made_up(pick)
        # dateutil counts the weeks of the last year with the length of this one, and so loses the days of week 52 in January.
        if re.search(r"BYWEEKNO=[^;]*\b5[23]\b", rule):
            continue
        # Of the first week dateutil sees only what lies after the start, and so counts BYSETPOS from there.
        if rule.startswith("WEEKLY") and "BYSETPOS" in rule:
            continue
        midnight = "UNTIL=20280101" in rule
        hour = 0 if midnight else pick.randint(0, 23)
        if midnight and "BYHOUR" in rule:
            continue
        cases.append(case(rule, datetime(2026, pick.randint(1, 12), pick.randint(1, 28), hour, 30 if hour else 0)))
    print("[\n" + ",\n".join(json.dumps(one) for one in cases) + "\n]")


main()
