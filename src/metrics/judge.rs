//! Measures maps of one picture, whoever made them, beside maps that know nothing.
//!
//! All measures of all maps are one stack of changed pictures, so that progress, cancelling and threads are those of [`passes`](crate::passes).

use std::sync::Arc;

use serde::Serialize;

use crate::chance::Chance;
use crate::error::{Error, Result, shown};
use crate::geometry::Region;
use crate::heatmap::Heatmap;
use crate::model::Network;
use crate::model::spec::InputSpec;
use crate::passes::{Masks, Passes, Progress};
use crate::preprocess::Input;
use crate::target::{Score, Target};

use super::baselines::{RANDOM, centred, random};
use super::compare::spearman;
use super::energy::check_box;
use super::measure::{Case, Judged, Measure, Reading, find};
use super::ranking::ranking;

/// Numbers by which chance knows rankings and random maps; those from 0 are passes'.
const RANKINGS: u64 = 1 << 30;
const RANDOM_MAPS: u64 = 1 << 31;

/// A map and all that was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What the map is called.
    pub name: String,
    /// Whether it is one of those that know nothing.
    pub is_baseline: bool,
    /// Whether the map is constant, so that its order of pixels is chance.
    pub is_empty: bool,
    /// What was measured.
    #[serde(flatten)]
    pub reading: Reading,
}

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The target's score of the picture as it is, a probability unless the target is a difference.
    pub score: f64,
    /// The maps in their order, those that know nothing last.
    pub rows: Vec<Row>,
    /// Spearman's rank correlation of each map with each; absent where one is constant.
    pub agreement: Vec<Vec<Option<f32>>>,
}

struct Known {
    name: String,
    map: Heatmap,
    ranking: Vec<u32>,
    is_random: bool,
    is_baseline: bool,
}

/// What is asked of which maps.
struct Plan {
    picture: Judged,
    maps: Vec<Known>,
    measures: Vec<&'static dyn Measure>,
    seed: u64,
    /// For each measure and map, in that order, the first of its passes, and at the end their number.
    starts: Vec<usize>,
    order: Vec<usize>,
}

impl Plan {
    fn case(&self, map: usize) -> Case<'_> {
        let Known { map, ranking, is_random, is_baseline, .. } = &self.maps[map];
        let (is_random, is_baseline) = (*is_random, *is_baseline);
        Case { picture: &self.picture, map, ranking, is_random, is_baseline, seed: self.seed }
    }
}

/// The plan as a stack of changed pictures.
struct Pictures(Arc<Plan>);

impl Masks for Pictures {
    fn count(&self) -> usize {
        self.0.order.len()
    }

    fn order(&self) -> &[usize] {
        &self.0.order
    }

    fn tensor(&self, mask: usize, _: &Input, _: &InputSpec) -> Vec<f32> {
        let plan = &self.0;
        let at = plan.starts.partition_point(|&start| start <= mask) - 1;
        let (measure, map) = (at / plan.maps.len(), at % plan.maps.len());
        plan.measures[measure].tensor(&plan.case(map), mask - plan.starts[at])
    }
}

/// What is asked besides the maps.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Names of measures.
    pub measures: Vec<String>,
    /// Where somebody says that the thing is, in the picture's pixels.
    pub within: Option<Region>,
    /// Whether maps that know nothing are measured, too.
    pub baselines: bool,
    /// Where chance begins.
    pub seed: u64,
}

/// Measuring under way: begun, then done step by step.
pub struct Judging {
    network: Arc<Network>,
    target: Target,
    plan: Arc<Plan>,
    passes: Passes,
}

