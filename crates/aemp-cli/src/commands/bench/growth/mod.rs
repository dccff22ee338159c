//! What messages and monitors cost while something grows.

mod connections;
mod monitors;
mod point;
mod ports;
mod sizes;

use std::{fs, path::PathBuf};

use super::{Setting, plot};
use crate::{exit::Failure, output::Output};
pub(super) use connections::nodes;
pub(super) use point::{Over, Point};

/// Measures what messages and monitors cost while ports, connections, monitors and the size of messages grow by factors of
/// ten. The cost is the work of all threads, unless it says otherwise.
#[derive(clap::Args, Debug)]
pub(super) struct Growth {
    /// Let these grow only
    #[arg(value_enum)]
    over: Vec<Over>,
    /// Let them grow up to this; each has its own end by default
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    most: Option<u64>,
    /// Messages for each point at least; some hundred thousand by default
    #[arg(long, value_name = "NUMBER", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// Write all points into this file, as JSON
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// Take the points from this file, and measure nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["over", "most", "messages", "points"])]
    from: Option<PathBuf>,
    /// Draw the points into SVG files in this folder
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    setting: Setting,
}

/// Carries out `aemp bench growth`.
pub(super) fn run(growth: &Growth, output: Output) -> Result<(), Failure> {
    let points = match &growth.from {
        Some(file) => {
            let unusable = |error| Failure::Usage(format!("{} holds no points: {error}", file.display()));
            let points: Vec<Point> = serde_json::from_slice(&fs::read(file)?).map_err(unusable)?;
            points.iter().try_for_each(|point| output.print(point))?;
            points
        }
        None => growth.measure(output)?,
    };
    if let Some(file) = &growth.points {
        let json = serde_json::to_vec_pretty(&points).map_err(std::io::Error::from)?;
        fs::write(file, json)?;
    }
    growth.plots.as_deref().map_or(Ok(()), |folder| plot::draw(&points, folder))
}

impl Growth {
    fn measure(&self, output: Output) -> Result<Vec<Point>, Failure> {
        self.setting.bind()?;
        let all = <Over as clap::ValueEnum>::value_variants();
        let chosen = if self.over.is_empty() { all } else { &self.over };
        let mut points = Vec::new();
        let mut found = |point: Point| {
            output.print(&point)?;
            points.push(point);
            Ok(())
        };
        for over in chosen {
            match over {
                Over::Ports => ports::measure(self, &mut found)?,
                Over::Connections => connections::measure(self, &mut found)?,
                Over::Monitors => monitors::measure(self, &mut found)?,
                Over::Octets => sizes::measure(self, &mut found)?,
            }
        }
        Ok(points)
    }

    /// 1, 10, 100, and so on.
    fn steps(&self, usual: u64) -> impl Iterator<Item = u64> + use<> {
        let most = self.most.unwrap_or(usual);
        std::iter::successors(Some(1), |number: &u64| number.checked_mul(10)).take_while(move |number| *number <= most)
    }
}

/// Takes a point as soon as it is measured.
type Found<'a> = dyn FnMut(Point) -> Result<(), Failure> + 'a;
