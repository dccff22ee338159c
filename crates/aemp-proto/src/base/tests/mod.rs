//! Against recorded sessions of Perl nodes, against scripted peers, and against itself.

mod data;
mod end;
mod greetings;
mod messages;
mod properties;
pub(crate) mod recording;
mod refusals;
pub(crate) mod replay;
mod values;
mod verdicts;
