//! `scorecam batch`: nothing is lost and nothing is there twice, whatever pictures are called, whatever is wrong with them, and whenever
//! it is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use base64::Engine;
use ndarray::Array2;
use ndarray_npy::{NpzReader, ReadNpyExt};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Row, RowAccessor};
use scorecam::methods::score_cam::recipe::{Recipe, RecipeOptions};
use scorecam::render::npy;
use serde_json::Value;

use crate::fixtures::{explained, path, picture, read, tiny_network, view};

/// The tiny network, which takes milliseconds; names of its classes are those of `labels`.
const TINY: [&str; 8] =
    ["--range", "0..255", "--mean=127,127,127", "--std=128,128,128", "--layer", "first.relu", "--threads", "2"];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scorecam"));
    command.arg("batch").args(["--model", path("tests/fixtures/tiny.onnx").to_str().unwrap()]).args(TINY);
    command.args(arguments);
    command
}

fn batch(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary was built for this test")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("batch").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder of pictures, each a little different.
fn pictures(name: &str, count: usize) -> PathBuf {
    let folder = fresh(name);
    let first = picture("tests/fixtures/tiny.png");
    for number in 0..count {
        let mut other = first.clone();
        other.put_pixel(number as u32 % 8, number as u32 / 8 % 8, image::Rgb([number as u8, 3, 250]));
        other.save(folder.join(format!("{number:03}.png"))).unwrap();
    }
    folder
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("every line is whole")).collect()
}

/// Every line of a folder by its id, without what depends on the machine's speed or on where the map was put; and its map.
fn results(folder: &Path) -> BTreeMap<String, (Value, Option<Array2<f32>>)> {
    let mut found = BTreeMap::new();
    let mut names: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for file in names.iter().filter(|name| name.extension().is_some_and(|ending| ending == "jsonl")) {
        for mut line in lines(file) {
            let place = line["map"].take();
            let map = place["file"].as_str().map(|file| {
                let mut archive = NpzReader::new(File::open(folder.join(file)).unwrap()).unwrap();
                archive.by_name(&format!("{}.npy", place["name"].as_str().unwrap())).unwrap()
            });
            let object = line.as_object_mut().unwrap();
            object.remove("timings");
            object.remove("map");
            let id = line["id"].as_str().unwrap().to_owned();
            assert!(found.insert(id.clone(), (line, map)).is_none(), "{id} is there twice");
        }
    }
    found
}

