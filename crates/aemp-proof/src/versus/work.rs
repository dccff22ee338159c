//! What is measured, and how much of it.

use serde::Serialize;

use super::side::Side::{self, Aemp, AempTls, Channel, Erlang, ErlangDelaySend, Kameo, Ractor, Raw, RawTls, ZeroMq};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Quantity {
    /// How many in a second.
    Rate,
    /// The median time of one, in microseconds.
    Median,
    /// The time of one in a row, in nanoseconds.
    Each,
    /// The time of all, in milliseconds.
    Total,
}

/// The same work for several sides.
#[derive(Debug)]
pub(super) struct Work {
    /// By which it is chosen.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What the programs call it.
    pub(super) command: &'static str,
    /// Octets in a message.
    pub(super) size: usize,
    /// The cores of the two processes, if they are bound.
    pub(super) cores: Option<&'static str>,
    pub(super) quantity: Quantity,
    /// Who does it, and how often, so that it takes about a second. The first is what the others are compared with.
    pub(super) sides: &'static [(Side, u64)],
}

const EACH_ITS_OWN: Option<&str> = Some("0,1");
const ONE_CORE: Option<&str> = Some("0,0");

/// Everything that can be compared.
pub(super) const ALL: &[Work] = &[
    Work {
        name: "stream-32",
        title: "one way between processes: tag, number, 32 octets",
        command: "stream",
        size: 32,
        cores: EACH_ITS_OWN,
        quantity: Quantity::Rate,
        sides: &[
            (Raw, 50_000_000),
            (Aemp, 10_000_000),
            (ZeroMq, 2_000_000),
            (ErlangDelaySend, 500_000),
            (Erlang, 200_000),
            (Ractor, 150_000),
            (RawTls, 30_000_000),
            (AempTls, 10_000_000),
            (Kameo, 15_000),
        ],
    },
    Work {
        name: "stream-1k",
        title: "one way between processes: tag, number, 1 KiB",
        command: "stream",
        size: 1 << 10,
        cores: EACH_ITS_OWN,
        quantity: Quantity::Rate,
        sides: &[
            (Raw, 4_000_000),
            (Aemp, 2_000_000),
            (ZeroMq, 400_000),
            (ErlangDelaySend, 150_000),
            (Erlang, 150_000),
            (Ractor, 80_000),
            (RawTls, 2_000_000),
            (AempTls, 2_000_000),
            (Kameo, 10_000),
        ],
    },
    Work {
        name: "stream-64k",
        title: "one way between processes: tag, number, 64 KiB",
        command: "stream",
        size: 64 << 10,
        cores: EACH_ITS_OWN,
        quantity: Quantity::Rate,
        sides: &[
            (Raw, 40_000),
            (Aemp, 40_000),
            (ZeroMq, 15_000),
            (Erlang, 20_000),
            (Ractor, 3_000),
            (RawTls, 20_000),
            (AempTls, 20_000),
            (Kameo, 1_500),
        ],
    },
    Work {
        name: "round-trip",
        title: "there and back, one at a time, each process on its own core",
        command: "round-trip",
        size: 32,
        cores: EACH_ITS_OWN,
        quantity: Quantity::Median,
        sides: ROUND_TRIP,
    },
    Work {
        name: "round-trip-one-core",
        title: "there and back, one at a time, both processes on one core",
        command: "round-trip",
        size: 32,
        cores: ONE_CORE,
        quantity: Quantity::Median,
        sides: ROUND_TRIP,
    },
    Work {
        name: "window",
        title: "there and back, 100 at a time",
        command: "window",
        size: 32,
        cores: EACH_ITS_OWN,
        quantity: Quantity::Rate,
        sides: &[
            (Raw, 2_000_000),
            (Aemp, 1_000_000),
            (ZeroMq, 300_000),
            (Erlang, 60_000),
            (Ractor, 60_000),
            (RawTls, 1_000_000),
            (AempTls, 1_000_000),
            (Kameo, 15_000),
        ],
    },
    Work {
        name: "local",
        title: "one way in a process, on one core",
        command: "local",
        size: 32,
        cores: ONE_CORE,
        quantity: Quantity::Rate,
        sides: &[
            (Channel, 10_000_000),
            (Aemp, 10_000_000),
            (Erlang, 3_000_000),
            (Ractor, 2_000_000),
            (Kameo, 2_000_000),
        ],
    },
    Work {
        name: "ping-pong",
        title: "there and back in a process, one pair, on one core",
        command: "ping-pong",
        size: 32,
        cores: ONE_CORE,
        quantity: Quantity::Each,
        sides: &[(Channel, 5_000_000), (Aemp, 5_000_000), (Erlang, 1_000_000), (Ractor, 1_000_000), (Kameo, 500_000)],
    },
    Work {
        name: "outside",
        title: "one way from a foreign thread, on all cores",
        command: "outside",
        size: 32,
        cores: None,
        quantity: Quantity::Rate,
        sides: &[(Channel, 5_000_000), (Aemp, 5_000_000), (Ractor, 1_000_000), (Kameo, 1_000_000)],
    },
    Work {
        name: "open",
        title: "100,000 ports, tasks or actors opened, on one core",
        command: "open",
        size: 32,
        cores: ONE_CORE,
        quantity: Quantity::Rate,
        sides: HUNDRED_THOUSAND,
    },
    Work {
        name: "kill",
        title: "100,000 monitored ports, tasks or actors killed, all ends told, on one core",
        command: "kill",
        size: 32,
        cores: ONE_CORE,
        quantity: Quantity::Total,
        sides: HUNDRED_THOUSAND,
    },
];

const ROUND_TRIP: &[(Side, u64)] = &[
    (Raw, 20_000),
    (Aemp, 20_000),
    (ZeroMq, 8_000),
    (Erlang, 10_000),
    (Ractor, 8_000),
    (RawTls, 20_000),
    (AempTls, 20_000),
    (Kameo, 3_000),
];

const HUNDRED_THOUSAND: &[(Side, u64)] =
    &[(Channel, 100_000), (Aemp, 100_000), (Erlang, 100_000), (Ractor, 100_000), (Kameo, 100_000)];

impl Work {
    /// What all are compared with.
    pub(super) fn baseline(&self) -> Side {
        self.sides[0].0
    }

    /// Whether the number is a part of the work.
    pub(super) fn has_fixed_number(&self) -> bool {
        self.sides == HUNDRED_THOUSAND
    }

    /// The work of this name.
    pub(super) fn parse(name: &str) -> Result<&'static Self, String> {
        let names = || ALL.iter().map(|work| work.name).collect::<Vec<_>>().join(", ");
        ALL.iter().find(|work| work.name == name).ok_or_else(|| format!("there are {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_work_has_a_name_of_its_own_and_each_side_does_it_once() {
        for work in ALL {
            assert_eq!(Work::parse(work.name).map(|found| found.title), Ok(work.title));
            for (place, (side, count)) in work.sides.iter().enumerate() {
                assert!(work.sides[..place].iter().all(|(other, _)| other != side), "{} {side:?}", work.name);
                assert!(*count >= 1_000);
            }
        }
        assert!(Work::parse("nothing").unwrap_err().contains("stream-32"));
    }

    #[test]
    fn aemp_does_everything_and_the_limit_is_first() {
        for work in ALL {
            assert!(matches!(work.baseline(), Raw | Channel), "{}", work.name);
            assert!(work.sides.iter().any(|(side, _)| *side == Aemp), "{}", work.name);
        }
    }
}
