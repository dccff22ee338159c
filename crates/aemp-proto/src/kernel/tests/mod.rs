//! Kernels in one thread, with a virtual clock and a network that does as it is told.

mod calls;
mod chaos;
mod connections;
mod counts;
mod delivery;
mod driver;
mod explaining;
mod fences;
mod hostile;
mod incarnations;
mod lossy;
mod overload;
mod retiring;
mod spawned;
mod watching;
mod world;

use world::World;
