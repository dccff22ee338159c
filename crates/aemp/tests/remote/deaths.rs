//! Watching over the network.

use aemp::{Node, Port, Reason};

use crate::common::{collector, eventually, node, secs};

/// A port of `node` that tells how `target` died.
fn watch<M: 'static>(node: &Node, target: &Port<M>) -> std::sync::mpsc::Receiver<Reason> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let target = target.clone();
    node.run(move |cx| {
        cx.monitor_with(&target, move |_, reason| {
            let _ = sender.send(reason);
        })
        .forever();
    })
    .wait()
    .unwrap();
    receiver
}

#[test]
fn the_reason_of_a_death_is_told_after_the_last_words() {
    let (a, b) = (node("a"), node("b"));
    let (ear, words) = collector::<String>(&a);
    let victim = b.port(move |cx, text: String| -> Result<(), String> {
        cx.send(&ear, text.clone());
        Err(text)
    });
    let death = watch(&a, &victim);
    a.send(&victim, "goodbye".into());
    let reason = death.recv_timeout(secs(5)).unwrap();
    assert_eq!((reason.code().as_str(), reason.text()), ("error", "goodbye"));
    assert_eq!(words.try_recv().as_deref(), Ok("goodbye"));
}

#[test]
fn a_reason_says_how_many_messages_were_taken() {
    let (a, b) = (node("a"), node("b"));
    let full = b.port(|_, n: i64| if n < 3 { Ok(()) } else { Err("enough") });
    let death = watch(&a, &full);
    (0..10).for_each(|n| a.send(&full, n));
    // The fourth was delivered, and killed it.
    assert_eq!(death.recv_timeout(secs(5)).unwrap().delivered(), Some(4..=4));

    let picky = b.port(|_, _: u8| ());
    let death = watch(&a, &picky);
    [1, 2, 300, 4].into_iter().for_each(|n| a.send(&picky.clone().cast(), n));
    let reason = death.recv_timeout(secs(5)).unwrap();
    assert_eq!((reason.code().as_str(), reason.delivered()), ("bad_message", Some(2..=2)));
}

#[test]
fn a_panic_kills_only_its_port() {
    let (a, b) = (node("a"), node("b"));
    let victim = b.port(|_, (): ()| -> () { panic!("on purpose") });
    let (bystander, received) = collector::<u8>(&b);
    let death = watch(&a, &victim);
    a.send(&victim, ());
    a.send(&bystander, 1);
    assert_eq!(death.recv_timeout(secs(5)).unwrap().code().as_str(), "panic");
    assert_eq!(received.recv_timeout(secs(5)), Ok(1));
}

#[test]
fn a_kill_from_afar_comes_behind_the_messages_before_it() {
    let (a, b) = (node("a"), node("b"));
    let (victim, received) = collector::<u64>(&b);
    let death = watch(&a, &victim);
    for n in 0..100 {
        a.send(&victim, n);
    }
    let target = victim.clone();
    a.run(move |cx| cx.kill(&target, Reason::new("enough", "of you"))).wait().unwrap();
    a.send(&victim, 100);
    let reason = death.recv_timeout(secs(5)).unwrap();
    assert_eq!((reason.to_string().as_str(), reason.delivered()), ("enough: of you", Some(100..=100)));
    assert_eq!(received.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
}

#[test]
fn an_orderly_stop_fires_every_monitor() {
    let (a, b) = (node("a"), node("b"));
    let (port, _received) = collector::<u64>(&b);
    let death = watch(&a, &port);
    a.send(&port, 1);
    eventually("connected", || a.peers().wait().unwrap().iter().any(|peer| peer.connected));
    b.stop().wait().unwrap();
    assert_eq!(death.recv_timeout(secs(5)).unwrap().code().as_str(), "node_down");
}

#[test]
fn a_link_kills_over_the_network() {
    let (a, b) = (node("a"), node("b"));
    let victim = b.port(|_, _: ()| -> Result<(), &str> { Err("broken") });
    let (sender, linked) = std::sync::mpsc::channel();
    let target = victim.clone();
    let follower = a.port(move |cx, _: ()| {
        cx.link(&target).forever();
        let _ = sender.send(());
    });
    let death = watch(&a, &follower);
    a.send(&follower, ());
    linked.recv_timeout(secs(5)).unwrap();
    a.send(&victim, ());
    assert_eq!(death.recv_timeout(secs(5)).unwrap().code().as_str(), "linked");
}

#[test]
fn a_monitor_of_a_port_that_is_gone_fires() {
    let (a, b) = (node("a"), node("b"));
    let port: Port<()> = b.port(|cx, ()| cx.stop());
    b.send(&port, ());
    let reason = a.monitor(&port).wait();
    assert_eq!(reason.code().as_str(), "no_such_port");
}
