//! What can be said of an entry without the database.

use super::{DatabaseError, entry::Encoded, local::writable, name::Name};
use crate::value::Value;

/// Checks that a program may set this entry, if its node does not own too many.
///
/// # Errors
///
/// What [`Kernel::db_set`](crate::kernel::Kernel::db_set) would say, but [`DatabaseError::TooManyEntries`].
pub fn check_entry(family: &str, key: &str, value: &Value) -> Result<(), DatabaseError> {
    writable(family)?;
    Name::new(key)?;
    Encoded::of(value)?;
    Ok(())
}

/// Checks that a family or key can have this name.
///
/// # Errors
///
/// [`DatabaseError::NameTooLong`].
pub fn check_name(name: &str) -> Result<(), DatabaseError> {
    Name::new(name)?;
    Ok(())
}
