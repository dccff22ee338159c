//! G1 and the first half of G3: what arrives is a prefix of what was sent, in order, once, and nothing behind a death.

use super::{
    Finding,
    history::{History, NameKey, Stream},
};

pub(super) fn check(history: &History) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((run, name), stream) in &history.streams {
        check_numbers(history, *run, stream, &mut findings);
        check_prefix(history, *run, *name, stream, &mut findings);
        check_silence(history, *run, *name, stream, &mut findings);
    }
    findings
}

/// Who numbers wrongly makes everything else worthless.
fn check_numbers(history: &History, run: usize, stream: &Stream, findings: &mut Vec<Finding>) {
    for (sent, expected) in stream.sent.iter().zip(1..) {
        if sent.number != expected {
            let place = history.place(run, sent.at);
            findings.push(Finding::new("log", format!("{place}: number {} in place of {expected}", sent.number)));
            return;
        }
    }
}

fn check_prefix(history: &History, run: usize, name: NameKey, stream: &Stream, findings: &mut Vec<Finding>) {
    let sender = &history.runs[run].name;
    for (received, expected) in stream.received.iter().zip(1_u64..) {
        let place = history.place(received.port.0, received.at);
        let mut say = |what: String| {
            let name = &history.names[name];
            findings.push(Finding::new("G1", format!("{place}: {what}, sent by {sender} to {name}")));
        };
        if received.number != expected {
            return say(format!("message {} arrived where {expected} was next", received.number));
        }
        let sent = usize::try_from(expected).ok().and_then(|index| stream.sent.get(index - 1));
        match sent {
            None => return say(format!("message {expected} was never sent")),
            Some(sent) if sent.is_bad => return say(format!("message {expected} cannot have been decoded")),
            Some(sent) if sent.size != received.size || !received.intact => {
                return say(format!("message {expected} was changed on the way"));
            }
            Some(_) => {}
        }
    }
}

/// Nothing that was sent after a monitor had fired arrives.
fn check_silence(history: &History, run: usize, name: NameKey, stream: &Stream, findings: &mut Vec<Finding>) {
    let Some((declared, _)) = history.declared.get(&(run, name)) else { return };
    let before = stream.sent.iter().take_while(|sent| sent.at.line < declared.line).count();
    if let Some(received) = stream.received.iter().find(|received| received.number > before as u64) {
        let (place, declared) = (history.place(received.port.0, received.at), history.place(run, *declared));
        let (number, name) = (received.number, &history.names[name]);
        let text =
            format!("{place}: message {number} to {name} arrived, which was sent after a monitor fired at {declared}");
        findings.push(Finding::new("G3", text));
    }
}
