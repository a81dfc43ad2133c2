//! What is asked of every picture: a method with its options, a target, a layer.

use std::sync::Arc;

use clap::Args;
use scorecam::error::{Error, Result};
use scorecam::explain::{Explanation, View};
use scorecam::image::RgbImage;
use scorecam::methods::{Method, find};
use scorecam::model::{Limits, Network};
use scorecam::target::{Score, Wish, check_class};
use serde_json::{Map, Value};

use crate::source::{Loaded, parse};
use crate::target::read_target;

#[derive(Args)]
pub struct Asking {
    /// Layer to explain, for methods that look at one [default: the network's own]
    #[arg(long, value_name = "NAME")]
    pub layer: Option<String>,
    /// What to ask about: a class by index or label; group:A,B (any of them); difference:A,B (A less B); finer or finer:A (A, or
    /// the most probable class, against the three nearest), finer:A,B,C (against B and C) [default: the most probable class]
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// A class by index or label: the same as --target
    #[arg(long, value_name = "INDEX|LABEL", conflicts_with = "target")]
    class: Option<String>,
    /// How to explain; `scorecam methods` lists the ways [default: score-cam]
    #[arg(long, value_name = "NAME")]
    method: Option<String>,
    /// An option of the method, as in --option window=48; `scorecam methods` lists them
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = named_value)]
    options: Vec<(String, Value)>,
    /// Variant of Score-CAM: authors, paper, pytorch-grad-cam, torchcam or matlab
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,
    /// Of matlab: whether every column is scaled by itself, as the article's code does [default: true]
    #[arg(long, value_name = "true|false")]
    columnwise: Option<bool>,
    /// Scores before or after the softmax over the classes: logit or probability [default: the method's own]
    #[arg(long, value_parser = parse::<Score>)]
    score: Option<Score>,
    /// Ends the passes early once the map's values are expected to change by no more than this, in [0, 1]: 0.02, say. Of methods that
    /// cannot tell, all are done
    #[arg(long, value_name = "SPREAD", value_parser = spread)]
    pub until: Option<f32>,
    #[command(flatten)]
    pub threads: Threads,
}

#[derive(Args)]
pub struct Threads {
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// A number in [0, 1].
fn spread(text: &str) -> std::result::Result<f32, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "expected a number from 0 to 1, as in 0.02".into())
}

/// "NAME=VALUE"; a value is JSON, or else text.
pub fn named_value(text: &str) -> std::result::Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, as in window=48")?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

impl Threads {
    /// Starts them, once.
    pub fn start(&self) -> Result<()> {
        let Some(threads) = self.threads else { return Ok(()) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        pool.map_err(|cause| Error::internal("starting the threads", cause))
    }
}

impl Asking {
    /// The method with the options that were given; those of them that have a flag of their own among them.
    pub fn method(&self) -> Result<Arc<dyn Method>> {
        let mut options: Map<String, Value> = self.options.iter().cloned().collect();
        let mut flag = |name: &str, value: Option<Value>| value.map(|value| options.insert(name.to_owned(), value));
        flag("recipe", self.recipe.clone().map(Value::from));
        flag("columnwise", self.columnwise.map(Value::from));
        flag("score", self.score.map(|score| serde_json::to_value(score).unwrap_or_default()));
        find(self.method.as_deref(), Value::Object(options))
    }

    /// What is asked about, and that the network has it and the layer: before the long work and before anything is written.
    pub fn wish(&self, loaded: &Loaded, method: &dyn Method) -> Result<Wish> {
        let target = self.target.as_deref().or(self.class.as_deref());
        let wish = target.map_or(Ok(Wish::MostProbable), |target| read_wish(target, loaded))?;
        if method.uses_layer() {
            loaded.network.layer(self.layer.as_deref())?;
        }
        Ok(wish)
    }

    /// The two passes that come first, and the plan of the others.
    pub fn begin(
        &self,
        network: &Arc<Network>,
        picture: &RgbImage,
        method: &Arc<dyn Method>,
        limits: Limits,
    ) -> Result<Explanation> {
        Explanation::begin_within(network, picture, self.layer.as_deref(), method, limits)
    }

    /// Does all passes, or as many as were asked for.
    pub fn finish(&self, explanation: &mut Explanation, wish: &Wish, method: &Arc<dyn Method>) -> Result<View> {
        let mut view = explanation.view(wish, method)?;
        while !explanation.is_complete() {
            explanation.step()?;
            if let Some(until) = self.until {
                explanation.refresh(&mut view)?;
                if view.preview().spread.is_some_and(|spread| spread <= until) {
                    break;
                }
            }
        }
        explanation.refresh(&mut view)?;
        view.settle();
        Ok(view)
    }
}

/// A target that the network has.
pub fn read_wish(text: &str, loaded: &Loaded) -> Result<Wish> {
    let wish = read_target(text, &loaded.labels)?;
    for class in wish.named() {
        check_class(class, loaded.network.classes())?;
    }
    Ok(wish)
}
