//! The table of what was found, as it stands in `docs/evidence.md`.

use super::{
    harmless::is_harmful,
    hunt::{Found, Quarry},
};

/// Prints the head of the table.
pub(super) fn head() {
    println!("| | what is wrong | planted in | what broke | found after | seconds |");
    println!("|--:|---|---|---|--:|--:|");
}

/// Prints what became of a bug.
pub(super) fn row(quarry: &Quarry) {
    let bug = quarry.bug;
    println!(
        "| {} | `{}` {} | {} | {} | {} | {:.1} |",
        bug.number(),
        bug.name(),
        bug.what(),
        bug.place(),
        broke(quarry),
        quarry.by_simulation.as_ref().map_or_else(nothing, seeds),
        quarry.took.as_secs_f64(),
    );
}

fn nothing() -> String {
    "-".to_owned()
}

/// What broke.
fn broke(quarry: &Quarry) -> String {
    match &quarry.by_simulation {
        Some(found) => found.violation.guarantee.to_string(),
        None if is_harmful(quarry.bug) => nothing(),
        None => "see below".to_owned(),
    }
}

fn seeds(found: &Found) -> String {
    let count = found.seed.saturating_add(1);
    format!("{count} seed{}", if count == 1 { "" } else { "s" })
}
