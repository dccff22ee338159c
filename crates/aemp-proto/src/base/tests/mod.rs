//! Against recorded sessions of Perl nodes, against scripted peers, and against itself.

mod data;
mod end;
mod greetings;
mod messages;
mod properties;
mod recording;
mod refusals;
mod replay;
mod values;
mod verdicts;
