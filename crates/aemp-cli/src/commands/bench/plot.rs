//! Points as a picture: an SVG file with logarithmic axes.

use std::{fmt::Write as _, fs, path::Path};

use super::growth::{Over, Point};
use crate::exit::Failure;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 400.0;
/// Room for what stands beside the axes.
const LEFT: f64 = 70.0;
const BELOW: f64 = 50.0;
/// Room for the names of the curves.
const RIGHT: f64 = 290.0;
const ABOVE: f64 = 20.0;
const COLOURS: [&str; 6] = ["#0b6e99", "#c2541b", "#3d8b37", "#7a4ea3", "#a8842c", "#555555"];

/// Draws one picture for each thing that grows and each unit.
pub(super) fn draw(points: &[Point], folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let mut drawn: Vec<(Over, &str)> = Vec::new();
    for point in points {
        let chart = (point.over, point.unit.as_str());
        if !drawn.contains(&chart) {
            drawn.push(chart);
            let shown: Vec<_> = points.iter().filter(|point| (point.over, point.unit.as_str()) == chart).collect();
            let name = format!("{}-{}.svg", point.over.name(), point.unit.to_lowercase().replace('/', "-per-"));
            fs::write(folder.join(name), picture(&shown, point.over, &point.unit))?;
        }
    }
    Ok(())
}

/// A logarithmic axis, from one power of ten to another.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).max(1e-3).log10().floor();
        let high = values.fold(0.0, f64::max).max(1e-3).log10().ceil().max(low + 1.0);
        Self { low, high, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        self.from + (value.max(1e-3).log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// The powers of ten, with their names.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        (self.low as i32..=self.high as i32).map(|power| {
            let value = 10f64.powi(power);
            let name = match power {
                ..0 => format!("{value}"),
                0..3 => format!("{value:.0}"),
                3..6 => format!("{:.0} k", value / 1e3),
                _ => format!("{:.0} M", value / 1e6),
            };
            (self.place(value), name)
        })
    }
}

fn picture(points: &[&Point], over: Over, unit: &str) -> String {
    let across = Axis::new(points.iter().map(|point| point.number as f64), LEFT, WIDTH - RIGHT);
    let up = Axis::new(points.iter().map(|point| point.value), HEIGHT - BELOW, ABOVE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    axes(&mut svg, &across, &up);
    text(&mut svg, across.to, HEIGHT - 10.0, "end", over.name());
    text(&mut svg, 10.0, ABOVE - 6.0, "start", unit);
    let mut names: Vec<&str> = Vec::new();
    for point in points {
        if !names.contains(&point.curve.as_str()) {
            names.push(&point.curve);
        }
    }
    for (place, name) in names.iter().enumerate() {
        let curve = points.iter().filter(|point| point.curve == *name);
        let places: Vec<_> = curve.map(|point| (across.place(point.number as f64), up.place(point.value))).collect();
        line(&mut svg, &places, name, place);
    }
    svg + "</svg>\n"
}

fn axes(svg: &mut String, across: &Axis, up: &Axis) {
    let mut rule = |(x1, y1): (f64, f64), (x2, y2): (f64, f64)| {
        let _ = writeln!(svg, "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#dddddd\"/>");
    };
    across.ticks().for_each(|(x, _)| rule((x, up.from), (x, up.to)));
    up.ticks().for_each(|(y, _)| rule((across.from, y), (across.to, y)));
    across.ticks().for_each(|(x, name)| text(svg, x, up.from + 18.0, "middle", &name));
    up.ticks().for_each(|(y, name)| text(svg, across.from - 8.0, y + 4.0, "end", &name));
}

/// A curve with its name beside the chart.
fn line(svg: &mut String, places: &[(f64, f64)], name: &str, place: usize) {
    let colour = COLOURS[place % COLOURS.len()];
    let joined: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        joined.join(" ")
    );
    for (x, y) in places {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    let (x, y) = (WIDTH - RIGHT + 20.0, ABOVE + 10.0 + 20.0 * place as f64);
    let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"4\" fill=\"{colour}\"/>", y - 6.0);
    text(svg, x + 18.0, y, "start", name);
}

/// Names here are our own: nothing in them has to be escaped.
fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}
