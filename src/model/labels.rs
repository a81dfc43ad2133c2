//! Names of classes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};

/// Class names from the bytes of a labels file, in the order of the classes: a JSON array of strings, a JSON object whose
/// keys are class indices (its values are names, or end in one, as ImageNet's `["n02123045", "tabby"]` do), or text with
/// one name a line.
///
/// # Errors
/// [`ErrorKind::Model`](crate::error::ErrorKind) if the bytes are something else.
pub fn labels(bytes: &[u8]) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Json {
        Names(Vec<String>),
        ByIndex(BTreeMap<String, Name>),
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Name {
        Plain(String),
        WithCode(Vec<String>),
    }
    let refuse = |found: String| Error::new("labels-unreadable", &[("found", &found)]);
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("not UTF-8 text".into()))?;
    if text.trim_start().starts_with(['[', '{']) {
        let json = serde_json::from_str(text);
        return match json.map_err(|cause| refuse(format!("JSON, but not of class names ({cause})")))? {
            Json::Names(names) => Ok(names),
            Json::ByIndex(entries) => {
                let mut names = vec![String::new(); entries.len()];
                for (index, name) in entries {
                    let place = index.parse::<usize>().ok().and_then(|index| names.get_mut(index));
                    let place = place.ok_or_else(|| refuse(format!("a JSON object with the key \"{index}\"")))?;
                    *place = match name {
                        Name::Plain(name) => name,
                        Name::WithCode(parts) => parts.into_iter().next_back().unwrap_or_default(),
                    };
                }
                Ok(names)
            }
        };
    }
    let names: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
    let used = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    if used == 0 {
        return Err(refuse("empty".into()));
    }
    Ok(names[..used].to_vec())
}

/// The class of `classes` that `name` means, as folders and tables name classes: its index, or its label or one of the names that the
/// label lists with commas between them. Upper and lower case, and blanks, `_` and `-`, are the same. None if there is no such
/// class, or if it could be several: some labels of ImageNet are there twice.
pub fn class_named(name: &str, labels: &[String], classes: usize) -> Option<usize> {
    let plain = |text: &str| {
        let words = text.split(|c: char| c.is_whitespace() || c == '_' || c == '-').filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    if let Ok(index) = name.trim().parse::<usize>() {
        return (index < classes).then_some(index);
    }
    let wanted = plain(name);
    let only = |matches: &dyn Fn(&str) -> bool| {
        let mut found = labels.iter().take(classes).enumerate().filter(|(_, label)| matches(label));
        found.next().filter(|_| found.next().is_none()).map(|(index, _)| index)
    };
    if wanted.is_empty() {
        return None;
    }
    let whole = |label: &str| plain(label) == wanted;
    if labels.iter().take(classes).any(|label| whole(label)) {
        return only(&whole);
    }
    only(&|label| label.split(',').any(|part| plain(part) == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_tables_name_classes_by_index_or_label_and_what_could_be_two_is_none() {
        let labels: Vec<String> = ["tabby, tabby cat", "Crane", "crane", "tiger cat"].map(String::from).to_vec();
        for (name, class) in [
            ("3", Some(3)),
            ("4", None),
            ("Tiger_Cat", Some(3)),
            ("tabby-cat", Some(0)),
            ("tabby, tabby cat", Some(0)),
            ("crane", None),
            ("cat", None),
            (" ", None),
        ] {
            assert_eq!(class_named(name, &labels, 4), class, "{name}");
        }
    }

    #[test]
    fn class_names_come_as_a_json_array_by_index_or_one_a_line() {
        let expected = ["cat", "dog, hound"];
        for file in [
            r#"["cat", "dog, hound"]"#,
            r#" {"1": "dog, hound", "0": "cat"}"#,
            r#"{"0": ["n1", "cat"], "1": ["n2", "dog, hound"]}"#,
            "cat\r\ndog, hound\r\n\r\n",
        ] {
            assert_eq!(labels(file.as_bytes()).unwrap(), expected, "{file}");
        }
        for (file, says) in [
            (&b"\xff\xd8\xff"[..], "not UTF-8"),
            (b" \n", "empty"),
            (b"[1, 2]", "not of class names"),
            (br#"{"7": "cat"}"#, "the key \"7\""),
        ] {
            let error = labels(file).unwrap_err();
            assert!(error.message.contains(says), "{error}");
        }
    }
}
