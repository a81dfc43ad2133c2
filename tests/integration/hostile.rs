//! Small files that ask for the moon: graphs that are valid in form and ask for terabytes, for hours, or for what is not
//! there. Each is given to the command line in a process of its own with a gigabyte of addresses, and must be answered
//! within ten seconds, with layers and a map or with a sentence.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType,
};

use crate::fixtures::path;

/// Kilobytes of addresses that the process has, and megabytes that it is told of.
const ADDRESSES: usize = 1 << 20;
const TOLD: &str = "700";

const PATIENCE: Duration = Duration::from_secs(10);

/// Sizes that nobody has.
const HUGE: [i64; 7] = [1 << 14, 1 << 20, 1 << 28, 1 << 33, 1 << 47, i64::MAX, -7];

/// A network that is put together: a convolution, what is hostile, and a classifier behind it.
struct Builder {
    graph: GraphProto,
    opset: i64,
    /// The tensor that the classifier reads.
    last: String,
}

impl Builder {
    fn new() -> Builder {
        let mut builder = Builder { graph: GraphProto::default(), opset: 13, last: "x".into() };
        builder.graph.name = "hostile".into();
        builder.graph.input.push(value("x", &[1, 3, 32, 32]));
        builder.graph.output.push(value("scores", &[1, 2]));
        builder.floats("first.weight", &[4, 3, 3, 3]);
        builder.node("Conv", &["x", "first.weight"], &[("pads", Ints(&[1, 1, 1, 1]))]);
        builder
    }

    fn floats(&mut self, name: &str, dims: &[i64]) -> &mut Builder {
        let count = dims.iter().product::<i64>().clamp(0, 1 << 16);
        let float_data = (0..count).map(|i| ((i * 7919 % 17) as f32 - 8.0) / 16.0).collect();
        let (dims, name) = (dims.to_vec(), name.to_owned());
        let tensor = TensorProto { dims, name, data_type: DataType::Float as i32, float_data, ..Default::default() };
        self.graph.initializer.push(tensor);
        self
    }

    fn ints(&mut self, name: &str, values: &[i64]) -> &mut Builder {
        let (dims, name, int64_data) = (vec![values.len() as i64], name.to_owned(), values.to_vec());
        let tensor = TensorProto { dims, name, data_type: DataType::Int64 as i32, int64_data, ..Default::default() };
        self.graph.initializer.push(tensor);
        self
    }

    /// A node that makes the next tensor, which the classifier will read.
    fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> &mut Builder {
        let name = format!("t{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            op_type: operator.into(),
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            attribute: attributes.iter().map(|(name, value)| attribute(name, value)).collect(),
            ..Default::default()
        });
        self.last = name;
        self
    }

    /// The last tensor through one more operator.
    fn then(&mut self, operator: &str, others: &[&str], attributes: &[(&str, Attribute)]) -> &mut Builder {
        let last = self.last.clone();
        let inputs: Vec<&str> = std::iter::once(last.as_str()).chain(others.iter().copied()).collect();
        self.node(operator, &inputs, attributes)
    }

    /// The file, with a classifier of two classes on `channels` maps.
    fn file(&mut self, channels: i64) -> Vec<u8> {
        self.then("GlobalAveragePool", &[], &[]).then("Flatten", &[], &[]);
        self.floats("head", &[channels, 2]).then("MatMul", &["head"], &[]);
        if let Some(node) = self.graph.node.last_mut() {
            node.output = vec!["scores".into()];
        }
        self.bytes()
    }

    fn bytes(&self) -> Vec<u8> {
        let opset = OperatorSetIdProto { domain: String::new(), version: self.opset };
        let graph = Some(self.graph.clone());
        ModelProto { ir_version: 8, opset_import: vec![opset], graph, ..Default::default() }.encode_to_vec()
    }
}

