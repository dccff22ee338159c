//! The messages of a recorded connection, in order.

use crate::{
    base::{
        Destination, Framing, MessageReader, encode,
        tests::{
            recording::chunks,
            replay::{Part, established},
        },
    },
    id::PortName,
    limits::Limits,
    message::Message,
    value::{Bytes, Value},
};

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) by: Part,
    pub(super) framing: Framing,
    pub(super) octets: Vec<u8>,
    pub(super) to: Destination,
    pub(super) values: Vec<Value>,
}

/// What was said while a step of the recorded script was carried out. The step at the beginning has no label.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) label: String,
    pub(super) lines: Vec<Line>,
}

/// The messages in some octets.
pub(super) fn messages(by: Part, framing: Framing, mut octets: &[u8]) -> Vec<Line> {
    let mut reader = MessageReader::new(framing, &Limits::default());
    let mut lines = Vec::new();
    while !octets.is_empty() {
        let before = octets;
        let Ok(Some(received)) = reader.read(&mut octets) else { break };
        let octets = before[..before.len() - octets.len()].to_vec();
        lines.push(Line { by, framing, octets, to: received.destination, values: received.message.0 });
    }
    lines
}

/// The steps of a recorded connection. Each begins with a message to the port MARK, which nobody has, with its label.
pub(super) fn steps(session: &str, number: u32) -> Vec<Step> {
    let mut steps = vec![Step::default()];
    for line in recorded(session, number) {
        if let Some(label) = line.mark() {
            steps.push(Step { label, ..Step::default() });
        }
        steps.last_mut().unwrap().lines.push(line);
    }
    steps
}

/// All that a side said behind the handshake.
pub(super) fn said(session: &str, number: u32, by: Part) -> Vec<u8> {
    let all = chunks(session, number).into_iter().filter(|(from_dialler, _)| *from_dialler == (by == Part::Dialler));
    let octets: Vec<u8> = all.flat_map(|(_, chunk)| chunk).collect();
    octets.splitn(4, |octet| *octet == b'\n').nth(3).unwrap_or_default().to_vec()
}

fn recorded(session: &str, number: u32) -> Vec<Line> {
    let framings = [Part::Dialler, Part::Acceptor].map(|part| established(session, number, part).sending());
    let mut heads = [3, 3];
    let mut waiting = [Vec::new(), Vec::new()];
    let mut lines = Vec::new();
    for (from_dialler, chunk) in chunks(session, number) {
        let (by, side) = if from_dialler { (Part::Dialler, 0) } else { (Part::Acceptor, 1) };
        waiting[side].extend(chunk);
        while let Some(end) = waiting[side].iter().position(|octet| *octet == b'\n').filter(|_| heads[side] > 0) {
            heads[side] -= 1;
            waiting[side].drain(..=end);
        }
        if heads[side] == 0 {
            let found = messages(by, framings[side], &waiting[side]);
            waiting[side].drain(..found.iter().map(|line| line.octets.len()).sum::<usize>());
            lines.extend(found);
        }
    }
    lines
}

impl Line {
    /// The label of the step that begins.
    fn mark(&self) -> Option<String> {
        let is_mark = matches!(&self.to, Destination::Port(name) if name.to_string() == "MARK");
        let text = is_mark.then(|| self.values[0].as_str().unwrap())?;
        text.split_once('.').map(|(label, _)| label.to_owned())
    }

    pub(super) fn is_mark(&self) -> bool {
        self.mark().is_some()
    }

    /// The tag, if it is a request.
    pub(super) fn tag(&self) -> Option<&str> {
        (self.to == Destination::Port(PortName::Node)).then(|| self.values.first()?.as_str()).flatten()
    }

    /// The message in JSON, with the keys in order.
    pub(super) fn json(&self) -> String {
        let Destination::Port(port) = &self.to else { panic!("{self:?}") };
        let mut out = Vec::new();
        let message = Message(self.values.iter().cloned().map(sorted).collect());
        match encode(Framing::Json, port, &message, &Limits::default(), &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    /// Its octets, but for what is left open: the order of keys, and in CBOR whether a text is one or octets.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let Destination::Port(port) = &self.to else { panic!("{self:?}") };
        let values = self.values.iter().cloned().map(sorted);
        let message =
            Message(values.map(|value| if self.framing == Framing::Cbor { in_octets(value) } else { value }).collect());
        let mut out = Vec::new();
        match encode(self.framing, port, &message, &Limits::default(), &mut out) {
            Ok(()) => out,
            Err(error) => error.to_string().into(),
        }
    }
}

fn in_octets(value: Value) -> Value {
    match value {
        Value::Text(text) => Bytes::from(text.into_bytes()).into(),
        Value::Array(items) => Value::Array(items.into_iter().map(in_octets).collect()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (in_octets(key), in_octets(value))).collect())
        }
        other => other,
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by_key(|(key, _)| key.as_str().map(str::to_owned));
            Value::Map(entries)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
