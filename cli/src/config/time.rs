//! Dates as key chains write them (`12:00:00 1 January 2026`, UTC) and seconds since 1970.
//! Reads no clock.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The last year the notation takes.
pub const LAST_YEAR: u64 = 9999;

/// The number of a month from its name or a beginning of it of at least three letters, 1 to 12.
pub fn month(name: &str) -> Option<u64> {
    let alike =
        |m: &&str| name.len() >= 3 && m.get(..name.len()).is_some_and(|h| h.eq_ignore_ascii_case(name));
    MONTHS.iter().zip(1..).find(|(m, _)| alike(m)).map(|(_, n)| n)
}

/// Seconds since 1970 at a second of a day; `None`: there is no such day.
pub fn seconds(year: u64, month: u64, day: u64, second: u64) -> Option<u64> {
    if !(1970..=LAST_YEAR).contains(&year) || day == 0 || day > days_in(year, month)? || second >= DAY {
        return None;
    }
    let years: u64 = days_before_year(year).checked_sub(days_before_year(1970))?;
    let months: u64 = (1..month).filter_map(|m| days_in(year, m)).sum();
    let days = years.checked_add(months)?.checked_add(day)?.checked_sub(1)?;
    days.checked_mul(DAY)?.checked_add(second)
}

/// `HH:MM:SS D Month YYYY`; `None`: beyond the year 9999.
pub fn print(seconds: u64) -> Option<String> {
    let (mut days, second) = (seconds / DAY, seconds % DAY);
    // 400 years are a whole cycle; the first guess is never too late.
    let mut year = 1970u64.checked_add(days / 366)?;
    if year > LAST_YEAR {
        return None;
    }
    days = days.checked_sub(days_before_year(year).checked_sub(days_before_year(1970))?)?;
    while days >= days_in_year(year) {
        days = days.checked_sub(days_in_year(year))?;
        year = year.checked_add(1)?;
    }
    if year > LAST_YEAR {
        return None;
    }
    for (name, number) in MONTHS.iter().zip(1u64..) {
        let length = days_in(year, number)?;
        if days < length {
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            return Some(format!("{h:02}:{m:02}:{s:02} {} {name} {year}", days.saturating_add(1)));
        }
        days = days.checked_sub(length)?;
    }
    None
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u64, month: u64) -> Option<u64> {
    match month {
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// Days of all years before this one, counted from year 1.
fn days_before_year(year: u64) -> u64 {
    let y = year.saturating_sub(1);
    (y.saturating_mul(365)).saturating_add(y / 4).saturating_sub(y / 100).saturating_add(y / 400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_are_right() {
        assert_eq!(seconds(1970, 1, 1, 0), Some(0));
        assert_eq!(seconds(2000, 2, 29, 0), Some(951_782_400));
        assert_eq!(seconds(2026, 11, 20, 43_200), Some(1_795_176_000));
        assert_eq!(seconds(2026, 2, 29, 0), None);
        assert_eq!(seconds(2026, 13, 1, 0), None);
    }

    #[test]
    fn a_date_printed_is_the_same_date_read() {
        let mut at = 0u64;
        while let Some(text) = print(at) {
            let w: Vec<&str> = text.split([':', ' ']).collect();
            let n = |i: usize| w[i].parse::<u64>().unwrap();
            let back = seconds(n(5), month(w[4]).unwrap(), n(3), n(0) * 3600 + n(1) * 60 + n(2));
            assert_eq!(back, Some(at), "{text}");
            at += 86_400 * 13 + 12_347;
        }
        assert!(at > 250_000_000_000, "up to the year 9999");
    }

    #[test]
    fn months_may_be_abbreviated_to_three_letters() {
        assert_eq!(month("jan"), Some(1));
        assert_eq!(month("December"), Some(12));
        assert_eq!(month("ju"), None);
    }
}
