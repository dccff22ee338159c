//! Which member is responsible for a key: a fixed rule, so that all nodes agree.

/// The hash of some octets: FNV-1a, mixed.
pub(super) fn hash(octets: &[u8]) -> u64 {
    let fnv = octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3));
    mix(fnv)
}

/// How much a member weighs for a key; both are given as their hashes.
pub(super) const fn weight(member: u64, key: u64) -> u64 {
    mix(member ^ key)
}

/// As SplitMix64 makes a number of its state.
const fn mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;

    fn chosen<'m>(members: impl IntoIterator<Item = &'m String>, key: &str) -> Option<&'m String> {
        members.into_iter().max_by_key(|member| weight(hash(member.as_bytes()), hash(key.as_bytes())))
    }

    #[test]
    fn the_rule_is_the_same_for_ever() {
        // FNV-1a of "a" is known, and so is the first number of SplitMix64 from 0.
        assert_eq!(hash(b"a"), mix(0xaf63_dc4c_8601_ec8c));
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!((hash(b""), weight(hash(b"a@1"), hash(b"key"))), (0xc381_7c01_6ba4_ff30, 0xb295_cc70_35db_5216));
    }

    proptest! {
        #[test]
        fn the_order_of_the_members_does_not_matter(members in btree_set("[a-z@#:0-9]{1,40}", 1..40), key: String) {
            let reversed: Vec<String> = members.iter().rev().cloned().collect();
            prop_assert_eq!(chosen(&members, &key), chosen(&reversed, &key));
        }

        #[test]
        fn only_the_keys_of_a_member_that_leaves_move(members in btree_set("[a-z@#:0-9]{1,40}", 2..40), key: String) {
            let before = chosen(&members, &key).unwrap();
            for gone in &members {
                let after = chosen(members.iter().filter(|member| *member != gone), &key).unwrap();
                prop_assert!(before == after || before == gone);
            }
        }
    }

    #[test]
    fn keys_spread_over_members_that_differ_in_little() {
        let members: Vec<String> = (0..10).map(|number| format!("worker@127.0.0.1:4040#{number}")).collect();
        let mut counts = [0_u32; 10];
        for key in 0..10_000 {
            let chosen = chosen(&members, &key.to_string()).unwrap();
            counts[members.iter().position(|member| member == chosen).unwrap()] += 1;
        }
        // A thousand each; five times the standard deviation of 30.
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
