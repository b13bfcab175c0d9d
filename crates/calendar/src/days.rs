// SPDX-License-Identifier: EUPL-1.2
//! When one rule takes place, period by period (year, month, week or day). Not the union of several: that is `Series`.
//! A period is looked at only when the one before has been used up, and whatever is looked at is counted.

use std::collections::VecDeque;

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::rule::{Frequency, Rule, Until};
use crate::series::{LAST_YEAR, MOST_IDLE};

/// The starts of one rule, from a little before the asked moment on.
pub struct Occurrences<'a> {
    rule: &'a Rule,
    first: DateTime,
    zone: &'a TimeZone,
    times: Vec<jiff::civil::Time>,
    /// Before and beyond these days nobody asks.
    from: Date,
    to: Date,
    /// Periods after that of the first start, in steps of the rule's interval.
    period: i64,
    /// What is left of the current period.
    days: VecDeque<Date>,
    ready: VecDeque<Timestamp>,
    /// What COUNT still allows, where the end is not known yet.
    left: Option<u32>,
    ended: bool,
    /// Days looked at and starts made, in all and since the last start.
    steps: u64,
    idle: u64,
}

impl<'a> Occurrences<'a> {
    /// `from` and `to`: between which local times one asks.
    pub fn new(
        rule: &'a Rule,
        first: DateTime,
        zone: &'a TimeZone,
        (from, to): (DateTime, DateTime),
    ) -> Occurrences<'a> {
        let steps = periods_between(rule, first.date(), from.date()) / rule.interval;
        // What COUNT counts begins at the start, until the end is known.
        let left = rule.count.filter(|_| rule.last.is_none());
        let skipped = if left.is_some() { 0 } else { steps - 1 };
        Occurrences {
            rule,
            first,
            zone,
            times: rule.times(first.time()),
            from: from.date(),
            to: to.date(),
            period: skipped.max(0),
            days: VecDeque::new(),
            ready: VecDeque::new(),
            left,
            ended: false,
            steps: 0,
            idle: 0,
        }
    }

    pub fn peek(&mut self) -> Option<Timestamp> {
        while self.ready.is_empty() && !self.ended {
            match self.days.pop_front() {
                Some(day) => self.make_ready(self.times.iter().map(|time| day.to_datetime(*time)).collect()),
                None => self.look_at_next_period(),
            }
        }
        self.ready.front().copied()
    }

    /// Days looked at and starts made so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    fn count(&mut self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.steps += steps;
        self.idle += steps;
        self.ended |= self.idle > MOST_IDLE;
    }

    fn look_at_next_period(&mut self) {
        let Some((looked_at, begins)) = self.period_days() else {
            self.ended = true;
            return;
        };
        if begins > self.to || begins.year() > LAST_YEAR || self.is_over_after(begins) {
            self.ended = true;
            return;
        }
        self.count(looked_at.len() + 1);
        self.period += self.periods_to_next(begins);
        let days = self.kept(looked_at, begins);
        if self.rule.positions.is_empty() {
            // Days of the first period that nobody asks for; what COUNT counts is counted.
            let counts = self.left.is_some();
            self.days = days.into_iter().filter(|day| counts || *day >= self.from).collect();
            return;
        }
        let every: Vec<DateTime> = days
            .iter()
            .flat_map(|day| self.times.iter().map(|time| day.to_datetime(*time)))
            .collect();
        let length = i64::try_from(every.len()).unwrap_or(0);
        let position = |position: &i16| match i64::from(*position) {
            counted if counted < 0 => length + counted,
            counted => counted - 1,
        };
        let mut at: Vec<i64> = self.rule.positions.iter().map(position).collect();
        at.sort_unstable();
        at.dedup();
        let chosen: Vec<DateTime> = at
            .iter()
            .filter_map(|index| every.get(usize::try_from(*index).ok()?).copied())
            .collect();
        if chosen.is_empty() {
            self.count(every.len());
        } else {
            // Work, but not in vain: the rule goes on.
            self.steps += u64::try_from(every.len()).unwrap_or(u64::MAX);
        }
        self.make_ready(chosen);
    }

    fn make_ready(&mut self, chosen: Vec<DateTime>) {
        let mut starts = Vec::new();
        for local in chosen {
            if local < self.first {
                continue;
            }
            // A time that the clock skips is read with the offset before the jump; of a time that comes twice, the
            // first is taken (RFC 5545 §3.3.5).
            let Ok(start) = self.zone.to_ambiguous_timestamp(local).compatible() else {
                continue;
            };
            self.count(1);
            if self.left == Some(0) || self.is_over(local, start) {
                self.ended = true;
                break;
            }
            self.left = self.left.map(|left| left - 1);
            starts.push(start);
        }
        starts.sort();
        self.ready.extend(starts);
        self.ended |= self.left == Some(0);
    }

    fn is_over(&self, local: DateTime, start: Timestamp) -> bool {
        if let Some(last) = self.rule.last {
            return start > last;
        }
        local.year() > LAST_YEAR
            || match self.rule.until {
                None => false,
                Some(Until::Day(day)) => local.date() > day,
                Some(Until::Local(last)) => local > last,
                Some(Until::Instant(last)) => start > last,
            }
    }

    /// Whether a period that begins on this day is past the rule's end, so that looking on is of no use.
    fn is_over_after(&self, begins: Date) -> bool {
        let last = self.rule.last.map(|last| self.zone.to_datetime(last));
        let last = last.or(self.rule.until.map(|until| until.local(self.zone)));
        last.is_some_and(|last| begins > last.date())
    }

    /// The days of the current period that may be meant, and its first day. `None`: beyond the calendar.
    fn period_days(&self) -> Option<(Vec<Date>, Date)> {
        let rule = self.rule;
        let steps = self.period.checked_mul(rule.interval)?;
        let first = self.first.date();
        let of_month = |month: Date| of_month(month, &rule.month_days);
        match rule.frequency {
            Frequency::Daily => {
                let day = first.checked_add(steps.days()).ok()?;
                Some((vec![day], day))
            }
            Frequency::Weekly => {
                let week = week_of(first, rule.week_start)?.checked_add((steps * 7).days()).ok()?;
                Some((from(week).take(7).collect(), week))
            }
            Frequency::Monthly => {
                let months = i64::from(first.year()) * 12 + i64::from(first.month()) - 1 + steps;
                let month = date_of(months.div_euclid(12), months.rem_euclid(12) + 1)?;
                let asked = rule.months.is_empty() || rule.months.contains(&month.month());
                let days = asked.then(|| of_month(month));
                Some((days.unwrap_or_default(), month))
            }
            Frequency::Yearly => {
                let year = date_of(i64::from(first.year()) + steps, 1)?;
                let alone = [first.month()];
                let months = match rule.months.as_slice() {
                    [] if rule.says_yearly() && rule.month_days.is_empty() => {
                        return Some((from(year).take_while(|day| day.year() == year.year()).collect(), year));
                    }
                    [] if rule.says_yearly() => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
                    [] => alone.as_slice(),
                    some => some,
                };
                let mut months = months.to_vec();
                months.sort_unstable();
                months.dedup();
                let starts = months.iter().filter_map(|month| Date::new(year.year(), *month, 1).ok());
                Some((starts.flat_map(of_month).collect(), year))
            }
        }
    }

    /// How many periods on the next one of interest is: days of months that the rule leaves out are passed over at once.
    fn periods_to_next(&self, begins: Date) -> i64 {
        let rule = self.rule;
        let left_out = !rule.months.is_empty() && !rule.months.contains(&begins.month());
        if rule.frequency != Frequency::Daily || !left_out {
            return 1;
        }
        let rest = i64::from(begins.days_in_month() - begins.day()) + 1;
        (rest + rule.interval - 1) / rule.interval
    }

    /// The days that all parts of the rule let through. What a rule does not say is taken from the first start.
    fn kept(&self, days: Vec<Date>, period: Date) -> Vec<Date> {
        let rule = self.rule;
        let says_day = !rule.weekdays.is_empty() || !rule.month_days.is_empty();
        let first = self.first.date();
        let implied = |day: Date| match rule.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => says_day || day.weekday() == first.weekday(),
            Frequency::Monthly => says_day || day.day() == first.day(),
            Frequency::Yearly if says_day || !rule.week_numbers.is_empty() || !rule.year_days.is_empty() => true,
            Frequency::Yearly => day.day() == first.day() && (!rule.months.is_empty() || day.month() == first.month()),
        };
        let any = |list: &[i16], number: i16, from_end: i16| {
            list.is_empty() || list.contains(&number) || list.contains(&from_end)
        };
        days.into_iter()
            .filter(|day| {
                let day = *day;
                let in_month = i16::from(day.day());
                (rule.months.is_empty() || rule.months.contains(&day.month()))
                    && any(
                        &rule.month_days,
                        in_month,
                        in_month - 1 - i16::from(day.days_in_month()),
                    )
                    && any(
                        &rule.year_days,
                        day.day_of_year(),
                        day.day_of_year() - 1 - day.days_in_year(),
                    )
                    && (rule.weekdays.is_empty() || self.has_weekday(day))
                    && (rule.week_numbers.is_empty() || self.has_week(day, period))
                    && implied(day)
            })
            .collect()
    }

    fn has_weekday(&self, day: Date) -> bool {
        let in_month = self.rule.frequency == Frequency::Monthly || !self.rule.months.is_empty();
        let (position, length) = if in_month {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        } else {
            (day.day_of_year(), day.days_in_year())
        };
        let from_start = (position - 1) / 7 + 1;
        let from_end = -((length - position) / 7 + 1);
        self.rule.weekdays.iter().any(|(number, weekday)| {
            *weekday == day.weekday() && (*number == 0 || *number == from_start || *number == from_end)
        })
    }

    /// Whether the day lies in one of the numbered weeks. Week 1 is the first with at least four days in the year.
    fn has_week(&self, day: Date, year: Date) -> bool {
        let week_start = self.rule.week_start;
        let fits = |year: i16| {
            let first = first_week(year, week_start)?;
            let next = first_week(year + 1, week_start)?;
            let length = i16::try_from(days_between(first, next) / 7).ok()?;
            let week = i16::try_from(days_between(first, day).div_euclid(7)).ok()? + 1;
            let inside = (1..=length).contains(&week);
            let asked = &self.rule.week_numbers;
            Some(inside && (asked.contains(&week) || asked.contains(&(week - length - 1))))
        };
        [year.year() - 1, year.year(), year.year() + 1]
            .into_iter()
            .any(|year| fits(year) == Some(true))
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        self.peek()?;
        self.idle = 0;
        self.ready.pop_front()
    }
}

