//! The table of what was found, as it stands in `docs/evidence.md`.

use super::hunt::{Found, Quarry, Traced};

/// Prints the head of the table.
pub(super) fn head() {
    println!("| | what is wrong | planted in | what broke | by simulation, after | by model | seconds |");
    println!("|--:|---|---|---|--:|---|--:|");
}

/// Prints what became of a bug.
pub(super) fn row(quarry: &Quarry) {
    let bug = quarry.bug;
    println!(
        "| {} | `{}` {} | {} | {} | {} | {} | {:.1} |",
        bug.number(),
        bug.name(),
        bug.what(),
        bug.place(),
        broke(quarry),
        quarry.by_simulation.as_ref().map_or_else(nothing, seeds),
        quarry.by_model.as_ref().map_or_else(nothing, trace),
        quarry.took.as_secs_f64(),
    );
}

fn nothing() -> String {
    "-".to_owned()
}

/// What broke: in the simulation, or else in the model.
fn broke(quarry: &Quarry) -> String {
    let simulated = quarry.by_simulation.as_ref().map(|found| found.violation.guarantee.to_string());
    simulated.or_else(|| quarry.by_model.as_ref().map(|traced| traced.guarantee.clone())).unwrap_or_else(nothing)
}

fn seeds(found: &Found) -> String {
    let count = found.seed.saturating_add(1);
    format!("{count} seed{}", if count == 1 { "" } else { "s" })
}

fn trace(traced: &Traced) -> String {
    format!("{}, {} steps", traced.configuration, traced.steps)
}
