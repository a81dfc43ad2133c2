//! A picture of which somebody covers a part.

use scorecam::error::ErrorKind;
use scorecam::heatmap::Heatmap;
use scorecam::methods::find;
use scorecam::metrics::fills::Removed;
use scorecam::metrics::judge::{Asked, Judging};
use scorecam::target::Target;
use serde_json::Value;

use crate::fixtures::{explained_by, picture, tiny_network};

#[test]
fn what_a_map_names_first_is_covered_as_deletion_removes_it_and_scores_the_same() {
    let network = tiny_network();
    let method = find(None, Value::Null).unwrap();
    let explanation = explained_by(&network, &picture("tests/fixtures/tiny.png"), &method);
    let target = Target::Class { index: 2 };
    // Half of it tied.
    let values: Vec<f32> = (0..64).map(|at| if at % 2 == 0 { 0.0 } else { at as f32 }).collect();
    let map = Heatmap::new(values, 8, 8).unwrap();
    let asked = Asked { measures: vec!["deletion-insertion".into()], seed: 5, ..Asked::default() };
    let maps = vec![("map".to_owned(), map.clone())];
    let of = (&target, explanation.logits());
    let mut judging = Judging::begin(&network, explanation.input(), of, maps, &asked).unwrap();
    while !judging.is_complete() {
        judging.step().unwrap();
    }
    let verdict = judging.verdict().unwrap();
    for (name, fill) in [("deletion-mean", Removed::Mean), ("deletion-blur", Removed::Blur)] {
        let curve = verdict.rows[0].reading.curves.iter().find(|curve| curve.name == name).unwrap();
        for (share, score) in curve.x.iter().zip(&curve.y).step_by(7) {
            let cover = explanation.cover_of(&map, *share, true, 5);
            let covered = explanation.covered(&target, &cover, (fill, 0), 5).unwrap();
            assert!((f64::from(covered.probability) - score).abs() < 1e-6, "{name} {share}: {covered:?}");
        }
    }
    let first = explanation.cover_of(&map, 0.25, true, 5);
    let last = explanation.cover_of(&map, 0.75, false, 5);
    assert!(first.iter().zip(&last).all(|(first, last)| first + last == 1.0), "the one is what the other leaves");
    let shares = map.under(&first);
    assert_eq!(shares.area, 0.25);
    // The sixteen largest of the odd numbers below 64: 33 to 63.
    assert!((shares.evidence.unwrap() - 0.75).abs() < 1e-6, "{shares:?}");
}

#[test]
fn a_cover_of_another_size_or_beyond_its_range_is_refused_and_half_a_cover_is_half_seen() {
    let network = tiny_network();
    let method = find(None, Value::Null).unwrap();
    let explanation = explained_by(&network, &picture("tests/fixtures/tiny.png"), &method);
    let target = Target::Class { index: 0 };
    let covered = |cover: &[f32]| explanation.covered(&target, cover, (Removed::Mean, 0), 2);
    for (cover, code) in
        [(vec![0.0; 63], "cover-size"), (vec![1.5; 64], "cover-range"), (vec![f32::NAN; 64], "cover-range")]
    {
        let refused = covered(&cover).unwrap_err();
        assert_eq!((refused.code, refused.kind), (code, ErrorKind::Option));
    }
    let half: Vec<f32> = explanation.input().tensor.iter().map(|value| value * 0.5).collect();
    let expected = scorecam::target::probabilities(&network.logits(&half).unwrap(), network.output())[0];
    assert!((covered(&[0.5; 64]).unwrap().probability - expected).abs() < 1e-6);
    assert_eq!(covered(&[0.0; 64]).unwrap().predictions, explanation.predictions(2));
}
