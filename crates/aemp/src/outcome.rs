//! What handlers return, and what becomes of it.

use std::{any::Any, error::Error as StdError};

use aemp_proto::reason::{Reason, ReasonCode};

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What a handler may return: nothing, or a `Result` whose error kills the port with reason `error`.
#[diagnostic::on_unimplemented(
    message = "a handler returns `()` or `Result<(), E>`, not `{Self}`",
    note = "end a handler that uses `?` with `aemp::done()`, and any other one with `;`"
)]
pub trait Outcome {
    /// The outcome as a result.
    ///
    /// # Errors
    ///
    /// The error that the handler returned.
    fn into_result(self) -> Result<(), BoxError>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Outcome for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// Ends a handler that uses `?`: it says which type the errors are converted to.
///
/// ```
/// # let node = aemp::Node::builder().anonymous().start()?;
/// node.port(|_, text: String| {
///     let number: u32 = text.parse()?; // an error kills the port, nothing else
///     println!("{number}");
///     aemp::done()
/// });
/// # Ok::<(), aemp::Error>(())
/// ```
///
/// # Errors
///
/// Never.
pub const fn done() -> Result<(), BoxError> {
    Ok(())
}

/// The reason for a death by an error: its text and those of its sources.
pub(crate) fn error_reason(error: &BoxError) -> Reason {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    Reason::new(ReasonCode::Error, text)
}

/// The reason for a death by a panic: its message, if it is text.
pub(crate) fn panic_reason(payload: &(dyn Any + Send)) -> Reason {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    Reason::new(ReasonCode::Panic, text.unwrap_or("a panic without a text"))
}
