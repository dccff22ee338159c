//! Durations as people write them: `250ms`, `5s`, `2m`.

use std::time::Duration;

/// The units, in milliseconds, the largest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a whole number with its unit. Without a unit nobody can tell what was meant, so it is refused.
///
/// # Errors
///
/// Says what a duration looks like, for people.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let milliseconds = UNITS.iter().find(|(name, _)| *name == unit).and_then(|(_, factor)| {
        let number: u64 = number.parse().ok()?;
        number.checked_mul(*factor)
    });
    match milliseconds {
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => Err(format!("{text:?} is not a duration: write a whole number and ms, s, m or h, as in 5s")),
    }
}

/// Prints a duration of whole milliseconds so that [`parse_duration`] reads the same again.
pub fn print_duration(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let whole = UNITS.iter().find(|(_, factor)| milliseconds != 0 && milliseconds % factor == 0);
    let (unit, factor) = whole.unwrap_or(&("ms", 1));
    format!("{}{unit}", milliseconds / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_prints_in_its_largest_whole_unit() {
        for text in ["0ms", "250ms", "5s", "1500ms", "2m", "90s", "1h"] {
            assert_eq!(print_duration(parse_duration(text).unwrap()), text);
        }
        assert_eq!(print_duration(parse_duration("60s").unwrap()), "1m");
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        for text in ["", "5", "s", "-5s", "5 s", "1.5s", "5sec", "99999999999999999999s", "9999999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
