//! Logs that survive kill -9: every record is one line and one write. And how long the process was kept from running.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Who does not run, or waits for the disk, for so many milliseconds is absent: that may cost a heartbeat.
const ABSENCE: u64 = 300;
const PAUSE: Duration = Duration::from_millis(20);

/// The process did not run, or waited for the disk, for so long until now.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "absent")]
struct Absent {
    millis: u64,
}

/// Milliseconds of the machine's monotonic clock, which all processes of a machine share.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

/// A log. What was noted is in the hands of the system when [`Journal::note`] returns, whatever becomes of the process.
#[derive(Debug)]
pub(super) struct Journal(File);

impl Journal {
    /// Begins a new log, in the place of one that is there.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        // Whole lines go to the end of the file, whichever thread writes them.
        drop(File::create(path)?);
        Ok(Self(OpenOptions::new().append(true).open(path)?))
    }

    /// Writes a record, an object as JSON, with the time in front.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be written: a log with holes would accuse the innocent.
    pub(super) fn note(&self, record: &impl Serialize) {
        let begun = now();
        self.write(begun, record);
        self.note_absence(begun);
    }

    fn write(&self, time: u64, record: &impl Serialize) {
        let fields = serde_json::to_string(record).expect("records are plain data");
        let line = format!("{{\"time\":{time},{}\n", &fields[1..]);
        (&self.0).write_all(line.as_bytes()).expect("the log can be written");
    }

    fn note_absence(&self, since: u64) {
        let now = now();
        let millis = now.saturating_sub(since);
        if millis >= ABSENCE {
            self.write(now, &Absent { millis });
        }
    }

    /// Notes how long the process did not run, for as long as it does.
    pub(super) fn note_absences(&self) -> ! {
        loop {
            let begun = now();
            thread::sleep(PAUSE);
            self.note_absence(begun);
        }
    }
}
