//! The command line as a user calls it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ndarray_npy::ReadNpyExt;
use serde_json::Value;

use crate::fixtures::{path, read};

fn scorecam(arguments: &[&str]) -> Output {
    scorecam_with("", arguments)
}

/// With `instructions` of the processor; all that it has where they are not named.
fn scorecam_with(instructions: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scorecam"))
        .current_dir(path("."))
        .env("SCORECAM_INSTRUCTIONS", instructions)
        .args(arguments)
        .output()
        .expect("the binary was built for this test")
}

/// The tiny network, which takes milliseconds, with its own normalisation.
const TINY: [&str; 6] =
    ["--model", "tests/fixtures/tiny.onnx", "--range", "0..255", "--mean=127,127,127", "--std=128,128,128"];

fn folder(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn explain_writes_the_map_the_overlay_and_a_report_for_every_picture() {
    let out = folder("explain");
    let out_name = out.to_str().unwrap();
    let mut arguments = vec![
        "explain",
        "tests/fixtures/tiny.png",
        "--layer",
        "first.relu",
        "--class",
        "2",
        "--threads",
        "2",
        "--out",
        out_name,
    ];
    arguments.extend(TINY);
    let output = scorecam(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let bytes = fs::read(out.join("tiny.heatmap.npy")).unwrap();
    let map = ndarray::Array2::<f32>::read_npy(bytes.as_slice()).unwrap();
    assert_eq!(map.dim(), (8, 8));
    let report: Value = serde_json::from_slice(&fs::read(out.join("tiny.json")).unwrap()).unwrap();
    assert_eq!(report["target"]["index"], 2);
    assert_eq!(report["layer"]["name"], "first.relu");
    assert_eq!(report["recipe"]["name"], "authors");
    assert_eq!(report["weights"].as_array().unwrap().len(), 6);
    assert_eq!(report["diagnostics"]["skippedChannels"], 1);
    let expected: Value = serde_json::from_slice(&read("tests/fixtures/tiny.json")).unwrap();
    let weight = report["weights"][0].as_f64().unwrap() - expected["recipes"][2]["weights"][0].as_f64().unwrap();
    assert!(weight.abs() < 1e-4, "{weight}");
    let overlay = image::open(out.join("tiny.overlay.png")).unwrap();
    assert_eq!((overlay.width(), overlay.height()), (8, 8));
}

#[test]
fn targets_methods_and_what_speaks_against_are_asked_for_by_flags() {
    let out = folder("asked");
    let explain = |more: &[&str]| {
        let mut arguments = vec!["explain", "tests/fixtures/tiny.png", "--layer", "first.relu", "--out"];
        arguments.push(out.to_str().unwrap());
        arguments.extend(TINY);
        arguments.extend(more);
        let output = scorecam(&arguments);
        let report = fs::read(out.join("tiny.json")).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned(), report.unwrap_or_default())
    };
    let expected: Value = serde_json::from_slice(&read("tests/fixtures/tiny.json")).unwrap();
    // The first of the reference's targets: any of the classes 0 and 3, by probability.
    let (worked, _, report) = explain(&["--target", "group:0,3", "--signed"]);
    assert!(worked && report["target"]["kind"] == "group" && report["target"]["classes"][1]["index"] == 3);
    let difference =
        |found: &Value, expected: &Value| (found.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 1e-4;
    assert!(difference(&report["target"]["score"], &expected["targets"][0]["picture"]));
    assert!(difference(&report["weights"][1], &expected["targets"][0]["weights"][1]));
    let signed = fs::read(out.join("tiny.signed.npy")).unwrap();
    assert_eq!(ndarray::Array2::<f32>::read_npy(signed.as_slice()).unwrap().dim(), (8, 8));
    assert!(out.join("tiny.signed.png").exists());

    let (worked, _, report) = explain(&["--method", "occlusion", "--option", "window=4", "--option", "stride=4"]);
    assert!(worked && report["method"] == "occlusion" && report["layer"].is_null() && report["window"] == 4);
    assert_eq!(report["weights"].as_array().unwrap().len(), 4);

    let (worked, _, report) = explain(&["--method", "vit-cx", "--option", "distance=0.3", "--option", "seed=7"]);
    assert!(worked && report["method"] == "vit-cx" && report["distance"] == 0.3 && report["seed"] == 7);
    assert_eq!(report["noise"], 0.1);

    let (worked, _, report) = explain(&["--method", "is-cam", "--option", "samples=3"]);
    assert!(worked && report["method"] == "is-cam" && report["samples"] == 3);

    for (wrong, says) in [
        (&["--until", "2"][..], "expected a number from 0 to 1"),
        (&["--method", "vit-cx", "--option", "noise=2"][..], "0 to 1"),
        (&["--target", "difference:1"][..], "cannot be read"),
        (&["--target", "group:0,9"], "There is no class 9"),
        (&["--target", "finer:2,2"], "cannot be set against itself"),
        (&["--method", "magic"], "There are: score-cam, cam, grad-cam"),
        (&["--method", "occlusion", "--recipe", "paper"], "unknown field `recipe`"),
        (&["--option", "window=3"], "unknown field `window`"),
        (&["--crop", "2"], "A crop of 2 is no part"),
        (&["--resample", "area"], "unknown variant `area`"),
    ] {
        let (worked, said, _) = explain(wrong);
        assert!(!worked && said.contains(says), "{wrong:?}: {said}");
    }
    let (worked, _, report) = explain(&["--resample", "lanczos", "--crop", "0.5"]);
    let input = &report["input"];
    assert!(worked && input["resample"] == "lanczos" && input["crop"] == 0.5 && input["resize"] == "crop", "{input}");
}

#[test]
fn passes_end_by_themselves_where_little_is_open_and_that_is_said() {
    let out = folder("until");
    let output = scorecam(&["explain", "www/samples/coffee.png", "--until", "0.05", "--out", out.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("the rest would change it by about 0.0"), "{said}");
    let report: Value = serde_json::from_slice(&fs::read(out.join("coffee.json")).unwrap()).unwrap();
    assert_eq!(report["diagnostics"]["partial"], true);
}

#[test]
fn the_matlab_recipe_takes_its_option_and_others_refuse_it() {
    let out = folder("columnwise");
    let with = |recipe: &str, columnwise: &str| {
        let mut arguments = vec!["explain", "tests/fixtures/tiny.png", "--recipe", recipe, "--columnwise", columnwise];
        arguments.extend(["--out", out.to_str().unwrap()]);
        arguments.extend(TINY);
        scorecam(&arguments)
    };
    for (columnwise, scaling) in [("true", "AfterUpsamplingByColumn"), ("false", "AfterUpsampling")] {
        assert!(with("matlab", columnwise).status.success());
        let report: Value = serde_json::from_slice(&fs::read(out.join("tiny.json")).unwrap()).unwrap();
        assert_eq!(report["recipe"]["mask"]["scaling"], scaling);
    }
    let refused = with("paper", "false");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("The recipe \"paper\" has no option columnwise."));
}

#[test]
fn layers_are_listed_one_a_line_or_as_json() {
    let mut arguments = vec!["layers"];
    arguments.extend(TINY);
    let lines = scorecam(&arguments);
    let text = String::from_utf8(lines.stdout).unwrap();
    assert_eq!(text, "first 6 4 4\nfirst.relu 6 4 4\nsecond 4 4 4\nsecond.relu 4 4 4\n");
    arguments.push("--json");
    let json: Value = serde_json::from_slice(&scorecam(&arguments).stdout).unwrap();
    assert_eq!(
        json[3],
        serde_json::json!({ "name": "second.relu", "channels": 4, "height": 4, "width": 4, "operator": "Relu" })
    );
}

#[test]
fn the_steps_of_a_pass_are_listed_with_what_falls_back_to_tract() {
    let of = |file: &str| {
        let model = format!("tests/fixtures/exports/{file}.onnx");
        let text = scorecam(&["layers", "--engine", "--model", &model]);
        let json = scorecam(&["layers", "--engine", "--json", "--model", &model]);
        let steps: Vec<Value> = serde_json::from_slice(&json.stdout).unwrap();
        let last = String::from_utf8_lossy(&text.stdout).lines().last().unwrap_or_default().to_owned();
        (steps.iter().filter(|step| step["fallsBack"] == true).count(), steps.len(), last)
    };
    let (foreign, steps, last) = of("efficientnetv2_dynamo");
    assert_eq!(foreign, 0);
    assert!(steps > 10 && last.ends_with("by tract's operators"), "{steps} steps: {last}");
    let (foreign, _, last) = of("swin_dynamo");
    assert!(foreign > 0 && last.contains("Gather"), "{last}");
}

#[test]
fn every_set_of_instructions_gives_the_same_map() {
    let map = |instructions: &str| {
        let out = folder(&format!("instructions-{instructions}"));
        let model = "tests/fixtures/exports/efficientnetv2_torchscript.onnx";
        let output = scorecam_with(
            instructions,
            &["explain", "www/samples/chelsea.png", "--model", model, "--out", out.to_str().unwrap()],
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let bytes = fs::read(out.join("chelsea.heatmap.npy")).unwrap();
        ndarray::Array2::<f32>::read_npy(bytes.as_slice()).unwrap()
    };
    let expected = map("base");
    for instructions in ["avx2", ""] {
        let difference = (&map(instructions) - &expected).iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(difference < 1e-5, "{instructions}: {difference}");
    }
}

#[test]
fn a_bad_picture_is_named_and_the_others_are_explained_all_the_same() {
    let out = folder("bad");
    fs::create_dir_all(&out).unwrap();
    let text = out.join("text.png");
    fs::write(&text, "no picture").unwrap();
    let mut arguments =
        vec!["explain", text.to_str().unwrap(), "tests/fixtures/tiny.png", "--out", out.to_str().unwrap()];
    arguments.extend(TINY);
    let output = scorecam(&arguments);
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("text.png: This file is not a picture"), "{message}");
    assert!(message.contains("1 of 2 pictures failed"), "{message}");
    assert!(out.join("tiny.heatmap.npy").exists());
}

#[test]
fn wrong_arguments_are_answered_with_a_sentence() {
    let cases: [(&[&str], &str); 5] = [
        (&["--class", "Egiptian cat"], "There is no class called \"Egiptian cat\"."),
        (&["--class", "1000"], "There is no class 1000: the network has 1000, counted from 0."),
        (&["--layer", "haed"], "The nearest names are: head"),
        (&["--recipe", "grad-cam"], "There are: authors, paper"),
        (&["--catalog", "lenet"], "The catalogue has no network called \"lenet\"."),
    ];
    for (arguments, message) in cases {
        let mut all = vec!["explain", "www/samples/chelsea.png", "--out", "target/never"];
        all.extend(arguments);
        let output = scorecam(&all);
        assert!(!output.status.success(), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
    assert!(!path("target/never").exists());
}

#[test]
fn a_file_of_the_catalogue_with_another_checksum_is_refused() {
    let models = folder("altered");
    fs::create_dir_all(&models).unwrap();
    let mut network = read("models/efficientnet_lite0.onnx");
    let middle = network.len() / 2;
    network[middle..middle + 100].iter_mut().for_each(|byte| *byte ^= 1);
    fs::write(models.join("efficientnet_lite0.onnx"), network).unwrap();
    let output = scorecam(&["layers", "--models", models.to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.contains("is not the file that the catalogue describes: its checksum differs."), "{message}");
}

#[test]
fn pictures_of_one_name_do_not_overwrite_each_others_results() {
    let out = folder("same");
    let (first, second) = (out.join("d1"), out.join("d2"));
    for folder in [&first, &second] {
        fs::create_dir_all(folder).unwrap();
        fs::copy(path("tests/fixtures/tiny.png"), folder.join("p.png")).unwrap();
    }
    fs::copy(path("tests/fixtures/tiny.png"), second.join("q.png")).unwrap();
    let pictures = [first.join("p.png"), second.join("p.png"), second.join("q.png")];
    let mut arguments = vec!["explain", "--out", out.to_str().unwrap()];
    arguments.extend(pictures.iter().map(|picture| picture.to_str().unwrap()));
    arguments.extend(TINY);
    assert!(scorecam(&arguments).status.success());
    let maps = fs::read_dir(&out).unwrap().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".heatmap.npy"))
    });
    assert_eq!(maps.count(), 3);
    assert!(out.join("q.heatmap.npy").exists());
}

#[test]
fn what_files_call_things_reaches_the_terminal_without_what_it_would_obey() {
    let out = folder("escapes");
    fs::create_dir_all(&out).unwrap();
    let labels = out.join("labels.json");
    let names: Vec<String> = (0..5).map(|i| format!("\u{1b}[31mred\n{i}")).collect();
    fs::write(&labels, serde_json::to_vec(&names).unwrap()).unwrap();
    let mut arguments = vec!["explain", "tests/fixtures/tiny.png", "--labels", labels.to_str().unwrap()];
    arguments.extend(["--out", out.to_str().unwrap()]);
    arguments.extend(TINY);
    let output = scorecam(&arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("\\u{1b}[31mred\\n") && !said.contains('\u{1b}') && said.lines().count() == 1, "{said}");
}

#[test]
fn what_needs_more_memory_than_is_allowed_is_refused_before_it_is_begun() {
    let out = folder("memory");
    let output = scorecam(&["explain", "www/samples/chelsea.png", "--memory", "32", "--out", out.to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("its constants need 8 MB of memory"), "{message}");
    assert!(!out.join("chelsea.json").exists());
}
