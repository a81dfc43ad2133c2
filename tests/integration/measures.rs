//! Measures against public code, see `tests/reference/make_measures.py`, and the traps in them.

use std::sync::Arc;

use scorecam::error::ErrorKind;
use scorecam::explain::Explanation;
use scorecam::geometry::Region;
use scorecam::heatmap::Heatmap;
use scorecam::methods::find;
use scorecam::methods::superpixels::quickshift::quickshift;
use scorecam::metrics::impute::impute;
use scorecam::metrics::judge::{Asked, Judging, Row, Verdict};
use scorecam::metrics::measure::Number;
use scorecam::metrics::randomisation::Cascade;
use scorecam::metrics::stability::Trial;
use scorecam::model::{Limits, Network, Randomise};
use scorecam::preprocess::{Input, prepare};
use scorecam::target::{Target, Wish};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{embedded_network, explained_by, picture, read, tiny_network};

#[derive(Deserialize)]
struct Theirs {
    target: usize,
    score: f64,
    soft: f64,
    rise: std::collections::BTreeMap<String, Area>,
    road: Road,
    superpixels: Near,
}

#[derive(Deserialize)]
struct Near {
    count: usize,
    first: Vec<usize>,
    second: Vec<usize>,
    same: Vec<bool>,
}

#[derive(Deserialize)]
struct Area {
    area: f64,
    curve: Vec<f64>,
}

#[derive(Deserialize)]
struct Road {
    plane: Vec<f32>,
    holes: Vec<bool>,
    imputed: Vec<f32>,
}

fn theirs() -> Theirs {
    serde_json::from_slice(&read("tests/fixtures/measures.json")).unwrap()
}

/// The map of `make_measures.py`.
fn hill(side: usize) -> Heatmap {
    let value = |at: usize| {
        let (y, x) = ((at / side) as f64, (at % side) as f64);
        let hill = (-(((x - 90.0) / 45.0).powi(2) + ((y - 120.0) / 60.0).powi(2)) / 2.0).exp();
        hill + at as f64 * 1e-7
    };
    let values: Vec<f64> = (0..side * side).map(value).collect();
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let values = values.iter().map(|value| ((value - low) / (high - low)) as f32).collect();
    Heatmap::new(values, side, side).unwrap()
}

fn judged(
    network: &Arc<Network>,
    input: &Input,
    target: usize,
    maps: Vec<(String, Heatmap)>,
    asked: &Asked,
) -> Verdict {
    let logits = network.logits(&input.tensor).unwrap();
    let mut judging = Judging::begin(network, input, (&Target::Class { index: target }, &logits), maps, asked).unwrap();
    while !judging.is_complete() {
        judging.step().unwrap();
    }
    judging.verdict().unwrap()
}

fn asked(measures: &[&str]) -> Asked {
    Asked { measures: measures.iter().map(|&name| name.to_owned()).collect(), ..Asked::default() }
}

fn number(row: &Row, name: &str) -> f64 {
    let found = row.reading.numbers.iter().find(|number| number.name == name);
    found.unwrap_or_else(|| panic!("{name}")).value.unwrap_or(f64::NAN)
}

#[test]
fn deletion_insertion_and_drop_are_those_of_the_public_code() {
    let (network, theirs) = (embedded_network(), theirs());
    let input = prepare(&picture("www/samples/chelsea.png"), &network.spec().input, None);
    let maps = vec![("hill".to_owned(), hill(224))];
    let verdict = judged(&network, &input, theirs.target, maps, &asked(&["deletion-insertion", "drop"]));
    assert!((verdict.score - theirs.score).abs() < 1e-4);
    let row = &verdict.rows[0];
    for (name, expected) in &theirs.rise {
        let area = number(row, name);
        println!("{name}: {area:.6}, theirs {:.6}", expected.area);
        assert!((area - expected.area).abs() < 5e-4, "{name}: {area} is not {}", expected.area);
        let curve = row.reading.curves.iter().find(|curve| curve.name == *name).unwrap();
        let difference = curve.y.iter().zip(&expected.curve).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(curve.y.len() == expected.curve.len() && difference < 5e-3, "{name}: {difference}");
    }
    let drop = (theirs.score - theirs.soft) / theirs.score;
    assert!((number(row, "drop-soft") - drop).abs() < 1e-3);
}

#[test]
fn holes_are_filled_as_by_the_authors_of_road() {
    let Road { plane, holes, imputed } = theirs().road;
    let ours = impute(&plane, &holes, (14, 17));
    assert!(ours.iter().zip(&imputed).all(|(a, b)| (a - b).abs() < 1e-3), "{ours:?}");
}

