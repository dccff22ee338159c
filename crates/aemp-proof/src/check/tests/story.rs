//! A run of two nodes without any fault, told line by line, and changed by the tests.

use std::collections::BTreeMap;

use crate::check::{
    Counts, Finding, judge,
    log::{Logs, RunLog, parse},
};

/// The margin that the tests give, in milliseconds.
const MARGIN: u64 = 1_000;

/// A port of n1, and one of n2.
pub(super) const A: &str = "n1@h:1#A";
pub(super) const B: &str = "n2@h:2#B";

/// Logs that can still be changed.
pub(super) struct Story {
    /// By file; times are only in order within one.
    files: BTreeMap<String, Vec<(u64, String)>>,
}

impl Story {
    /// Two nodes with a port each, at 0; they come to rest at 60,000 and end at 61,000.
    pub(super) fn new() -> Self {
        let mut story = Self { files: BTreeMap::new() };
        story.note(
            "faults",
            0,
            r#""event":"plan","nodes":["n1","n2"],"seed":1,"millis":60000,"heartbeat":300,"session_timeout":3000"#,
        );
        for (node, other, port) in [("n1", "n2", A), ("n2", "n1", B)] {
            let run = format!("{node}.1");
            story.note("faults", 0, &format!(r#""event":"started","run":"{run}","node":"{node}""#));
            story.note("faults", 0, &format!(r#""event":"ready","run":"{run}""#));
            story.note("faults", 61_000, &format!(r#""event":"ending","run":"{run}","how":"stopped""#));
            story.note("faults", 61_500, &format!(r#""event":"ended","run":"{run}","how":"stopped""#));
            story.note(&run, 0, &format!(r#""event":"open","port":1,"name":"{port}","spawned":false"#));
            story.note(&run, 59_000, &format!(r#""event":"reached","node":"{other}""#));
            story.note(&run, 60_000, r#""event":"settled""#);
            story.note(&run, 61_000, r#""event":"stopping""#);
            story.note(&run, 61_400, r#""event":"stopped","left":0"#);
        }
        story.note("faults", 62_000, r#""event":"finished""#);
        story
    }

    /// Adds a record.
    pub(super) fn note(&mut self, file: &str, time: u64, fields: &str) {
        let lines = self.files.entry(file.to_owned()).or_default();
        lines.push((time, format!("{{\"time\":{time},{fields}}}\n")));
    }

    /// Takes the records out that contain all these texts.
    pub(super) fn forget(&mut self, file: &str, texts: &[&str]) {
        let lines = self.files.get_mut(file).expect("there is such a file");
        let before = lines.len();
        lines.retain(|(_, line)| !texts.iter().all(|text| line.contains(text)));
        assert!(lines.len() < before, "{texts:?} is not told");
    }

    /// n1 sends a message to a name of n2.
    pub(super) fn send(&mut self, time: u64, name: &str, number: u64) {
        self.note(
            "n1.1",
            time,
            &format!(r#""event":"send","port":1,"name":"{name}","number":{number},"size":5,"kind":"data""#),
        );
    }

    /// n2 receives it, under that name.
    pub(super) fn receive(&mut self, time: u64, name: &str, number: u64) {
        let fields = format!(r#""event":"receive","port":1,"name":"{name}","number":{number}"#);
        let rest = r#""size":5,"run":"n1.1","sender":1,"intact":true,"lossy":false"#;
        self.note("n2.1", time, &format!("{fields},{rest}"));
    }

    /// n1 sends a message that may be lost, and n2 receives it at the second time.
    pub(super) fn lossy(&mut self, sent: u64, received: u64, number: u64) {
        let fields = format!(r#""event":"send","port":1,"name":"{B}","number":{number},"size":5,"kind":"lossy""#);
        self.note("n1.1", sent, &fields);
        let fields = format!(r#""event":"receive","port":1,"name":"{B}","number":{number}"#);
        let rest = r#""size":5,"run":"n1.1","sender":1,"intact":true,"lossy":true"#;
        self.note("n2.1", received, &format!("{fields},{rest}"));
    }

    /// n1 watches a name.
    pub(super) fn monitor(&mut self, time: u64, monitor: u64, name: &str) {
        self.note("n1.1", time, &format!(r#""event":"monitor","monitor":{monitor},"port":1,"name":"{name}""#));
    }

    pub(super) fn fired(&mut self, time: u64, monitor: u64, code: &str) {
        self.note(
            "n1.1",
            time,
            &format!(r#""event":"fired","monitor":{monitor},"code":"{code}","text":"","delivered":null"#),
        );
    }

    /// The monitor says how many messages were delivered.
    pub(super) fn fired_and_told(&mut self, time: u64, monitor: u64, least: u64, most: u64) {
        let fields = format!(r#""event":"fired","monitor":{monitor},"code":"normal","text":"""#);
        self.note("n1.1", time, &format!(r#"{fields},"delivered":[{least},{most}]"#));
    }

    /// The port of n2 ends.
    pub(super) fn end(&mut self, time: u64) {
        self.note("n2.1", time, r#""event":"ending","port":1,"code":"normal""#);
        self.note("n2.1", time, r#""event":"died","port":1"#);
    }

    /// Something is wrong between the nodes.
    pub(super) fn fault(&mut self, from: u64, to: u64, kind: &str, nodes: &[&str]) {
        let nodes = serde_json::to_string(nodes).expect("texts");
        self.note("faults", from, &format!(r#""event":"fault","fault":{from},"kind":"{kind}","nodes":{nodes}"#));
        self.note("faults", to, &format!(r#""event":"healed","fault":{from}"#));
    }

    /// n1 calls the port of n2, with the message that has this number.
    pub(super) fn call(&mut self, time: u64, call: u64, number: u64) {
        self.note("n1.1", time, &format!(r#""event":"call","call":{call},"port":1,"name":"{B}","number":{number}"#));
        let fields = format!(r#""event":"send","port":1,"name":"{B}","number":{number},"size":5,"kind":"call""#);
        self.note("n1.1", time, &fields);
    }

    pub(super) fn answered(&mut self, time: u64, call: u64, code: &str) {
        self.note("n1.1", time, &format!(r#""event":"answered","call":{call},"code":"{code}""#));
    }

    /// n1 gives its session with n2 up.
    pub(super) fn down(&mut self, time: u64) {
        self.note("n1.1", time, r#""event":"peer","node":"n2","what":"down","text":"""#);
    }

    /// A process did not run for so long until then.
    pub(super) fn absent(&mut self, file: &str, time: u64, millis: u64) {
        self.note(file, time, &format!(r#""event":"absent","millis":{millis}"#));
    }

    fn logs(&self) -> Logs {
        let mut logs = Logs::default();
        for (name, lines) in &self.files {
            let mut lines = lines.clone();
            // Equal times stay as they were told.
            lines.sort_by_key(|(time, _)| *time);
            let text: String = lines.into_iter().map(|(_, line)| line).collect();
            if name == "faults" {
                logs.outer = parse(name, text.as_bytes(), &mut logs.findings);
            } else {
                let records = parse(name, text.as_bytes(), &mut logs.findings);
                logs.runs.push(RunLog { run: name.clone(), records });
            }
        }
        logs
    }

    pub(super) fn judged(&self) -> (Counts, Vec<Finding>) {
        judge(&self.logs(), MARGIN)
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        self.judged().1
    }

    #[track_caller]
    pub(super) fn is_innocent(&self) {
        assert_eq!(self.findings(), []);
    }

    /// One guarantee is violated, and what is said of it contains this text.
    #[track_caller]
    pub(super) fn violates(&self, rule: &str, text: &str) {
        let findings = self.findings();
        assert!(findings.iter().any(|finding| finding.rule == rule && finding.text.contains(text)), "{findings:#?}");
        assert!(findings.iter().all(|finding| finding.rule == rule), "{findings:#?}");
    }
}
