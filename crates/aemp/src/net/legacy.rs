//! Base peers, as the driver knows them: nodes of the Perl original, which are admitted only where somebody asked for it.

use std::{collections::BTreeSet, rc::Rc};

use aemp_proto::{base::Access, id::NodeId};

use super::tls::LegacyCertificate;
use crate::secret::Weakness;

/// How base peers are met.
#[derive(Debug)]
pub(crate) struct Legacy {
    /// How they and this node prove themselves.
    pub(crate) access: Rc<Access>,
    /// What this node shows to them in TLS, if its credentials have a certificate.
    pub(crate) certificate: Option<LegacyCertificate>,
    /// Which dialled nodes may be base peers.
    pub(crate) dials: LegacyDials,
    /// Why they must not be dialled beyond this host, if they must not: their secret is weak.
    pub(crate) weakness: Option<Weakness>,
}

/// Which of the nodes that are dialled may be base peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LegacyDials {
    /// All, also those of which only the address is known.
    All,
    /// These.
    Only(BTreeSet<NodeId>),
}

impl Legacy {
    /// What is offered to a node that is dialled.
    pub(super) fn towards(&self, expect: Option<&NodeId>) -> Option<&Rc<Access>> {
        let allowed = match &self.dials {
            LegacyDials::All => true,
            LegacyDials::Only(peers) => expect.is_some_and(|node| peers.contains(node)),
        };
        allowed.then_some(&self.access)
    }
}
