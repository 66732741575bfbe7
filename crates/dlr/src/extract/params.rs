//! [`ParameterFile`]: the text of a parameter file and the settings of the command line, as one tree.

use super::labels::MaskDefaults;
use dlr_core::{Code, Error, Result};
use dlr_io::LabelSelection;
use dlr_radiomics::{Profile, Setting};
use std::path::Path;

/// A parameter file that is not yet bound to a profile.
#[derive(Debug, Clone)]
pub struct ParameterFile {
    tree: Setting,
}

impl ParameterFile {
    /// Reads a file, or begins with the defaults where there is none.
    ///
    /// # Errors
    /// [`Code::FileMissing`], [`Code::ParameterFile`].
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(ParameterFile { tree: Setting::Map(Vec::new()) }) };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(Code::FileMissing, format!("parameter file `{name}` cannot be read: {}", error.kind()))
        })?;
        match Setting::from_yaml(&text)? {
            Setting::Null => Ok(ParameterFile { tree: Setting::Map(Vec::new()) }),
            tree @ Setting::Map(_) => Ok(ParameterFile { tree }),
            _ => Err(Error::new(Code::ParameterFile, format!("parameter file `{name}` is not a mapping"))
                .hint("each line must be `name: value`")),
        }
    }

    /// The profile that the file names, if it names one.
    ///
    /// # Errors
    /// [`Code::UnknownName`] for another name than those of the profiles.
    pub fn profile(&self) -> Result<Option<Profile>> {
        match self.entry("profile") {
            None => Ok(None),
            Some(Setting::Text(name)) if name == "ibsi" => Ok(Some(Profile::Ibsi)),
            Some(_) => Err(Error::new(Code::UnknownName, "the parameter file names a profile that there is not")
                .expected("`profile: ibsi`, or no such line for a pyradiomics file")),
        }
    }

    /// What the file says about masks.
    pub fn mask_defaults(&self) -> MaskDefaults {
        let mut defaults = MaskDefaults::default();
        if let Some(Setting::Map(settings)) = self.entry("setting") {
            for (name, value) in settings {
                match (name.as_str(), value) {
                    ("label", Setting::Whole(label)) => defaults.selection = LabelSelection::Value(*label),
                    ("label", Setting::Number(label)) => defaults.selection = LabelSelection::Value(*label as i64),
                    ("label_channel", Setting::Whole(channel)) => defaults.channel = (*channel).max(0) as usize,
                    ("label_channel", Setting::Number(channel)) => defaults.channel = *channel as usize,
                    _ => {}
                }
            }
        }
        defaults
    }

    /// Changes one setting, written `NAME:VALUE` as pyradiomics' command line has it.
    ///
    /// # Errors
    /// [`Code::Parameter`] for a text without a colon, [`Code::ParameterFile`] for a value that is no YAML.
    pub fn set(&mut self, text: &str, profile: Profile) -> Result<()> {
        let Some((name, value)) = text.split_once(':') else {
            return Err(Error::new(Code::Parameter, format!("`{text}` is no setting")).expected("NAME:VALUE"));
        };
        let mut value = Setting::from_yaml(value)?;
        // pyradiomics writes lists without brackets.
        if let Setting::Text(list) = &value
            && list.contains(',')
        {
            value = Setting::List(list.split(',').map(Setting::from_yaml).collect::<Result<_>>()?);
        }
        let name = name.trim().to_owned();
        let voxel = ["kernelRadius", "maskedKernel", "initValue", "voxelBatch"].contains(&name.as_str());
        let section = match profile {
            Profile::Ibsi => None,
            Profile::Pyradiomics if voxel => Some("voxelSetting"),
            Profile::Pyradiomics => Some("setting"),
        };
        let Setting::Map(entries) = &mut self.tree else { return Ok(()) };
        match section {
            None => put(entries, name, value),
            Some(section) => {
                if !entries.iter().any(|(n, v)| n == section && matches!(v, Setting::Map(_))) {
                    put(entries, section.to_owned(), Setting::Map(Vec::new()));
                }
                if let Some((_, Setting::Map(inner))) = entries.iter_mut().find(|(n, _)| n == section) {
                    put(inner, name, value);
                }
            }
        }
        Ok(())
    }

    /// The tree that a profile reads.
    pub fn tree(&self) -> &Setting {
        &self.tree
    }

    fn entry(&self, name: &str) -> Option<&Setting> {
        let Setting::Map(entries) = &self.tree else { return None };
        entries.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }
}

fn put(entries: &mut Vec<(String, Setting)>, name: String, value: Setting) {
    match entries.iter_mut().find(|(n, _)| *n == name) {
        Some((_, old)) => *old = value,
        None => entries.push((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_radiomics::pyradiomics::Params;

    #[test]
    fn settings_of_the_command_line_replace_those_of_the_file() {
        let mut file = ParameterFile { tree: Setting::from_yaml("setting: {binWidth: 25, label: 3}").unwrap() };
        assert_eq!(file.mask_defaults().selection, LabelSelection::Value(3));
        for text in ["binWidth:10", "resampledPixelSpacing:1,1,0", "kernelRadius: 2", "normalize:true"] {
            file.set(text, Profile::Pyradiomics).unwrap();
        }
        let params = Params::from_setting(file.tree()).unwrap();
        assert_eq!(params.settings.bin_width, 10.0);
        assert_eq!(params.settings.resampled_pixel_spacing, Some([1.0, 1.0, 0.0]));
        assert_eq!((params.settings.kernel_radius, params.settings.normalize), (2, true));
        file.set("binWdith:10", Profile::Pyradiomics).unwrap();
        assert_eq!(Params::from_setting(file.tree()).unwrap_err().code(), Code::UnknownName);
        assert_eq!(file.set("binWidth", Profile::Pyradiomics).unwrap_err().code(), Code::Parameter);
    }
}
