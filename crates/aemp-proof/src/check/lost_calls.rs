//! Calls that were lost with their session: whoever called was told so, and nothing else follows from their loss.

use std::collections::BTreeSet;

use super::history::{History, Run, Sent, Stream, node_in};

/// The end of a session may be written down so much later than it happened, in milliseconds.
const LATE: u64 = 1_000;

/// Takes such calls out of their streams.
pub(super) fn set_aside(history: &mut History) {
    let History { runs, streams, names, .. } = history;
    for ((run, name), stream) in streams {
        let lost = lost(&runs[*run], node_in(&names[*name]), stream);
        stream.sent.retain(|sent| !lost.contains(&sent.number));
        stream.lost_calls.extend(lost);
    }
}

/// The calls that were not received though a later message was, or nothing was sent later, and whose session failed in between.
fn lost(run: &Run, node: &str, stream: &Stream) -> BTreeSet<u64> {
    let received: BTreeSet<u64> = stream.received.iter().map(|received| received.number).collect();
    let mut lost = BTreeSet::new();
    // When the next message was sent that did arrive.
    let mut next = u64::MAX;
    for Sent { at, number, is_call, .. } in stream.sent.iter().rev() {
        let between = at.time..=next.saturating_add(LATE);
        if received.contains(number) {
            next = at.time;
        } else if *is_call && run.downs.iter().any(|(time, other)| other == node && between.contains(time)) {
            lost.insert(*number);
        }
    }
    lost
}
