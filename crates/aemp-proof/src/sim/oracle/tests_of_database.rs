//! What the database may not tell is noticed.

use std::collections::BTreeSet;

use aemp_proto::{
    directory::{Change, DatabaseWatch, Query},
    id::{Incarnation, PortKind, PortNumber},
    kernel::{Kernel, RefusedIsDeath, Settings, Timing},
    limits::Limits,
    time::Time,
    value::Value,
};

use super::{Bounds, Oracle, value_of};
use crate::sim::{facts::Process, violation::Guarantee};

/// Two processes that watch the family `f`, of which the first content was told: nothing.
struct Run {
    oracle: Oracle,
    processes: [Process; 2],
    watch: DatabaseWatch,
}

impl Run {
    fn new() -> Self {
        let bounds = Bounds { prompt: 1, recovery: 1, patience: 1, session_timeout: 10 };
        let mut oracle = Oracle::new(2, bounds);
        let processes = [0, 1].map(|node: u8| oracle.facts.add_process(node.into(), Incarnation([node; 16])));
        let mut run = Self { oracle, processes, watch: any_watch() };
        for process in processes {
            run.oracle.watching_family(process, run.watch, "f".to_owned());
            run.tells(process.0, Change::default());
        }
        run
    }

    fn writes(&mut self, process: usize, key: &str) -> usize {
        self.oracle.writing(self.processes[process], ("f".to_owned(), key.to_owned()), 0).0
    }

    fn tells(&mut self, process: usize, change: Change) {
        self.oracle.family_changed(self.processes[process], self.watch, &change, 0);
    }

    fn all_are_told_of(&mut self, key: &str, write: usize) {
        (0..2).for_each(|process| self.tells(process, added(key, write)));
    }

    fn reads(&mut self, process: usize, query: Query, answer: Option<Value>) {
        let number = PortNumber::counted(1, PortKind::Reply).expect("a small number");
        self.oracle.reading(self.processes[process], number, query);
        self.oracle.read_ended(self.processes[process], number, answer, 0);
        self.oracle.check_reads(0);
    }

    fn rests(&mut self) -> Option<String> {
        self.oracle.check_network(&BTreeSet::from(self.processes), 0);
        self.violated()
    }

    fn violated(&self) -> Option<String> {
        let violation = self.oracle.violation()?;
        assert_eq!(violation.guarantee, Guarantee::Database);
        Some(violation.text.trim_start_matches("at 0.000000: ").to_owned())
    }
}

/// Only a kernel makes watches.
fn any_watch() -> DatabaseWatch {
    let settings = Settings {
        node: "n0".parse().expect("a node ID"),
        incarnation: Incarnation([0; 16]),
        addresses: Vec::new(),
        limits: Limits::default(),
        timing: Timing::default(),
        refused_is_death: RefusedIsDeath::Never,
        seed: 0,
        relay: false,
        wall_clock: std::time::Duration::ZERO,
        seeds: Vec::new(),
        global: false,
    };
    Kernel::new(settings).db_watch("f", Time::ZERO).expect("a watch")
}

fn added(key: &str, write: usize) -> Change {
    Change { added: vec![(key.to_owned(), value_of(write, 0))], ..Change::default() }
}

fn changed(key: &str, write: usize) -> Change {
    Change { changed: vec![(key.to_owned(), value_of(write, 9))], ..Change::default() }
}

fn removed(key: &str) -> Change {
    Change { removed: vec![key.to_owned()], ..Change::default() }
}

#[test]
fn exact_changes_and_equal_copies_are_no_violation() {
    let mut run = Run::new();
    let first = run.writes(0, "k");
    run.all_are_told_of("k", first);
    let second = run.writes(1, "k");
    (0..2).for_each(|process| run.tells(process, changed("k", second)));
    run.reads(0, Query::Values("f".to_owned()), Some(Value::Array(vec![value_of(second, 9)])));
    assert_eq!(run.rests(), None);
}

#[test]
fn changes_that_are_not_exact_are_noticed() {
    let told = |change: &dyn Fn(usize, usize) -> Change| {
        let mut run = Run::new();
        let (first, second) = (run.writes(0, "k"), run.writes(0, "other"));
        run.tells(0, added("k", first));
        run.tells(0, change(first, second));
        run.violated().unwrap_or_default()
    };
    assert_eq!(told(&|first, _| added("k", first)), "n0.0 is told: k of f is added as 0, and was 0");
    assert_eq!(told(&|first, _| changed("k", first)), "n0.0 is told: k of f changes to 0, and was Some(0)");
    assert_eq!(told(&|_, second| changed("other", second)), "n0.0 is told: other of f changes to 1, and was None");
    assert_eq!(told(&|_, _| removed("other")), "n0.0 is told: other of f is removed, and was not there");
    assert_eq!(told(&|_, second| added("third", second)), "n0.0 is told: nobody wrote 1 as third of f");
    assert_eq!(told(&|_, _| Change::default()), "n0.0 is told: nothing changes in f");
}

#[test]
fn a_key_that_a_watch_was_not_told_of_is_noticed() {
    let mut run = Run::new();
    let write = run.writes(0, "k");
    run.tells(0, added("k", write));
    assert_eq!(run.rests().as_deref(), Some("n1.0 was not told of k of f, which is set"));
}

#[test]
fn entries_of_the_dead_are_noticed() {
    let mut run = Run::new();
    let write = run.writes(0, "k");
    run.all_are_told_of("k", write);
    run.oracle.process_ended(run.processes[0], false, 0);
    assert_eq!(run.rests().as_deref(), Some("n0.0 sees 0 of n0.0 as k of f, which is gone"));
}

#[test]
fn two_values_of_one_key_are_noticed() {
    let mut run = Run::new();
    let writes = [run.writes(0, "k"), run.writes(1, "k")];
    (0..2).for_each(|process| run.tells(process, added("k", writes[process])));
    assert_eq!(run.rests().as_deref(), Some("n1.0 sees 1 as k of f, and n0.0 sees 0"));
}

#[test]
fn a_value_that_counts_although_a_later_one_was_written_is_noticed() {
    let mut run = Run::new();
    let write = run.writes(0, "k");
    run.all_are_told_of("k", write);
    run.writes(1, "k");
    assert_eq!(run.rests().as_deref(), Some("k of f is 0, although 1 was written by who saw that"));
}

#[test]
fn answers_that_are_wrong_or_do_not_come_are_noticed() {
    let mut run = Run::new();
    run.writes(0, "k");
    run.reads(0, Query::Keys("f".to_owned()), Some(Value::Array(vec!["k".into()])));
    let text = r#"n0.0 reads ["k"] by Keys("f"), and its watch was told otherwise"#;
    assert_eq!(run.violated().as_deref(), Some(text));

    let mut run = Run::new();
    run.reads(0, Query::Family("f".to_owned()), None);
    assert_eq!(run.violated().as_deref(), Some(r#"n0.0 gets no answer to Family("f")"#));

    let mut run = Run::new();
    let number = PortNumber::counted(1, PortKind::Reply).expect("a small number");
    run.oracle.reading(run.processes[1], number, Query::Keys("f".to_owned()));
    run.oracle.check_all_read(0);
    assert_eq!(run.violated().as_deref(), Some(r#"Keys("f") of n1.0 was never answered"#));
}
