//! Every call ends once, and an answer comes only from somebody who has received the request.

use super::{
    Finding,
    history::{Call, History},
};

pub(super) fn check(history: &History) -> Vec<Finding> {
    history.calls.iter().filter_map(|call| fault(history, call)).map(|text| Finding::new("calls", text)).collect()
}

fn fault(history: &History, call: &Call) -> Option<String> {
    let (place, name) = (history.place(call.run, call.made), &history.names[call.name]);
    if call.answered.len() > 1 {
        return Some(format!("{place}: the call to {name} ended {} times", call.answered.len()));
    }
    let owner_died = history.ports.get(&(call.run, call.owner)).and_then(|port| port.died);
    let Some((at, code)) = call.answered.first() else {
        let settled = history.runs[call.run].settled?;
        let is_owed = owner_died.is_none_or(|died| died.line > settled.line);
        return is_owed.then(|| format!("{place}: the call to {name} never ended"));
    };
    if owner_died.is_some_and(|died| died.line < at.line) {
        return Some(format!("{place}: the call to {name} ended after its port was dead"));
    }
    let stream = history.streams.get(&(call.run, call.name));
    let is_received =
        stream.is_some_and(|stream| stream.received.iter().any(|received| received.number == call.number));
    (code == "ok" && !is_received)
        .then(|| format!("{place}: the call to {name} was answered by a port that never received it"))
}
