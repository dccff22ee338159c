//! A base peer that is a member and says anything.

use aemp_proto::{
    base::{Established, Framing, Method},
    wire::greeting::Greeting,
};

use crate::node::{Node, PEER};

/// The first octet says whether the node is global, which framing it is, and how long the parts are.
pub(crate) fn read(octets: &[u8]) {
    if let Some((first, octets)) = octets.split_first() {
        hear(*first, octets).end();
    }
}

fn hear(first: u8, octets: &[u8]) -> Node {
    let mut node = Node::new(first & 1 != 0);
    let framing = if first & 2 != 0 { Framing::Cbor } else { Framing::Json };
    let greeting = format!("aemp;1;{PEER};hmac_sha3_512;cbor,json");
    let greeting = Greeting::parse(greeting.as_bytes(), b"nonce").expect("a greeting");
    let established = Established::simulated(greeting, Method::Hmac, framing, framing);
    let connection = node.kernel.attach_base(&established, None, node.now());
    node.hear(connection, octets, usize::from(first / 4));
    node
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let requests = [
        r#"["echo","hello",1]["a","x"]["","mon1","echo"]["","mon0","echo"]["","mon1","none"]["","kil0","a","r","t"]"#,
        r#"["","kil1","echo","because"]["","time","peer@127.0.0.1:2#t"]["","can","time","peer@127.0.0.1:2#c"]"#,
        r#"["","snd","x@127.0.0.1:3#y",1]["","AnyEvent::MP::_spawn","s1","echo",5]["","AnyEvent::MP::_spawn","s2","no"]"#,
        r#"["","g_global"]["","g_set",{"f":{"k":1,"own":2},"'l":{"peer@127.0.0.1:2":["127.0.0.1:2"]}}]["","g_upd","f",{"k":2},["own"]]"#,
        r#"["","g_slave"]["","g_slave",{"f":{"k":1},"g":{"x":null}}]["","g_upd","f",{"z":[1]},["k"]]["","g_mon1","f"]["","g_mon0","f"]"#,
        r#"["","g_slave",{}]["","g_find","n@127.0.0.1:1"]["","g_db_family","f","1"]["","g_db_keys","f","2"]["","g_db_values","f","3"]"#,
        r#"["","g_found","x",["127.0.0.1:3"]]["","g_chg1","f",{"k":1}]["","g_chg2","f",{"k":2},["own"]]["","g_reply","1",{}]"#,
    ];
    let json = requests.iter().map(|text| [b"\xfd".as_slice(), text.as_bytes()].concat());
    let slave = json.clone().map(|mut seed| {
        seed[0] = 0x0c;
        seed
    });
    let cbor = b"\xff\x83\x40\x44mon1\x44echo\x82\x44echo\x01\x83\x40\x44kil1\x44echo\x82\x40\x47g_slave".to_vec();
    json.chain(slave).chain([cbor]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_base_peer_says_is_heard() {
        let node = hear(1, br#"["echo","hello"]["","AnyEvent::MP::_spawn","s","echo"]["s",1]"#);
        assert_eq!(node.received, 2);
        node.end();
    }
}
