//! What a network costs as it grows: kernels of many nodes with a few seeds, under virtual time.

mod network;
mod report;
mod traffic;

use std::{process::ExitCode, time::Instant};

use aemp_proto::value::Value;

use self::{
    network::{Network, Node, address},
    report::{Cost, Line, print_heads},
};

const SECOND: u64 = 1_000_000;
/// What all nodes watch, and one writes to.
const NEWS: &str = "news";
/// In which each node has an entry.
const MEMBERS: &str = "members";
/// Between the starts of two nodes, in microseconds.
const PACE: u64 = 1_000;
/// No step may take longer.
const LONGEST: u64 = 60 * SECOND;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many nodes, one network for each number
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1_000])]
    nodes: Vec<usize>,
    /// How many of them are seeds, and therefore global
    #[arg(long, default_value_t = 5)]
    seeds: usize,
    /// What random choices follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    print_heads();
    for nodes in &options.nodes {
        match grow(*nodes, options.seeds.min(*nodes), options.seed) {
            Ok(line) => println!("{line}"),
            Err(error) => {
                eprintln!("{nodes} nodes: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// A network of so many nodes: they join, a change reaches all of them, and all is well again after a global node died.
fn grow(nodes: usize, seeds: usize, seed: u64) -> Result<Line, String> {
    let mut network = Network::new(seed);
    let begun = Instant::now();
    join(&mut network, nodes, seeds)?;
    let joining = network.traffic;
    let work = network.work;
    let mut joins: Vec<u64> = network.nodes[seeds..].iter().map(time_to_join).collect();
    joins.sort_unstable();
    let news = tell_news(&mut network, seeds)?;
    let loss = lose_global(&mut network, seeds)?;
    Ok(Line {
        nodes,
        joining,
        median: joins.get(joins.len() / 2).copied().unwrap_or(0),
        slowest: joins.last().copied().unwrap_or(0),
        work,
        news,
        loss,
        took: begun.elapsed(),
    })
}

/// All nodes start, one behind the other; each watches the news and registers as a member.
fn join(network: &mut Network, nodes: usize, seeds: usize) -> Result<(), String> {
    let seeds: Vec<_> = (0..seeds).map(address).collect();
    for number in 0..nodes {
        let node = network.start(&seeds);
        network.with(node, |kernel, now| -> Result<(), String> {
            kernel.db_watch(NEWS, now).map_err(|error| error.to_string())?;
            let set = kernel.db_set(MEMBERS, &format!("member {number}"), &Value::from(number as u64), now);
            set.map_err(|error| error.to_string())
        })?;
        network.run(network.now + PACE, |_| false);
    }
    let all_there = |nodes: &[Node]| nodes.iter().all(|node| node.master.is_some() && !node.heard.is_empty());
    if !network.run(network.now + LONGEST, all_there) {
        return Err("not all nodes found a master and the content of their watch".to_owned());
    }
    // What is still under way is part of it.
    network.run(network.now + SECOND, |_| false);
    check_members(network, nodes)
}

/// What all nodes registered is what a seed holds.
fn check_members(network: &mut Network, nodes: usize) -> Result<(), String> {
    network.nodes[0].heard.clear();
    let watch = network.with(0, |kernel, now| kernel.db_watch(MEMBERS, now)).map_err(|error| error.to_string())?;
    let known: usize = network.nodes[0].heard.drain(..).map(|(_, change)| change.added.len()).sum();
    network.with(0, |kernel, now| kernel.db_unwatch(watch, now));
    if known == nodes { Ok(()) } else { Err(format!("{known} of {nodes} nodes are registered")) }
}

/// From the start of a node until it has what it watches, from its master.
fn time_to_join(node: &Node) -> u64 {
    node.heard.first().map_or(u64::MAX, |(at, _)| at - node.began)
}

/// One node writes: how long it takes until the last one has read it, and what goes over the network for it.
fn tell_news(network: &mut Network, writer: usize) -> Result<Cost, String> {
    network.nodes.iter_mut().for_each(|node| node.heard.clear());
    let (before, began) = (network.traffic, network.now);
    let writer = writer.min(network.nodes.len() - 1);
    let set = network.with(writer, |kernel, now| kernel.db_set(NEWS, "headline", &Value::from("it works"), now));
    set.map_err(|error| error.to_string())?;
    if !network.run(network.now + LONGEST, |nodes| nodes.iter().all(|node| !node.heard.is_empty())) {
        return Err("a change did not reach all nodes".to_owned());
    }
    Ok(Cost { time: network.now - began, traffic: network.traffic - before })
}

/// The global node with most slaves is killed: how long it takes until all others have a master, and that a change reaches them.
fn lose_global(network: &mut Network, seeds: usize) -> Result<Option<Cost>, String> {
    let slaves =
        |nodes: &[Node], seed: &Node| nodes.iter().filter(|node| node.master.as_ref() == Some(&seed.id)).count();
    let victim = (0..seeds).max_by_key(|seed| slaves(&network.nodes, &network.nodes[*seed]));
    let Some(victim) = victim.filter(|_| seeds > 1) else { return Ok(None) };
    let (before, began) = (network.traffic, network.now);
    let lost = network.nodes[victim].id.clone();
    network.kill(victim);
    let is_served = |node: &Node| !node.runs || node.master.as_ref().is_some_and(|master| *master != lost);
    if !network.run(network.now + LONGEST, |nodes| nodes.iter().all(is_served)) {
        return Err("not all nodes found another master".to_owned());
    }
    let cost = Cost { time: network.now - began, traffic: network.traffic - before };
    network.nodes.iter_mut().for_each(|node| node.heard.clear());
    let writer = (0..network.nodes.len()).rfind(|node| network.nodes[*node].runs).unwrap_or(0);
    let set = network.with(writer, |kernel, now| kernel.db_set(NEWS, "headline", &Value::from("still"), now));
    set.map_err(|error| error.to_string())?;
    let has_heard = |node: &Node| !node.runs || !node.heard.is_empty();
    if !network.run(network.now + LONGEST, |nodes| nodes.iter().all(has_heard)) {
        return Err("a change did not reach all nodes after the death of a global one".to_owned());
    }
    Ok(Some(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_joins_costs_the_same_in_a_network_of_a_hundred_and_of_a_thousand_nodes() {
        let [small, large] = [100, 1_000].map(|nodes| grow(nodes, 5, 7).expect("all join"));
        let per_node = |line: &Line, count: u64| count as f64 / line.nodes as f64;
        assert!(per_node(&large, large.joining.messages) <= per_node(&small, small.joining.messages));
        assert!(per_node(&large, large.news.traffic.messages) <= per_node(&small, small.news.traffic.messages) * 1.1);
        assert_eq!((large.slowest, large.news.time), (small.slowest, small.news.time));
        assert!(large.loss.is_some_and(|loss| loss.time < SECOND));
    }

    #[test]
    fn one_seed_is_enough_and_the_same_seed_gives_the_same_course() {
        let [one, again] = [0; 2].map(|_| grow(20, 1, 3).expect("all join"));
        assert!(one.loss.is_none() && one.joining.connections == 19);
        assert_eq!((one.joining, one.news.traffic), (again.joining, again.news.traffic));
    }
}