enum Attribute<'a> {
    Int(i64),
    Ints(&'a [i64]),
    Float(f32),
    Text(&'a str),
    Graph,
}
use Attribute::{Float, Graph, Int, Ints, Text};

fn attribute(name: &str, value: &Attribute) -> AttributeProto {
    let mut made = AttributeProto { name: name.into(), ..Default::default() };
    let kind = match value {
        Int(i) => {
            made.i = *i;
            AttributeType::Int
        }
        Ints(ints) => {
            made.ints = ints.to_vec();
            AttributeType::Ints
        }
        Float(f) => {
            made.f = *f;
            AttributeType::Float
        }
        Text(text) => {
            made.s = text.as_bytes().to_vec();
            AttributeType::String
        }
        Graph => {
            made.g = Some(GraphProto::default());
            AttributeType::Graph
        }
    };
    made.r#type = kind as i32;
    made
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim =
        dims.iter().map(|&value| Dimension { value: Some(dimension::Value::DimValue(value)), ..Default::default() });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor = Tensor { elem_type: DataType::Float as i32, shape };
    let kind = TypeProto { value: Some(Value::TensorType(tensor)), ..Default::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..Default::default() }
}

/// All of them, with what they are called.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| files.push((name, bytes));

    // What makes large tensors of small ones.
    for size in HUGE {
        for axis in 0..4 {
            let mut shape = [1, 4, 32, 32];
            shape[axis] = size;
            add(
                format!("expand axis {axis} to {size}"),
                Builder::new().ints("s", &shape).then("Expand", &["s"], &[]).file(4),
            );
            let mut repeats = [1; 4];
            repeats[axis] = size;
            add(
                format!("tile axis {axis} by {size}"),
                Builder::new().ints("s", &repeats).then("Tile", &["s"], &[]).file(4),
            );
            let mut pads = [0; 8];
            pads[axis + 4] = size;
            add(format!("pad axis {axis} by {size}"), Builder::new().ints("s", &pads).then("Pad", &["s"], &[]).file(4));
        }
        let mut constant = Builder::new();
        constant.floats("one", &[1]).ints("s", &[1, 4, size, size]).node("Expand", &["one", "s"], &[]);
        let made = constant.last.clone();
        add(format!("add a constant of {size} x {size}"), constant.node("Add", &["t0", &made], &[]).file(4));
        let mut constant = Builder::new();
        constant.ints("s", &[size]).node("ConstantOfShape", &["s"], &[]);
        let made = constant.last.clone();
        add(format!("a constant of shape [{size}]"), constant.node("Add", &["t0", &made], &[]).file(4));
        add(
            format!("resize to {size}"),
            Builder::new().ints("s", &[1, 4, size, size]).then("Resize", &["", "", "s"], &[]).file(4),
        );
        let mut scaled = Builder::new();
        scaled.floats("scales", &[4]);
        scaled.graph.initializer.last_mut().unwrap().float_data = vec![1.0, 1.0, size as f32, size as f32];
        add(format!("resize by {size}"), scaled.then("Resize", &["", "scales"], &[]).file(4));
        let strides = [("strides", Ints(&[size, size]))];
        add(
            format!("transposed convolution of stride {size}"),
            Builder::new().floats("w", &[4, 4, 3, 3]).then("ConvTranspose", &["w"], &strides).file(4),
        );
        let padding = [("output_padding", Ints(&[size, size]))];
        add(
            format!("transposed convolution, output padding {size}"),
            Builder::new().floats("w", &[4, 4, 3, 3]).then("ConvTranspose", &["w"], &padding).file(4),
        );
        for name in ["pads", "strides", "dilations"] {
            let values = if name == "pads" { vec![size; 4] } else { vec![size; 2] };
            add(
                format!("convolution with {name} {size}"),
                Builder::new().floats("w", &[4, 4, 3, 3]).then("Conv", &["w"], &[(name, Ints(&values))]).file(4),
            );
        }
        add(
            format!("{size} groups"),
            Builder::new().floats("w", &[4, 4, 3, 3]).then("Conv", &["w"], &[("group", Int(size))]).file(4),
        );
        add(
            format!("local response over {size}"),
            Builder::new().then("LRN", &[], &[("size", Int(size)), ("alpha", Float(1e-4))]).file(4),
        );
        add(
            format!("reshape to {size}"),
            Builder::new().ints("s", &[1, size, -1, 32]).then("Reshape", &["s"], &[]).file(4),
        );
        add(format!("blocks of {size}"), Builder::new().then("DepthToSpace", &[], &[("blocksize", Int(size))]).file(4));
        add(
            format!("blocks of {size} to depth"),
            Builder::new().then("SpaceToDepth", &[], &[("blocksize", Int(size))]).file(4),
        );
        add(format!("softmax over axis {size}"), Builder::new().then("Softmax", &[], &[("axis", Int(size))]).file(4));
        add(format!("flatten at {size}"), Builder::new().then("Flatten", &[], &[("axis", Int(size))]).file(4));
        add(
            format!("mean over axis {size}"),
            Builder::new().then("ReduceMean", &[], &[("axes", Ints(&[size]))]).file(4),
        );
        add(
            format!("transpose by {size}"),
            Builder::new().then("Transpose", &[], &[("perm", Ints(&[0, size, 2, 3]))]).file(4),
        );
        add(
            format!("split into {size}"),
            Builder::new().ints("s", &[size, 1]).then("Split", &["s"], &[("axis", Int(1))]).file(4),
        );
        let cut = Builder::new().ints("b", &[size]).ints("e", &[i64::MAX]).then("Slice", &["b", "e"], &[]).file(4);
        add(format!("slice from {size}"), cut);
        let mut stepped = Builder::new();
        stepped.ints("b", &[0]).ints("e", &[32]).ints("a", &[2]).ints("p", &[size]);
        add(format!("slice by {size}"), stepped.then("Slice", &["b", "e", "a", "p"], &[]).file(4));
        add(
            format!("gather {size}"),
            Builder::new().ints("i", &[size, 0, 1, 2]).then("Gather", &["i"], &[("axis", Int(1))]).file(4),
        );
        let elements =
            Builder::new().ints("i", &[size]).ints("r", &[1, 1, 1, 1]).node("Reshape", &["i", "r"], &[]).last.clone();
        let mut gather = Builder::new();
        gather.ints("i", &[size]).ints("r", &[1, 1, 1, 1]).node("Reshape", &["i", "r"], &[]);
        add(
            format!("gather element {size}"),
            gather.node("GatherElements", &["t0", &elements], &[("axis", Int(3))]).file(1),
        );
        let mut gather = Builder::new();
        gather.ints("i", &[0, size, 0, 0]).ints("r", &[1, 4]).node("Reshape", &["i", "r"], &[]);
        add(format!("gather at {size}"), gather.node("GatherND", &["t0", &elements], &[]).file(1));
        let mut scatter = Builder::new();
        scatter.floats("u", &[1]).ints("i", &[0, size, 0, 0]).ints("r", &[1, 4]).node("Reshape", &["i", "r"], &[]);
        add(format!("scatter at {size}"), scatter.node("ScatterND", &["t0", &elements, "u"], &[]).file(4));
        let random = Builder::new().node("RandomNormal", &[], &[("shape", Ints(&[1, 4, size, size]))]).last.clone();
        let mut noise = Builder::new();
        noise.node("RandomNormal", &[], &[("shape", Ints(&[1, 4, size, size]))]);
        add(format!("noise of {size}"), noise.node("Add", &["t0", &random], &[]).file(4));
        let mut named = Builder::new();
        named.opset = size;
        add(format!("operator set {size}"), named.file(4));
    }

    // Windows that do not fit.
    for (kernel, pad) in [(4000, 0), (2, 2), (2, 9), (3, 40), (40, 39), (4096, 4095), (1, 1), (33, 0)] {
        for operator in ["MaxPool", "AveragePool"] {
            let (kernel_shape, pads) = ([kernel; 2], [pad; 4]);
            for ceil in [0, 1] {
                let attributes =
                    [("kernel_shape", Ints(&kernel_shape)), ("pads", Ints(&pads)), ("ceil_mode", Int(ceil))];
                add(
                    format!("{operator} of {kernel}, padding {pad}, ceiling {ceil}"),
                    Builder::new().then(operator, &[], &attributes).file(4),
                );
            }
        }
    }
    for pads in [[4090, 4090, 4090, 4090], [4096, 0, 4096, 0], [0, 4096, 0, 0]] {
        let attributes = [("pads", Ints(&pads)), ("strides", Ints(&[97, 97]))];
        add(
            format!("convolution with pads {pads:?}"),
            Builder::new().floats("w", &[4, 4, 3, 3]).then("Conv", &["w"], &attributes).file(4),
        );
    }

    // What grows by itself.
    for doublings in [6, 12, 24, 40, 63] {
        for axis in [1, 2] {
            let mut doubled = Builder::new();
            for _ in 0..doublings {
                let last = doubled.last.clone();
                doubled.node("Concat", &[&last, &last], &[("axis", Int(axis))]);
            }
            add(format!("{doublings} doublings of axis {axis}"), doubled.file(4));
        }
        let mut grown = Builder::new();
        for i in 0..doublings {
            let name = format!("axis{i}");
            grown.floats(&name, &[&[2][..], &vec![1; 4 + i as usize][..]].concat()).then("Add", &[&name], &[]);
        }
        add(format!("{doublings} more axes"), grown.file(4));
    }
    for length in [1_000, 20_000, 200_000] {
        for operator in ["Relu", "Identity", "Sigmoid"] {
            let mut chain = Builder::new();
            (0..length).for_each(|_| _ = chain.then(operator, &[], &[]));
            add(format!("{length} times {operator}"), chain.file(4));
        }
        let mut chain = Builder::new();
        chain.floats("w", &[4, 4, 1, 1]);
        (0..length).for_each(|_| _ = chain.then("Conv", &["w"], &[]));
        add(format!("{length} convolutions"), chain.file(4));
    }
    for channels in [10_000, 100_000] {
        let mut wide = Builder::new();
        wide.floats("w", &[channels, 4, 1, 1]);
        wide.graph.initializer.last_mut().unwrap().float_data = vec![0.5; 4 * channels as usize];
        wide.then("Conv", &["w"], &[]);
        wide.then("GlobalAveragePool", &[], &[]).then("Flatten", &[], &[]);
        wide.floats("head", &[channels, 2]);
        wide.graph.initializer.last_mut().unwrap().float_data = vec![0.1; 2 * channels as usize];
        wide.then("MatMul", &["head"], &[]).graph.node.last_mut().unwrap().output = vec!["scores".into()];
        add(format!("{channels} channels"), wide.bytes());
    }
    for axes in [13, 200, 10_000] {
        let mut shape = vec![1; axes];
        shape[0] = -1;
        add(format!("reshape to {axes} axes"), Builder::new().ints("s", &shape).then("Reshape", &["s"], &[]).file(4));
        add(
            format!("a weight of {axes} axes"),
            Builder::new().floats("w", &vec![1; axes]).then("Add", &["w"], &[]).file(4),
        );
    }

    // What is not what it should be.
    for operator in ["If", "Loop", "Scan"] {
        add(operator.into(), Builder::new().then(operator, &[], &[("body", Graph)]).file(4));
    }
    for equation in ["", "->", "ij,jk", "abcd->", "aaaa->a", "abcd,abcd,abcd->abcd", "a...b->"] {
        add(
            format!("einsum {equation}"),
            Builder::new().then("Einsum", &["t0"], &[("equation", Text(equation))]).file(4),
        );
    }
    add("outer product".into(), {
        let mut outer = Builder::new();
        outer.ints("c", &[1, 1, 4096, 1]).ints("r", &[1, 1, 1, 4096]).node("Reshape", &["t0", "c"], &[]);
        outer.node("Reshape", &["t0", "r"], &[]).node("MatMul", &["t1", "t2"], &[]).file(1)
    });
    add("a name of a megabyte".into(), {
        let mut named = Builder::new();
        named.node("Relu", &["t0"], &[]);
        let name = "\u{1b}[31mred\n".repeat(100_000);
        named.graph.node.last_mut().unwrap().output[0].clone_from(&name);
        named.last = name;
        named.file(4)
    });
    files
}

