//! Medians, and ratios of what was measured in the same round.

use std::fmt::Write;

use serde::Serialize;

use super::{
    record::Record,
    side::Side,
    work::{Quantity, Work},
};

/// What one side measured in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    pub(super) work: &'static str,
    pub(super) side: Side,
    pub(super) round: usize,
    /// What is compared.
    pub(super) value: f64,
    #[serde(flatten)]
    pub(super) record: Record,
}

/// A side's part of the table: medians.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) work: &'static str,
    pub(super) side: Side,
    pub(super) rounds: usize,
    pub(super) quantity: Quantity,
    pub(super) value: f64,
    /// Ratios to the first side, and to the encrypted limit, each of pairs of the same round.
    pub(super) of_limit: Option<f64>,
    pub(super) of_encrypted_limit: Option<f64>,
    pub(super) work_ns: f64,
    /// The ratio of what one message makes all threads work: it depends little on what else the machine does.
    pub(super) work_of_limit: Option<f64>,
    pub(super) octets_each: Option<u64>,
}

/// The rows of a work, one for each side that measured anything.
pub(super) fn rows(work: &Work, all: &[Measured]) -> Vec<Row> {
    let of = |side| all.iter().filter(|measured| measured.work == work.name && measured.side == side).collect();
    let row = |(side, _): &(Side, u64)| {
        let (ours, limit): (Vec<&Measured>, Vec<&Measured>) = (of(*side), of(work.baseline()));
        Some(Row {
            work: work.name,
            side: *side,
            rounds: ours.len(),
            quantity: work.quantity,
            value: median(ours.iter().map(|measured| measured.value))?,
            of_limit: ratio(&ours, &limit, |measured| measured.value),
            of_encrypted_limit: side
                .is_encrypted()
                .then(|| ratio(&ours, &of(Side::RawTls), |measured| measured.value))
                .flatten(),
            work_ns: median(ours.iter().map(|measured| measured.record.work_ns))?,
            work_of_limit: ratio(&ours, &limit, |measured| measured.record.work_ns),
            octets_each: median(ours.iter().filter_map(|measured| measured.record.octets_each).map(|each| each as f64))
                .map(|each| each as u64),
        })
    };
    work.sides.iter().filter_map(row).collect()
}

/// The median of the ratios of those rounds in which both measured.
fn ratio(ours: &[&Measured], limit: &[&Measured], part: impl Fn(&Measured) -> f64) -> Option<f64> {
    median(ours.iter().filter_map(|ours| {
        let pair = limit.iter().find(|limit| limit.round == ours.round)?;
        Some(part(ours) / part(pair))
    }))
}

/// The middle value, or what lies between the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((low + high) / 2.0)
}

/// The table of a work, in Markdown.
pub(super) fn markdown(work: &Work, rows: &[Row]) -> String {
    let is_encrypted = rows.iter().any(|row| row.of_encrypted_limit.is_some());
    let limit = work.baseline().name();
    let (tls_head, tls_line) = if is_encrypted { (" of raw with TLS |", "--:|") } else { ("", "") };
    let mut text =
        format!("| {} | {} | of {limit} |{tls_head} work of one | of {limit} |\n", work.title, unit(work.quantity));
    let _ = writeln!(text, "|---|--:|--:|{tls_line}--:|--:|");
    for row in rows {
        let memory = row.octets_each.map(|each| format!(", {each} octets each")).unwrap_or_default();
        let tls = if is_encrypted { format!(" {} |", cell(row.of_encrypted_limit)) } else { String::new() };
        let (name, value) = (row.side.name(), grouped(row.value));
        let (of_limit, work_ns, work_of_limit) = (cell(row.of_limit), grouped(row.work_ns), cell(row.work_of_limit));
        let _ = writeln!(text, "| {name} | {value}{memory} | {of_limit} |{tls} {work_ns} ns | {work_of_limit} |");
    }
    text
}

