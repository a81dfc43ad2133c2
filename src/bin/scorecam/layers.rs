//! `scorecam layers`: which layers can be explained, or how a pass is computed.

use clap::Args;
use scorecam::error::{Error, Result, shown};
use scorecam::model::{Network, StepTime};
use serde::Serialize;

use crate::source::Source;

/// Passes over which the steps are timed.
const ROUNDS: usize = 5;

#[derive(Args)]
pub struct Layers {
    #[command(flatten)]
    source: Source,
    /// As a JSON array
    #[arg(long)]
    json: bool,
    /// The steps of a pass instead, and what each takes on one thread
    #[arg(long)]
    engine: bool,
}

/// Prints them.
pub fn list(arguments: &Layers) -> Result<()> {
    let network = arguments.source.load()?.network;
    if arguments.engine {
        return steps(&network, arguments.json);
    }
    if arguments.json {
        return print(network.layers());
    }
    for layer in network.layers() {
        println!("{} {} {} {}", shown(&layer.name), layer.channels, layer.height, layer.width);
    }
    Ok(())
}

fn print(value: impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(&value);
    println!("{}", json.map_err(|cause| Error::internal("writing JSON", cause))?);
    Ok(())
}

/// A line a step: milliseconds, share of the pass, billions of multiply-adds a second, how and for which node; then the share that
/// falls back.
fn steps(network: &Network, json: bool) -> Result<()> {
    let steps = network.profile(ROUNDS)?.unwrap_or_default();
    if json {
        return print(steps);
    }
    let all: f64 = steps.iter().map(|step| step.ms).sum();
    for StepTime { name, operator, kind, ms, multiply_adds, .. } in &steps {
        let rate = *multiply_adds as f64 / ms / 1e6;
        println!("{ms:9.3} ms {:5.1} % {rate:6.1} GMAC/s  {kind}: {operator} {}", ms / all * 100.0, shown(name));
    }
    let fallen: f64 = steps.iter().filter(|step| step.falls_back).map(|step| step.ms).sum();
    let operators = network.foreign_operators();
    let which = if operators.is_empty() { String::new() } else { format!(": {}", operators.join(", ")) };
    println!("{all:9.3} ms a pass on one thread, {:.1} % by tract's operators{which}", fallen / all * 100.0);
    Ok(())
}
