//! Where our global node or slave does not say what was recorded.

use super::check::Different;
use crate::base::tests::replay::Part::{self, Acceptor, Dialler};

pub(super) const GB: &str = "global-gB-gA";
pub(super) const SC: &str = "global-sC-gA";

const fn differs(
    session: &'static str,
    ours: Part,
    step: &'static str,
    why: &'static str,
    said: &'static [&'static str],
) -> Different {
    Different { session, number: 1, ours, step, why, said }
}

const EMPTY: &str = "an empty family is one without keys, not nothing";
const OLDEST: &str = "what a base peer that is global says has no stamp and is older than what a slave says";
const BOTH: &str = "a change has both parts";
const NUMBERS: &str = "whoever asks chooses the name of the question";

pub(super) const DIFFERENT: &[Different] = &[
    differs(
        GB,
        Acceptor,
        "",
        "the other is published when it is known where it listens, and again for those that it was told of",
        &[
            r#"["","g_global"]"#,
            r#"["","g_set",{"'g":{"gA":null},"'l":{"gA":["127.0.0.1:14140"]},"echo":{"gA#x3V7Q83prb":"perl"}}]"#,
            r#"["","g_upd","'l",{"gB":["127.0.0.1:14150"]},[]]"#,
            r#"["","g_upd","'g",{"gB":null},[]]"#,
            r#"["","g_upd","'l",{"sC":["127.0.0.1:14160"]},[]]"#,
            r#"["","g_upd","echo",{"sC#x9Xhn197zb":"perl"},[]]"#,
        ],
    ),
    differs(SC, Acceptor, "1", EMPTY, &[r#"["","g_chg1","fam",{}]"#]),
    differs(SC, Acceptor, "7", OLDEST, &[]),
    differs(
        SC,
        Acceptor,
        "8",
        OLDEST,
        &[
            r#"["","g_reply","b",{"k1":"v2","k2":{"x":1},"k3":null}]"#,
            r#"["","g_reply","c",["k1","k2","k3"]]"#,
            r#"["","g_reply","d",["v2",{"x":1},null]]"#,
        ],
    ),
    differs(SC, Acceptor, "10", OLDEST, &[r#"["","g_chg2","fam",{"k1":"of gB"},[]]"#]),
    differs(SC, Acceptor, "16", EMPTY, &[r#"["","g_chg1","empty",{}]"#]),
    differs(
        GB,
        Dialler,
        "",
        "the other is published when it is known where it listens",
        &[
            r#"["","g_global"]"#,
            r#"["","g_slave"]"#,
            r#"["","g_set",{"'g":{"gB":null},"'l":{"gB":["127.0.0.1:14150"]},"echo":{"gB#x6WzhuT6Db":"perl"}}]"#,
            r#"["","g_upd","'l",{"gA":["127.0.0.1:14140"]},[]]"#,
            r#"["","g_upd","'g",{"gA":null},[]]"#,
        ],
    ),
    differs(
        SC,
        Dialler,
        "",
        "once is enough; an address that is known is not asked for",
        &[r#"["","g_slave"]"#, r#"["","g_slave",{"'l":{"sC":["127.0.0.1:14160"]},"echo":{"sC#x9Xhn197zb":"perl"}}]"#],
    ),
    differs(SC, Dialler, "2", BOTH, &[r#"["","g_upd","fam",{"k1":"v1"},[]]"#]),
    differs(SC, Dialler, "6", BOTH, &[r#"["","g_upd","fam",{"k1":"v2"},[]]"#]),
    differs(
        SC,
        Dialler,
        "8",
        NUMBERS,
        &[r#"["","g_db_family","fam","6"]"#, r#"["","g_db_keys","fam","6"]"#, r#"["","g_db_values","fam","6"]"#],
    ),
    differs(SC, Dialler, "10", BOTH, &[r#"["","g_upd","fam",{},["k1"]]"#]),
    differs(SC, Dialler, "17", NUMBERS, &[r#"["","g_db_family","empty2","6"]"#]),
    differs(SC, Dialler, "20", BOTH, &[r#"["","g_upd","fam",{"kx":1},[]]"#]),
];
