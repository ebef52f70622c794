//! Durations, rates and probabilities as people type them: `10ms`, `10mbit`, `0.01` or `1%`.
//! Nothing is guessed: a number without a unit is refused where a unit decides the meaning.

use core::time::Duration;

/// `90us`, `10ms`, `1.5s`, `2m`, `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration: expected a number and us, ms, s, m or h, as in 10ms");
    let (number, unit) = split(text);
    let scale = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return Err(wrong()),
    };
    decimal(number, scale).map(Duration::from_micros).ok_or_else(wrong)
}

/// Bits a second: `64kbit`, `10mbit`, `1gbit`, `9600bit`, also with `bps` or `/s` as people write it.
pub fn rate(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("`{text}` is not a rate: expected a number and bit, kbit, mbit or gbit, as in 10mbit");
    let lower = text.to_ascii_lowercase();
    let (number, unit) = split(&lower);
    let unit = unit.strip_suffix("/s").unwrap_or(unit);
    let unit = unit.strip_suffix("bps").or_else(|| unit.strip_suffix("bit")).ok_or_else(wrong)?;
    let scale = match unit {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    decimal(number, scale).filter(|r| *r > 0).ok_or_else(wrong)
}

/// A probability: `0.01`, `1%`, `0`, `1`.
pub fn probability(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a probability: expected 0 to 1 as in 0.01, or 0% to 100%");
    let (number, scale) = match text.strip_suffix('%') {
        Some(n) => (n, 0.01),
        None => (text, 1.0),
    };
    let value = number.trim().parse::<f64>().map_err(|_| wrong())? * scale;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(wrong()) }
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

/// `1.5` times `scale`, without going through binary fractions.
fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    if !fraction.is_empty() {
        let digits = fraction.parse::<u64>().ok()?;
        let divisor = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        value = value.checked_add(digits.checked_mul(scale)?.checked_div(divisor)?)?;
    }
    Some(value)
}

/// A duration as it is printed: `350us`, `12.5ms`, `3.250s`, `2m05s`.
pub fn show(d: Duration) -> String {
    let us = d.as_micros();
    match us {
        0..1_000 => format!("{us}us"),
        1_000..1_000_000 => format!("{}ms", tidy(us, 1_000)),
        1_000_000..60_000_000 => format!("{}s", tidy(us, 1_000_000)),
        _ => format!("{}m{:02}s", us / 60_000_000, us / 1_000_000 % 60),
    }
}

fn tidy(us: u128, unit: u128) -> String {
    let thousandths = us * 1_000 / unit;
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_rates_and_probabilities_read_as_typed() {
        assert_eq!(duration("10ms"), Ok(Duration::from_millis(10)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(rate("10mbit"), Ok(10_000_000));
        assert_eq!(rate("9600bit"), Ok(9_600));
        assert_eq!(rate("1.5Gbps"), Ok(1_500_000_000));
        assert_eq!(probability("1%"), Ok(0.01));
        assert_eq!(probability("0.25"), Ok(0.25));
    }

    #[test]
    fn a_number_without_its_unit_is_refused() {
        for bad in ["10", "", "ms", "-1s", "1e3s", "1.s.2s", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        for bad in ["10", "10mb", "0bit", "bit"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
        for bad in ["1.1", "-0.1", "NaN", "101%", ""] {
            assert!(probability(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_print_short() {
        for (us, text) in [(350, "350us"), (12_500, "12.5ms"), (3_250_000, "3.25s"), (125_000_000, "2m05s")] {
            assert_eq!(show(Duration::from_micros(us)), text);
        }
    }
}
