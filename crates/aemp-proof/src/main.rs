//! The evidence for what aemp promises, each part by one command.

mod check;
mod cost;
mod fuzz;
mod instructions;
mod model;
mod mutants;
mod random;
mod scale;
mod sim;
mod torture;
mod versus;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks that aemp keeps its promises, each guarantee in several ways.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explores every state of two and three nodes, and shows that the explorer finds what is wrong with lesser protocols.
    Model(model::Options),
    /// Runs random programs on simulated networks that fail in every way.
    Sim(sim::Options),
    /// Plants one bug after the other, and counts how soon the simulation finds it.
    Mutants(mutants::Options),
    /// Measures what sessions cost beside a stream without acknowledgements.
    Cost(cost::Options),
    /// Changes octets that mean something at random, and hands them to everything that reads octets from the network.
    Fuzz(fuzz::Options),
    /// Counts the instructions of a message on the paths that all messages take.
    Instructions(instructions::Options),
    /// One of these paths.
    #[command(hide = true)]
    InstructionsOf(instructions::paths::Options),
    /// Grows simulated networks of 10, 100 and 1,000 nodes, and counts what a node that joins costs.
    Scale(scale::Options),
    /// Tortures living nodes over real sockets, and checks what they have written down.
    Torture(torture::Options),
    /// Checks what a torture has written down.
    Check(check::Options),
    /// Runs the same work on other systems, in turns, and prints the ratios.
    Versus(versus::Options),
    /// One of the nodes under torture.
    #[command(hide = true)]
    TortureNode(torture::node::Options),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Model(options) => model::run(&options),
        Command::Sim(options) => sim::run(&options),
        Command::Mutants(options) => mutants::run(&options),
        Command::Cost(options) => cost::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Instructions(options) => instructions::run(&options),
        Command::InstructionsOf(options) => instructions::paths::run(&options),
        Command::Scale(options) => scale::run(&options),
        Command::Torture(options) => torture::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Versus(options) => versus::run(&options),
        Command::TortureNode(options) => torture::node::run(options),
    }
}
