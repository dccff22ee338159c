//! What a program says that it measured.

use serde::{Deserialize, Serialize};

use super::work::Quantity;

/// A line that a program printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) count: u64,
    pub(super) seconds: f64,
    /// What all threads of both processes worked for one, in nanoseconds.
    pub(super) work_ns: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) median_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) p99_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) octets_each: Option<u64>,
}

impl Record {
    /// Reads the one line of JSON among what a program printed.
    pub(super) fn parse(output: &str, count: u64) -> Result<Self, String> {
        let mut lines = output.lines().filter(|line| line.starts_with('{'));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(format!("it printed not one line of JSON, but {output:?}"));
        };
        let record: Self = serde_json::from_str(line).map_err(|error| format!("it printed {line}: {error}"))?;
        if record.count != count || record.seconds <= 0.0 {
            return Err(format!("it did not do {count}: {line}"));
        }
        Ok(record)
    }

    /// What is compared of it.
    pub(super) fn value(&self, quantity: Quantity) -> Result<f64, String> {
        Ok(match quantity {
            Quantity::Rate => self.count as f64 / self.seconds,
            Quantity::Median => self.median_us.ok_or("it printed no median time")?,
            Quantity::Each => self.seconds * 1e9 / self.count as f64,
            Quantity::Total => self.seconds * 1e3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"work":"stream","count":10,"seconds":0.5,"work_ns":25.0}"#;

    #[test]
    fn a_line_of_json_is_found_among_others() {
        let record = Record::parse(&format!("a word of somebody else\n{LINE}\n"), 10).unwrap();
        assert_eq!((record.seconds, record.work_ns, record.median_us), (0.5, 25.0, None));
    }

    #[test]
    fn no_line_two_lines_or_a_broken_line_are_no_record() {
        for output in ["", "done", &format!("{LINE}\n{LINE}"), r#"{"count":10}"#] {
            assert!(Record::parse(output, 10).is_err(), "{output}");
        }
    }

    #[test]
    fn a_program_that_did_another_number_is_not_believed() {
        assert!(Record::parse(LINE, 11).is_err());
        assert!(Record::parse(&LINE.replace("0.5", "0.0"), 10).is_err());
    }

    #[test]
    fn each_quantity_has_its_unit() {
        let record = Record::parse(&LINE.replace('}', r#","median_us":7.5}"#), 10).unwrap();
        let value = |quantity| record.value(quantity).unwrap();
        assert_eq!(value(Quantity::Rate), 20.0);
        assert_eq!(value(Quantity::Median), 7.5);
        assert_eq!(value(Quantity::Each), 5e7);
        assert_eq!(value(Quantity::Total), 500.0);
        assert!(Record::parse(LINE, 10).unwrap().value(Quantity::Median).is_err());
    }
}
