//! A base peer that means harm: every request with arguments that are missing, wrong or too many.

use super::{
    World,
    perl::{PERL, Perl, port, refused, world},
};
use crate::{
    id::{Incarnation, Origin, PortKind, PortName, PortNumber},
    kernel::Contract,
    link::{Authenticated, Role},
};

/// What an argument is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Name,
    Tag,
    PortId,
    Node,
    /// A family, a key, or the number of a query.
    Word,
    Entries,
    Keys,
    Database,
    Addresses,
    /// Nothing is wrong.
    Anything,
    /// The same, but the services of these tests want texts.
    Argument,
}

use Kind::{Addresses, Anything, Argument, Database, Entries, Keys, Name, Node, PortId, Tag, Word};

/// All requests, of sections 7 and 9 of the protocol: their arguments, and how many of them may be left out.
const REQUESTS: [(&str, &[Kind], usize); 24] = [
    ("", &[Anything], 1),
    ("devnull", &[Anything], 1),
    ("mon1", &[Name], 0),
    ("mon0", &[Name], 0),
    ("kil0", &[Name, Anything, Anything], 2),
    ("kil1", &[Name, Anything, Anything], 2),
    ("can", &[Tag, PortId, Anything], 1),
    ("time", &[PortId, Anything], 1),
    ("snd", &[PortId, Anything], 1),
    ("AnyEvent::MP::_spawn", &[Name, Tag, Argument], 1),
    ("g_global", &[Anything], 1),
    ("g_slave", &[Database], 1),
    ("g_set", &[Database], 0),
    ("g_upd", &[Word, Entries, Keys], 1),
    ("g_find", &[Node], 0),
    ("g_found", &[Node, Addresses], 1),
    ("g_db_family", &[Word, Word], 0),
    ("g_db_keys", &[Word, Word], 0),
    ("g_db_values", &[Word, Word], 0),
    ("g_reply", &[Word, Anything], 0),
    ("g_mon1", &[Word], 0),
    ("g_mon0", &[Word], 0),
    ("g_chg1", &[Word, Entries], 1),
    ("g_chg2", &[Word, Entries, Keys], 0),
];

