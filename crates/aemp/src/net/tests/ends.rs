//! Nodes that only shake hands.

use std::{future::poll_fn, rc::Rc, time::Duration};

use aemp_proto::{
    id::{Address, NodeId},
    kernel::DialFailure,
    limits::Limits,
    link::{Credentials, Identity, Protection},
};
use bytes::Bytes;
use tokio::task::LocalSet;

use crate::{
    net::{
        Certificates, Listeners, TransportSettings,
        bind::Bind,
        channel::{Channel, Read},
        doorway::Doorway,
        handshake::{Established, HandshakeError},
    },
    secret::Secret,
};

pub(super) fn node(name: &str) -> NodeId {
    name.parse().unwrap()
}

/// The settings of a node with a secret of 32 times `secret`.
pub(super) fn settings(name: &str, secret: u8) -> TransportSettings {
    let secret = Secret::from_octets(&[secret; 32]);
    TransportSettings {
        identity: Identity::new(node(name), &[name.as_bytes()[0]; 32], Credentials::Secret(secret.key())),
        certificates: None,
        fingerprint: Some(secret.fingerprint()),
        limits: Limits::default(),
        dial_timeout: Duration::from_secs(5),
        protection: Protection::Encrypted,
        confined: None,
        legacy: None,
    }
}

/// The same with certificates in place of the secret.
pub(super) fn with_certificates(name: &str, certificates: Certificates) -> TransportSettings {
    let identity = Identity::new(node(name), &[name.as_bytes()[0]; 32], Credentials::Certificate);
    TransportSettings { identity, certificates: Some(certificates), fingerprint: None, ..settings(name, 0) }
}

pub(super) fn doorway(settings: TransportSettings) -> Rc<Doorway> {
    Rc::new(Doorway::new(settings).unwrap())
}

/// Base peers are admitted, if the node that accepts here knows how.
pub(super) async fn listen(place: &str) -> (Listeners, Address) {
    let listeners = Listeners::open(&[place.parse::<Bind>().unwrap()]).await.unwrap().admitting_base_peers();
    let address = listeners.addresses()[0].clone();
    (listeners, address)
}

pub(super) type Accepting = Result<Established, HandshakeError>;
pub(super) type Dialling = Result<Established, DialFailure>;

/// Lets one node dial another, at a place of this host.
pub(super) async fn meet_at(
    place: &str,
    dialler: TransportSettings,
    acceptor: TransportSettings,
) -> (Dialling, Accepting) {
    Box::pin(meet_by(place, Address::clone, dialler, acceptor)).await
}

/// The same with something between them: `way` gives the address that is dialled for that of the acceptor.
pub(super) async fn meet_by(
    place: &str,
    way: impl FnOnce(&Address) -> Address,
    dialler: TransportSettings,
    acceptor: TransportSettings,
) -> (Dialling, Accepting) {
    let (listeners, address) = listen(place).await;
    let address = way(&address);
    let expect = acceptor.identity.node().clone();
    let (dialler, acceptor) = (doorway(dialler), doorway(acceptor));
    let accept = async {
        let accepted = listeners.sockets[0].accept().await.unwrap();
        let admitted = acceptor.admit(&accepted).unwrap();
        acceptor.accept(accepted, admitted).await
    };
    let both = Box::pin(async { tokio::join!(dialler.dial(Some(expect), &address), accept) });
    LocalSet::new().run_until(both).await
}

pub(super) async fn meet(dialler: TransportSettings, acceptor: TransportSettings) -> (Dialling, Accepting) {
    Box::pin(meet_at("127.0.0.1:0", dialler, acceptor)).await
}

pub(super) fn rejection(dialling: Dialling) -> String {
    match dialling {
        Err(DialFailure::Rejected(reason)) => reason.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("connected"),
    }
}

/// Sends octets from one end and reads as many at the other.
pub(super) async fn carry(from: &mut Channel, to: &mut Channel, octets: &[u8]) -> Vec<u8> {
    from.queue(Bytes::copy_from_slice(octets)).unwrap();
    let receive = async {
        let (mut scratch, mut received) = (vec![0; 64 << 10], Vec::new());
        while received.len() < octets.len() {
            let read = poll_fn(|cx| to.poll_read(cx, &mut scratch, &mut received)).await.unwrap();
            assert_ne!(read, Read::End);
        }
        received
    };
    let (sent, received) = tokio::join!(from.flush(), receive);
    sent.unwrap();
    received
}
