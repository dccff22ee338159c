//! What our node thinks of the recorded connections that do not just work.

/// Session, connection, and what becomes of us as the dialler and as the acceptor. `waits`: the recording ends before the
/// other side proves itself.
pub(super) const VERDICTS: &[(&str, u32, &str, &str)] = &[
    // Another connection of the two exists, so one side closed this one.
    ("global-gB-gA", 2, "waits", "waits"),
    ("half-open-2", 1, "waits", "established"),
    ("half-open-2", 2, "waits", "established"),
    ("half-open-2", 3, "waits", "established"),
    ("switched-connections", 6, "waits", "waits"),
    // Lines of more than 4,096 octets. Of these the original accepts 4 to 7, depending on how they arrive.
    ("handshake-limits", 4, "established", LINE_TOO_LONG),
    ("handshake-limits", 5, "established", LINE_TOO_LONG),
    ("handshake-limits", 6, "established", LINE_TOO_LONG),
    ("handshake-limits", 7, "established", LINE_TOO_LONG),
    ("handshake-limits", 8, "waits", LINE_TOO_LONG),
    ("handshake-limits", 9, "waits", LINE_TOO_LONG),
    ("handshake-limits", 10, "waits", LINE_TOO_LONG),
    ("handshake-refused", 1, "PeerMisbehaved(Echo)", "PeerMisbehaved(Echo)"),
    // Equal nonces: the original accepts 2, against its manual.
    ("handshake-refused", 2, "PeerMisbehaved(SameNonce)", "PeerMisbehaved(SameNonce)"),
    ("handshake-refused", 3, "PeerMisbehaved(SameNonce)", "PeerMisbehaved(SameNonce)"),
    ("handshake-refused", 4, "NodeIdInUse", "NodeIdInUse"),
    ("handshake-refused", 5, NOT_OURS, "PeerMisbehaved(Greeting(Version))"),
    ("handshake-refused", 6, NOT_OURS, "PeerMisbehaved(Greeting(Version))"),
    // Version 01, which the original accepts.
    ("handshake-refused", 7, NOT_OURS, "PeerMisbehaved(Greeting(Version))"),
    ("handshake-refused", 8, NOT_OURS, "PeerMisbehaved(Greeting(Protocol))"),
    ("handshake-refused", 9, NOT_OURS, "PeerMisbehaved(Greeting(Protocol))"),
    ("handshake-refused", 10, "waits", NO_METHOD),
    ("handshake-refused", 11, NO_FRAMING, NO_FRAMING),
    ("handshake-refused", 12, "established", "PeerMisbehaved(MethodNotAccepted)"),
    // The framing `line`, which the original accepts, and one that does not exist.
    ("handshake-refused", 13, "established", "PeerMisbehaved(FramingNotAccepted)"),
    ("handshake-refused", 14, "established", "PeerMisbehaved(FramingNotAccepted)"),
    ("handshake-refused", 16, NOT_OURS, "PeerMisbehaved(Greeting(Node(Empty)))"),
    // The node ID `a b#c`, which the original accepts.
    ("handshake-refused", 17, NOT_OURS, "PeerMisbehaved(Greeting(Node(Octet)))"),
    ("handshake-wrong-secret", 1, "AuthenticationFailed", "AuthenticationFailed"),
    ("handshake-wrong-secret", 2, "AuthenticationFailed", "AuthenticationFailed"),
    ("handshake-wrong-secret", 3, "AuthenticationFailed", "AuthenticationFailed"),
    ("handshake-wrong-secret", 4, "AuthenticationFailed", "AuthenticationFailed"),
    // Where the original keeps a connection and loses messages without a word.
    ("holes-decode", 1, "established", r#"Malformed(Malformed("expected value at line 1 column 6"))"#),
    ("holes-decode", 2, "established", "NoMessage"),
    ("holes-decode", 3, "established", "NoMessage"),
    ("holes-decode", 4, "established", "NoMessage"),
    ("holes-decode", 5, "established", "NoMessage"),
    ("no-auth-at-all", 1, NO_METHOD, NO_METHOD),
    ("no-auth-at-all", 2, NO_METHOD, NO_METHOD),
    ("tls-cert-vs-secret", 1, "waits", NO_METHOD),
    ("tls-cert-vs-secret", 2, "waits", NO_METHOD),
    ("tls-other-cert", 1, "AuthenticationFailed", "AuthenticationFailed"),
    ("tls-other-cert", 2, "AuthenticationFailed", "AuthenticationFailed"),
    ("tls-other-cert", 3, "AuthenticationFailed", "AuthenticationFailed"),
    // Release 1.30.
    ("v1-C-A", 1, NO_METHOD, NO_METHOD),
];

/// The played side greeted as no node of ours can.
pub(super) const NOT_OURS: &str = "cannot be played";
const LINE_TOO_LONG: &str = "PeerMisbehaved(Greeting(LineTooLong))";
const NO_METHOD: &str = "PeerIncompatible(NoCommonBaseMethod)";
const NO_FRAMING: &str = "PeerIncompatible(NoCommonFraming)";