#[test]
fn a_map_of_zeros_is_measured_as_chance_and_said_to_be_empty() {
    let network = tiny_network();
    let input = prepare(&picture("tests/fixtures/tiny.png"), &network.spec().input, None);
    let zeros = || ("zeros".to_owned(), Heatmap::new(vec![0.0; 64], 8, 8).unwrap());
    let measures = asked(&["deletion-insertion", "drop", "road"]);
    let verdict = judged(&network, &input, 2, vec![zeros()], &measures);
    assert!(verdict.rows[0].is_empty && verdict.agreement[0][0].is_none());
    // All is hidden by a soft mask of zeros; a tenth is a tenth of the pixels, not all that are at or below the ninth percentile.
    let blank = network.logits(&[0.0; 192]).unwrap();
    let of = |logits: &[f32]| f64::from(scorecam::target::probabilities(logits, network.output())[2]);
    let expected = ((verdict.score - of(&blank)) / verdict.score).max(0.0);
    assert!((number(&verdict.rows[0], "drop-soft") - expected).abs() < 1e-6);
    assert_eq!(verdict, judged(&network, &input, 2, vec![zeros()], &measures));
    let other = judged(&network, &input, 2, vec![zeros()], &Asked { seed: 9, ..measures });
    assert_ne!(verdict.rows[0].reading, other.rows[0].reading, "ties are broken by chance");
}

#[test]
fn baselines_stand_beside_and_energy_is_the_share_in_the_box() {
    let network = tiny_network();
    let input = prepare(&picture("tests/fixtures/tiny.png"), &network.spec().input, None);
    let mut values = vec![0.0; 64];
    (values[9], values[18], values[63]) = (1.0, 0.5, 0.5);
    let maps = vec![("dots".to_owned(), Heatmap::new(values, 8, 8).unwrap())];
    let Region { x, y, width, height } = input.region;
    // The upper left quarter.
    let within = Some(Region { x, y, width: width / 2.0, height: height / 2.0 });
    let verdict = judged(&network, &input, 1, maps, &Asked { within, baselines: true, ..asked(&["energy"]) });
    let names: Vec<&str> = verdict.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["dots", "random-1", "random-2", "random-3", "centred"]);
    assert!((number(&verdict.rows[0], "energy") - 0.75).abs() < 1e-6);
    assert!((number(&verdict.rows[4], "energy") - 0.25).abs() < 1e-6, "the centred map is even in its quarters");
    assert_eq!(number(&verdict.rows[0], "box-share"), 0.25);
    assert_eq!((verdict.agreement.len(), verdict.agreement[0][0]), (5, Some(1.0)));
}

#[test]
fn what_cannot_be_measured_is_refused_with_a_sentence() {
    let network = tiny_network();
    let input = prepare(&picture("tests/fixtures/tiny.png"), &network.spec().input, None);
    let logits = network.logits(&input.tensor).unwrap();
    let map = |values: Vec<f32>, height, width| {
        ("map".to_owned(), Heatmap { values, height, width, has_positive_evidence: true })
    };
    let fine = || map(vec![0.5; 64], 8, 8);
    let mut broken = vec![0.5; 64];
    broken[13] = f32::NAN;
    let outside = Region { x: -50.0, y: 0.0, width: 10.0, height: 10.0 };
    let cases = [
        (vec![map(vec![0.5; 49], 7, 7)], asked(&["drop"]), "map-size"),
        (vec![map(broken, 8, 8)], asked(&["drop"]), "map-not-finite"),
        (vec![fine()], asked(&["energy"]), "box-missing"),
        (vec![fine()], Asked { within: Some(outside), ..asked(&["energy"]) }, "box-outside"),
        (vec![fine()], asked(&["magic"]), "measure-unknown"),
        (vec![fine()], asked(&[]), "measure-nothing"),
        (vec![], asked(&["drop"]), "measure-nothing"),
    ];
    for (maps, asked, code) in cases {
        let refused = Judging::begin(&network, &input, (&Target::Class { index: 0 }, &logits), maps, &asked);
        let error = refused.err().unwrap_or_else(|| panic!("{code}"));
        assert_eq!((error.code, error.kind), (code, ErrorKind::Option));
    }
}