fn from(day: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(day), |day| day.tomorrow().ok())
}

/// The days of a month, or those that are numbered.
fn of_month(month: Date, numbered: &[i16]) -> Vec<Date> {
    if numbered.is_empty() {
        return from(month).take_while(|day| day.month() == month.month()).collect();
    }
    let length = i16::from(month.days_in_month());
    let counted = |number: &i16| if *number < 0 { length + 1 + number } else { *number };
    let mut days: Vec<i16> = numbered.iter().map(counted).collect();
    days.sort_unstable();
    days.dedup();
    let of_number = |day: i16| Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok();
    days.into_iter().filter_map(of_number).collect()
}

fn date_of(year: i64, month: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The first day of the week in which a day lies.
fn week_of(day: Date, week_start: Weekday) -> Option<Date> {
    let back = day.weekday().since(week_start);
    day.checked_sub(i64::from(back).days()).ok()
}

fn first_week(year: i16, week_start: Weekday) -> Option<Date> {
    week_of(Date::new(year, 1, 4).ok()?, week_start)
}

/// Whole periods of the rule's frequency between two days; a little too few is no harm.
fn periods_between(rule: &Rule, from: Date, to: Date) -> i64 {
    let last = date(LAST_YEAR + 1, 1, 1);
    let to = to.min(last);
    match rule.frequency {
        Frequency::Daily => days_between(from, to),
        Frequency::Weekly => days_between(from, to) / 7,
        Frequency::Monthly => {
            (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month())
        }
        Frequency::Yearly => i64::from(to.year()) - i64::from(from.year()),
    }
}
