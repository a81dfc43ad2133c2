//! What is asked about: a class, several, or one against others. A target makes one number of the scores of all classes.
//!
//! Scores are kept for every class, so another target costs no inference.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::spec::OutputKind;

/// Classes that Finer-CAM sets a class against: as many as its authors' code.
const NEAREST: usize = 3;

/// Whether scores are taken before or after the softmax (or sigmoid) over the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Score {
    /// After it, in [0, 1].
    Probability,
    /// Before it, any number.
    Logit,
}

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One class: its score.
    Class {
        /// The class.
        index: usize,
    },
    /// Any of several classes: the sum of their probabilities, or the logarithm of the sum of the exponentials of their
    /// logits, which is the same question before the softmax. Behind a sigmoid classes do not exclude each other, and the sum of
    /// their probabilities is how many of them to expect.
    Group {
        /// The classes, in ascending order, none twice.
        classes: Vec<usize>,
    },
    /// Why one class and not another: the score of the first less that of the second.
    Difference {
        /// The class that is asked about.
        index: usize,
        /// The class that it is set against.
        against: usize,
    },
    /// Why one class and not those that are like it: Finer-CAM's contrast (Zhang et al., CVPR 2025, arXiv 2501.11309),
    /// the mean over the others `d` of `score_c - score_d`, weighted by the probabilities of the others.
    Finer {
        /// The class that is asked about.
        index: usize,
        /// The classes that it is set against.
        against: Vec<usize>,
    },
}

/// A target as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Wish {
    /// The most probable class.
    #[default]
    MostProbable,
    /// A class by its index.
    Class(usize),
    /// Any of several classes.
    Group {
        /// Their indices.
        group: Vec<usize>,
    },
    /// The first of two classes less the second.
    Difference {
        /// Their indices.
        difference: (usize, usize),
    },
    /// A class, or the most probable one, against others, or against the three whose logits are nearest to its own.
    Finer {
        /// Its index.
        finer: Option<usize>,
        /// The others' indices.
        against: Option<Vec<usize>>,
    },
}

impl Wish {
    /// The classes that it names.
    pub fn named(&self) -> Vec<usize> {
        match self {
            Wish::MostProbable => Vec::new(),
            Wish::Class(index) => vec![*index],
            Wish::Group { group } => group.clone(),
            Wish::Difference { difference: (index, against) } => vec![*index, *against],
            Wish::Finer { finer, against } => finer.iter().chain(against.iter().flatten()).copied().collect(),
        }
    }

    /// What is meant, for a picture whose scores are `logits`.
    ///
    /// # Errors
    /// [`ErrorKind::Class`](crate::error::ErrorKind) if there is no such class, a group is empty, or a class is set against
    /// itself.
    pub fn resolve(&self, logits: &[f32], output: OutputKind) -> Result<Target> {
        let known = |index: usize| check_class(index, logits.len()).map(|()| index);
        let most_probable = || order(&probabilities(logits, output))[0];
        match self {
            Wish::MostProbable => Ok(Target::Class { index: most_probable() }),
            Wish::Class(index) => Ok(Target::Class { index: known(*index)? }),
            Wish::Group { group } => {
                let mut classes = group.iter().map(|&index| known(index)).collect::<Result<Vec<_>>>()?;
                classes.sort_unstable();
                classes.dedup();
                match classes[..] {
                    [] => Err(Error::new("target-empty", &[])),
                    [index] => Ok(Target::Class { index }),
                    _ => Ok(Target::Group { classes }),
                }
            }
            &Wish::Difference { difference: (index, against) } => {
                let (index, against) = (known(index)?, known(against)?);
                against_itself(index, &[against])?;
                Ok(Target::Difference { index, against })
            }
            Wish::Finer { finer, against } => {
                let index = known(finer.unwrap_or_else(most_probable))?;
                let against = match against {
                    None => nearest(logits, index),
                    Some(given) => {
                        let mut others = Vec::new();
                        for &other in given {
                            known(other)?;
                            if !others.contains(&other) {
                                others.push(other);
                            }
                        }
                        others
                    }
                };
                if against.is_empty() {
                    return Err(Error::new("target-empty", &[]));
                }
                against_itself(index, &against)?;
                Ok(Target::Finer { index, against })
            }
        }
    }
}

