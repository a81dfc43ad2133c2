//! Grad-CAM and its kin: gradients of the score say what each activation map, or each place of it, weighs.
//!
//! With `A_k` the maps of the layer, `g_k = d score / d A_k` [height, width] and sums over places:
//!
//! ```text
//! Grad-CAM     w_k = mean(g_k)                                                        sum over k of w_k A_k
//! Grad-CAM++   w_k = sum(a relu(g_k)),  a = g_k^2 / (2 g_k^2 + sum(A_k) g_k^3 + 1e-6)   sum over k of w_k A_k
//! XGrad-CAM    w_k = sum(g_k A_k) / (sum(A_k) + 1e-7)                                  sum over k of w_k A_k
//! LayerCAM                                                                            sum over k of relu(g_k) A_k
//! HiRes-CAM                                                                           sum over k of g_k A_k
//! CAM          w_k = the weight of the mean of A_k in the fully connected layer         sum over k of w_k A_k
//! ```
//!
//! Each is as pytorch-grad-cam has it: gradients of the logit, the sum rectified at layer size, scaled, upsampled (bilinear, half-pixel
//! centres) and scaled again. Others differ: captum's Grad-CAM does not rectify; torchcam's Grad-CAM++ has `sum(A_k g_k^3)`, its
//! authors' code multiplies the gradient with `exp(score)`. Behind an average over all places and one fully connected layer CAM,
//! Grad-CAM, XGrad-CAM and HiRes-CAM are the same map.
//!
//! Selvaraju et al., ICCV 2017, arXiv 1610.02391; Chattopadhyay et al., WACV 2018, arXiv 1710.11063; Fu et al., BMVC 2020, arXiv 2008.02312;
//! Jiang et al., TIP 2021; Draelos and Carin, arXiv 2011.08891; Zhou et al., CVPR 2016, arXiv 1512.04150. They cost one way through
//! what is behind the layer and one way back, and no passes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result, shown};
use crate::heatmap::{Heatmap, WeightedSum};
use crate::model::{Activations, Behind};
use crate::passes::{Masks, NoMasks};
use crate::target::{Score, Target, Wish};

use super::{
    Choice, Description, Entry, LayerMaps, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options,
};

/// The entry of a rule.
macro_rules! entry {
    ($rule:expr) => {
        Entry { describe: || describe($rule), make: |options| make($rule, options) }
    };
}

/// Its place among the methods.
pub const CAM: Entry = entry!(Rule::Cam);
/// Its place among the methods.
pub const GRAD_CAM: Entry = entry!(Rule::GradCam);
/// Its place among the methods.
pub const GRAD_CAM_PLUS_PLUS: Entry = entry!(Rule::GradCamPlusPlus);
/// Its place among the methods.
pub const LAYER_CAM: Entry = entry!(Rule::LayerCam);
/// Its place among the methods.
pub const X_GRAD_CAM: Entry = entry!(Rule::XGradCam);
/// Its place among the methods.
pub const HI_RES_CAM: Entry = entry!(Rule::HiResCam);

const SCORES: [&str; 2] = ["logit", "probability"];

/// What gradients and maps become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Cam,
    GradCam,
    GradCamPlusPlus,
    XGradCam,
    LayerCam,
    HiResCam,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Rule::Cam => "cam",
            Rule::GradCam => "grad-cam",
            Rule::GradCamPlusPlus => "grad-cam-plus-plus",
            Rule::XGradCam => "xgrad-cam",
            Rule::LayerCam => "layer-cam",
            Rule::HiResCam => "hires-cam",
        }
    }

    /// Whether places keep gradients of their own.
    fn keeps_places(self) -> bool {
        matches!(self, Rule::LayerCam | Rule::HiResCam)
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    score: Score,
}

impl Default for Options {
    fn default() -> Options {
        Options { score: Score::Logit }
    }
}

/// The weights of a layer are what they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

/// A rule, and what its gradients are of.
#[derive(Debug, Clone, Copy)]
struct GradCam {
    rule: Rule,
    score: Score,
}

fn describe(rule: Rule) -> Description {
    let method = GradCam { rule, score: Score::Logit };
    Description {
        name: rule.name(),
        uses_layer: method.uses_layer(),
        part: method.part(),
        options: match rule {
            Rule::Cam => Vec::new(),
            _ => vec![Choice { name: "score", values: Values::Name { names: &SCORES, default: Some(SCORES[0]) } }],
        },
        recipes: Vec::new(),
    }
}

fn make(rule: Rule, options: Value) -> Result<Arc<dyn Method>> {
    let score = match rule {
        Rule::Cam => read_options::<NoOptions>(options, &describe(rule)).map(|_| Score::Logit)?,
        _ => read_options::<Options>(options, &describe(rule))?.score,
    };
    Ok(Arc::new(GradCam { rule, score }))
}

