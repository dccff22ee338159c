//! G1 and the first half of G3: what arrives is a prefix of what was sent, in order, once, and nothing behind a death.

use super::{
    Finding,
    history::{History, NameKey, Stream},
};

pub(super) fn check(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((run, name), stream) in &history.streams {
        check_prefix(history, *run, *name, stream, &mut findings);
        check_silence(history, *run, *name, stream, &mut findings);
        check_lossy(history, *run, *name, stream, &mut findings);
    }
    findings
}

fn check_prefix(history: &History, run: usize, name: NameKey, stream: &Stream, findings: &mut Vec<Finding>) {
    let sender = &history.runs[run].name;
    let end = (stream.sent.len() + stream.lost_calls.len()) as u64 + 1;
    for (index, received) in stream.received.iter().enumerate() {
        let place = history.place(received.port.0, received.at);
        let mut say = |what: String| {
            let name = &history.names[name];
            findings.push(Finding::new("G1", format!("{place}: {what}, sent by {sender} to {name}")));
        };
        let sent = stream.sent.get(index);
        let (expected, number) = (sent.map_or(end, |sent| sent.number), received.number);
        if number != expected {
            return say(format!("message {number} arrived where {expected} was next"));
        }
        match sent {
            None => return say(format!("message {number} was never sent")),
            Some(sent) if sent.is_bad => return say(format!("message {number} cannot have been decoded")),
            Some(sent) if sent.size != received.size || !received.intact => {
                return say(format!("message {number} was changed on the way"));
            }
            Some(_) => {}
        }
    }
}

/// Nothing that was sent after a monitor had fired arrives.
fn check_silence(history: &History, run: usize, name: NameKey, stream: &Stream, findings: &mut Vec<Finding>) {
    let Some((declared, _)) = history.declared.get(&(run, name)) else { return };
    let before =
        stream.sent.iter().take_while(|sent| sent.at.line < declared.line).last().map_or(0, |sent| sent.number);
    if let Some(received) = stream.received.iter().find(|received| received.number > before) {
        let (place, declared) = (history.place(received.port.0, received.at), history.place(run, *declared));
        let (number, name) = (received.number, &history.names[name]);
        let text =
            format!("{place}: message {number} to {name} arrived, which was sent after a monitor fired at {declared}");
        findings.push(Finding::new("G3", text));
    }
}

/// Messages that may be lost keep their order among each other and among all others, and do not arrive behind a death either.
fn check_lossy(history: &History, run: usize, name: NameKey, stream: &Stream, findings: &mut Vec<Finding>) {
    let mut last = 0;
    for (received, before) in &stream.lossy_received {
        let (place, number) = (history.place(received.port.0, received.at), received.number);
        let (sender, target) = (&history.runs[run].name, &history.names[name]);
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let Some(sent) = index.and_then(|index| stream.lossy_sent.get(index)) else {
            let text = format!("{place}: lossy message {number} was never sent by {sender} to {target}");
            return findings.push(Finding::new("G1", text));
        };
        let expected = stream.sent.partition_point(|other| other.at.line < sent.at.line);
        if number <= last || *before != expected || sent.size != received.size || !received.intact {
            let text = format!(
                "{place}: lossy message {number} is repeated, in the wrong place or changed, sent by {sender} to {target}"
            );
            return findings.push(Finding::new("G1", text));
        }
        if history.declared.get(&(run, name)).is_some_and(|(declared, _)| declared.line < sent.at.line) {
            let text = format!(
                "{place}: lossy message {number} to {target} arrived, which was sent after a monitor had fired"
            );
            return findings.push(Finding::new("G3", text));
        }
        last = number;
    }
}