fn against_itself(index: usize, against: &[usize]) -> Result<()> {
    if against.contains(&index) {
        return Err(Error::new("target-against-itself", &[("class", &index)]));
    }
    Ok(())
}

/// Makes sure that there is a class of index `class` among `classes`.
///
/// # Errors
/// [`ErrorKind::Class`](crate::error::ErrorKind) if there is not.
pub fn check_class(class: usize, classes: usize) -> Result<()> {
    if class < classes {
        return Ok(());
    }
    let last = classes.saturating_sub(1);
    Err(Error::new("class-unknown", &[("class", &class), ("classes", &classes), ("last", &last)]))
}

/// The other classes whose logits are nearest to that of `index`.
fn nearest(logits: &[f32], index: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..logits.len()).filter(|&other| other != index).collect();
    let distance = |other: usize| (logits[other] - logits[index]).abs();
    others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
    others.truncate(NEAREST);
    others
}

impl From<&Target> for Wish {
    /// How this target is asked for.
    fn from(target: &Target) -> Wish {
        match target.clone() {
            Target::Class { index } => Wish::Class(index),
            Target::Group { classes } => Wish::Group { group: classes },
            Target::Difference { index, against } => Wish::Difference { difference: (index, against) },
            Target::Finer { index, against } => Wish::Finer { finer: Some(index), against: Some(against) },
        }
    }
}

impl Target {
    /// The number that a target makes of `logits`, one a class.
    pub fn score(&self, logits: &[f32], output: OutputKind, score: Score) -> f64 {
        let all = match score {
            Score::Logit => None,
            Score::Probability => Some(probabilities(logits, output)),
        };
        let of = |index: usize| f64::from(all.as_ref().map_or(logits[index], |all| all[index]));
        match self {
            Target::Class { index } => of(*index),
            Target::Group { classes } => match score {
                Score::Probability => classes.iter().map(|&class| of(class)).sum(),
                Score::Logit => {
                    let largest = classes.iter().map(|&class| of(class)).fold(f64::NEG_INFINITY, f64::max);
                    largest + classes.iter().map(|&class| (of(class) - largest).exp()).sum::<f64>().ln()
                }
            },
            Target::Difference { index, against } => of(*index) - of(*against),
            Target::Finer { index, against } => {
                let weights = weights_of_others(logits, output, against);
                against.iter().zip(weights).map(|(&class, weight)| weight * (of(*index) - of(class))).sum()
            }
        }
    }

    /// The gradient `[classes]` of [`score`](Target::score) by the logits. In Finer-CAM's contrast the others' probabilities are
    /// weights that are held fixed, as its authors' code has them.
    pub fn gradient(&self, logits: &[f32], output: OutputKind, score: Score) -> Vec<f32> {
        let all = probabilities(logits, output);
        // By the score of each class, before or after the softmax.
        let mut by_score = vec![0.0_f64; logits.len()];
        match self {
            Target::Class { index } => by_score[*index] = 1.0,
            Target::Group { classes } => {
                let largest = classes.iter().map(|&class| logits[class]).fold(f32::NEG_INFINITY, f32::max);
                let part = |class: usize| f64::from(logits[class] - largest).exp();
                let whole: f64 = classes.iter().map(|&class| part(class)).sum();
                for &class in classes {
                    by_score[class] = if score == Score::Logit { part(class) / whole } else { 1.0 };
                }
            }
            Target::Difference { index, against } => (by_score[*index], by_score[*against]) = (1.0, -1.0),
            Target::Finer { index, against } => {
                let weights = weights_of_others(logits, output, against);
                by_score[*index] = 1.0;
                against.iter().zip(weights).for_each(|(&class, weight)| by_score[class] = -weight);
            }
        }
        let by_logit = |class: usize| match (score, output) {
            (Score::Logit, _) => by_score[class],
            (Score::Probability, OutputKind::Sigmoid) => {
                let p = f64::from(all[class]);
                by_score[class] * p * (1.0 - p)
            }
            (Score::Probability, _) => {
                let mean: f64 = by_score.iter().zip(&all).map(|(by, &p)| by * f64::from(p)).sum();
                f64::from(all[class]) * (by_score[class] - mean)
            }
        };
        (0..logits.len()).map(|class| by_logit(class) as f32).collect()
    }