#[test]
fn a_line_and_a_map_for_every_picture_are_those_of_the_library() {
    let (folder, out) = (pictures("library", 5), fresh("library-out"));
    let output = batch(&[folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--measures", "drop,stability"]);
    assert!(output.status.success(), "{}", said(&output));
    let all = results(&out);
    assert_eq!(all.len(), 5);
    let network = tiny_network();
    for (id, (line, map)) in &all {
        let picture = image::open(id).unwrap().to_rgb8();
        let recipe = Recipe::find(Some("authors"), RecipeOptions::default()).unwrap();
        let explanation = explained(&network, &picture, &recipe);
        let expected = view(&explanation, None, &recipe).unwrap().heatmap();
        let map = map.as_ref().unwrap();
        assert_eq!(map.dim(), (8, 8));
        assert!(map.iter().zip(&expected.values).all(|(a, b)| (a - b).abs() < 1e-6), "{id}");
        assert_eq!(line["class"], explanation.predictions(1)[0].index);
        assert!(
            line["measures"]["average-drop"].is_number() || line["measures"].as_object().unwrap().len() > 3,
            "{line}"
        );
        assert!(line["measures"]["adcc"].is_number() && line["sha256"].as_str().unwrap().len() == 64);
    }
    assert!(!out.join("maps.1-of-1.pending").exists());
}

#[test]
fn bad_pictures_and_strange_names_have_a_line_each_and_the_others_are_explained() {
    let (folder, out) = (pictures("strange", 19), fresh("strange-out"));
    let whole = read("tests/fixtures/tiny.png");
    let names = ["a, b.png", "\"quoted\".png", "line\nbreak.png", "שלום \u{202e}gnp.png", "=cmd().png", "sub/日本.PNG"];
    fs::create_dir(folder.join("sub")).unwrap();
    for name in names {
        fs::write(folder.join(name), &whole).unwrap();
    }
    fs::write(folder.join("cut.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.join("empty.jpg"), b"").unwrap();
    fs::write(folder.join("text.jpeg"), b"not a picture").unwrap();
    fs::write(folder.join("notes.txt"), b"not a picture, and not called one").unwrap();
    fs::write(folder.join("._000.png"), b"what a Mac leaves behind").unwrap();
    let output = batch(&[folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--parquet"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("25 explained, 3 failed"), "{}", said(&output));
    let all = results(&out);
    let ids: BTreeSet<String> = all.keys().cloned().collect();
    assert_eq!(all.len(), 28);
    for name in names {
        let id = format!("{}/{name}", folder.to_str().unwrap());
        assert!(ids.contains(&id) && all[&id].0["status"] == "explained", "{name}");
    }
    let failed: Vec<&Value> = all.values().map(|(line, _)| line).filter(|line| line["status"] == "failed").collect();
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(|line| line["error"]["message"].as_str().unwrap().ends_with('.')), "{failed:?}");

    // The table has the same rows.
    let table = SerializedFileReader::new(File::open(out.join("results.1-of-1.parquet")).unwrap()).unwrap();
    assert_eq!(table.metadata().file_metadata().num_rows(), 28);
    let rows: Vec<Row> = table.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
    let by_table: BTreeSet<String> = rows.iter().map(|row| row.get_string(0).unwrap().clone()).collect();
    assert_eq!(by_table, ids);
    for row in &rows {
        let is_explained = row.get_string(1).unwrap() == "explained";
        assert_eq!(row.get_double(6).is_ok_and(|probability| probability > 0.0), is_explained, "{row}");
        assert_eq!(row.get_string(22).is_ok(), !is_explained, "{row}");
    }

    // Those that failed are not tried again unless that is asked for.
    let again = batch(&[folder.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(again.status.code() == Some(3) && said(&again).contains("0 explained, 0 failed"), "{}", said(&again));
    fs::write(folder.join("cut.png"), &whole).unwrap();
    let again = batch(&[folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--retry-failed"]);
    assert!(again.status.code() == Some(3) && said(&again).contains("1 explained, 2 failed"), "{}", said(&again));
    assert_eq!(results(&out).len(), 28);
}

#[test]
fn a_manifest_says_what_is_expected_and_asked_of_each_picture() {
    let (folder, out) = (pictures("manifest", 4), fresh("manifest-out"));
    let labels = folder.join("labels.txt");
    fs::write(&labels, "ant\nbee\nsea cow\ndog\nelk\n").unwrap();
    let manifest = folder.join("list.csv");
    let text = "image,expected,target,box,id\n000.png,Sea_Cow,,\"0,0,4,4\",first\n001.png,2,elk,,\n002.png,yeti,,,\n003.png,,99,,\n,,,,\n";
    fs::write(&manifest, text).unwrap();
    let arguments = |out: &Path| {
        let words =
            ["--manifest", manifest.to_str().unwrap(), "--root", folder.to_str().unwrap(), "--measures", "energy"];
        let more = ["--labels", labels.to_str().unwrap(), "--out", out.to_str().unwrap()];
        words.iter().chain(&more).map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let words = arguments(&out);
    let output = batch(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let all = results(&out);
    let line = |id: &str| &all[id].0;
    assert_eq!(line("first")["expected"]["index"], 2);
    assert_eq!(line("first")["isCorrect"], line("first")["class"] == 2);
    assert!(line("first")["measures"]["energy"].is_number());
    assert_eq!(line("001.png")["target"]["index"], 4);
    assert!(line("001.png")["measures"]["energy"].is_null());
    assert!(line("002.png")["expected"].is_null() && line("002.png")["expectedName"] == "yeti");
    assert_eq!(line("003.png")["error"]["code"], "class-unknown");
    assert_eq!(line("line:6")["error"]["code"], "manifest-line");

    // The same through a pipe, as JSON lines in, lines out: each as soon as it is there, while the pipe stays open.
    let mut child = command(&["--manifest", "-", "--out", "-", "--maps", "line"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for name in ["000.png", "001.png"] {
        writeln!(input, "{}", serde_json::json!({ "image": name, "id": name })).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["id"], name);
        let npy = base64::engine::general_purpose::STANDARD.decode(line["map"]["npy"].as_str().unwrap()).unwrap();
        let map = Array2::<f32>::read_npy(npy.as_slice()).unwrap();
        let id = if name == "000.png" { "first" } else { name };
        // The other was asked about another class, unless that is its most probable one, too.
        let same_target = name == "000.png" || all[id].0["class"] == 4;
        assert_eq!(map == *all[id].1.as_ref().unwrap(), same_target);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn shards_together_have_every_picture_once_and_a_folder_of_another_question_is_refused() {
    let (folder, out, whole) = (pictures("shards", 30), fresh("shards-out"), fresh("shards-whole"));
    let run = |out: &Path, more: &[&str]| {
        let mut words = vec![folder.to_str().unwrap(), "--out", out.to_str().unwrap()];
        words.extend(more);
        batch(&words)
    };
    for shard in ["1/3", "2/3", "3/3"] {
        assert!(run(&out, &["--shard", shard]).status.success());
    }
    assert!(run(&whole, &[]).status.success());
    assert_eq!(results(&out), results(&whole));
    assert_eq!(results(&out).len(), 30);
    // Another number of shards finds everything done.
    let other = run(&out, &["--shard", "1/2"]);
    assert!(said(&other).contains("0 explained, 0 failed"), "{}", said(&other));
    let differs = run(&out, &["--method", "recipro-cam"]);
    assert!(differs.status.code() == Some(1) && said(&differs).contains("its \"method\" was \"score-cam\""));
    for (wrong, says) in [
        (&["--shard", "4/3"][..], "expected I/N"),
        (&["--measures", "beauty"], "There are: deletion-insertion"),
        (&["--together", "0"], "0 is not in 1..=256"),
    ] {
        let output = run(&out, wrong);
        assert!(!output.status.success() && said(&output).contains(says), "{wrong:?}: {}", said(&output));
    }
}

/// A method and a measure of many passes.
fn long(folder: &Path, out: &Path) -> Command {
    let mut command = command(&["--option", "recipe=paper", "--measures", "road"]);
    command.arg(folder).arg("--out").arg(out);
    command
}

fn started(folder: &Path, out: &Path) -> Child {
    long(folder, out).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_brings_nothing_twice() {
    // More than an archive holds, so that some kills meet one being made.
    let (folder, out, whole) = (pictures("kill", 300), fresh("kill-out"), fresh("kill-whole"));
    assert!(started(&folder, &whole).wait().unwrap().success());
    let mut kills = 0;
    for milliseconds in (20..).step_by(7) {
        let mut child = started(&folder, &out);
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 3, "it was done after {kills} kills");
    assert!(started(&folder, &out).wait().unwrap().success());
    assert_eq!(results(&out), results(&whole));
}

#[test]
fn what_a_stop_leaves_behind_is_put_right() {
    let (folder, out, whole) = (pictures("behind", 6), fresh("behind-out"), fresh("behind-whole"));
    assert!(started(&folder, &whole).wait().unwrap().success());
    assert!(started(&folder, &out).wait().unwrap().success());
    let file = out.join("results.1-of-1.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    // As if it had been stopped before the archive, with half a line, one map torn, one lost, and one without a line.
    let mut archive = NpzReader::new(File::open(out.join("maps.1-of-1.00000.npz")).unwrap()).unwrap();
    let pending = out.join("maps.1-of-1.pending");
    fs::create_dir(&pending).unwrap();
    let names: Vec<String> = archive.names().unwrap();
    for name in &names {
        let map: Array2<f32> = archive.by_name(name).unwrap();
        let stem = name.trim_end_matches(".npy");
        fs::write(pending.join(format!("{stem}.npy")), npy(map.as_slice().unwrap(), map.dim())).unwrap();
    }
    fs::remove_file(out.join("maps.1-of-1.00000.npz")).unwrap();
    fs::write(out.join("maps.1-of-1.00000.npz.new"), b"begun").unwrap();
    fs::write(&file, format!("{}{}", all[..5].concat(), &all[5][..40])).unwrap();
    let name = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        format!("{}.npy", line["map"]["name"].as_str().unwrap())
    };
    fs::write(pending.join(name(all[0])), b"\x93NUMPY torn").unwrap();
    fs::remove_file(pending.join(name(all[1]))).unwrap();
    fs::write(pending.join("stray.npy"), b"a map without a line").unwrap();
    let output = long(&folder, &out).output().unwrap();
    assert!(said(&output).contains("3 explained, 0 failed in 0 s, 3 done before"), "{}", said(&output));
    assert_eq!(results(&out), results(&whole));
    assert!(!out.join("maps.1-of-1.00000.npz.new").exists() && !pending.exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_the_same_command_goes_on_when_there_is_room() {
    let (folder, out, whole) = (pictures("full", 12), fresh("full-out"), fresh("full-whole"));
    let words = |out: &Path| [folder.to_str().unwrap().to_owned(), "--out".into(), out.to_str().unwrap().into()];
    let plain = |out: &Path| command(&[]).args(words(out)).output().unwrap();
    // No file may be longer than 8 KB: what goes beyond that is refused in the middle of a line, as by a disk that is full.
    let program = command(&[]);
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .args(words(&out))
        .output()
        .unwrap();
    assert!(output.status.code() == Some(1) && said(&output).contains("cannot be written"), "{}", said(&output));
    assert!(said(&output).contains("Make room"), "{}", said(&output));
    let done = lines(&out.join("results.1-of-1.jsonl")).len();
    assert!((1..12).contains(&done), "{done}");
    let output = plain(&out);
    assert!(said(&output).contains(&format!("{done} done before")), "{}", said(&output));
    assert!(plain(&whole).status.success());
    assert_eq!(results(&out), results(&whole));

    let stream = command(&[folder.to_str().unwrap(), "--out", "-"])
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let said = said(&stream);
    assert!(stream.status.code() == Some(1) && said.contains("No space left on device"), "{said}");
}

#[test]
fn two_processes_do_not_add_to_the_same_file() {
    let (folder, out) = (pictures("twice", 3), fresh("twice-out"));
    let file = File::options().create(true).append(true).open(out.join("results.1-of-1.jsonl")).unwrap();
    file.lock().unwrap();
    let output = batch(&[folder.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(output.status.code() == Some(1) && said(&output).contains("--shard 1/2"), "{}", said(&output));
}
