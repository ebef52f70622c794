//! Times in words, and names of files with a time in them, as strftime(3) writes them in the C locale. Always UTC: a
//! router has no time zone.

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
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const DAY: u64 = 86_400;

/// A time of the calendar.
struct Civil {
    year: u64,
    /// 1..=12
    month: u64,
    /// 1..=31
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    /// 0: Sunday.
    weekday: u64,
    /// 1..=366
    yearday: u64,
}

impl Civil {
    /// Days are counted from March, so that the leap day is the last of its year; an era has 400 years.
    fn of(unix: u64) -> Civil {
        let days = unix / DAY;
        let seconds = unix % DAY;
        let shifted = days.saturating_add(719_468);
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        // From March on, January and February are behind us; before, the year began 306 days after its March.
        let yearday = if month > 2 { of_year + 60 + u64::from(leap) } else { of_year - 305 };
        Civil {
            year,
            month,
            day,
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            weekday: (days + 4) % 7,
            yearday,
        }
    }
}

/// `pattern` with its conversions replaced; one that is not known stays as it is.
pub fn format(pattern: &str, unix: u64) -> String {
    let civil = Civil::of(unix);
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            None => out.push('%'),
            Some(conversion) => match convert(conversion, &civil, unix) {
                Some(text) => out += &text,
                None => out.extend(['%', conversion]),
            },
        }
    }
    out
}

fn convert(conversion: char, t: &Civil, unix: u64) -> Option<String> {
    let name = |all: &[&'static str], at: u64| -> &'static str {
        usize::try_from(at).ok().and_then(|at| all.get(at)).copied().unwrap_or_default()
    };
    let month = || name(&MONTHS, t.month.saturating_sub(1));
    let day = || name(&DAYS, t.weekday);
    let short = |name: &str| name.get(..3).unwrap_or(name).to_owned();
    let hour12 = if t.hour.is_multiple_of(12) { 12 } else { t.hour % 12 };
    let half = if t.hour < 12 { "AM" } else { "PM" };
    Some(match conversion {
        '%' => "%".to_owned(),
        'Y' => t.year.to_string(),
        'C' => format!("{:02}", t.year / 100),
        'y' => format!("{:02}", t.year % 100),
        'm' => format!("{:02}", t.month),
        'd' => format!("{:02}", t.day),
        'e' => format!("{:2}", t.day),
        'j' => format!("{:03}", t.yearday),
        'H' => format!("{:02}", t.hour),
        'I' => format!("{hour12:02}"),
        'p' => half.to_owned(),
        'M' => format!("{:02}", t.minute),
        'S' => format!("{:02}", t.second),
        's' => unix.to_string(),
        'B' => month().to_owned(),
        'b' | 'h' => short(month()),
        'A' => day().to_owned(),
        'a' => short(day()),
        'w' => t.weekday.to_string(),
        'u' => if t.weekday == 0 { 7 } else { t.weekday }.to_string(),
        'F' => format("%Y-%m-%d", unix),
        'D' => format("%m/%d/%y", unix),
        'T' => format("%H:%M:%S", unix),
        'R' => format("%H:%M", unix),
        'r' => format("%I:%M:%S %p", unix),
        'c' => format("%a %b %e %T %Y", unix),
        'Z' => "UTC".to_owned(),
        'z' => "+0000".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn times_are_those_of_date_u() {
        // Each as `date -u -d @N` has it.
        assert_eq!(format("%F %T", 0), "1970-01-01 00:00:00");
        assert_eq!(format("%c", 951_782_400), "Tue Feb 29 00:00:00 2000");
        assert_eq!(format("%c %j", 951_868_800), "Wed Mar  1 00:00:00 2000 061");
        assert_eq!(format("%c %j", 1_709_164_800), "Thu Feb 29 00:00:00 2024 060");
        assert_eq!(format("%c %j %u", 1_735_689_599), "Tue Dec 31 23:59:59 2024 366 2");
        assert_eq!(format("%c %j", 1_767_225_599), "Wed Dec 31 23:59:59 2025 365");
        assert_eq!(format("%r %y %C %e %w", 1_795_661_355), "02:49:15 AM 26 20 26 4");
        assert_eq!(format("%F", 4_107_542_400), "2100-03-01");
    }

    #[test]
    fn what_is_no_conversion_stays() {
        assert_eq!(format("/var/log/updates.%Y%m%d.%H%M", 1_795_661_355), "/var/log/updates.20261126.0249");
        assert_eq!(format("100%% %Q %", 0), "100% %Q %");
    }
}