    /// How probable the network finds what is asked about, in [0, 1]: the class (of a contrast, the one that is asked about), or
    /// any of a group. Behind a sigmoid classes do not exclude each other; of a group it is that of the most probable one.
    pub fn probability(&self, logits: &[f32], output: OutputKind) -> f32 {
        let all = probabilities(logits, output);
        match self {
            Target::Class { index } | Target::Difference { index, .. } | Target::Finer { index, .. } => all[*index],
            Target::Group { classes } => {
                let each = classes.iter().map(|&class| all[class]);
                if output == OutputKind::Sigmoid { each.fold(0.0, f32::max) } else { each.sum::<f32>().min(1.0) }
            }
        }
    }

    /// The class that is asked about, if it is one.
    pub fn class(&self) -> Option<usize> {
        match self {
            Target::Class { index } | Target::Difference { index, .. } | Target::Finer { index, .. } => Some(*index),
            Target::Group { .. } => None,
        }
    }
}

/// The probabilities of classes as weights that sum to one.
fn weights_of_others(logits: &[f32], output: OutputKind, classes: &[usize]) -> Vec<f64> {
    // The softmax's denominator cancels, so that weights of classes too improbable for a float are kept.
    let largest = classes.iter().map(|&class| logits[class]).fold(f32::NEG_INFINITY, f32::max);
    let weight = |&class: &usize| match output {
        OutputKind::Sigmoid => 1.0 / (1.0 + f64::from(-logits[class]).exp()),
        _ => f64::from(logits[class] - largest).exp(),
    };
    let weights: Vec<f64> = classes.iter().map(weight).collect();
    let whole: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / whole).collect()
}

/// The probabilities of logits: softmax over the classes, or each by itself for [`OutputKind::Sigmoid`].
pub fn probabilities(logits: &[f32], output: OutputKind) -> Vec<f32> {
    if output == OutputKind::Sigmoid {
        return logits.iter().map(|&logit| (1.0 / (1.0 + (-f64::from(logit)).exp())) as f32).collect();
    }
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|e| (e / sum) as f32).collect()
}

