//! The configurations: what is explored, and within which bounds.

use super::config::{Config, Faults, Port, Script, Step, Step::*};

const P: usize = 0;
const Q: usize = 1;
const W: usize = 2;
const R: usize = 3;

/// P dies with whoever declares it dead, Q lives on; R belongs to B's next incarnation.
const PORTS: &[Port] = &[
    Port { name: "P", node: 1, run: 1, private: true },
    Port { name: "Q", node: 1, run: 1, private: false },
    Port { name: "W", node: 0, run: 1, private: false },
    Port { name: "R", node: 1, run: 2, private: false },
];

const fn script(node: usize, turns: &'static [&'static [Step]]) -> Script {
    Script { node, run: 1, turns }
}

const fn a(turns: &'static [&'static [Step]]) -> Script {
    script(0, turns)
}

const fn b(turns: &'static [&'static [Step]]) -> Script {
    script(1, turns)
}

const fn c(turns: &'static [&'static [Step]]) -> Script {
    script(2, turns)
}

const fn faults(breaks: u8, unasked: u8, time_outs: u8, restarts: u8) -> Faults {
    Faults { breaks, unasked, time_outs, restarts: [0, restarts, 0] }
}

const fn config(name: &'static str, scripts: &'static [Script], faults: Faults) -> Config {
    Config { faults, ..Config::new(name, PORTS, scripts) }
}

/// One message, one monitor.
const ONE: &[Script] = &[a(&[&[Monitor(P)], &[Send(P)]])];
/// Three messages each way, in one turn each.
const THREE: &[Script] = &[
    a(&[&[Monitor(P), Send(P), Send(Q), Send(P)]]),
    b(&[&[SendFrom(P, W), SendFrom(P, W), SendFrom(P, W), Close(P)]]),
];
/// The same in several turns.
const SLOWLY: &[Script] = &[
    a(&[&[Monitor(P), Send(P)], &[Send(Q), Send(P)]]),
    b(&[&[SendFrom(P, W), SendFrom(P, W)], &[SendFrom(P, W), Close(P)]]),
];
/// A port that lives on.
const SHARED: &[Script] = &[a(&[&[Monitor(Q), Send(Q)], &[Send(Q)], &[SendNew(Q)]])];
/// What is sent to the next incarnation of B before it is met.
const NEXT: &[Script] = &[a(&[&[Monitor(P), Send(P)], &[Monitor(R), Send(R)], &[Send(R)]])];
const WORDS: &[Script] = &[a(&[&[Monitor(P)]]), b(&[&[SendFrom(P, W)], &[SendFrom(P, W), Close(P)]])];
const PIECES: &[Script] = &[a(&[&[Monitor(P), SendLarge(P), Send(P)]]), b(&[&[SendLargeFrom(P, W), Close(P)]])];
const KILL: &[Script] = &[a(&[&[Monitor(Q), SendLarge(Q), Kill(Q)], &[Send(P)]])];
const KILL_LATER: &[Script] = &[a(&[&[Monitor(Q)], &[Send(P)], &[Kill(Q)]])];
const DEMONITOR: &[Script] = &[a(&[&[Monitor(P), Monitor(Q)], &[Demonitor(P)]]), b(&[&[Close(P)]])];
const HANDED: &[Script] = &[c(&[&[Send(P), Hand(W, P)]]), a(&[&[Monitor(P), Send(P)]])];
const HANDED_NEXT: &[Script] = &[c(&[&[Hand(W, R)]]), a(&[&[Send(P)], &[Monitor(R), Send(R)]])];

