//! Which bugs and lesser protocols the model finds, and in which configuration.

use aemp_proto::planted::Bug;

use super::{
    config::Config,
    configs,
    hunt::{Finding, find},
};

/// A bug, and the configuration in which it is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quarry {
    pub(crate) bug: Bug,
    config: &'static str,
    /// Only violations of this are looked for.
    only: Option<&'static str>,
}

const fn quarry(bug: Bug, config: &'static str) -> Quarry {
    Quarry { bug, config, only: None }
}

const fn breaks(only: &'static str, bug: Bug, config: &'static str) -> Quarry {
    Quarry { bug, config, only: Some(only) }
}

/// Lesser protocols.
pub(crate) const CONTROLS: &[Quarry] = &[
    breaks("G1", Bug::BaseProtocol, "break"),
    breaks("G2", Bug::BaseProtocol, "shared"),
    breaks("G3", Bug::BaseProtocol, "shared"),
    breaks("G1", Bug::DeliveredAfterReconnect, "shared"),
    breaks("G2", Bug::DeliveredAfterReconnect, "shared"),
    breaks("G3", Bug::DeliveredAfterReconnect, "shared"),
    quarry(Bug::IdentityWithoutEpoch, "halves"),
    quarry(Bug::RankByNonceAlone, "halves"),
    quarry(Bug::HelloOfAnotherSession, "halves"),
    quarry(Bug::CertificatesInTheNextSession, "overload"),
    quarry(Bug::FenceDroppedAtAcknowledgement, "shared"),
    quarry(Bug::FenceDroppedBySuccessor, "next"),
    quarry(Bug::NoFreshness, "restart"),
    quarry(Bug::NoRuleR3, "eager"),
    quarry(Bug::NoticesOvertake, "words"),
    quarry(Bug::OneSidedHeartbeats, "silent"),
];

/// Planted bugs.
pub(crate) const BUGS: &[Quarry] = &[
    quarry(Bug::AcknowledgeBeforeDelivery, "large"),
    quarry(Bug::ResumeRepeatsOne, "halves"),
    quarry(Bug::ResumeSkipsOne, "halves"),
    quarry(Bug::ResendSkipsPiece, "large"),
    quarry(Bug::CertificateNotRepeated, "next"),
    quarry(Bug::FenceDroppedOnReturn, "shared"),
    quarry(Bug::LaterMonitorAsks, "shared"),
    quarry(Bug::RankByOwnNonce, "crossing"),
    quarry(Bug::CountNotRaised, "halves"),
    quarry(Bug::SuccessorLosesMail, "next"),
    quarry(Bug::NoticeOvertakesLarge, "large"),
    quarry(Bug::KillOvertakes, "kill"),
    quarry(Bug::DroppedMonitorFires, "at-once"),
    quarry(Bug::TwoNotices, "halves"),
    quarry(Bug::CollapseWithoutAlarms, "collapse"),
    quarry(Bug::RenamedTwice, "older"),
    quarry(Bug::NamesBeforeClosed, "refused"),
    quarry(Bug::KillForgotten, "kill"),
];

impl Quarry {
    /// Looks for it, which has to be planted, in up to `limit` states.
    pub(crate) fn hunt(&self, limit: usize) -> Option<Finding> {
        let config = Config { only: self.only, ..*configs::named(self.config)? };
        find(&config, limit)
    }
}
