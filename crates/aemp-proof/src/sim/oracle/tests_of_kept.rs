//! A watch that is not told what its global node knows is noticed.

use aemp_proto::{
    directory::{Change, DatabaseWatch},
    id::Incarnation,
    kernel::{Kernel, RefusedIsDeath, Settings, Timing},
    limits::Limits,
    time::Time,
    value::Value,
};

use super::{Bounds, Oracle, database::GRACE, value_of};
use crate::sim::{facts::Process, swarm::SECOND};

const GLOBAL: Process = Process(0);
const MASTER: Process = Process(1);
const OWNER: Process = Process(2);

/// Two global nodes, of which the first watches a family, and a slave of the second, which has set a key.
struct Run {
    oracle: Oracle,
    watch: DatabaseWatch,
    write: usize,
}

impl Run {
    fn new() -> Self {
        let bounds = Bounds { prompt: 1, recovery: SECOND, patience: 1, session_timeout: 20 * SECOND };
        let mut oracle = Oracle::new(3, bounds);
        (0..3).for_each(|node| _ = oracle.facts.add_process(node, Incarnation([node as u8; 16])));
        oracle.became_global(GLOBAL, 0);
        oracle.became_global(MASTER, 0);
        for (process, other) in [(GLOBAL, MASTER), (MASTER, GLOBAL), (MASTER, OWNER), (OWNER, MASTER)] {
            oracle.met(process, other, 1);
        }
        oracle.master_found(OWNER, MASTER.0, 1);
        let (write, _) = oracle.writing(OWNER, place(), SECOND);
        let mut run = Self { oracle, watch: any_watch(), write };
        run.oracle.watching_family(GLOBAL, run.watch, "f".to_owned());
        run.tells(&Change { added: vec![("k".to_owned(), value_of(write, 0))], ..Change::default() }, 20);
        run
    }

    fn tells(&mut self, change: &Change, second: u64) {
        self.oracle.family_changed(GLOBAL, self.watch, change, second * SECOND);
    }

    /// What is said when the watch is told that the key is gone.
    fn is_gone(&mut self, second: u64) -> Option<String> {
        self.tells(&Change { removed: vec!["k".to_owned()], ..Change::default() }, second);
        self.violated()
    }

    fn violated(&self) -> Option<String> {
        let violation = self.oracle.violation()?;
        violation.text.split_once("n0.0 is told: ").map(|(_, text)| text.to_owned())
    }

    fn loses_the_master(&mut self) {
        self.oracle.session_failed(GLOBAL, MASTER.0, 30 * SECOND);
    }
}

fn place() -> (String, String) {
    ("f".to_owned(), "k".to_owned())
}

fn any_watch() -> DatabaseWatch {
    let mut kernel = Kernel::new(Settings {
        node: "n@10.0.0.1:4000".parse().expect("a node ID"),
        incarnation: Incarnation([0; 16]),
        addresses: Vec::new(),
        limits: Limits::default(),
        timing: Timing::default(),
        refused_is_death: RefusedIsDeath::SameHost,
        relay: false,
        seed: 0,
        wall_clock: std::time::Duration::ZERO,
        seeds: Vec::new(),
        global: false,
    });
    kernel.db_watch("f", Time::ZERO).expect("a short name")
}

const GONE: &str = "k of f is not there, which n2.0 has";

#[test]
fn an_entry_that_goes_although_its_owner_has_it_is_noticed() {
    assert_eq!(Run::new().is_gone(30).as_deref(), Some(GONE));
    let mut removed = Run::new();
    removed.oracle.unwriting(OWNER, place());
    assert_eq!(removed.is_gone(30), None);
    let mut ended = Run::new();
    ended.oracle.process_ended(OWNER, false, 29 * SECOND);
    assert_eq!(ended.is_gone(30), None);
}

#[test]
fn what_a_lost_global_node_claimed_may_go_after_the_grace_and_not_before() {
    let mut early = Run::new();
    early.loses_the_master();
    assert_eq!(early.oracle.kept_by_grace(GLOBAL, MASTER.0, 30 * SECOND), 1);
    assert_eq!(early.is_gone(30 + GRACE / SECOND - 1).as_deref(), Some(GONE));
    let mut late = Run::new();
    late.loses_the_master();
    assert_eq!(late.is_gone(30 + GRACE / SECOND), None);
}

#[test]
fn who_registers_elsewhere_within_the_grace_is_not_gone_at_all() {
    for (second, text) in [(35, Some(GONE)), (40, None)] {
        let mut run = Run::new();
        run.loses_the_master();
        run.oracle.master_lost(OWNER, 30 * SECOND);
        run.oracle.met(OWNER, GLOBAL, second * SECOND);
        run.oracle.met(GLOBAL, OWNER, second * SECOND);
        run.oracle.master_found(OWNER, GLOBAL.0, second * SECOND);
        assert_eq!(run.is_gone(40).as_deref(), text, "it came to the other one in second {second}");
    }
}

#[test]
fn a_master_may_give_its_slave_up() {
    let mut given_up = Run::new();
    given_up.oracle.session_failed(MASTER, OWNER.0, 29 * SECOND);
    assert_eq!(given_up.is_gone(30), None);
}

#[test]
fn a_master_that_is_started_anew_takes_nothing_with_it_before_the_grace_is_over() {
    for (second, text) in [(38, Some(GONE)), (39, None)] {
        let mut replaced = Run::new();
        let successor = replaced.oracle.facts.add_process(MASTER.0, Incarnation([9; 16]));
        replaced.oracle.met(GLOBAL, successor, 29 * SECOND);
        assert_eq!(replaced.is_gone(second).as_deref(), text, "in second {second}");
    }
}

#[test]
fn a_first_content_without_what_is_known_is_noticed() {
    let mut run = Run::new();
    run.oracle.unwatched_family(GLOBAL, run.watch);
    run.oracle.watching_family(GLOBAL, run.watch, "f".to_owned());
    run.tells(&Change::default(), 30);
    assert_eq!(run.violated().as_deref(), Some(GONE));
}

#[test]
fn a_value_that_was_replaced_long_ago_is_noticed() {
    let mut run = Run::new();
    let (later, _) = run.oracle.writing(OWNER, place(), 21 * SECOND);
    let changed = |write: usize| Change { changed: vec![("k".to_owned(), value_of(write, 0))], ..Change::default() };
    run.tells(&changed(later), 25);
    assert_eq!(run.violated(), None);
    run.tells(&changed(run.write), 30);
    assert_eq!(run.violated().as_deref(), Some("k of f is 0, although 1 is later"));
}

#[test]
fn who_becomes_global_or_has_no_master_tells_of_nothing_that_goes() {
    let mut global = Run::new();
    global.oracle.session_failed(MASTER, OWNER.0, 29 * SECOND);
    global.oracle.became_global(GLOBAL, 30 * SECOND);
    assert_eq!(global.is_gone(30).as_deref(), Some(GONE));
    let mut alone = Run::new();
    alone.oracle.master_lost(GLOBAL, 29 * SECOND);
    assert_eq!(alone.is_gone(30).as_deref(), Some("what it watches changes, and it has no master"));
}

#[test]
fn a_watch_that_has_ended_and_is_told_is_noticed() {
    let mut run = Run::new();
    run.oracle.unwatched_family(GLOBAL, run.watch);
    run.tells(&Change { added: vec![("k".to_owned(), Value::from(0_u64))], ..Change::default() }, 30);
    assert!(
        run.oracle.violation().is_some_and(|violation| violation.text.ends_with("has ended, and is told of a change"))
    );
}
