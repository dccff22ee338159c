//! A node of libp2p on loopback alone: kameo's own way to start one listens on every address.

use std::time::Duration;

use futures::StreamExt;
use kameo::remote;
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, multiaddr::Protocol, noise, swarm::SwarmEvent, tcp, yamux};
use tokio::{sync::oneshot, task::spawn};
use versus::Result;

/// Longer than any measurement.
const IDLE: Duration = Duration::from_secs(600);

fn build() -> Result<Swarm<remote::Behaviour>> {
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)?
        .with_behaviour(|key| {
            let behaviour = remote::Behaviour::new(key.public().to_peer_id(), remote::messaging::Config::default());
            behaviour.init_global();
            behaviour
        })?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE));
    Ok(swarm.build())
}

/// Starts a node, which connects to another one if there is one. Its address.
pub(crate) async fn start(other: Option<Multiaddr>) -> Result<Multiaddr> {
    let mut swarm = build()?;
    let me = *swarm.local_peer_id();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    if let Some(address) = other {
        swarm.add_peer_address(peer(&address)?, address.clone());
        swarm.dial(address)?;
    }
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    spawn(async move {
        loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await
                && let Some(tell) = tell.take()
            {
                let _ = tell.send(address.with(Protocol::P2p(me)));
            }
        }
    });
    Ok(told.await?)
}

fn peer(address: &Multiaddr) -> Result<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Ok(peer),
        _ => Err("an address without a peer".into()),
    }
}
