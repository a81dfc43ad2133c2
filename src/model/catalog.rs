//! The networks that are known by name: `models/catalog.json`.

use serde::Deserialize;

use crate::error::{Error, Result, shown};

use super::spec::ModelSpec;

/// The catalogue, the one source for every network's facts; the page reads the same file.
const CATALOG: &str = include_str!("../../models/catalog.json");

/// All entries of the catalogue, the default network first.
///
/// # Errors
/// [`ErrorKind::Internal`](crate::error::ErrorKind) if the catalogue that was compiled in does not have the form of [`ModelSpec`].
pub fn catalog() -> Result<Vec<ModelSpec>> {
    #[derive(Deserialize)]
    struct Catalog {
        models: Vec<ModelSpec>,
    }
    let catalog: Catalog =
        serde_json::from_str(CATALOG).map_err(|cause| Error::internal("reading models/catalog.json", cause))?;
    Ok(catalog.models)
}

/// The catalogue's entry `name`.
///
/// # Errors
/// [`ErrorKind::Model`](crate::error::ErrorKind) if there is none; the message lists the names there are.
pub fn find(name: &str) -> Result<ModelSpec> {
    let models = catalog()?;
    let names: Vec<_> = models.iter().map(|spec| spec.name.clone()).collect();
    models
        .into_iter()
        .find(|spec| spec.name == name)
        .ok_or_else(|| Error::new("network-not-in-catalogue", &[("name", &shown(name)), ("names", &names.join(", "))]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn the_catalogue_has_the_form_that_is_documented() {
        let models = catalog().unwrap();
        assert_eq!(models[0].name, "efficientnet_lite0");
        assert!(models.iter().all(|spec| spec.sha256.len() == 64 && spec.input.std.iter().all(|&std| std > 0.0)));
    }

    #[test]
    fn an_unknown_network_is_answered_with_the_known_ones() {
        let error = find("lenet").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Model);
        assert!(error.message.contains("\"lenet\"") && error.hint.contains("efficientnet_lite0"), "{error}");
    }
}
