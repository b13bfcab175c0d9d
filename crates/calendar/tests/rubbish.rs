// SPDX-License-Identifier: EUPL-1.2
//! Rules and meetings made of anything: the same every time, so that what fails once fails again. Chosen bytes, for days on
//! end, are in `fuzz`; what has to hold is the same for both.

mod holds;

/// Numbers that look like chance (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("less than a usize")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

#[test]
fn bytes_without_any_sense_break_nothing() {
    let mut numbers = Numbers(1);
    for _ in 0..3000 {
        let length = numbers.below(300);
        let bytes: Vec<u8> = (0..length).map(|_| numbers.next().to_le_bytes()[0]).collect();
        holds::of(&bytes);
    }
}

/// Words of the field in any order get further than bytes do.
#[test]
fn words_of_rules_in_any_order_break_nothing() {
    const WORDS: &str = "RRULE: FREQ= DAILY WEEKLY MONTHLY YEARLY HOURLY ; ; ; = , \n : INTERVAL= COUNT= UNTIL= BYDAY= \
        BYMONTH= BYMONTHDAY= BYYEARDAY= BYWEEKNO= BYSETPOS= BYHOUR= BYMINUTE= BYSECOND= WKST= MO SU -1FR 53TH 0 1 -1 2 12 \
        29 31 53 366 -366 4294967296 20301231T235959Z 99991231";
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut numbers = Numbers(2);
    let mut taken = 0;
    for _ in 0..6000 {
        // Where it begins, and in which zone.
        let mut text: Vec<u8> = (0..9).map(|_| numbers.next().to_le_bytes()[0]).collect();
        text.extend(numbers.one(&["FREQ=", "RRULE:FREQ=", ""]).bytes());
        text.extend(numbers.one(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]).bytes());
        for _ in 0..numbers.below(5) {
            text.extend(b";");
            for _ in 0..=numbers.below(4) {
                text.extend(numbers.one(&words).bytes());
            }
        }
        taken += usize::from(holds::of(&text));
    }
    assert!(taken > 500, "only {taken} of these are series");
}
