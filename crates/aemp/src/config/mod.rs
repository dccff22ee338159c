//! Settings of nodes: a file with named profiles, the environment, and what the program says.
//!
//! The file is `aemp/config.toml` in the user's configuration folder (`XDG_CONFIG_HOME`, or `.config` in the
//! home folder), or the file that `AEMP_CONFIG` names:
//!
//! ```toml
//! heartbeat = "5s"                   # for all profiles
//!
//! [profile.office]
//! bind = ["192.0.2.7:4040"]
//! secret_file = "office.secret"      # relative to this file
//!
//! [profile.counter]
//! inherit = "office"
//! name = "counter"
//! ```
//!
//! What is said in more than one place is taken from the first of these: the program (its calls of
//! the builder, or its flags); the environment (`AEMP_NAME`, `AEMP_BIND` and so on, see [`Key::variable`]); the profile
//! that the program names, or else `AEMP_PROFILE`; the profiles that it inherits from; the top of the file; the
//! built-in value. `name` and `node_id` take each other's place, and so do `secret` and `secret_file`.
//!
//! A file that cannot be read, or in which anything is wrong, is an error and is never overwritten.

mod document;
mod duration;
mod edit;
mod error;
mod key;
mod layer;
mod legacy;
mod place;
mod secret;
mod setting;
mod settings;
mod show;

pub use duration::{parse_duration, print_duration};
pub use edit::{Entry, remove, remove_profile, set};
pub use error::{ConfigError, Origin};
pub use key::Key;
pub use legacy::Legacy;
pub use place::{Environment, Place};
pub use secret::{SecretSource, SecretText};
pub use settings::{Identity, Settings};
pub use show::{Shown, profiles, show};
