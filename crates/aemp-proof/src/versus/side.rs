//! Who does the work.

use serde::Serialize;

/// A program in which the works are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Program {
    /// Frames over TCP or TLS by nothing but tokio: the limit between processes
    Raw,
    /// Channels of tokio: what a user would write by hand within a process
    Channel,
    Aemp,
    Ractor,
    Kameo,
    #[value(name = "zeromq")]
    ZeroMq,
    Erlang,
}

/// A program, and the way in which it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Raw,
    RawTls,
    Channel,
    Aemp,
    AempTls,
    Ractor,
    Kameo,
    ZeroMq,
    Erlang,
    ErlangDelaySend,
}

impl Side {
    pub(super) const fn program(self) -> Program {
        match self {
            Self::Raw | Self::RawTls => Program::Raw,
            Self::Channel => Program::Channel,
            Self::Aemp | Self::AempTls => Program::Aemp,
            Self::Ractor => Program::Ractor,
            Self::Kameo => Program::Kameo,
            Self::ZeroMq => Program::ZeroMq,
            Self::Erlang | Self::ErlangDelaySend => Program::Erlang,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw tokio",
            Self::RawTls => "raw tokio-rustls (TLS 1.3)",
            Self::Channel => "tokio",
            Self::Aemp => "aemp",
            Self::AempTls => "aemp (TLS 1.3)",
            Self::Ractor => "ractor",
            Self::Kameo => "kameo (Noise)",
            Self::ZeroMq => "ZeroMQ",
            Self::Erlang => "Erlang/OTP",
            Self::ErlangDelaySend => "Erlang/OTP, `delay_send`",
        }
    }

    /// Whether what goes from process to process is encrypted.
    pub(super) const fn is_encrypted(self) -> bool {
        matches!(self, Self::RawTls | Self::AempTls | Self::Kameo)
    }
}
