//! Where it was measured.

use std::fs;

use serde::Serialize;

/// A machine, as far as the system says.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    system: String,
    /// How many wanted to work in the last minute, before the measurement.
    load: f64,
}

impl Machine {
    pub(super) fn look() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: processor.map_or("of unknown kind", |(_, name)| name).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, system.trim()),
            load: load(),
        }
    }

    /// Prints it, and whether it has other work.
    pub(super) fn print(&self) {
        println!("{} cores, {}, {}, load {:.1}", self.cores, self.processor, self.system, self.load);
        if self.load > 0.5 {
            println!("THE MACHINE HAS OTHER WORK: trust the ratios, and not the absolute numbers.");
        }
        println!();
    }
}

/// How many wanted to work in the last minute.
pub(super) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}
