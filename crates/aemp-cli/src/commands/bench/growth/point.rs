//! One measured point.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What grows.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Over {
    /// Ports that messages are spread over
    Ports,
    /// Connections of a node
    Connections,
    /// Monitors that are set
    Monitors,
    /// Octets in a message
    Octets,
}

impl Over {
    pub(in super::super) const fn name(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::Connections => "connections",
            Self::Monitors => "monitors",
            Self::Octets => "octets",
        }
    }
}

/// One measured point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Point {
    pub(in super::super) over: Over,
    /// How many or how much.
    pub(in super::super) number: u64,
    /// What was measured.
    pub(in super::super) curve: String,
    pub(in super::super) value: f64,
    pub(in super::super) unit: String,
}

impl Point {
    pub(super) fn new(over: Over, number: u64, curve: &str, value: f64, unit: &str) -> Self {
        Self { over, number, curve: curve.to_owned(), value, unit: unit.to_owned() }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} {:<12} {:<36} {:>12.1} {}", self.number, self.over.name(), self.curve, self.value, self.unit)
    }
}