/// What the process says, or why it may not end as it did. `explains`: with a map; thousands of channels take their time.
fn answer(file: &Path, out: &Path, explains: bool) -> Result<String, String> {
    let limited = format!("ulimit -v {ADDRESSES}; exec \"$@\"");
    let mut child = Command::new("sh")
        .current_dir(path("."))
        .args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_scorecam"), if explains { "explain" } else { "layers" }])
        .args(["--memory", TOLD, "--model"])
        .arg(file)
        .args(if explains { &["tests/fixtures/tiny.png", "--threads", "2", "--out"][..] } else { &[] })
        .args(explains.then_some(out))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let started = Instant::now();
    let status = loop {
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break status,
            None if started.elapsed() > PATIENCE => {
                child.kill().ok();
                child.wait().ok();
                return Err(format!("no answer within {PATIENCE:?}"));
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut said = String::new();
    child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
    match status.code() {
        Some(0) => Ok("a map".into()),
        Some(1) if said.starts_with("scorecam: ") && said.len() < 2_000 && !said.contains('\u{1b}') => Ok(said),
        _ => Err(format!("{status}: {}", said.chars().take(600).collect::<String>())),
    }
}

#[test]
fn small_files_that_ask_for_the_moon_get_a_sentence_or_a_map_within_ten_seconds_and_a_gigabyte() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    fs::create_dir_all(&folder).unwrap();
    let files = files();
    assert!(files.len() >= 200, "{} files", files.len());
    let mut wrong = Vec::new();
    let mut maps = 0;
    for (i, (name, bytes)) in files.iter().enumerate() {
        let file = folder.join(format!("{i}.onnx"));
        fs::write(&file, bytes).unwrap();
        match answer(&file, &folder, !name.ends_with("channels")) {
            Ok(said) => {
                maps += usize::from(said == "a map");
                println!("{name}: {}", said.trim());
            }
            Err(why) => wrong.push(format!("{name} ({}): {why}", file.display())),
        }
    }
    println!("{} files, {maps} of them explained", files.len());
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}
