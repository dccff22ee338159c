//! Names and small values on their way there and back.

use aemp::{NodeId, Port, PortId, Reply};

use crate::common::{collector, node, secs};

#[test]
fn ports_nodes_and_the_smallest_values_survive_the_way_there_and_back() {
    type Everything = (Port<u64>, NodeId, PortId, String, Vec<u8>, Option<u8>, ());
    let (a, b) = (node("a"), node("b"));
    let echo = b.port(|cx, (all, reply): (Everything, Reply<Everything>)| cx.reply(reply, all));
    let own = a.port(|_, _: u64| {});
    let all: Everything = (own.clone(), b.id(), echo.id().clone(), String::new(), vec![], None, ());
    assert_eq!(a.call(&echo, |reply| (all.clone(), reply)).wait(), Ok(all));
    let none: Option<String> = None;
    let echo = b.port(|cx, (all, reply): (Option<String>, Reply<Option<String>>)| cx.reply(reply, all));
    assert_eq!(a.call(&echo, |reply| (none.clone(), reply)).wait(), Ok(none));
}

#[test]
fn the_empty_message_arrives() {
    let (a, b) = (node("a"), node("b"));
    let (empty, received) = collector::<()>(&b);
    (0..3).for_each(|_| a.send(&empty, ()));
    assert!((0..3).all(|_| received.recv_timeout(secs(10)) == Ok(())));
}

#[test]
fn published_names_may_have_any_characters() {
    let (a, b) = (node("a"), node("b"));
    let address = b.id().recipe()[0].to_string();
    let planes = ['a', 'é', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', '\u{1f600}', '\u{e0001}', '\u{10ffff}'];
    let mut names: Vec<String> =
        planes.iter().flat_map(|c| [c.to_string(), c.to_string().repeat(255 / c.len_utf8())]).collect();
    names.extend([";", "#", "%3b", "\0", "\n", " ", "a/b", "@x", "..", "\u{feff}"].map(str::to_owned));
    let ports: Vec<Port<u64>> = names.iter().map(|_| b.port(|_, _: u64| {})).collect();
    names.iter().zip(&ports).for_each(|(name, port)| b.publish(name.clone(), port));
    for (name, port) in names.iter().zip(&ports) {
        assert_eq!(a.find::<u64>(&address, name).wait().as_ref(), Ok(port), "{name:?}");
    }
}

#[test]
#[should_panic(expected = "a published name has at most 255 octets")]
fn a_name_of_256_octets_cannot_be_published() {
    let node = node("a");
    let port = node.port(|_, _: u64| {});
    node.publish("x".repeat(256), &port);
}

#[test]
fn two_thousand_names_of_any_characters_survive_the_way_there_and_back() {
    let (a, b) = (node("a"), node("b"));
    let echo = b.port(|cx, (all, reply): (Vec<String>, Reply<Vec<String>>)| cx.reply(reply, all));
    let name = |n: u32| char::from_u32(n * 500 + 1).unwrap_or('x').to_string().repeat(n as usize % 256);
    let names: Vec<String> = (0..2_000).map(name).collect();
    assert_eq!(a.call(&echo, |reply| (names.clone(), reply)).wait(), Ok(names));
}
