//! Kernels in one thread, with a virtual clock and a network that does as it is told.

mod base_directory;
mod base_failures;
mod base_hostile;
mod base_messages;
mod base_requests;
mod busy;
mod calls;
mod chaos;
mod connections;
mod counts;
mod dead_names;
mod deadlines;
mod delivery;
mod directory;
mod driver;
mod explaining;
mod fences;
mod hostile;
mod incarnations;
mod leftovers;
mod lossy;
mod masters;
mod members;
mod overload;
mod perl;
mod reasons;
mod replays;
mod retiring;
mod spawned;
mod stale;
mod watching;
mod world;

use world::World;
