//! The command line: pictures on the disk explained, on all cores. A verb a file.

mod asking;
mod batch;
mod curves;
mod explain;
mod files;
mod layers;
mod measure;
mod methods;
mod randomise;
mod source;
mod table;
mod target;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scorecam::error::Error;

/// Which parts of a picture made an image classifier decide as it did, by Score-CAM and its rivals.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Explains pictures: writes <image>.heatmap.npy, .overlay.png and .json for each.
    Explain(Box<explain::Explain>),
    /// Explains whole folders and tables of pictures, a line each: goes on where it stopped, in parts on several machines, or as a
    /// worker with lines in and lines out.
    #[command(after_help = batch::EXIT_CODES)]
    Batch(Box<batch::Batch>),
    /// Measures methods, or maps of other tools, on pictures: writes measures.csv, measures.json and the curves as SVG.
    Measure(Box<measure::Measure>),
    /// Randomises a network's weights stage by stage from its end, and says whether the map of a picture notices.
    Randomise(Box<randomise::Randomise>),
    /// Lists the layers that can be explained: name, channels, height and width, one a line.
    Layers(layers::Layers),
    /// Lists the methods with their options, and the measures.
    Methods(methods::Methods),
}

fn main() -> ExitCode {
    // A panic is told as a sentence by whoever catches it.
    std::panic::set_hook(Box::new(|_| {}));
    let command = Cli::parse().command;
    let done = |()| ExitCode::SUCCESS;
    let result = catch_unwind(AssertUnwindSafe(|| match command {
        Command::Explain(arguments) => explain::explain(&arguments).map(done),
        Command::Batch(arguments) => batch::batch(*arguments),
        Command::Measure(arguments) => measure::measure(&arguments).map(done),
        Command::Randomise(arguments) => randomise::randomise(&arguments).map(done),
        Command::Layers(arguments) => layers::list(&arguments).map(done),
        Command::Methods(arguments) => methods::list(&arguments).map(done),
    }));
    let result = result.unwrap_or_else(|_| Err(Error::internal("the command", "it broke off")));
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("scorecam: {error}");
            ExitCode::FAILURE
        }
    }
}
