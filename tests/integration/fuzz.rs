//! Networks with random damage: whatever is done to a file, the loader answers, with a network or with a sentence.
//!
//! The everyday suite does this for two seconds, from the same seed each time. For longer:
//! `SCORECAM_FUZZ_SECONDS=600 cargo test --release --test integration -- fuzz --nocapture`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use prost::Message;
use scorecam::model::Network;
use scorecam::model::spec::ModelSpec;
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto};

use crate::fixtures::{path, read};

/// The longest that one damaged file may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Marsaglia's xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a mut [T]) -> Option<&'a mut T> {
        let at = self.below(items.len());
        items.get_mut(at)
    }

    fn number(&mut self) -> i64 {
        const ODD: [i64; 12] = [0, 1, -1, 2, 3, 5, 7, 255, 1 << 20, 1 << 33, i64::MAX, i64::MIN];
        ODD[self.below(ODD.len())]
    }
}

fn damage_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes[at] = random.below(256) as u8,
            _ => bytes.insert(at, random.below(256) as u8),
        }
    }
}

fn damage_graph(graph: &mut GraphProto, random: &mut Random) {
    const OPERATORS: [&str; 16] = [
        "Conv",
        "Relu",
        "Gemm",
        "MatMul",
        "Flatten",
        "Reshape",
        "Softmax",
        "MaxPool",
        "AveragePool",
        "Concat",
        "Transpose",
        "LRN",
        "BatchNormalization",
        "Pad",
        "Clip",
        "Squeeze",
    ];
    for _ in 0..=random.below(3) {
        match random.below(8) {
            0 => {
                let number = random.number();
                let at = random.below(4);
                if let Some(dim) = random.pick(&mut graph.initializer).and_then(|weight| weight.dims.get_mut(at)) {
                    *dim = number;
                }
            }
            1 => {
                let operator = OPERATORS[random.below(OPERATORS.len())];
                if let Some(node) = random.pick(&mut graph.node) {
                    node.op_type = operator.into();
                }
            }
            2 => {
                let at = random.below(graph.node.len());
                graph.node.remove(at.min(graph.node.len() - 1));
            }
            3 => {
                let (a, b) = (random.below(graph.node.len()), random.below(graph.node.len()));
                graph.node.swap(a, b);
            }
            4 => {
                if let Some(input) = random.pick(&mut graph.node).map(|node| &mut node.input) {
                    let at = random.below(input.len());
                    if at < input.len() {
                        input.remove(at);
                    }
                }
            }
            5 => {
                let number = random.number();
                if let Some(attribute) = random.pick(&mut graph.node).and_then(|node| random.pick(&mut node.attribute))
                {
                    damage_attribute(attribute, number, random);
                }
            }
            6 => {
                if let Some(weight) = random.pick(&mut graph.initializer) {
                    weight.data_type = random.below(20) as i32;
                }
            }
            _ => {
                let rank = random.below(6);
                if let Some(weight) = random.pick(&mut graph.initializer) {
                    weight.dims.resize(rank, 1);
                }
            }
        }
        if graph.node.is_empty() {
            return;
        }
    }
}

fn damage_attribute(attribute: &mut AttributeProto, number: i64, random: &mut Random) {
    match random.below(3) {
        0 => attribute.i = number,
        1 => attribute.ints.push(number),
        _ => {
            if let Some(value) = random.pick(&mut attribute.ints) {
                *value = number;
            }
        }
    }
}

fn load(bytes: Vec<u8>) -> String {
    let spec = ModelSpec { title: "Tiny".into(), ..ModelSpec::default() };
    match Network::load(bytes, spec) {
        Ok(network) => format!("loaded, {} layers", network.layers().len()),
        Err(error) => error.message,
    }
}

#[test]
fn a_damaged_file_is_answered_in_time_and_never_with_a_panic() {
    let seconds = std::env::var("SCORECAM_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(2);
    let end = Instant::now() + Duration::from_secs(seconds);
    let whole = read("tests/fixtures/tiny.onnx");
    let mut random = Random(0x05c0_eca9);
    let (mut files, mut loaded) = (0, 0);
    while Instant::now() < end {
        let mut bytes = whole.clone();
        if random.below(3) == 0 {
            damage_bytes(&mut bytes, &mut random);
        } else {
            let mut model = ModelProto::decode(whole.as_slice()).unwrap();
            damage_graph(model.graph.as_mut().unwrap(), &mut random);
            bytes = model.encode_to_vec();
        }
        let started = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| load(bytes.clone())));
        if answer.is_err() || started.elapsed() > PATIENCE {
            let kept = path("target/fuzz-found.onnx");
            std::fs::write(&kept, &bytes).unwrap();
            panic!(
                "file {files}: {:?} after {:?}; it is kept as {}",
                answer.is_ok(),
                started.elapsed(),
                kept.display()
            );
        }
        files += 1;
        loaded += usize::from(answer.is_ok_and(|answer| answer.starts_with("loaded")));
    }
    println!("{files} damaged files, {loaded} of them could be loaded all the same");
}
