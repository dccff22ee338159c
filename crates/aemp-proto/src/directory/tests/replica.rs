//! The union depends on the claims alone.

use proptest::prelude::*;

use crate::{
    directory::{
        clock::Stamp,
        entry::{Changes, Encoded, Entry},
        name::Name,
        part::Part,
        replica::{Claimed, Replica},
        union::Content,
    },
    id::NodeId,
};

/// What a global node tells of its claims.
#[derive(Clone, Debug)]
enum Told {
    Claim { owner: u8, since: u64, keys: Vec<(u8, u64)> },
    Update { owner: u8, since: u64, key: u8, stamp: Option<u64> },
    Release { owner: u8 },
}

fn told() -> impl Strategy<Value = Told> {
    let (owner, since) = (0..3_u8, 0..4_u64);
    prop_oneof![
        (owner.clone(), since.clone(), prop::collection::vec((0..3_u8, 0..5_u64), 0..4))
            .prop_map(|(owner, since, keys)| Told::Claim { owner, since, keys }),
        (owner.clone(), since, 0..3_u8, prop::option::of(0..5_u64))
            .prop_map(|(owner, since, key, stamp)| Told::Update { owner, since, key, stamp }),
        owner.prop_map(|owner| Told::Release { owner }),
    ]
}

fn node(kind: &str, n: u8) -> NodeId {
    format!("{kind}{n}").parse().unwrap()
}

fn family() -> Name {
    Name::new("f").unwrap()
}

/// One owner gives each stamp to one value only, as its clock does; so do different owners here.
fn set(key: u8, stamp: u64) -> Changes {
    let entry = Entry { stamp: Stamp(stamp), value: Encoded::of(&stamp.into()).unwrap() };
    Changes::set(family(), Name::new(&key.to_string()).unwrap(), entry)
}

fn apply(replica: &mut Replica, global: u8, told: &Told) {
    let global = node("g", global);
    match told {
        Told::Claim { owner, since, keys } => {
            let mut part = Part::default();
            keys.iter().for_each(|(key, stamp)| part.apply(&[set(*key, *stamp)]));
            replica.claim(&global, &node("o", *owner), Some(Claimed { since: Stamp(*since), part }));
        }
        Told::Update { owner, since, key, stamp } => {
            let name = Name::new(&key.to_string()).unwrap();
            let changes = stamp.map_or_else(|| Changes::remove(family(), name), |stamp| set(*key, stamp));
            replica.update(&global, &node("o", *owner), Stamp(*since), &[changes]);
        }
        Told::Release { owner } => replica.claim(&global, &node("o", *owner), None),
    }
}

/// The content, worked out from all claims at once.
fn from_claims(replica: &Replica) -> Content {
    let mut counting: std::collections::BTreeMap<NodeId, (Stamp, NodeId, Part)> = Default::default();
    for global in (0..3).map(|n| node("g", n)) {
        for (owner, claimed) in replica.claims_of(&global) {
            let known = counting.get(owner);
            if known.is_none_or(|(since, other, _)| (*since, other) < (claimed.since, &global)) {
                counting.insert(owner.clone(), (claimed.since, global.clone(), claimed.part.clone()));
            }
        }
    }
    let mut best: std::collections::BTreeMap<Name, (Stamp, NodeId, Encoded)> = Default::default();
    for (owner, (.., part)) in &counting {
        for changes in part.since(None) {
            for (key, stamp, value) in changes.set {
                let ranked = (stamp, owner.clone(), value);
                if best.get(&key).is_none_or(|known| *known < ranked) {
                    best.insert(key, ranked);
                }
            }
        }
    }
    best.into_iter().map(|(key, (.., value))| (key, value)).collect()
}

proptest! {
    #[test]
    fn what_different_global_nodes_tell_may_arrive_in_any_order(
        told in prop::collection::vec((0..3_u8, told()), 0..20),
        order in any::<u64>(),
    ) {
        let (mut one, mut other) = (Replica::default(), Replica::default());
        told.iter().for_each(|(global, told)| apply(&mut one, *global, told));
        // Each global node's own order is kept.
        let mut queues: Vec<Vec<&Told>> =
            (0..3).map(|n| told.iter().filter(|(global, _)| *global == n).map(|(_, told)| told).rev().collect()).collect();
        let mut random = crate::directory::random::Random::new(order);
        while queues.iter().any(|queue| !queue.is_empty()) {
            let mut globals: Vec<u8> = (0..3).collect();
            random.shuffle(&mut globals);
            if let Some(told) = queues[usize::from(globals[0])].pop() {
                apply(&mut other, globals[0], told);
            }
        }
        prop_assert_eq!(one.union.content(&family()), other.union.content(&family()));
        prop_assert_eq!(one.union.content(&family()), from_claims(&one));
    }

    #[test]
    fn the_difference_of_two_parts_makes_one_into_the_other(
        old in prop::collection::vec((0..4_u8, 0..3_u64), 0..6),
        new in prop::collection::vec((0..4_u8, 0..3_u64), 0..6),
    ) {
        let part = |keys: &[(u8, u64)]| {
            let mut part = Part::default();
            keys.iter().for_each(|(key, stamp)| part.apply(&[set(*key, *stamp)]));
            part
        };
        let (mut old, new) = (part(&old), part(&new));
        let changes = new.since(Some(&old));
        old.apply(&changes);
        prop_assert_eq!(&old, &new);
        prop_assert!(new.since(Some(&old)).is_empty());
    }
}
