//! What was said in the recorded sessions of Perl nodes behind the handshake, our kernel taking either side's part: it hears what
//! that side heard, its programs do what that side's programs did, and it says what that side said. Where it does not, the test says
//! why.

mod actor;
mod check;
mod clients;
mod data_phase;
mod ends;
mod global;
mod global_differences;
mod lines;
mod lost;
mod lost_dialler;
mod programs;
mod restart;
mod short;
mod stage;