/// What is wrong wherever it is not one of those that may be anything.
const NEVER: [&str; 3] = [r#"[[]]"#, r#"{"a":{"b":{"c":[]}},"b":5}"#, r#""a\u0000 b""#];

impl Kind {
    fn right(self) -> String {
        match self {
            Name => r#""b""#.to_owned(),
            Tag | Argument => r#""echo""#.to_owned(),
            PortId => format!(r#""{PERL}#r""#),
            Node => r#""node""#.to_owned(),
            Word => r#""fam""#.to_owned(),
            Entries => r#"{"k":1}"#.to_owned(),
            Keys => r#"["k"]"#.to_owned(),
            Database => r#"{"fam":{"k":1}}"#.to_owned(),
            Addresses => r#"["127.0.0.1:9"]"#.to_owned(),
            Anything => r#"{"a":[null]}"#.to_owned(),
        }
    }

    fn wrong(self) -> Vec<String> {
        let long = "x".repeat(600);
        let more: Vec<String> = match self {
            Anything | Argument => return Vec::new(),
            Name => vec!["true".into(), "1.5".into(), "[]".into(), "{}".into(), format!(r#""{long}""#)],
            Tag => vec!["true".into(), "1.5".into(), "[]".into(), "{}".into()],
            PortId => vec!["true".into(), "null".into(), r#""""#.into(), r##""#""##.into(), format!(r#""{long}#b""#)],
            Node => vec!["null".into(), r#""""#.into(), r#""a#b""#.into(), "[]".into(), format!(r#""{long}""#)],
            Word => vec!["[]".into(), "{}".into(), format!(r#""{long}""#)],
            Entries => vec!["7".into(), r#""k""#.into(), "[1]".into(), format!(r#"{{"{long}":1}}"#)],
            Keys => vec!["7".into(), r#""k""#.into(), "[[]]".into(), format!(r#"["{long}"]"#)],
            Database => vec!["7".into(), r#"{"fam":7}"#.into(), format!(r#"{{"{long}":{{}}}}"#)],
            Addresses => vec!["7".into(), r#""127.0.0.1:9""#.into(), "[{}]".into()],
        };
        // A text of these characters is a text, and any object has entries.
        let fits = |value: &&str| match self {
            Tag | Word => value.starts_with('"'),
            Entries => value.starts_with('{'),
            _ => false,
        };
        let never = NEVER.iter().filter(|value| !fits(value)).map(|value| (*value).to_owned());
        more.into_iter().chain(never).collect()
    }
}

fn request(tag: &str, arguments: &[String]) -> String {
    let tag = format!(r#""{tag}""#);
    let elements: Vec<_> = [r#""""#.to_owned(), tag].into_iter().chain(arguments.iter().cloned()).collect();
    format!("[{}]", elements.join(","))
}

fn right(kinds: &[Kind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.right()).collect()
}

/// Every request with an argument too few, and with each argument replaced by what it cannot be.
fn malformed() -> Vec<String> {
    let mut requests = vec![r#"["",["mon1"]]"#.to_owned(), r#"["",{"a":1}]"#.to_owned(), r#"["",true]"#.to_owned()];
    for (tag, kinds, optional) in REQUESTS {
        for count in 0..kinds.len() - optional {
            requests.push(request(tag, &right(&kinds[..count])));
        }
        for (n, kind) in kinds.iter().enumerate() {
            for wrong in kind.wrong() {
                let mut arguments = right(kinds);
                arguments[n] = wrong;
                requests.push(request(tag, &arguments));
            }
        }
    }
    requests
}

/// What is refused whatever its arguments are.
const FORBIDDEN: [&str; 9] = [
    r#"["","eval","die"]"#,
    r#"["","eval"]"#,
    r#"["","POSIX::_exit",1]"#,
    r#"["","AnyEvent::MP::DataConn::_expect","id"]"#,
    r#"["","kil"]"#,
    r#"["","snd_multiple",[]]"#,
    r#"["","g_"]"#,
    r#"["","g_mon2","fam"]"#,
    r#"["","kil1","","node port"]"#,
];

/// What the peer is to the node before it begins.
const ROLES: [&str; 3] = ["[]", r#"["","g_slave",{}]"#, r#"["","g_slave",{}]["","g_global"]["","g_set",{}]"#];

fn begin(role: &str) -> (World, Perl) {
    let mut world = world();
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, role);
    perl.hear(&mut world);
    assert_eq!(refused(&mut world), [""; 0]);
    (world, perl)
}

fn shown(request: &str) -> &str {
    request.get(..100).unwrap_or(request)
}

#[test]
fn each_malformed_or_forbidden_request_is_refused_once_and_does_nothing_else() {
    for role in ROLES {
        let (mut world, mut perl) = begin(role);
        let (here, id) = world.open(0);
        let malformed = malformed();
        assert!(malformed.len() > 100);
        for asked in malformed.iter().map(String::as_str).chain(FORBIDDEN) {
            assert!(perl.say(&mut world, asked), "{}", shown(asked));
            let told = refused(&mut world);
            assert_eq!(told.len(), 1, "{} as {role}: {told:?}", shown(asked));
            assert!(told[0].len() < 1_000, "{} is told at length", shown(asked));
            assert_eq!(perl.hear(&mut world), "", "{}", shown(asked));
        }
        perl.say(&mut world, &format!("[\"{}\",\"still here\"]", id.name));
        assert_eq!((world.texts(0, here), world.nodes[0].spawned.len()), (vec!["still here"], 0));
    }
}

#[test]
fn arguments_too_many_are_ignored() {
    for (tag, kinds, _) in REQUESTS {
        // Each in its own world: some do something.
        for role in ROLES {
            let [plain, more] = [0, 3].map(|more| {
                let (mut world, mut perl) = begin(role);
                let takes_all = matches!(kinds.last(), Some(Anything | Argument));
                let more = if takes_all { Vec::new() } else { vec!["[[7]]".to_owned(); more] };
                perl.say(&mut world, &request(tag, &[right(kinds), more].concat()));
                (perl.hear(&mut world), refused(&mut world))
            });
            assert_eq!(plain, more, "{tag} as {role}");
        }
    }
}

#[test]
fn what_others_own_stays_when_a_slave_sets_and_removes_it() {
    let (mut world, mut perl) = begin(ROLES[1]);
    let now = world.now;
    world.nodes[0].kernel.db_set("fam", "ours", &1.into(), now).unwrap();
    world.outputs(0);
    perl.say(
        &mut world,
        r#"["","g_upd","fam",{"ours":2}]["","g_upd","fam",null,["ours"]]["","g_upd","fam",null,["ours"]]"#,
    );
    perl.say(
        &mut world,
        r#"["","g_upd","'l",{"n0@127.0.0.1:4000":["10.0.0.66:1"]}]["","g_upd","'g",null,["n0@127.0.0.1:4000"]]"#,
    );
    perl.say(&mut world, r#"["","g_db_family","fam","b"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_reply","b",{"ours":1}]"#);
    perl.hang_up(&mut world);
    let mut other = Perl::connect(&mut world, None);
    other.say(&mut world, r#"["","g_find","n0@127.0.0.1:4000"]"#);
    let heard = other.hear(&mut world);
    assert!(heard.ends_with(r#"["","g_found","n0@127.0.0.1:4000",["127.0.0.1:4000"]]"#), "{heard}");
}

/// A family of so many entries, each of so many octets.
fn family(entries: usize, octets: usize) -> String {
    let value = "v".repeat(octets);
    let entries: Vec<_> = (0..entries).map(|n| format!(r#""k{n}":"{value}""#)).collect();
    format!("{{{}}}", entries.join(","))
}

#[test]
fn families_beyond_each_limit_are_refused_whole() {
    for (request, word) in [
        (format!(r#"["","g_slave",{{"fam":{}}}]"#, family(101, 1)), "more than 100 entries"),
        (format!(r#"["","g_slave",{{"fam":{}}}]"#, family(60, 1_000)), "more than 50000 octets"),
        (format!(r#"["","g_slave",{{"fam":{}}}]"#, family(1, 70_000)), "65536"),
        (format!(r#"["","g_upd","fam",{}]"#, family(101, 1)), "more than 100 entries"),
        (format!(r#"["","g_upd","fam",{}]"#, family(60, 1_000)), "more than 50000 octets"),
        (format!(r#"["","g_upd","fam",{}]"#, family(1, 70_000)), "65536"),
    ] {
        let mut world = World::new(0);
        (world.limits.max_entries, world.limits.max_owned, world.dial_at_once) = (100, 50_000, false);
        world.add("n0@127.0.0.1:4000");
        let mut perl = Perl::connect(&mut world, None);
        perl.say(&mut world, r#"["","g_slave",{"fam":{"k":1}}]"#);
        perl.hear(&mut world);
        assert!(perl.say(&mut world, &request));
        let told = refused(&mut world);
        assert!(matches!(&told[..], [one] if one.contains(word)), "{}: {told:?}", shown(&request));
        perl.say(&mut world, r#"["","g_db_family","fam","b"]"#);
        assert_eq!(perl.hear(&mut world), r#"["","g_reply","b",{"k":1}]"#, "{}", shown(&request));
    }
}

#[test]
fn watches_beyond_the_limit_are_refused() {
    let (mut world, mut perl) = begin(ROLES[1]);
    let limit = world.limits.max_database_watches;
    for n in 0..limit + 5 {
        perl.say(&mut world, &format!(r#"["","g_mon1","f{n}"]"#));
    }
    assert_eq!(refused(&mut world).len(), 5);
    perl.hear(&mut world);
    perl.say(&mut world, r#"["","g_mon0","f0"]["","g_mon1","other"]"#);
    assert_eq!(perl.hear(&mut world), r#"["","g_chg1","other",{}]"#);
}

#[test]
fn a_peer_that_reads_a_large_family_again_and_again_costs_no_more_than_its_limit() {
    let mut world = World::new(0);
    (world.limits.max_unacknowledged, world.limits.control_room, world.dial_at_once) = (1 << 16, 1 << 20, false);
    world.add("n0@127.0.0.1:4000");
    let mut perl = Perl::connect(&mut world, None);
    perl.say(&mut world, &format!(r#"["","g_slave",{{"fam":{}}}]"#, family(100, 1_000)));
    let asked = (0..1_000).take_while(|n| {
        assert!(world.nodes[0].kernel.unacknowledged() <= 2 << 20);
        perl.say(&mut world, &format!(r#"["","g_db_family","fam","{n}"]"#))
    });
    assert!((1..100).contains(&asked.count()), "its session fails when its answers have no room");
}

#[test]
fn a_request_of_sixty_mebioctets_is_one_like_others() {
    let (mut world, mut perl) = begin(ROLES[1]);
    let (victim, id) = world.open(0);
    let watch = world.monitor(0, &id);
    let huge = "x".repeat(60 << 20);
    assert!(perl.say(&mut world, &format!(r#"["","g_mon1","{huge}"]"#)));
    let told = refused(&mut world);
    assert!(matches!(&told[..], [one] if one.len() < 1_000), "{told:.1000?}");
    perl.say(&mut world, &format!(r#"["","kil1","{}","mine","{huge}"]"#, id.name));
    assert!(!world.nodes[0].kernel.is_alive(victim));
    assert_eq!((world.nodes[0].fired[0].0, world.codes(0)), (watch, vec!["mine"]));
}

/// Names of ports that others may yet spawn here.
fn names_to_come(count: u64) -> impl Iterator<Item = PortName> {
    (0..count).map(|n| PortName::Native {
        origin: Origin([7; 12]),
        number: PortNumber::counted(n, PortKind::Spawned).unwrap(),
    })
}

#[test]
fn a_peer_that_writes_to_too_many_names_that_may_yet_come_loses_its_session_and_may_begin_anew() {
    let mut world = World::new(0);
    (world.limits.max_fences, world.dial_at_once) = (100, false);
    world.add("n0@127.0.0.1:4000");
    let (here, id) = world.open(0);
    let mut perl = Perl::connect(&mut world, None);
    let said = names_to_come(1_000).take_while(|name| perl.say(&mut world, &format!(r#"["{name}","x"]"#))).count();
    assert_eq!(said, 100);
    assert!(world.nodes[0].kernel.census().closed_names <= 100);
    perl.hang_up(&mut world);
    let mut perl = Perl::connect(&mut world, None);
    assert!(perl.say(&mut world, &format!("[\"{}\",\"again\"]", id.name)));
    world.send(0, &port("b"), "hello");
    assert_eq!(perl.hear(&mut world), r#"["b","hello"]"#);
    assert_eq!(world.texts(0, here), ["again"]);
}

#[test]
fn what_a_base_peer_has_spoiled_does_not_keep_a_native_node_of_its_name_away() {
    let mut world = World::new(0);
    (world.limits.max_fences, world.dial_at_once) = (100, false);
    world.add("n0@127.0.0.1:4000");
    let mut perl = Perl::connect(&mut world, None);
    let said = names_to_come(1_000).take_while(|name| perl.say(&mut world, &format!(r#"["{name}","x"]"#))).count();
    assert_eq!(said, 100);
    perl.hang_up(&mut world);
    let now = world.now;
    let native = Authenticated {
        node: port("b").node,
        incarnation: Incarnation([9; 16]),
        role: Role::Acceptor,
        nonce: [1; 32],
        same_host: true,
    };
    let connection = world.nodes[0].kernel.attach(&native, None, now, now);
    world.receive(0, connection, &super::hostile::hello_octets());
    let peer = world.nodes[0].kernel.peer(&native.node).unwrap();
    assert_eq!((peer.contract, peer.connected), (Some(Contract::Native), true));
}

#[test]
fn monitors_beyond_the_limit_are_refused_as_deaths() {
    let mut world = World::new(0);
    (world.limits.max_watches, world.dial_at_once) = (10, false);
    world.add("n0@127.0.0.1:4000");
    let ports: Vec<_> = (0..12).map(|_| world.open(0)).collect();
    let mut perl = Perl::connect(&mut world, None);
    for (_, id) in &ports {
        perl.say(&mut world, &format!(r#"["","mon1","{}"]"#, id.name));
    }
    let heard = perl.hear(&mut world);
    assert_eq!(heard.matches(r#""limit","the node holds no more monitors for one peer""#).count(), 2, "{heard}");
    assert_eq!(world.nodes[0].kernel.census().watched, 10);
}