#[test]
fn randomised_weights_change_the_map_and_a_stage_is_the_same_in_every_run() {
    let network = embedded_network();
    let picture = picture("www/samples/chelsea.png");
    let method = find(Some("grad-cam"), Value::Null).unwrap();
    let explanation = explained_by(&network, &picture, &method);
    let target = Target::Class { index: 285 };
    let cascade = |how, seed| {
        let mut cascade = Cascade::begin(&explanation, &target, &method, (3, how, seed), Limits::default()).unwrap();
        while !cascade.is_complete() {
            cascade.step().unwrap();
        }
        cascade.stages()
    };
    let stages = cascade(Randomise::Permuted, 1);
    assert_eq!((stages.len(), stages.last().unwrap().from.as_str()), (3, "stem"));
    assert!(stages.iter().all(|stage| stage.correlation.is_none_or(|correlation| correlation < 0.9)), "{stages:?}");
    assert_eq!(stages, cascade(Randomise::Permuted, 1));
    assert_ne!(stages[0].heatmap, cascade(Randomise::Permuted, 2)[0].heatmap);
    assert_ne!(stages[0].heatmap, cascade(Randomise::He, 1)[0].heatmap);
    // Only the order of the weights is another: what the network answers changes, what it is made of does not.
    let random = network.randomised(&network.stages(1)[0], Randomise::Permuted, 1).unwrap();
    let input = prepare(&picture, &network.spec().input, None);
    assert_ne!(random.logits(&input.tensor).unwrap(), network.logits(&input.tensor).unwrap());
    assert_eq!((random.classes(), random.layers().len()), (network.classes(), network.layers().len()));
}

#[test]
fn a_method_that_looks_at_nothing_random_is_steady() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    let method = find(Some("grad-cam"), Value::Null).unwrap();
    let explanation: Explanation = explained_by(&network, &picture, &method);
    let mut trial = Trial::begin(&explanation, &Target::Class { index: 2 }, &method, 0, Limits::default()).unwrap();
    while !trial.is_complete() {
        trial.step().unwrap();
    }
    let found = trial.steadiness().unwrap();
    let (stability, coherency) = (found.stability.unwrap(), found.coherency.unwrap());
    assert!(stability > 0.0 && stability < 0.5, "{found:?}");
    assert!((0.0..=1.0).contains(&coherency) && found.complexity > 0.0, "{found:?}");
}

#[test]
fn superpixels_are_those_of_scikit_image_but_for_ties() {
    let network = embedded_network();
    let input = prepare(&picture("www/samples/chelsea.png"), &network.spec().input, None);
    let (segments, count) = quickshift(&input.pixels, 4.0, 0.2);
    let Near { count: theirs, first, second, same } = theirs().superpixels;
    let pairs = first.iter().zip(&second).zip(&same);
    let alike = pairs.filter(|((a, b), same)| (segments[**a] == segments[**b]) == **same).count();
    println!("{count} superpixels, theirs {theirs}; {alike} of {} pairs alike", same.len());
    assert!(alike * 100 >= same.len() * 98 && count.abs_diff(theirs) <= 2);
}

#[test]
fn shapley_values_make_up_what_the_picture_has_more_than_its_covered_version() {
    let (network, picture) = (embedded_network(), picture("www/samples/chelsea.png"));
    for name in ["kernel-shap", "lime"] {
        let method = find(Some(name), json!({ "samples": 60 })).unwrap();
        let explanation = explained_by(&network, &picture, &method);
        let view = explanation.view(&Wish::Class(285), &method).unwrap();
        let of = |mask| {
            let all = explanation.masked_predictions(mask, 1000);
            all.iter().find(|prediction| prediction.index == 285).unwrap().probability
        };
        let sum: f32 = view.weights().iter().sum();
        assert_eq!(explanation.mask(0).unwrap().kept, 1.0);
        assert_eq!(explanation.mask(1).unwrap().kept, 0.0);
        if name == "kernel-shap" {
            assert!((sum - (of(0) - of(1))).abs() < 1e-4, "{sum} {} {}", of(0), of(1));
        }
        let again = explained_by(&network, &picture, &method).view(&Wish::Class(285), &method).unwrap();
        assert_eq!(again.heatmap(), view.heatmap());
    }
}

#[test]
fn curves_of_baselines_have_a_quarter_of_the_steps_and_the_same_areas() {
    let network = embedded_network();
    let input = prepare(&picture("www/samples/chelsea.png"), &network.spec().input, None);
    let target = theirs().target;
    let with = |maps, baselines| {
        judged(&network, &input, target, maps, &Asked { baselines, ..asked(&["deletion-insertion"]) })
    };
    let coarse = with(vec![("hill".to_owned(), hill(224))], true);
    let steps = |row: &Row| row.reading.curves.iter().map(|curve| curve.y.len()).collect::<Vec<_>>();
    assert_eq!((steps(&coarse.rows[0]), steps(&coarse.rows[1])), (vec![225; 4], vec![57; 4]));
    // The centred map, judged as a map of its own: with every step.
    let centred = scorecam::metrics::baselines::centred(input.size());
    let fine = with(vec![("centred".to_owned(), centred)], false);
    for Number { name, value, .. } in &fine.rows[0].reading.numbers {
        let (fine, coarse) = (value.unwrap(), number(&coarse.rows[4], name));
        println!("centred {name}: {fine:.4} of all steps, {coarse:.4} of a quarter");
        assert!((fine - coarse).abs() < 0.01, "{name}: {fine} {coarse}");
    }
}