impl Judging {
    /// Plans the passes for `maps`, each with its name, of a picture whose scores are `logits`.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such measure, a map is of another size than the network's input or has
    /// values that are not finite, or the box is missing or outside the picture.
    pub fn begin(
        network: &Arc<Network>,
        input: &Input,
        (target, logits): (&Target, &[f32]),
        maps: Vec<(String, Heatmap)>,
        asked: &Asked,
    ) -> Result<Judging> {
        let measures = asked.measures.iter().map(|name| find(name)).collect::<Result<Vec<_>>>()?;
        if maps.is_empty() || measures.is_empty() {
            return Err(Error::new("measure-nothing", &[]));
        }
        match asked.within {
            Some(within) => check_box(within, input.region)?,
            None => {
                if let Some(measure) = measures.iter().find(|measure| measure.describe().needs_box) {
                    return Err(Error::new("box-missing", &[("measure", &measure.describe().name)]));
                }
            }
        }
        let size = input.size();
        for (name, map) in &maps {
            check_map(name, map, size)?;
        }
        let judged = maps.into_iter().map(|(name, map)| (name, map, false, false));
        let chance = (0..RANDOM).map(|number| {
            let map = random(size, asked.seed, RANDOM_MAPS + number);
            (format!("random-{}", number + 1), map, true, true)
        });
        let knowing_nothing = chance.chain([("centred".to_owned(), centred(size), false, true)]);
        let all = judged.chain(knowing_nothing.filter(|_| asked.baselines));
        let maps: Vec<Known> = all
            .enumerate()
            .map(|(at, (name, map, is_random, is_baseline))| {
                let ranking = ranking_of(&map, asked.seed, at as u64);
                Known { name, map, ranking, is_random, is_baseline }
            })
            .collect();
        let score = target.score(logits, network.output(), Score::Probability);
        let picture = Judged::new(input.clone(), score, asked.within);
        let mut plan = Plan { picture, maps, measures, seed: asked.seed, starts: vec![0], order: Vec::new() };
        for measure in 0..plan.measures.len() {
            for map in 0..plan.maps.len() {
                let passes = plan.measures[measure].passes(&plan.case(map));
                plan.starts.push(plan.starts[plan.starts.len() - 1] + passes);
            }
        }
        plan.order = (0..plan.starts[plan.starts.len() - 1]).collect();
        let plan = Arc::new(plan);
        let passes = Passes::new(Box::new(Pictures(Arc::clone(&plan))), network);
        Ok(Judging { network: Arc::clone(network), target: target.clone(), plan, passes })
    }

    /// Does the next passes, about 200 ms of them.
    ///
    /// # Errors
    /// As [`Passes::step`].
    pub fn step(&mut self) -> Result<Progress> {
        self.passes.step(&self.network, &self.plan.picture.input)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.passes.progress()
    }

    /// Whether every pass is done.
    pub fn is_complete(&self) -> bool {
        self.passes.is_complete()
    }

    /// What was measured; of maps and measures whose passes are all done.
    ///
    /// # Errors
    /// As [`Measure::read`].
    pub fn verdict(&self) -> Result<Verdict> {
        let plan = &self.plan;
        let matrix = self.passes.matrix();
        let score =
            |pass: usize| matrix.row(pass).map(|row| self.target.score(row, self.network.output(), Score::Probability));
        let mut rows = Vec::new();
        for (at, Known { name, map, is_baseline, .. }) in plan.maps.iter().enumerate() {
            let mut reading = Reading::default();
            for (number, measure) in plan.measures.iter().enumerate() {
                let first = number * plan.maps.len() + at;
                let passes = plan.starts[first]..plan.starts[first + 1];
                let Some(scores) = passes.map(score).collect::<Option<Vec<f64>>>() else { continue };
                let Reading { numbers, curves } = measure.read(&plan.case(at), &scores)?;
                reading.numbers.extend(numbers);
                reading.curves.extend(curves);
            }
            let (low, high) = crate::geometry::range(&map.values);
            rows.push(Row { name: name.clone(), is_baseline: *is_baseline, is_empty: low == high, reading });
        }
        let correlation = |a: &Known, b: &Known| spearman(&a.map.values, &b.map.values);
        let agreement = plan.maps.iter().map(|a| plan.maps.iter().map(|b| correlation(a, b)).collect()).collect();
        Ok(Verdict { score: plan.picture.score, rows, agreement })
    }
}

/// The order of the pixels by map `number` of a measurement, the most relevant first.
pub fn ranking_of(map: &Heatmap, seed: u64, number: u64) -> Vec<u32> {
    ranking(&map.values, Chance::new(seed, RANKINGS + number))
}

/// Makes sure that a map can be measured.
///
/// # Errors
/// [`ErrorKind::Option`](crate::error::ErrorKind) if it is of another size than `size` or has values that are not finite.
fn check_map(name: &str, map: &Heatmap, size: (usize, usize)) -> Result<()> {
    if (map.height, map.width) != size || map.values.len() != size.0 * size.1 {
        let found = format!("{} by {}", map.width, map.height);
        let expected = format!("{} by {}", size.1, size.0);
        return Err(Error::new("map-size", &[("map", &shown(name)), ("found", &found), ("expected", &expected)]));
    }
    match map.values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / size.1, at % size.1);
            Err(Error::new("map-not-finite", &[("map", &shown(name)), ("row", &row), ("column", &column)]))
        }
    }
}
