//! Many connections that never become authenticated.

use std::{cell::RefCell, rc::Rc, time::Duration};

use aemp_proto::{
    kernel::{Delivery, Event, Kernel},
    link::HANDSHAKE_DEADLINE,
    time::Time,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
    time::{Instant, timeout},
};

use super::ends::{doorway, listen, settings};
use crate::net::{Backlog, Host, Network, NodeId};

/// A node that meets nobody.
#[derive(Clone, Default)]
struct Lonely(Rc<RefCell<Vec<Event>>>);

impl Host for Lonely {
    fn kernel<R>(&self, _: impl FnOnce(&mut Kernel, Time) -> R) -> R {
        panic!("nobody is authenticated here")
    }

    fn delivers_from(&self, _: Option<&NodeId>) {}

    fn deliver(&self, _: Delivery<'_>) {
        panic!("nobody is authenticated here")
    }

    fn event(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }

    fn turn(&self) -> Backlog {
        Backlog::default()
    }
}

impl Lonely {
    fn refusals(&self) -> Vec<String> {
        let error = |event: &Event| match event {
            Event::HandshakeRefused { error, .. } => error.clone(),
            other => panic!("{other:?}"),
        };
        self.0.borrow().iter().map(error).collect()
    }
}

/// Runs `test` against a listening node; it gets the address.
async fn against_a_node<F: Future>(test: impl FnOnce(String, Lonely) -> F) -> F::Output {
    let (listeners, address) = listen("127.0.0.1:0").await;
    let host = Lonely::default();
    let run = async {
        let network = Network::new(host.clone(), settings("b", 1)).unwrap();
        network.serve(listeners);
        test(address.to_string(), host.clone()).await
    };
    LocalSet::new().run_until(run).await
}

/// Whether the node closes the connection within a second.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let read = async { while matches!(stream.read(&mut [0; 512]).await, Ok(1..)) {} };
    timeout(Duration::from_secs(1), read).await.is_ok()
}

#[tokio::test]
async fn one_address_has_16_places_and_they_are_free_again() {
    against_a_node(|address, host| async move {
        let mut first = Vec::new();
        for _ in 0..16 {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.read_u8().await.expect("greeted");
            first.push(stream);
        }
        for _ in 0..50 {
            assert!(is_closed(&mut TcpStream::connect(&address).await.unwrap()).await);
        }
        assert_eq!(host.refusals().len(), 1, "a flood is reported once a second");
        drop(first);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut later = TcpStream::connect(&address).await.unwrap();
        later.read_u8().await.expect("greeted");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed_at_the_deadline() {
    against_a_node(|address, host| async move {
        let start = Instant::now();
        let mut stream = TcpStream::connect(&address).await.unwrap();
        while matches!(stream.read(&mut [0; 512]).await, Ok(1..)) {}
        assert!(start.elapsed() >= HANDSHAKE_DEADLINE && start.elapsed() < 2 * HANDSHAKE_DEADLINE);
        assert!(host.refusals()[0].contains("10 s"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_octet_now_and_then_does_not_move_the_deadline() {
    against_a_node(|address, _| async move {
        let start = Instant::now();
        let mut stream = TcpStream::connect(&address).await.unwrap();
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(start.elapsed() < HANDSHAKE_DEADLINE + Duration::from_secs(3));
    })
    .await;
}

#[tokio::test]
async fn junk_is_refused_and_reported_and_silence_is_not() {
    against_a_node(|address, host| async move {
        drop(TcpStream::connect(&address).await.unwrap());
        for junk in ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\n", "SSH-2.0-x\r\n"] {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(junk.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            assert!(is_closed(&mut stream).await);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(host.refusals().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_wrong_secrets_leaves_the_node_well() {
    against_a_node(|address, host| async move {
        let stranger = doorway(settings("a", 2));
        let address = address.parse().unwrap();
        for _ in 0..40 {
            assert!(stranger.dial(None, &address).await.is_err());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(host.refusals().len(), 40);
        let own = settings("b", 1).fingerprint.unwrap();
        assert!(host.refusals()[0].contains(&own));
    })
    .await;
}