/// Indices of `values`, the largest first.
pub fn order(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities 0.1, 0.2, 0.3, 0.4.
    fn logits() -> Vec<f32> {
        [0.1_f32, 0.2, 0.3, 0.4].map(f32::ln).to_vec()
    }

    fn scored(wish: &Wish, score: Score) -> f64 {
        wish.resolve(&logits(), OutputKind::Logits).unwrap().score(&logits(), OutputKind::Logits, score)
    }

    #[test]
    fn probabilities_sum_to_one_and_survive_large_logits() {
        assert_eq!(probabilities(&[1000.0, 1000.0], OutputKind::Logits), [0.5, 0.5]);
        let p = probabilities(&[0.0, 3.0_f32.ln()], OutputKind::Logits);
        assert!((p[0] - 0.25).abs() < 1e-6 && (p[1] - 0.75).abs() < 1e-6, "{p:?}");
    }

    #[test]
    fn classes_behind_a_sigmoid_have_probabilities_of_their_own() {
        let p = probabilities(&[0.0, 3.0_f32.ln(), -1000.0], OutputKind::Sigmoid);
        assert!(p[0] == 0.5 && (p[1] - 0.75).abs() < 1e-6 && p[2] == 0.0, "{p:?}");
        let group = Target::Group { classes: vec![0, 1] };
        assert!((group.probability(&[0.0, 3.0_f32.ln()], OutputKind::Sigmoid) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn a_target_is_one_number_of_the_scores() {
        let ln = |value: f64| value.ln();
        // p of the others 0.3 and 0.2: (0.3 (0.4 - 0.3) + 0.2 (0.4 - 0.2)) / 0.5 = 0.14, and of logarithms likewise.
        let finer = Wish::Finer { finer: None, against: Some(vec![2, 1]) };
        let cases = [
            (Wish::MostProbable, Score::Probability, 0.4),
            (Wish::Class(0), Score::Logit, ln(0.1)),
            (Wish::Group { group: vec![3, 1, 3] }, Score::Probability, 0.6),
            (Wish::Group { group: vec![3, 1] }, Score::Logit, ln(0.6)),
            (Wish::Difference { difference: (1, 0) }, Score::Probability, 0.1),
            (Wish::Difference { difference: (1, 0) }, Score::Logit, ln(2.0)),
            (finer.clone(), Score::Probability, 0.14),
            (finer, Score::Logit, (0.3 * ln(4.0 / 3.0) + 0.2 * ln(2.0)) / 0.5),
        ];
        for (wish, score, expected) in cases {
            let found = scored(&wish, score);
            assert!((found - expected).abs() < 1e-6, "{wish:?} {score:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn a_target_s_gradient_is_that_of_finite_differences() {
        const STEP: f32 = 1e-2;
        let targets = [
            Target::Class { index: 1 },
            Target::Group { classes: vec![0, 3] },
            Target::Difference { index: 2, against: 0 },
        ];
        for (target, output) in targets.iter().flat_map(|t| [OutputKind::Logits, OutputKind::Sigmoid].map(|o| (t, o))) {
            for score in [Score::Logit, Score::Probability] {
                let gradient = target.gradient(&logits(), output, score);
                for class in 0..4 {
                    let at = |step: f32| {
                        let mut moved = logits();
                        moved[class] += step;
                        target.score(&moved, output, score)
                    };
                    let found = (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP);
                    assert!(
                        (found - f64::from(gradient[class])).abs() < 1e-4,
                        "{target:?} {output:?} {score:?} {class}"
                    );
                }
            }
        }
        // p of the others 0.3 and 0.2, as weights 0.6 and 0.4.
        let finer =
            Target::Finer { index: 3, against: vec![2, 1] }.gradient(&logits(), OutputKind::Logits, Score::Logit);
        assert!(finer.iter().zip([0.0, -0.4, -0.6, 1.0]).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{finer:?}");
    }

    #[test]
    fn contrasts_with_classes_that_are_hopeless_or_certain_are_numbers() {
        let finer = Target::Finer { index: 0, against: vec![1, 2] };
        let found = finer.score(&[0.0, -3000.0, 3000.0], OutputKind::Logits, Score::Logit);
        assert_eq!(found, -3000.0);
        let improbable = finer.score(&[0.0, -900.0, -900.0], OutputKind::Logits, Score::Logit);
        assert_eq!(improbable, 900.0);
    }

    #[test]
    fn finer_takes_the_classes_whose_logits_are_nearest() {
        let wish = Wish::Finer { finer: Some(1), against: None };
        let logits = [0.0, 5.0, 9.0, 4.5, 6.0, -1.0];
        let expected = Target::Finer { index: 1, against: vec![3, 4, 2] };
        assert_eq!(wish.resolve(&logits, OutputKind::Logits).unwrap(), expected);
    }

    #[test]
    fn a_group_of_one_is_that_class_and_senseless_targets_are_refused() {
        let resolve = |wish: Wish| wish.resolve(&logits(), OutputKind::Logits);
        assert_eq!(resolve(Wish::Group { group: vec![2, 2] }).unwrap(), Target::Class { index: 2 });
        let cases = [
            (Wish::Class(4), "class-unknown"),
            (Wish::Group { group: vec![] }, "target-empty"),
            (Wish::Group { group: vec![1, 9] }, "class-unknown"),
            (Wish::Difference { difference: (2, 2) }, "target-against-itself"),
            (Wish::Finer { finer: None, against: Some(vec![3]) }, "target-against-itself"),
        ];
        for (wish, code) in cases {
            assert_eq!(resolve(wish.clone()).unwrap_err().code, code, "{wish:?}");
        }
    }
}