const fn unit(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Rate => "per second",
        Quantity::Median => "median us",
        Quantity::Each => "ns",
        Quantity::Total => "ms",
    }
}

/// A ratio, with as many places as say something.
fn cell(ratio: Option<f64>) -> String {
    match ratio {
        None => String::new(),
        Some(ratio) if ratio < 0.1 => format!("{ratio:.4}"),
        Some(ratio) if ratio < 10.0 => format!("{ratio:.2}"),
        Some(ratio) => format!("{ratio:.0}"),
    }
}

/// A number of which three places or more can be seen.
fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(side: Side, round: usize, value: f64) -> Measured {
        let record =
            Record { count: 1, seconds: 1.0, work_ns: value / 2.0, median_us: None, p99_us: None, octets_each: None };
        Measured { work: "stream-32", side, round, value, record }
    }

    fn row(all: &[Measured], side: Side) -> Option<Row> {
        rows(Work::parse("stream-32").unwrap(), all).into_iter().find(|row| row.side == side)
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([3.0].into_iter()), Some(3.0));
        assert_eq!(median([9.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 9.0, 2.0].into_iter()), Some(3.0));
    }

    #[test]
    fn ratios_are_of_pairs_of_the_same_round() {
        // The machine was three times as slow in the second round, for both.
        let all = [
            measured(Side::Raw, 0, 900.0),
            measured(Side::Aemp, 0, 90.0),
            measured(Side::Raw, 1, 300.0),
            measured(Side::Aemp, 1, 30.0),
            measured(Side::Raw, 2, 800.0),
            measured(Side::Aemp, 2, 400.0),
        ];
        let row = row(&all, Side::Aemp).unwrap();
        assert_eq!((row.value, row.rounds), (90.0, 3));
        assert!((row.of_limit.unwrap() - 0.1).abs() < 1e-9);
        assert_eq!(row.of_encrypted_limit, None);
    }

    #[test]
    fn a_round_in_which_one_of_the_pair_failed_has_no_ratio() {
        let all = [measured(Side::Raw, 0, 10.0), measured(Side::Aemp, 1, 5.0)];
        assert_eq!(row(&all, Side::Aemp).unwrap().of_limit, None);
        let all = [measured(Side::Raw, 0, 10.0), measured(Side::Raw, 1, 10.0), measured(Side::Aemp, 1, 5.0)];
        assert_eq!(row(&all, Side::Aemp).unwrap().of_limit, Some(0.5));
        assert_eq!(row(&all, Side::ZeroMq), None);
    }

    #[test]
    fn what_is_encrypted_is_compared_with_both_limits() {
        let all = [measured(Side::Raw, 0, 100.0), measured(Side::RawTls, 0, 50.0), measured(Side::AempTls, 0, 25.0)];
        let row = row(&all, Side::AempTls).unwrap();
        assert_eq!((row.of_limit, row.of_encrypted_limit), (Some(0.25), Some(0.5)));
    }

    #[test]
    fn a_table_has_a_line_for_each_side() {
        let work = Work::parse("stream-32").unwrap();
        let all = [measured(Side::Raw, 0, 1_234_567.0), measured(Side::Aemp, 0, 500_000.0)];
        let text = markdown(work, &rows(work, &all));
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            [
                "|---|--:|--:|--:|--:|",
                "| raw tokio | 1,234,567 | 1.00 | 617,284 ns | 1.00 |",
                "| aemp | 500,000 | 0.41 | 250,000 ns | 0.41 |"
            ]
        );
    }

    #[test]
    fn numbers_are_rounded_to_what_they_say() {
        assert_eq!([0.00345, 0.123, 3.456, 123.4].map(|ratio| cell(Some(ratio))), ["0.0034", "0.12", "3.46", "123"]);
        assert_eq!([17.25, 123.4, 12_345.0].map(grouped), ["17.2", "123", "12,345"]);
    }
}
