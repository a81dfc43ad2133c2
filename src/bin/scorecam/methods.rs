//! `scorecam methods`: how pictures can be explained, what each method can be asked, and what can be measured.

use clap::Args;
use scorecam::error::{Error, Result};
use scorecam::methods::{ALL, Choice, Values};
use scorecam::metrics::measure;

#[derive(Args)]
pub struct Methods {
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

/// Prints them.
pub fn list(arguments: &Methods) -> Result<()> {
    let all: Vec<_> = ALL.iter().map(|entry| (entry.describe)()).collect();
    if arguments.json {
        let json = serde_json::to_string_pretty(&all);
        println!("{}", json.map_err(|cause| Error::internal("writing JSON", cause))?);
        return Ok(());
    }
    for method in all {
        println!("{}", method.name);
        for Choice { name, values } in method.options {
            println!("  --option {name}={}", described(&values));
        }
    }
    let measures: Vec<_> = measure::ALL.iter().map(|measure| measure.describe().name).collect();
    println!("measures: {}, stability", measures.join(", "));
    Ok(())
}

fn described(values: &Values) -> String {
    match values {
        Values::Integer { least, most, default } => format!("{least}..{most} [default: {default}]"),
        Values::Number { least, most, default } => format!("{least}..{most} [default: {default}]"),
        Values::Boolean { default } => format!("true|false [default: {default}]"),
        Values::Name { names, default } => {
            format!("{} [default: {}]", names.join("|"), default.unwrap_or("the recipe's own"))
        }
    }
}