impl Method for GradCam {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn options(&self) -> Value {
        if self.rule == Rule::Cam { json!({}) } else { json!({ "score": self.score }) }
    }

    fn masking(&self) -> String {
        "gradients".into()
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        // Refused now rather than when the map is asked for; most often this is the gradient that is.
        let target = Wish::MostProbable.resolve(&subject.references.picture, subject.network.output())?;
        subject.gradient(&target, self.score)?;
        if self.rule == Rule::Cam && !subject.gradients()?.are_of_means() {
            let layer = subject.layer.as_ref().map_or("", |layer| layer.name.as_str());
            return Err(Error::new("layer-not-linear", &[("layer", &shown(layer))]));
        }
        Ok(Box::new(NoMasks))
    }

    fn score(&self) -> Score {
        self.score
    }

    fn weights(&self, subject: &Arc<Subject>, target: &Target, _: &Scores) -> Result<Vec<f32>> {
        let maps = subject.maps();
        if self.rule.keeps_places() {
            return Ok(vec![1.0; maps.channels]);
        }
        let gradient = subject.gradient(target, self.score)?;
        Ok(weights(self.rule, &gradient, maps))
    }

    fn summands(&self, subject: &Arc<Subject>, target: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        let maps = subject.maps();
        if !self.rule.keeps_places() {
            return Ok(Box::new(LayerMaps::new(Arc::clone(maps), size)));
        }
        let gradient = subject.gradient(target, self.score)?;
        let rectified = self.rule == Rule::LayerCam;
        let factor = |&gradient: &f32| if rectified { gradient.max(0.0) } else { gradient };
        let values = gradient.iter().zip(&maps.values).map(|(gradient, value)| factor(gradient) * value).collect();
        Ok(Box::new(LayerMaps::new(Arc::new(Activations { values, ..**maps }), size)))
    }

    fn sums_masks(&self) -> bool {
        false
    }

    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_positive_cells(sum, size)
    }

    fn behind(&self) -> Behind {
        Behind::Gradients
    }

    fn part(&self) -> Part {
        Part::None
    }

    fn weighing(&self) -> Weighing {
        Weighing::Gradient
    }
}

/// The weight of every map by its gradient, both [channels, height, width].
fn weights(rule: Rule, gradient: &[f32], maps: &Activations) -> Vec<f32> {
    let places = maps.height * maps.width;
    let weight = |(channel, gradient): (usize, &[f32])| {
        let map = maps.channel(channel).iter().map(|&a| f64::from(a));
        let gradient = gradient.iter().map(|&g| f64::from(g));
        let whole: f64 = map.clone().sum();
        let weight: f64 = match rule {
            Rule::GradCam => gradient.sum::<f64>() / places as f64,
            // What is behind the layer takes means, which the gradient by one value is a part of.
            Rule::Cam => gradient.sum(),
            Rule::XGradCam => gradient.zip(map).map(|(g, a)| g * a).sum::<f64>() / (whole + 1e-7),
            Rule::GradCamPlusPlus => {
                let alpha = |g: f64| g * g / (2.0 * g * g + whole * g * g * g + 1e-6);
                gradient.map(|g| alpha(g) * g.max(0.0)).sum()
            }
            Rule::LayerCam | Rule::HiResCam => 1.0,
        };
        weight as f32
    };
    gradient.chunks_exact(places).enumerate().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_weighs_as_it_says() {
        // One map (1, 3), gradient (0.5, -0.25).
        let maps = Activations { values: vec![1.0, 3.0], channels: 1, height: 1, width: 2 };
        let gradient = [0.5, -0.25];
        let plus_plus = 0.25 / (0.5 + 4.0 * 0.125 + 1e-6) * 0.5;
        let cases = [
            (Rule::GradCam, 0.125),
            (Rule::Cam, 0.25),
            (Rule::XGradCam, (0.5 - 0.75) / 4.0),
            (Rule::GradCamPlusPlus, plus_plus),
        ];
        for (rule, expected) in cases {
            let found = weights(rule, &gradient, &maps)[0];
            assert!((f64::from(found) - expected).abs() < 1e-6, "{rule:?}: {found} is not {expected}");
        }
    }

    #[test]
    fn a_cam_has_no_score_to_choose_and_says_so() {
        let refused = make(Rule::Cam, json!({ "score": "logit" })).unwrap_err();
        assert_eq!(refused.code, "method-option");
        assert_eq!(make(Rule::GradCam, json!({ "score": "loud" })).unwrap_err().code, "method-option");
        assert_eq!(make(Rule::GradCam, Value::Null).unwrap().options(), json!({ "score": "logit" }));
    }
}
