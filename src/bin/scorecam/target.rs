//! `--target`: what is asked about, as it is typed.

use scorecam::error::{Error, Result, shown};
use scorecam::target::Wish;

/// An index or a label, or one of the forms `group:A,B`, `difference:A,B`, `finer`, `finer:A` and `finer:A,B,C`, whose classes are indices
/// or labels too.
///
/// # Errors
/// [`ErrorKind::Class`](scorecam::error::ErrorKind) if it has another form or a label is not known.
pub fn read_target(text: &str, labels: &[String]) -> Result<Wish> {
    // A label may have a colon of its own.
    if let Ok(index) = find_class(text, labels) {
        return Ok(Wish::Class(index));
    }
    let (form, classes) = text.split_once(':').unwrap_or((text, ""));
    let unreadable = || Error::new("target-unreadable", &[("target", &shown(text))]);
    if !["group", "difference", "finer"].contains(&form) {
        return Err(find_class(text, labels).err().unwrap_or_else(unreadable));
    }
    let named = classes.split(',').map(str::trim).filter(|class| !class.is_empty());
    let classes: Vec<usize> = named.map(|class| find_class(class, labels)).collect::<Result<_>>()?;
    match (form, &classes[..]) {
        ("group", [_, ..]) => Ok(Wish::Group { group: classes }),
        ("difference", &[index, against]) => Ok(Wish::Difference { difference: (index, against) }),
        ("finer", []) => Ok(Wish::Finer { finer: None, against: None }),
        ("finer", &[index]) => Ok(Wish::Finer { finer: Some(index), against: None }),
        ("finer", &[index, ref against @ ..]) => {
            Ok(Wish::Finer { finer: Some(index), against: Some(against.to_vec()) })
        }
        _ => Err(unreadable()),
    }
}

/// The class with this index or, failing that, this label; upper and lower case are the same.
fn find_class(class: &str, labels: &[String]) -> Result<usize> {
    if let Ok(index) = class.parse() {
        return Ok(index);
    }
    labels.iter().position(|label| label.eq_ignore_ascii_case(class)).ok_or_else(|| {
        let part = class.to_lowercase();
        let similar: Vec<_> = labels.iter().filter(|label| label.to_lowercase().contains(&part)).take(5).collect();
        if similar.is_empty() {
            return Error::new("class-unnamed", &[("name", &shown(class))]);
        }
        let names = similar.iter().map(|label| shown(label)).collect::<Vec<_>>().join("; ");
        Error::new("class-similar", &[("name", &shown(class)), ("names", &names)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_typed_as_classes_groups_and_contrasts() {
        let labels: Vec<String> = ["tabby", "tiger cat", "red: wine"].map(String::from).to_vec();
        let read = |text: &str| read_target(text, &labels);
        let cases = [
            ("7", Wish::Class(7)),
            ("Tiger Cat", Wish::Class(1)),
            ("red: wine", Wish::Class(2)),
            ("group:0, tiger cat", Wish::Group { group: vec![0, 1] }),
            ("difference:tabby,5", Wish::Difference { difference: (0, 5) }),
            ("finer", Wish::Finer { finer: None, against: None }),
            ("finer:1", Wish::Finer { finer: Some(1), against: None }),
            ("finer:1,0,2", Wish::Finer { finer: Some(1), against: Some(vec![0, 2]) }),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        for (text, code) in [
            ("group:", "target-unreadable"),
            ("difference:1", "target-unreadable"),
            ("difference:1,2,3", "target-unreadable"),
            ("cat", "class-similar"),
            ("dog", "class-unnamed"),
            ("group:tabby,dog", "class-unnamed"),
        ] {
            assert_eq!(read(text).unwrap_err().code, code, "{text}");
        }
    }
}
