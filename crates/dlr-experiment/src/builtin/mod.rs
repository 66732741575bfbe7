//! The stages of this workspace under their registered names.

#[cfg(test)]
mod docs_tests;
mod door;
mod extractors;
mod filter;
mod filter_pyradiomics;
mod image;
mod listed;
mod regions;
mod source;
mod table;

use crate::registry::{Params, Registry, Shelf};
use dlr_core::{FeatureName, Model, Splitter, TableStep};
use dlr_modelling::{models, splitters, steps};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// Adds everything.
pub(crate) fn register(registry: &mut Registry) {
    registry.sources.add("manifest", source::manifest);
    registry.sources.add("phantom", source::phantom);
    registry.sources.add("table", table::source);

    image::register(&mut registry.image_steps);
    regions::register(&mut registry.image_steps);
    image::register_learners(&mut registry.image_learners);

    registry.extractors.add("radiomics", extractors::radiomics);
    registry.extractors.add("radiomics-ibsi", extractors::radiomics_ibsi);
    registry.extractors.add("resnet", extractors::resnet);
    registry.extractors.add("table", table::extractor);
    registry.extractors.add("clinical", table::clinical);

    table_step::<steps::MedianImputer>(&mut registry.table_steps, "impute");
    table_step::<steps::VarianceFilter>(&mut registry.table_steps, "variance");
    table_step::<steps::CorrelationFilter>(&mut registry.table_steps, "correlation");
    table_step::<steps::StandardScaler>(&mut registry.table_steps, "zscore");
    table_step::<steps::RobustScaler>(&mut registry.table_steps, "robust");
    table_step::<steps::UnivariateFilter>(&mut registry.table_steps, "univariate");
    table_step::<steps::Pca>(&mut registry.table_steps, "pca");
    table_step::<steps::Smote>(&mut registry.table_steps, "smote");
    table_step::<steps::Combat>(&mut registry.table_steps, "combat");
    table_step::<steps::RfeCv>(&mut registry.table_steps, "rfe-cv");
    let shelf = &mut registry.table_steps;
    shelf.add("rfe", |params| Ok(Box::new(steps::Rfe::new(params.read()?))));
    shelf.add("lasso", |params| Ok(Box::new(steps::Lasso::new(params.read()?))));
    shelf.add("mrmr", |params| Ok(Box::new(steps::Mrmr::new(params.read()?))));
    shelf.add("stability", |params| Ok(Box::new(steps::StabilitySelection::new(params.read()?))));
    shelf.add("boruta", |params| Ok(Box::new(steps::Boruta::new(params.read()?))));

    model::<models::LogisticRegression>(&mut registry.models, "logistic");
    model::<models::Svm>(&mut registry.models, "svm");
    model::<models::RandomForest>(&mut registry.models, "random-forest");
    model::<models::ExtraTrees>(&mut registry.models, "extra-trees");
    model::<models::GradientBoosting>(&mut registry.models, "gradient-boosting");
    model::<models::KNearest>(&mut registry.models, "k-nearest");
    model::<models::NaiveBayes>(&mut registry.models, "naive-bayes");

    splitter::<splitters::StratifiedKFold>(&mut registry.splitters, "stratified-kfold");
    splitter::<splitters::KFold>(&mut registry.splitters, "kfold");
    splitter::<splitters::LeaveOneCentreOut>(&mut registry.splitters, "leave-one-centre-out");
    registry.splitters.add("listed", listed::splitter);
}

fn table_step<T: TableStep + DeserializeOwned + Serialize + 'static>(shelf: &mut Shelf<dyn TableStep>, name: &str) {
    shelf.add(name, |params: &Params<'_>| Ok(Box::new(params.read::<T>()?)));
}

fn model<T: Model + DeserializeOwned + Serialize + 'static>(shelf: &mut Shelf<dyn Model>, name: &str) {
    shelf.add(name, |params: &Params<'_>| Ok(Box::new(params.read::<T>()?)));
}

fn splitter<T: Splitter + DeserializeOwned + Serialize + 'static>(shelf: &mut Shelf<dyn Splitter>, name: &str) {
    shelf.add(name, |params: &Params<'_>| Ok(Box::new(params.read::<T>()?)));
}

/// What the features sidecar says of a column of the extractor `stage`, where its crate has a definition of it.
pub(crate) fn definition(stage: &str, name: &FeatureName) -> Option<Map<String, Value>> {
    use dlr_radiomics::{Profile, docs};
    // Both profiles have names in common: the extractor says which of them is meant.
    let (profile, profile_name) = match stage {
        "radiomics-ibsi" => (Profile::Ibsi, "ibsi"),
        _ => (Profile::Pyradiomics, "pyradiomics"),
    };
    let entry = match docs::definition_of(profile, name) {
        Some(definition) => json!({
            "profile": profile_name,
            "ibsi": definition.ibsi,
            "definition": definition.formula,
            "unit": definition.unit,
            "degenerate": definition.degenerate,
            "aggregation_ibsi": name.variant().and_then(docs::aggregation_code),
        }),
        None if name.roi() == "deep" => json!({
            "profile": name.image_type(),
            "definition": format!(
                "`{}` over the positions of channel {} after stage {} of the network",
                name.feature(),
                name.variant().unwrap_or_default(),
                name.family()
            ),
            "unit": "1",
        }),
        None => return None,
    };
    match entry {
        Value::Object(entry) => Some(entry),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Stage;
    use std::path::Path;

    fn stage(text: &str) -> Stage {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn both_profiles_are_stages_and_describe_their_own_columns() {
        let registry = Registry::builtin();
        let make = |text: &str| registry.extractors.make(&stage(text), "intra", Path::new(""));
        let ibsi = make("stage = 'radiomics-ibsi'\nmask = 'mass'\nparams = { bins = { n_bins = 32 } }").unwrap();
        let names = ibsi.names();
        assert_eq!(names[0].roi(), "intra");
        for name in &names {
            let entry = definition("radiomics-ibsi", name).unwrap();
            assert_eq!((&entry["profile"], entry["ibsi"].as_str().unwrap().len()), (&"ibsi".into(), 4), "{name}");
        }
        let plain = make("stage = 'radiomics'\nmask = 'mass'").unwrap();
        assert_eq!(definition("radiomics", &plain.names()[0]).unwrap()["profile"], "pyradiomics");
        let error = make("stage = 'radiomics-ibsi'\nmask = 'mass'").err().unwrap();
        assert!(error.to_string().contains("bins"), "{error}");
    }
}
