//! Bugs that `aemp-proof` plants, one at a time, to show that its checks find them.
//!
//! Without the feature `planted`, which only that crate asks for, `planted` is a constant and leaves nothing.

macro_rules! bugs {
    ($($number:literal $variant:ident $name:literal, $place:literal: $what:literal)*) => {
        /// A bug, or a lesser protocol that the checks have to see through as well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Bug {
            $(#[doc = $what] $variant,)*
        }

        impl Bug {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its number in `docs/evidence.md`: bugs from 1, controls from 101. Two sides of one bug share one.
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Where it is planted.
            pub const fn place(self) -> &'static str {
                match self {
                    $(Self::$variant => $place,)*
                }
            }

            /// What is wrong then.
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$variant => $what,)*
                }
            }
        }
    };
}

bugs! {
    1 AcknowledgeBeforeDelivery "acknowledge-before-delivery", "session/mod.rs":
        "Pieces of a large message are acknowledged before it is whole, and forgotten with their connection."
    2 ResumeRepeatsOne "resume-repeats-one", "session/outbox.rs":
        "After a break one frame that was acknowledged is sent again as the next one."
    2 ResumeSkipsOne "resume-skips-one", "session/outbox.rs":
        "After a break the first frame that was not acknowledged is not sent again."
    3 ResendSkipsPiece "resend-skips-piece", "session/outbox.rs":
        "After a break a piece of a large message is not sent again, if it is the first to be."
    4 DataBeforeCertificates "data-before-certificates", "kernel/certificates.rs":
        "Certificates come after what was queued for the new session in the meantime."
    5 CertificateNotRepeated "certificate-not-repeated", "kernel/certificates.rs":
        "A certificate counts as answered once it is queued, even if its session then fails."
    6 FenceDroppedOnReturn "fence-dropped-on-return", "kernel/handshake.rs":
        "Fences are dropped when a session with the same incarnation begins."
    7 LaterMonitorAsks "later-monitor-asks", "kernel/watching.rs":
        "A monitor on a port that was declared dead asks the peer, which may say that the port lives."
    8 RankByOwnNonce "rank-by-own-nonce", "kernel/connection.rs":
        "Of crossing connections each side keeps the one for which it drew the greater number itself."
    9 CountNotRaised "count-not-raised", "kernel/connecting.rs":
        "A connection that is lost before its first frame is not counted."
    10 LateOctetsAccepted "late-octets-accepted", "kernel/connecting.rs":
        "Frames are still read from a connection that lost, or whose session failed."
    11 WritingIsLife "writing-is-life", "kernel/transmitting.rs":
        "What a node writes itself counts as a sign of life of its peer."
    12 DeadlineBeforeReading "deadline-before-reading", "driver":
        "Deadlines are judged before what arrived in time is read."
    13 TimeoutFromLastDial "timeout-from-last-dial", "kernel/connecting.rs":
        "The session time-out begins anew with every attempt to connect."
    14 SuccessorLosesMail "successor-loses-mail", "kernel/handshake.rs":
        "What is on its way to a node is destroyed when another incarnation of it takes over."
    15 NoticeOvertakesLarge "notice-overtakes-large", "session/lanes.rs":
        "The notice of a port's death overtakes large messages that the port had sent."
    16 KillOvertakes "kill-overtakes", "session/mod.rs":
        "A kill overtakes large messages to the same port."
    17 DroppedMonitorFires "dropped-monitor-fires", "kernel/mod.rs":
        "A monitor fires although its owner has ended it, if its firing was queued already."
    18 TwoNotices "two-notices", "kernel/watching.rs":
        "A monitor stays after it has fired, so that a kill and a failure of the session fire it twice."
    19 ControlLostAtOverload "control-lost-at-overload", "kernel/sending.rs":
        "Kills and failed answers count in the limit of what may wait for a peer, and are lost at it."
    20 LossyCausesFence "lossy-causes-fence", "kernel/lossy.rs":
        "A message that may be lost closes its port when it is lost, as others do."
    21 CollapseWithoutAlarms "collapse-without-alarms", "kernel/retiring.rs":
        "Where too many names of a process are dead and the whole process is, its monitors do not fire."
    22 DroppedReplyTwice "dropped-reply-twice", "kernel/receiving.rs":
        "That a reply was dropped is told again if the frame that says so is sent again."
    23 MessageBeforeSpawn "message-before-spawn", "session/lanes.rs":
        "A spawn waits in the wrong lane, so that messages to the new port overtake it."
    24 PortCounterRestarts "port-counter-restarts", "kernel/numbers.rs":
        "The number of a dead port is given to a later one."
    25 GoodbyeIsBreak "goodbye-is-break", "kernel/receiving.rs":
        "A goodbye is ignored, so that an orderly end looks like a break."
    26 RenamedTwice "renamed-twice", "kernel/certificates.rs":
        "A port gets another name for a certificate that names an older one."
    27 NamesBeforeClosed "names-before-closed", "kernel/destinations.rs":
        "A port that refused a message of a node takes later ones of the same node."
    28 KillForgotten "kill-forgotten", "kernel/fences.rs":
        "A kill that was not acknowledged is forgotten when the session fails."
    29 AbsenceCounts "absence-counts", "kernel/absence.rs":
        "Time in which the own process was away counts as silence of its peers."
    30 RankForgotten "rank-forgotten", "kernel/handshake.rs":
        "A connection that is older than one that broke carries the session again."

    31 LostGlobalKept "lost-global-kept", "directory/mod.rs":
        "What a lost global node claimed counts for ever."
    32 LastArrivalCounts "last-arrival-counts", "directory/union.rs":
        "Of several values of a key the one counts that arrived last."
    33 LostSlaveKept "lost-slave-kept", "directory/global.rs":
        "The entries of a slave stay when its session fails."
    34 WatchesNotRenewed "watches-not-renewed", "directory/slave.rs":
        "A new master is not told what its slave watches."
    35 ContentAlwaysNew "content-always-new", "directory/watches.rs":
        "The content that a new master tells is compared with nothing."
    36 ClockOfItsOwn "clock-of-its-own", "directory/clock.rs":
        "The clock that orders writes does not follow those of other nodes."
    37 SeedThatIsThere "seed-that-is-there", "directory/seeking.rs":
        "A slave does not register with a seed that it has a session with already."
    38 NoGrace "no-grace", "directory/global.rs":
        "What a lost global node claimed is gone at once."
    39 AnswersAtOnce "answers-at-once", "directory/global.rs":
        "A node that becomes global answers before it has heard of any other."
    40 FormerMasterCounts "former-master-counts", "directory/replica.rs":
        "Of several masters of a node the one counts with which it registered first."
    41 EndedWatchTold "ended-watch-told", "directory/watches.rs":
        "A watch that has ended is told of changes while its node watches the family otherwise."
    42 LaterWatchIncomplete "later-watch-incomplete", "directory/watches.rs":
        "A further watch of a family is not told its last key at first."
    43 ChangedAsAdded "changed-as-added", "directory/watches.rs":
        "What changes is told as added."
    44 LostMasterEmpties "lost-master-empties", "directory/slave.rs":
        "When the master is lost, watches are told that nothing is there any more."
    45 FormerProcessForgotten "former-process-forgotten", "directory/claims.rs":
        "What a lost global node claimed is gone when another process of it is met."

    101 BaseProtocol "base-protocol", "kernel/connecting.rs":
        "The base protocol: a break loses what was queued, and nobody is dead for longer than that."
    102 DeliveredAfterReconnect "delivered-after-reconnect", "kernel/fences.rs":
        "As Erlang's distribution: after a failed session messages to the same ports are delivered again."
    103 IdentityWithoutEpoch "identity-without-epoch", "session/mod.rs":
        "A session is told by its two incarnations alone, without a number."
    104 RankByNonceAlone "rank-by-nonce-alone", "kernel/connection.rs":
        "Which of two connections survives is not a matter of which is later."
    105 HelloOfAnotherSession "hello-of-another-session", "session/hello.rs":
        "What a first frame says of another session is believed."
    106 CertificatesInTheNextSession "certificates-in-the-next-session", "kernel/fences.rs":
        "A certificate that becomes owed in a running session waits for the next one."
    107 FenceDroppedAtAcknowledgement "fence-dropped-at-acknowledgement", "kernel/fences.rs":
        "Any acknowledgement of a later session drops the fences."
    108 FenceDroppedBySuccessor "fence-dropped-by-successor", "kernel/fences.rs":
        "A fence is dropped when another incarnation takes over, whoever made the name."
    109 NoFreshness "no-freshness", "kernel/handshake.rs":
        "The last words of a dead process, read late, are believed (no rule R4)."
    110 NoRuleR3 "no-rule-r3", "kernel/peer.rs":
        "A node dials while an authenticated connection waits for its first frame."
    111 NoticesOvertake "notices-overtake", "session/outbox.rs":
        "The notice of a port's death overtakes whatever is not yet written."
    112 OneSidedHeartbeats "one-sided-heartbeats", "kernel/ticking.rs":
        "Only the side that dialled sends heartbeats, and only the other one misses them."

    201 WithoutAcknowledgements "without-acknowledgements", "kernel/transmitting.rs":
        "No bug: frames are forgotten when they are written, to measure what keeping them costs."
}

#[cfg(feature = "planted")]
mod switch {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Bug;

    const NONE: u8 = u8::MAX;
    static PLANTED: AtomicU8 = AtomicU8::new(NONE);

    /// Plants a bug into every kernel of this process, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.store(bug.map_or(NONE, |bug| bug as u8), Ordering::Relaxed);
    }

    /// Whether this bug is planted: for those that belong to a driver.
    pub fn is_planted(bug: Bug) -> bool {
        planted(bug)
    }

    /// Whether this bug is planted.
    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.load(Ordering::Relaxed) == bug as u8
    }

    /// Whether any bug is planted; what is none and serves a measurement does not count.
    pub(crate) fn any_planted() -> bool {
        let planted = PLANTED.load(Ordering::Relaxed);
        planted != NONE && planted != Bug::WithoutAcknowledgements as u8
    }
}

#[cfg(not(feature = "planted"))]
mod switch {
    pub(crate) const fn planted(_: super::Bug) -> bool {
        false
    }

    pub(crate) const fn any_planted() -> bool {
        false
    }
}

pub(crate) use switch::{any_planted, planted};
#[cfg(feature = "planted")]
pub use switch::{is_planted, plant};