/// Certificates that name an older name, since a port that is told about another keeps the nodes in touch.
const OLDER: &[Script] = &[a(&[&[Monitor(Q)], &[Send(P)], &[Send(P)]])];
const AT_ONCE: &[Script] = &[a(&[&[Send(P)], &[Monitor(P), Demonitor(P)]])];
const REFUSED: &[Script] = &[a(&[&[Monitor(Q), SendRefused(Q), Send(Q)], &[SendNew(Q)]])];
const OVERLOAD: &[Script] = &[a(&[&[Send(P)], &[Monitor(Q), SendLarge(Q), SendLarge(Q), Send(Q)], &[SendNew(Q)]])];
const COLLAPSE: &[Script] = &[a(&[&[Send(P)], &[Monitor(Q), SendLarge(Q), SendLarge(Q), Send(Q)]])];
const BOTH: &[Script] = &[a(&[&[Monitor(P), Send(P), Monitor(Q)], &[Send(Q)]])];

pub(crate) const SMALL: &[Config] = &[
    Config { halves: true, late_acknowledgements: true, ..config("halves", ONE, faults(1, 0, 1, 0)) },
    config("crossing", ONE, faults(1, 1, 0, 0)),
    config("time-out", ONE, faults(1, 0, 1, 0)),
    config("shared", SHARED, faults(0, 0, 2, 0)),
    config("restart", ONE, faults(1, 0, 1, 1)),
    config("next", NEXT, faults(0, 0, 1, 1)),
    config("words", WORDS, faults(1, 0, 0, 0)),
    config("large", PIECES, faults(1, 0, 0, 0)),
    config("kill", KILL, faults(0, 0, 1, 0)),
    config("kill-later", KILL_LATER, faults(0, 0, 1, 0)),
    config("demonitor", DEMONITOR, faults(1, 0, 1, 0)),
    Config { silent: true, ..config("silent", ONE, faults(2, 0, 0, 0)) },
    Config { slow: true, ..config("slow", ONE, faults(1, 0, 0, 1)) },
    Config { nodes: 3, secret: &[(0, P)], batches: true, prompt: true, ..config("handed", HANDED, faults(1, 0, 0, 0)) },
    config("at-once", AT_ONCE, faults(0, 0, 1, 0)),
    config("refused", REFUSED, faults(1, 0, 0, 0)),
    Config { narrow: true, ..config("overload", OVERLOAD, faults(0, 0, 0, 0)) },
    Config { max_fences: Some(1), prompt: true, ..config("retired", BOTH, faults(0, 0, 1, 0)) },
    Config { narrow: true, max_fences: Some(0), prompt: true, ..config("collapse", COLLAPSE, faults(0, 0, 0, 0)) },
    Config { eager: true, ..config("eager", ONE, faults(1, 0, 0, 0)) },
];

pub(crate) const LARGE: &[Config] = &[
    Config { batches: true, prompt: true, coarse: true, ..config("everything", THREE, faults(3, 1, 1, 1)) },
    Config {
        nodes: 3,
        secret: &[(0, R)],
        batches: true,
        prompt: true,
        ..config("three-nodes-restart", HANDED_NEXT, faults(2, 0, 0, 1))
    },
    Config {
        nodes: 3,
        secret: &[(0, P)],
        batches: true,
        prompt: true,
        ..config("three-nodes", HANDED, faults(1, 0, 1, 0))
    },
    Config { batches: true, prompt: true, ..config("batches", THREE, faults(3, 0, 0, 0)) },
    Config { batches: true, prompt: true, ..config("batches-faults", THREE, faults(2, 0, 1, 1)) },
    Config { batches: true, ..config("lingering-crossing", THREE, faults(1, 1, 0, 0)) },
    Config { batches: true, ..config("lingering-time-out", THREE, faults(1, 0, 1, 0)) },
    config("break", SLOWLY, faults(1, 0, 0, 0)),
    config("older", OLDER, faults(1, 0, 2, 0)),
    config("frames-time-out", THREE, faults(1, 0, 1, 0)),
    config("frames-restart", THREE, faults(1, 0, 0, 1)),
];

/// The configuration of this name.
pub(crate) fn named(name: &str) -> Option<&'static Config> {
    SMALL.iter().chain(LARGE).find(|config| config.name == name)
}
