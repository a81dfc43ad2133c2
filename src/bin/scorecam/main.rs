//! The command line: pictures on the disk explained, on all cores. A verb a file.

mod explain;
mod files;
mod layers;
mod methods;
mod source;
mod target;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Lists the layers that can be explained: name, channels, height and width, one a line.
    Layers(layers::Layers),
    /// Lists the methods and their options.
    Methods(methods::Methods),
}

fn main() -> ExitCode {
    // A panic is told as a sentence by whoever catches it.
    std::panic::set_hook(Box::new(|_| {}));
    let result = match Cli::parse().command {
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Layers(arguments) => layers::list(&arguments),
        Command::Methods(arguments) => methods::list(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scorecam: {error}");
            ExitCode::FAILURE
        }
    }
}
