//! `scorecam layers`: which layers can be explained.

use clap::Args;
use scorecam::error::{Error, Result, shown};

use crate::source::Source;

#[derive(Args)]
pub struct Layers {
    #[command(flatten)]
    source: Source,
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

/// Prints them.
pub fn list(arguments: &Layers) -> Result<()> {
    let network = arguments.source.load()?.network;
    if arguments.json {
        let json = serde_json::to_string_pretty(network.layers());
        println!("{}", json.map_err(|cause| Error::internal("writing JSON", cause))?);
        return Ok(());
    }
    for layer in network.layers() {
        println!("{} {} {} {}", shown(&layer.name), layer.channels, layer.height, layer.width);
    }
    Ok(())
}
