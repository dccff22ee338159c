//! Base peers, as the driver knows them: nodes of the Perl original, which are admitted only where somebody asked for it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use aemp_proto::{
    base::Access,
    id::{Address, NodeId},
};

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
    /// These, and whoever is at these places.
    Only { nodes: BTreeSet<NodeId>, places: Places },
}

/// Addresses, and what the host names among them stood for when they were last resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    said: BTreeSet<Address>,
    resolved: RefCell<BTreeMap<Address, Vec<Address>>>,
}

impl Places {
    pub(crate) fn new(said: impl IntoIterator<Item = Address>) -> Self {
        Self { said: said.into_iter().collect(), resolved: RefCell::default() }
    }

    fn contains(&self, address: &Address) -> bool {
        self.said.contains(address) || self.resolved.borrow().values().any(|addresses| addresses.contains(address))
    }

    fn resolved(&self, name: &Address, addresses: &[Address]) {
        if self.said.contains(name) {
            self.resolved.borrow_mut().insert(name.clone(), addresses.to_vec());
        }
    }
}

impl Legacy {
    /// What is offered to a node that is dialled.
    pub(super) fn towards(&self, expect: Option<&NodeId>, address: &Address) -> Option<&Rc<Access>> {
        let allowed = match &self.dials {
            LegacyDials::All => true,
            LegacyDials::Only { nodes, places } => {
                expect.is_some_and(|node| nodes.contains(node)) || places.contains(address)
            }
        };
        allowed.then_some(&self.access)
    }

    /// A name was resolved: what it stands for is the same place.
    pub(super) fn resolved(&self, name: &Address, addresses: &[Address]) {
        if let LegacyDials::Only { places, .. } = &self.dials {
            places.resolved(name, addresses);
        }
    }
}
