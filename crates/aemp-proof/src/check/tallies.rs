//! The second half of G2: reasons say truly how many messages were delivered.

use super::{
    Finding,
    counts::Counts,
    history::{Fired, History, Watch},
};

/// The end of a session may be written down so much later than the monitors that fired of it, in milliseconds.
const SAME_TURN: u64 = 300;

pub(super) fn check(history: &History, counts: &mut Counts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watch in &history.watches {
        let Some(fired) = watch.fired.first() else { continue };
        let is_first = history.declared.get(&(watch.run, watch.name)).is_some_and(|(first, _)| *first == fired.at);
        let Some((least, most)) = fired.delivered.filter(|_| is_first) else { continue };
        let stream = history.streams.get(&(watch.run, watch.name));
        let received = stream.map_or(0, |stream| stream.received.len() as u64);
        let is_whole = is_whole(history, watch, fired);
        counts.count_tally(is_whole);
        if received < least || (is_whole && received > most) {
            let (place, name) = (history.place(watch.run, fired.at), &history.names[watch.name]);
            let text = format!(
                "{place}: {least} to {most} messages to {name} were delivered, it says, and it were {received}"
            );
            findings.push(Finding::new("G2", text));
        }
    }
    findings
}

/// Whether all messages to the port were of the session that was counted: its process still ran, and no session had failed
/// since the first of them.
fn is_whole(history: &History, watch: &Watch, fired: &Fired) -> bool {
    let (run, node) = (&history.runs[watch.run], history.node_of(watch.name));
    let Some(owner) = history.owner(watch.name) else { return false };
    let stream = history.streams.get(&(watch.run, watch.name));
    let first = stream.and_then(|stream| stream.sent.first()).map_or(fired.at.time, |sent| sent.at.time);
    let before = |(time, other): &(u64, String)| {
        // The failure of which the monitor fired, which was set before, is not one of them.
        let is_the_one = watch.set.time + SAME_TURN < *time && *time + SAME_TURN >= fired.at.time;
        other == node && *time + SAME_TURN >= first && *time <= fired.at.time && !is_the_one
    };
    history.runs[owner.0].end > fired.at.time && !run.downs.iter().any(before)
}
